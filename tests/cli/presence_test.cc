// Parts of a vault are deleted or cut: what status and copy say of it without reading the rest.
#include "tests/cli/cli_fixture.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

namespace custody::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

namespace fs = std::filesystem;

std::vector<std::string> files_below(const std::string& folder) {
    std::vector<std::string> found;
    for (const auto& item : fs::recursive_directory_iterator(folder)) {
        if (item.is_regular_file()) found.push_back(item.path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

void halve(const std::string& path) {
    fs::permissions(path, fs::perms::owner_all);
    fs::resize_file(path, fs::file_size(path) / 2);
}

// Two vaults in step and a proven kit, so that nothing needs a person.
struct InOrder : Office {
    explicit InOrder(const std::string& purpose) : Office(purpose) {
        fill_source();
        EXPECT_EQ(custody({"init"}).exit, 0);
        EXPECT_EQ(custody({"init", "--vault", other}).exit, 0);
        for (const char* with : {"old\n", "new\n"}) {
            write_file(source + "/new", with);
            const Outcome stored = backup({"--json"});
            EXPECT_EQ(stored.exit, 0) << stored.err;
            ids.push_back(json_of(stored)["snapshot"]);
        }
        EXPECT_EQ(custody({"copy", "--to", other}).exit, 0);
        for (std::vector<std::string> command :
             {std::vector<std::string>{"key", "export", "--recovery", "--output", folder / "kit"},
              {"key", "import", folder / "kit", "--check"}}) {
            Program program = custody.command(std::move(command));
            program.environment["CUSTODY_KIT_PASSPHRASE"] = "năm con gà vàng ngoài sân";
            const Outcome outcome = run(program);
            EXPECT_EQ(outcome.exit, 0) << outcome.err;
        }
    }
    std::string other = folder / "second";
    std::vector<std::string> ids;
};

TEST(Presence, StatusNeedsAPersonWhereAnythingThatTheLedgerNamesIsMissingOrCut) {
    const InOrder office("cli-presence");
    const std::string vault = office.custody.vault(), whole = office.folder / "whole";
    const Outcome green = office.custody({"status", "--check"});
    ASSERT_EQ(green.exit, 0) << green.out;
    fs::copy(vault, whole, fs::copy_options::recursive);
    struct Loss {
        const char* folder;
        std::function<void(const std::string& path)> harm;
        bool all;
    };
    const auto remove = [](const std::string& path) { fs::remove(path); };
    const std::vector<Loss> losses = {{"packs", remove, true},   {"packs", remove, false}, {"packs", halve, false},
                                      {"index", remove, false},  {"index", halve, false},  {"snapshots", remove, true},
                                      {"gc/marks", remove, true}};
    for (const Loss& loss : losses) {
        const std::string path = vault + "/" + loss.folder;
        SCOPED_TRACE(path);
        std::vector<std::string> harmed = fs::is_directory(path) ? files_below(path) : std::vector<std::string>{path};
        ASSERT_FALSE(harmed.empty());
        if (!loss.all) harmed.resize(1);
        for (const std::string& file : harmed) loss.harm(file);
        EXPECT_EQ(office.custody({"verify"}).exit, 4);
        const Outcome status = office.custody({"status", "--check", "--json"});
        EXPECT_EQ(status.exit, 1);
        const Json said = json_of(status);
        Json names = Json::array();
        for (const Json& each : said["vault"]["damaged_objects"])
            names.push_back(vault + "/" + each["object"].get<std::string>());
        EXPECT_EQ(names, Json(harmed));
        const std::string needs = said["needs"].dump();
        if (std::string(loss.folder) == "snapshots") {
            EXPECT_THAT(needs, HasSubstr("custody forget " + office.ids[0].substr(0, 8)))
                << "each is spoken of in words of its own";
        } else {
            EXPECT_THAT(needs, HasSubstr(harmed[0].substr(vault.size() + 1) + " "));
            EXPECT_THAT(needs, HasSubstr("run 'custody verify', then 'custody repair'"));
        }
        fs::remove_all(vault);
        fs::copy(whole, vault, fs::copy_options::recursive);
        EXPECT_EQ(office.custody({"status", "--check"}).exit, 0) << "put back as it was";
    }
}

// What the target has lost is not there already, and the line says how it comes back.
TEST(Presence, CopyDoesNotCountWhatTheTargetHasLost) {
    for (const char* lost : {"snapshots", "packs"}) {
        SCOPED_TRACE(lost);
        const InOrder office("cli-copy-lost");
        for (const std::string& path : files_below(office.other + "/" + lost)) fs::remove(path);
        const Outcome copied = office.custody({"copy", "--to", office.other, "--json"});
        EXPECT_EQ(copied.exit, 4);
        const Json said = json_of(copied);
        EXPECT_EQ(said["snapshots_present"], 0);
        std::vector<std::string> named = said["damaged_there"], all = office.ids;
        std::sort(named.begin(), named.end());
        std::sort(all.begin(), all.end());
        EXPECT_EQ(named, all);
        ASSERT_EQ(said["warnings"].size(), 2U);
        for (const std::string& id : office.ids) EXPECT_THAT(said["warnings"].dump(), HasSubstr(id.substr(0, 12)));
        EXPECT_THAT(said["warnings"].dump(),
                    HasSubstr("custody repair --vault " + office.other + " --from " + office.custody.vault()));

        EXPECT_EQ(office.custody({"repair", "--vault", office.other, "--from", office.custody.vault()}).exit, 0);
        const Outcome again = office.custody({"copy", "--to", office.other, "--json"});
        EXPECT_EQ(again.exit, 0) << again.err;
        EXPECT_EQ(json_of(again)["snapshots_present"], 2);
        EXPECT_EQ(office.custody({"verify", "--vault", office.other, "--level", "full"}).exit, 0);
    }
}

TEST(Presence, CopySaysThatARecordWhichWasNamedIsLostAtTheSource) {
    const InOrder office("cli-copy-named");
    fs::remove(office.custody.vault() + "/snapshots/" + office.ids[0]);
    const Outcome named = office.custody({"copy", "--to", office.other, office.ids[0].substr(0, 12)});
    EXPECT_EQ(named.exit, 4);
    EXPECT_THAT(named.err, HasSubstr(office.ids[0].substr(0, 12)));
    EXPECT_THAT(named.err, HasSubstr(office.other + " has it: `custody repair --vault " + office.custody.vault() + " --from"));
    const Outcome other = office.custody({"copy", "--to", office.other, office.ids[1].substr(0, 12)});
    EXPECT_EQ(other.exit, 0) << other.err;
    EXPECT_THAT(other.out, HasSubstr("(1 there already)"));
    EXPECT_THAT(office.custody({"copy", "--to", office.other}).out, HasSubstr("(2 there already)")) << "the target has both";
    fs::remove(office.other + "/snapshots/" + office.ids[0]);
    const Outcome nowhere = office.custody({"copy", "--to", office.other, office.ids[0].substr(0, 12)});
    EXPECT_EQ(nowhere.exit, 4);
    EXPECT_THAT(nowhere.err, Not(HasSubstr("has it")));
}

// All packs lost and the sources backed up again: the index lists the lost packs too, and the copy finds the new ones.
TEST(Presence, CopyTakesWhatWasStoredAnewAfterThePacksWereLost) {
    const InOrder office("cli-copy-anew");
    for (const std::string& path : files_below(office.custody.vault() + "/packs")) fs::remove(path);
    const Outcome stored = office.backup({"--json"});
    ASSERT_EQ(stored.exit, 0) << stored.err;
    const std::string id = json_of(stored)["snapshot"];
    const std::string target = office.folder / "back", from_other = office.folder / "back2";
    ASSERT_EQ(office.custody({"restore", id, "--target", target}).exit, 0);
    const Outcome copied = office.custody({"copy", "--to", office.other, "--json"});
    EXPECT_EQ(copied.exit, 0) << copied.err;
    EXPECT_EQ(json_of(copied)["snapshots_copied"], 1);
    EXPECT_EQ(json_of(copied)["snapshots_present"], 2);
    EXPECT_EQ(office.custody({"verify", "--vault", office.other, "--level", "full"}).exit, 0);
    EXPECT_EQ(office.custody({"restore", id, "--vault", office.other, "--target", from_other}).exit, 0);
    EXPECT_EQ(std::system(("diff -r " + target + " " + from_other).c_str()), 0);
}

}  // namespace
}  // namespace custody::test
