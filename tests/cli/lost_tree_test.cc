// The only vault there is loses a tree, and the source has changed: what a person is told and types until all is green again.
#include "tests/cli/cli_fixture.h"

#include <gmock/gmock.h>

#include <set>

namespace custody::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

namespace fs = std::filesystem;

constexpr std::size_t kSummary = 260;  // of a pack's first block

struct Torn : Office {
    explicit Torn(const std::string& purpose, const std::string& label = "business") : Office(purpose) {
        fill_source();
        EXPECT_EQ(custody({"init"}).exit, 0);
        const Outcome stored = custody({"backup", source, "--label", label, "--name", "srv", "--json"});
        EXPECT_EQ(stored.exit, 0) << stored.err;
        id = json_of(stored)["snapshot"];
        for (const std::string& pack : packs()) {
            if (tree.empty() || fs::file_size(pack) < fs::file_size(tree)) tree = pack;
        }
        fs::create_directories(folder / "other");
        write_file(folder / "other/etc", noise(300'000, 7));
        const Outcome other = custody({"backup", folder / "other", "--label", "config", "--name", "etc", "--json"});
        EXPECT_EQ(other.exit, 0) << other.err;
        EXPECT_EQ(custody({"forget", json_of(other)["snapshot"]}).exit, 0);
    }
    [[nodiscard]] std::set<std::string> packs() const {
        std::set<std::string> found;
        for (const auto& item : fs::recursive_directory_iterator(custody.vault() + "/packs")) {
            if (item.is_regular_file()) found.insert(item.path());
        }
        return found;
    }
    void damage(const std::string& kind) const {
        fs::permissions(tree, fs::perms::owner_all);
        std::string bytes = read_file_text(tree);
        bytes[kSummary] = static_cast<char>(bytes[kSummary] ^ 1);
        if (kind == "missing") fs::remove(tree);
        if (kind != "missing") write_file(tree, kind == "junk" ? "junk\n" : bytes);
    }
    // Stored again, the source no longer gives back what the snapshot had.
    std::string change_and_back_up() const {
        fs::remove_all(source);
        fs::create_directories(source);
        write_file(source + "/today", "today\n");
        const Outcome stored = backup({"--json"});
        EXPECT_EQ(stored.exit, 0) << stored.err;
        return json_of(stored)["snapshot"];
    }
    [[nodiscard]] std::string end() const { return "'custody forget " + id.substr(0, 8) + "' ends it"; }

    std::string id, tree;
};

TEST(LostTree, OtherLabelsAreFreedAndForgettingItMakesAllGreenAgain) {
    for (const char* kind : {"junk", "missing", "flipped"}) {
        SCOPED_TRACE(kind);
        const Torn office("cli-lost-tree");
        office.damage(kind);
        const Outcome pruned = office.custody({"prune", "--grace", "0s", "--json"});
        EXPECT_EQ(pruned.exit, 4) << pruned.err;
        EXPECT_EQ(json_of(pruned)["packs_removed"], 2) << "of the other label";
        EXPECT_EQ(json_of(pruned)["damaged"], Json::array({office.id}));
        EXPECT_EQ(json_of(pruned)["left_alone"], Json::array({"business"}));
        EXPECT_THAT(pruned.err, HasSubstr("business/srv"));
        EXPECT_THAT(pruned.err, HasSubstr("custody repair --from"));
        EXPECT_THAT(pruned.err, HasSubstr("back up the same sources again"));
        EXPECT_THAT(pruned.err, HasSubstr(office.end()));

        const std::string newer = office.change_and_back_up();
        // It is named as long as nothing heals it, and so is the way out; what is whole is not.
        for (int round = 0; round < 2; ++round) {
            for (const std::vector<std::string>& asked : {std::vector<std::string>{"verify"}, {"repair"}, {"prune"}}) {
                const Outcome told = office.custody(asked);
                EXPECT_EQ(told.exit, 4) << asked.front();
                EXPECT_THAT(told.out + told.err, HasSubstr(office.end())) << asked.front();
                EXPECT_THAT(told.out + told.err, Not(HasSubstr("forget " + newer.substr(0, 8)))) << asked.front();
            }
        }
        EXPECT_THAT(office.custody({"verify", "--keyless"}).out, HasSubstr("'custody forget ID' ends one"));
        const Outcome status = office.custody({"status", "--check"});
        EXPECT_EQ(status.exit, 1);
        EXPECT_THAT(status.out, HasSubstr(office.end()));
        EXPECT_EQ(json_of(office.custody({"status", "--json"}))["vault"]["damaged_snapshots"], Json::array({office.id}));

        ASSERT_EQ(office.custody({"forget", office.id.substr(0, 8)}).exit, 0);
        const Outcome freed = office.custody({"prune", "--grace", "0s", "--json"});
        EXPECT_EQ(freed.exit, 0) << freed.err;
        EXPECT_TRUE(json_of(freed)["left_alone"].empty());
        EXPECT_FALSE(fs::exists(office.tree));
        const Outcome verified = office.custody({"verify", "--level", "full"});
        EXPECT_EQ(verified.exit, 0) << verified.out;
        EXPECT_EQ(office.custody({"repair"}).exit, 0);
        EXPECT_TRUE(json_of(office.custody({"status", "--json"}))["vault"]["damaged_snapshots"].empty());
        EXPECT_EQ(office.custody({"restore", newer, "--target", office.folder / "back"}).exit, 0);
    }
}

TEST(LostTree, NobodyNamesAForgetThatWouldBeRefused) {
    const Torn office("cli-lost-tree-protected", "log");
    ASSERT_EQ(office.custody({"hold", "add", office.id, "--reason", "case 17"}).exit, 0);
    office.damage("junk");
    const std::string shown = office.id.substr(0, 8);
    for (const std::vector<std::string>& asked : {std::vector<std::string>{"verify"}, {"repair"}, {"prune"}, {"status"}}) {
        const Outcome told = office.custody(asked);
        const std::string said = told.out + told.err;
        EXPECT_THAT(said, HasSubstr("'custody forget " + shown + "' is refused as long as it is protected: held until released"))
            << asked.front();
        EXPECT_THAT(said, HasSubstr("within the lawful term (B12)")) << asked.front();
        EXPECT_THAT(said, Not(HasSubstr("ends it"))) << asked.front();
    }
    EXPECT_EQ(office.custody({"forget", office.id}).exit, 5);
}

// Content alone: nothing is hidden, so that its label is freed; and the snapshot that lacks it is named.
TEST(LostTree, LostContentIsNamedWithTheSameWayOut) {
    const Torn office("cli-lost-content");
    for (const std::string& pack : office.packs()) {
        if (fs::file_size(pack) < 600'000) continue;
        fs::permissions(pack, fs::perms::owner_all);
        std::string bytes = read_file_text(pack);
        bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
        write_file(pack, bytes);
    }
    EXPECT_THAT(office.custody({"repair"}).out, HasSubstr(office.end()));
    const Outcome pruned = office.custody({"prune", "--grace", "0s"});
    EXPECT_EQ(pruned.exit, 0) << pruned.err;
    EXPECT_THAT(pruned.err, HasSubstr("is damaged and stays"));
    EXPECT_THAT(pruned.err, HasSubstr(office.end()));
    EXPECT_THAT(office.custody({"status"}).out, HasSubstr(office.end()));
    ASSERT_EQ(office.custody({"forget", office.id}).exit, 0);
    EXPECT_EQ(office.custody({"prune", "--grace", "0s"}).exit, 0);
    EXPECT_EQ(office.custody({"verify"}).exit, 0);
}

}  // namespace
}  // namespace custody::test
