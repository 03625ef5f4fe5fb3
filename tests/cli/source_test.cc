// What a backup takes when its source is not plain: links, excludes, other vaults, files that do not stand still.
#include "tests/cli/cli_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

namespace custody::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Below `folder`, of the newest snapshot.
std::set<std::string> stored_below(const Office& office, const std::string& folder) {
    std::set<std::string> paths;
    for (const Json& entry : json_of(office.custody({"ls", "latest", folder, "--recursive", "--json"}))) {
        paths.insert(entry["path"].get<std::string>().substr(folder.size() + 1));
    }
    return paths;
}

TEST(Source, ATrailingSlashMeansTheFolderThatALinkLeadsTo) {
    Office office("cli-links");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string link = office.folder / "current", dangling = office.folder / "dangling";
    std::filesystem::create_symlink("srv", link);
    std::filesystem::create_symlink("nowhere", dangling);

    const Outcome as_link = office.custody({"backup", link, dangling, "--label", "business"});
    EXPECT_EQ(as_link.exit, 0) << as_link.err;
    EXPECT_THAT(as_link.err,
                HasSubstr("warning: " + link + " is a symbolic link, and only the link itself is stored; " + link + "/"));
    EXPECT_THAT(as_link.err, HasSubstr("warning: " + dangling + " is a symbolic link, and only the link itself is stored\n"));
    EXPECT_EQ(json_of(office.custody({"ls", "latest", link, "--json"}))[0]["type"], "symlink");

    for (const char* end : {"/", "/."}) {
        const Outcome as_folder = office.custody({"backup", link + end, "--label", "business"});
        EXPECT_EQ(as_folder.exit, 0) << as_folder.err;
        EXPECT_THAT(as_folder.err, Not(HasSubstr("symbolic link")));
        EXPECT_THAT(stored_below(office, office.source), ::testing::Contains("hồ sơ/danh sách.csv"));
        const Json newest = json_of(office.custody({"snapshots", "--json"})).back();
        EXPECT_EQ(newest["name"], "current") << "the name of the link: it may lead elsewhere tomorrow";
        EXPECT_EQ(newest["paths"], Json::array({office.source}));
    }
    for (const std::string& none : {dangling + "/", office.source + "/readme/"}) {
        const Outcome refused = office.custody({"backup", none, "--label", "business"});
        EXPECT_EQ(refused.exit, 7) << refused.err;
        EXPECT_TRUE(one_clear_line(refused));
        EXPECT_THAT(refused.err, HasSubstr(none));
    }
}

// Each rule that docs/COMMANDS.md tells of --exclude and --exclude-from.
TEST(Source, ExcludesFollowTheRulesThatAreWritten) {
    Office office("cli-excludes");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string top = office.source;
    for (const char* name : {"a.tmp", "deep/a.tmp", "deep/b.txt", "deep/er/c.txt", "cache/x", "deep/cache/x", "#odd", "!not",
                             " blank", "star*", "starry"}) {
        std::filesystem::create_directories(std::filesystem::path(top + "/" + name).parent_path());
        write_file(top + "/" + name, name);
    }
    const std::set<std::string> all = {"a.tmp",         "deep",   "deep/a.tmp",   "deep/b.txt", "deep/er",
                                       "deep/er/c.txt", "cache",  "cache/x",      "deep/cache", "#odd",
                                       "!not",          " blank", "deep/cache/x", "star*",      "starry"};
    struct Rule {
        std::vector<std::string> globs;
        std::set<std::string> gone;
    };
    const std::vector<Rule> rules = {
        {{"*.tmp"}, {"a.tmp", "deep/a.tmp"}},                              // a name, wherever it is met
        {{"cache"}, {"cache", "cache/x", "deep/cache", "deep/cache/x"}},   // a folder with all that is in it
        {{"cache/"}, {"cache", "cache/x", "deep/cache", "deep/cache/x"}},  // '/' at the end changes nothing
        {{top + "/cache"}, {"cache", "cache/x"}},                          // the whole path
        {{top + "/*.txt"}, {}},                                            // * stays within a name
        {{top + "/**/*.txt"}, {"deep/b.txt", "deep/er/c.txt"}},            // ** does not
        {{"deep/b.txt"}, {}},                                              // with '/' never a part of the path
        {{"**/deep/b.txt"}, {"deep/b.txt"}},                               //
        {{"[ab].t*"}, {"a.tmp", "deep/a.tmp", "deep/b.txt"}},              // one of these
        {{"?.tmp"}, {"a.tmp", "deep/a.tmp"}},                              // any one
        {{"star\\*"}, {"star*"}},                                          // taken as it is
        {{"*.tmp", "!a.tmp"}, {"a.tmp", "deep/a.tmp"}},                    // nothing brings it back
        {{"!not"}, {"!not"}},                                              // '!' is a letter
        {{"#odd"}, {"#odd"}},                                              // a remark in a file only
        {{"srv"}, {}},                                                     // what was named is never left out
    };
    for (const Rule& rule : rules) {
        std::vector<std::string> flags;
        for (const std::string& glob : rule.globs) flags.insert(flags.end(), {"--exclude", glob});
        const Outcome outcome = office.backup(flags);
        ASSERT_EQ(outcome.exit, 0) << outcome.err;
        std::set<std::string> expected = all;
        for (const std::string& name : rule.gone) expected.erase(name);
        EXPECT_EQ(stored_below(office, top), expected) << rule.globs.back();
        EXPECT_EQ(outcome.err.find("nothing matched --exclude") != std::string::npos, rule.gone.empty() || rule.globs.size() == 2)
            << outcome.err;
    }
    const std::string list = office.folder / "list";
    write_file(list, "# a remark\n\n#odd\r\n a.tmp\n blank\r\nb.txt");
    const Outcome outcome = office.backup({"--exclude-from", list});
    ASSERT_EQ(outcome.exit, 0) << outcome.err;
    std::set<std::string> expected = all;
    for (const char* name : {" blank", "deep/b.txt"}) expected.erase(name);
    EXPECT_EQ(stored_below(office, top), expected);
    EXPECT_THAT(outcome.err, HasSubstr("note: nothing matched --exclude  a.tmp\n")) << "blanks count";
}

TEST(Source, WhatWasNamedIsNeverLeftOut) {
    Office office("cli-named");
    office.fill_source();
    const std::string records = office.source + "/hồ sơ";
    std::filesystem::create_symlink("hồ sơ", office.source + "/by link");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Outcome behind = office.backup({records + "/2026", "--exclude", "hồ*"});
    EXPECT_EQ(behind.exit, 0) << behind.err;
    EXPECT_EQ(stored_below(office, records), (std::set<std::string>{"2026", "2026/Báo cáo quý.txt"}));
    const Outcome through = office.backup({office.source + "/by link/", "--exclude", "hồ*"});
    EXPECT_EQ(through.exit, 0) << through.err;
    EXPECT_THAT(stored_below(office, records), ::testing::Contains("danh sách.csv"));
    // A link that is stored as the link holds nothing: what was named behind it is stored where it lies.
    const Outcome moved = office.backup({office.source + "/by link/danh sách.csv", "--exclude", "hồ*"});
    EXPECT_EQ(moved.exit, 0) << moved.err;
    EXPECT_THAT(moved.err, HasSubstr("it is stored as " + records + "/danh sách.csv\n"));
    EXPECT_EQ(stored_below(office, records), std::set<std::string>{"danh sách.csv"});
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"})).back()["paths"],
              Json::array({office.source, records + "/danh sách.csv"}));
    EXPECT_EQ(office.backup({office.custody.vault(), office.folder.path()}).exit, 3) << "named, but Custody's own";
}

TEST(Source, TwoDotsBehindALinkGoUpFromWhereItLeads) {
    Office office("cli-dots");
    std::filesystem::create_directories(office.source + "/releases/v2/app");
    std::filesystem::create_directories(office.source + "/releases/v2/data");
    write_file(office.source + "/releases/v2/data/f", "v2");
    write_file(office.source + "/beside", "not asked for");
    std::filesystem::create_symlink("releases/v2/app", office.source + "/current");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    for (const char* given : {"/current/..", "/current/../data"}) {
        const Outcome done = office.custody({"backup", office.source + given, "--label", "business"});
        EXPECT_EQ(done.exit, 0) << done.err;
        EXPECT_THAT(stored_below(office, office.source), ::testing::Contains("releases/v2/data/f"));
        EXPECT_THAT(stored_below(office, office.source), Not(::testing::Contains("beside")));
    }
    const Outcome restored = office.custody({"restore", "latest", "--target", office.source + "/current/../out"});
    EXPECT_EQ(restored.exit, 0) << restored.err;
    EXPECT_TRUE(std::filesystem::exists(office.source + "/releases/v2/out"));
    EXPECT_FALSE(std::filesystem::exists(office.source + "/out"));
    EXPECT_EQ(office.custody({"backup", office.source + "/none/..", "--label", "business"}).exit, 7);
}

TEST(Source, ExcludesCanComeFromAPipe) {
    Office office("cli-exclude-pipe");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    Program backup = office.custody.command(
        {"backup", office.source, "--label", "business", "--exclude-from", "/dev/stdin", "--exclude", "link"});
    backup.arguments.insert(backup.arguments.begin(), {"-c", R"(printf '# a remark\nnoise\n' | "$0" "$@")", backup.path});
    backup.path = "bash";
    const Outcome outcome = run(backup);
    ASSERT_EQ(outcome.exit, 0) << outcome.err;
    const std::set<std::string> left = stored_below(office, office.source);
    EXPECT_THAT(left, ::testing::Contains("readme"));
    EXPECT_THAT(left, Not(::testing::Contains("noise")));
    EXPECT_EQ(office.backup({"--exclude-from", "/dev/zero"}).exit, 2) << "bounded";
}

// What Custody never backs up is no success when it is what the user asked for.
TEST(Source, CustodysOwnFoldersAreRefusedWhereTheyAreNamed) {
    Office office("cli-own");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    for (const std::string& own : {office.custody.vault(), office.custody.keyring(), office.custody.vault() + "/packs"}) {
        const Outcome alone = office.custody({"backup", own, "--label", "business"});
        EXPECT_EQ(alone.exit, 5) << alone.err;
        EXPECT_TRUE(one_clear_line(alone)) << alone.err;
        EXPECT_THAT(alone.err, HasSubstr(own + " belongs to Custody itself"));
        EXPECT_EQ(json_of(office.custody({"snapshots", "--json"})).size(), 0u);
    }
    const Outcome beside = office.backup({office.custody.vault()});
    EXPECT_EQ(beside.exit, 3) << beside.err;
    EXPECT_THAT(beside.err, HasSubstr("cannot back up " + office.custody.vault() + ": it belongs to Custody itself"));
    EXPECT_THAT(stored_below(office, office.source), ::testing::Contains("readme"));
    const Outcome above = office.custody({"backup", office.folder.path(), "--label", "business"});
    EXPECT_EQ(above.exit, 0) << above.err;
    EXPECT_THAT(above.err, HasSubstr("left out: " + office.custody.vault() + " belongs to Custody itself"));
}

TEST(Source, AnExcludeThatMatchesNothingIsNamedAndNothingElse) {
    Office office("cli-unmatched");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    // The second is behind the first at every name that it matches.
    const Outcome outcome =
        office.backup({"--exclude", "*.csv", "--exclude", "danh*", "--exclude", "*.swp", "--exclude", "*.swp"});
    EXPECT_EQ(outcome.exit, 0);
    EXPECT_THAT(outcome.err, HasSubstr("note: nothing matched --exclude *.swp\n"));
    EXPECT_EQ(outcome.err.find("nothing matched"), outcome.err.rfind("nothing matched")) << outcome.err;
}

TEST(Source, AnotherVaultBelowItIsNamedOnce) {
    Office office("cli-nested");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Vault other(office.folder / "other", office.source + "/other vault");
    std::filesystem::create_directories(office.folder / "other");
    ASSERT_EQ(other({"init"}).exit, 0);
    const std::string line =
        other.vault() + " is a vault and is backed up as it lies there; leave it out with --exclude " + other.vault();
    const Outcome told = office.backup({"--json"});
    EXPECT_EQ(told.exit, 0);
    EXPECT_THAT(told.err, HasSubstr(line));
    std::size_t times = 0;
    const Json document = json_of(told);
    for (const Json& warning : document["warnings"]) times += warning == line ? 1 : 0;
    EXPECT_EQ(times, 1u);
    const Outcome excluded = office.backup({"--exclude", other.vault()});
    EXPECT_THAT(excluded.err, Not(HasSubstr("is a vault")));
    EXPECT_FALSE(stored_below(office, office.source).contains("other vault"));
}

TEST(Source, AFileThatNeverStandsStillIsStoredMarkedAndAsksForAPerson) {
    Office office("cli-torn");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string path = office.source + "/journal";
    write_file(path, noise(40'000'000, 7));
    std::atomic<bool> ending = false;
    std::thread writer([&] {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        for (char c = 0; !ending; ++c) {
            file.seekp(20'000'000);
            file.put(c).flush();
        }
    });
    const Outcome torn = office.backup();
    ending = true;
    writer.join();
    EXPECT_EQ(torn.exit, 0) << "it was read and stored: " << torn.err;
    EXPECT_THAT(torn.err, HasSubstr(path + " changed while it was read"));
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"}))[0]["changed_while_read"], 1);
    EXPECT_THAT(office.custody({"snapshots"}).out, HasSubstr("1 changed while read"));
    const std::string need = "1 file of business/srv changed while its last backup read it";
    EXPECT_THAT(office.custody({"status"}).out, HasSubstr(need));
    EXPECT_EQ(json_of(office.custody({"status", "--json"}))["groups"][0]["changed_while_read"], 1);
    ASSERT_EQ(office.backup().exit, 0);
    EXPECT_THAT(office.custody({"status"}).out, Not(HasSubstr(need))) << "the newest backup met it at rest";
}

}  // namespace
}  // namespace custody::test
