// What cannot be looked into is passed over, named, and told by the exit code: destroyed labels, missing keys, damage.
#include "tests/cli/cli_fixture.h"

namespace custody::test {
namespace {

// Labels `business` and `project` with a file of the same name in each, two snapshots of the second.
struct TwoLabels : Office {
    explicit TwoLabels(const std::string& purpose) : Office(purpose) {
        fill_source();
        EXPECT_EQ(custody({"init"}).exit, 0);
        EXPECT_EQ(custody({"label", "add", "project"}).exit, 0);
        for (int i = 0; i < 2; ++i) {
            const Outcome stored = custody({"backup", source, "--label", "project", "--name", "plans"});
            EXPECT_EQ(stored.exit, 0) << stored.err;
        }
        EXPECT_EQ(backup().exit, 0);
        for (const Json& snapshot : json_of(custody({"snapshots", "--json"}))) {
            if (snapshot["label"] == "project") project = snapshot["id"];
        }
    }
    // `more`: the other vaults that the keyring knows.
    void destroy_project(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> arguments = {"key", "destroy", "--label", "project", "--confirm", "project"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Outcome destroyed = custody(arguments);
        EXPECT_EQ(destroyed.exit, 0) << destroyed.err;
    }
    // A host that was given the writer keys of `business` alone.
    [[nodiscard]] Program writer(std::vector<std::string> arguments) const {
        const std::string keys = folder / "web01.keys";
        if (!std::filesystem::exists(keys)) {
            EXPECT_EQ(custody({"key", "export", "--writer", "--host", "web01", "--label", "business", "--output", keys}).exit, 0);
            Program import = custody.command({"key", "import", keys});
            import.environment["CUSTODY_KEYRING"] = folder / "there";
            EXPECT_EQ(run(import).exit, 0);
        }
        Program program = custody.command(std::move(arguments));
        program.environment["CUSTODY_KEYRING"] = folder / "there";
        return program;
    }
    std::string project;
};

std::string today() {
    Program date;
    date.path = "date";
    date.arguments = {"+%Y"};
    std::string year = run(date).out;
    while (year.ends_with('\n')) year.pop_back();
    return year;
}

TEST(Look, FindPassesOverADestroyedLabelAndNamesIt) {
    const TwoLabels office("cli-look-destroyed");
    office.destroy_project();
    const Outcome found = office.custody({"find", "readme"});
    EXPECT_EQ(found.exit, 8);
    EXPECT_NE(found.out.find(office.source + "/readme"), std::string::npos) << found.out;
    EXPECT_TRUE(one_clear_line(found));
    EXPECT_NE(found.err.find("2 snapshots were not searched; label project was destroyed on " + today()), std::string::npos)
        << found.err;
    EXPECT_EQ(json_of(office.custody({"find", "readme", "--json"})).size(), 1u) << "the list is whole";
    EXPECT_EQ(office.custody({"find", "readme", "--label", "business"}).exit, 0) << "nothing was left out that was asked for";
}

TEST(Look, ADestroyedLabelIsCalledSoEverywhere) {
    const TwoLabels office("cli-look-said");
    office.destroy_project();
    const std::string said = "label project was destroyed on " + today();
    const Outcome snapshots = office.custody({"snapshots"});
    EXPECT_EQ(snapshots.exit, 0);
    EXPECT_NE(snapshots.err.find("2 snapshots cannot be read: " + said), std::string::npos) << snapshots.err;
    const Outcome status = office.custody({"status"});
    EXPECT_NE(status.out.find("2 snapshots cannot be read: " + said), std::string::npos) << status.out;
    EXPECT_EQ(json_of(office.custody({"status", "--json"}))["closed_labels"][0]["label"], "project");
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"ls", office.project}, {"diff", office.project, "latest"}, {"snapshots", "--label", "project"}}) {
        const Outcome outcome = office.custody(arguments);
        EXPECT_EQ(outcome.exit, 8) << arguments.front();
        EXPECT_TRUE(one_clear_line(outcome)) << arguments.front();
        EXPECT_NE(outcome.err.find(said), std::string::npos) << outcome.err;
    }
}

TEST(Look, AWriterIsToldWhichKeysAreNotHere) {
    const TwoLabels office("cli-look-writer");
    const Outcome snapshots = run(office.writer({"snapshots"}));
    EXPECT_EQ(snapshots.exit, 0);
    EXPECT_NE(snapshots.err.find("(name not known here)"), std::string::npos) << snapshots.err;
    EXPECT_NE(snapshots.err.find("recovery kit"), std::string::npos) << snapshots.err;
    const Outcome ls = run(office.writer({"ls", office.project}));
    EXPECT_EQ(ls.exit, 8);
    EXPECT_NE(ls.err.find("(name not known here)"), std::string::npos) << ls.err;
}

TEST(Look, FindGoesOnBehindADamagedSnapshot) {
    const TwoLabels office("cli-look-damage");
    const std::string object = office.custody.vault() + "/snapshots/" + office.project;
    ASSERT_TRUE(std::filesystem::exists(object)) << object;
    std::filesystem::permissions(object, std::filesystem::perms::owner_all);
    write_file(object, "no snapshot");
    const Outcome found = office.custody({"find", "readme"});
    EXPECT_EQ(found.exit, 4) << found.err;
    EXPECT_NE(found.out.find("/readme"), std::string::npos) << found.out;
    EXPECT_NE(found.err.find(office.project), std::string::npos) << found.err;
}

TEST(Look, CopyNamesWhatItLeavesOutAndEndsWith3) {
    const TwoLabels office("cli-look-copy");
    const std::string second = office.folder / "second", third = office.folder / "third";
    ASSERT_EQ(office.custody({"init", "--vault", second}).exit, 0);
    const Outcome by_writer = run(office.writer({"copy", "--to", second}));
    EXPECT_EQ(by_writer.exit, 3) << by_writer.err;
    EXPECT_NE(by_writer.err.find(office.project.substr(0, 12)), std::string::npos) << by_writer.err;
    EXPECT_NE(by_writer.err.find("(name not known here)"), std::string::npos) << by_writer.err;
    EXPECT_NE(by_writer.out.find("copied 1 snapshot to"), std::string::npos) << by_writer.out;
    EXPECT_NE(by_writer.out.find("2 snapshots were left out"), std::string::npos) << by_writer.out;
    EXPECT_EQ(office.custody({"copy", "--to", second}).exit, 0) << "the custodian has all keys";

    office.destroy_project({"--also", second});
    ASSERT_EQ(office.custody({"init", "--vault", third}).exit, 0);
    const Outcome destroyed = office.custody({"copy", "--to", third, "--json"});
    EXPECT_EQ(destroyed.exit, 3) << destroyed.err;
    EXPECT_NE(destroyed.err.find("label project was destroyed on " + today()), std::string::npos) << destroyed.err;
    const Json left_out = json_of(destroyed)["left_out"];
    ASSERT_EQ(left_out.size(), 2u);
    EXPECT_EQ(left_out[0]["label"], "project");
    EXPECT_FALSE(left_out[0]["destroyed"].is_null());
}

// Content and attributes of the names are as before.
TEST(Diff, ShowsHardLinksThatWereMadeOrBroken) {
    Office office("cli-diff-links");
    std::filesystem::create_directories(office.source);
    const auto at = [&](const char* name) { return std::filesystem::path(office.source + "/" + name); };
    const auto of_one_age = [&](const char* name) {
        std::filesystem::last_write_time(at(name), std::filesystem::file_time_type(std::chrono::hours(24 * 365)));
    };
    const auto join = [&](const char* name, const char* other) {
        std::filesystem::remove(at(other));
        std::filesystem::create_hard_link(at(name), at(other));
    };
    const auto part = [&](const char* name) {
        std::filesystem::remove(at(name));
        write_file(at(name), "same");
        of_one_age(name);
    };
    for (const char* name : {"a", "b", "c", "d", "e"}) part(name);
    join("a", "b");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    part("a");
    part("b");
    join("c", "d");
    ASSERT_EQ(office.backup().exit, 0);
    part("c");
    join("c", "d");  // another inode, and joined as before
    ASSERT_EQ(office.backup().exit, 0);
    std::vector<std::string> ids;
    for (const Json& snapshot : json_of(office.custody({"snapshots", "--json"}))) ids.push_back(snapshot["id"]);
    std::vector<std::string> paths;
    for (const Json& found : json_of(office.custody({"diff", ids[0], ids[1], "--json"}))) {
        EXPECT_EQ(found["change"], "M");
        EXPECT_EQ(found["differs"], Json::array({"links"}));
        paths.push_back(std::filesystem::path(found["path"].get<std::string>()).filename());
    }
    EXPECT_EQ(paths, (std::vector<std::string>{"a", "b", "c", "d"}));
    EXPECT_EQ(json_of(office.custody({"diff", ids[1], ids[2], "--json"})), Json::array());
}

}  // namespace
}  // namespace custody::test
