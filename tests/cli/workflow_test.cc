// The commands as a user runs them, one after the other: what they print, in text and JSON, and what they leave behind.
#include "tests/cli/cli_fixture.h"
#include "tests/support/tree_compare.h"

#include <algorithm>
#include <set>

namespace custody::test {
namespace {

std::set<std::string> keys_of(const Json& object) {
    std::set<std::string> keys;
    for (const auto& [key, value] : object.items()) keys.insert(key);
    return keys;
}

std::set<std::string> paths_of(const Json& list) {
    std::set<std::string> paths;
    for (const Json& entry : list) paths.insert(entry["path"].get<std::string>());
    return paths;
}

TEST(Workflow, BackupDocumentHasTheFieldsOfTheContract) {
    Office office("cli-backup");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Outcome outcome = office.backup({"--json"});
    ASSERT_EQ(outcome.exit, 0) << outcome.err;
    const Json document = json_of(outcome);
    EXPECT_EQ(keys_of(document), (std::set<std::string>{"snapshot", "sequence", "label", "name", "files", "bytes", "seconds",
                                                        "reconciled", "warnings"}));
    EXPECT_EQ(document["snapshot"].get<std::string>().size(), 64u);
    EXPECT_EQ(document["sequence"], 2);
    EXPECT_EQ(document["label"], "business");
    EXPECT_EQ(document["name"], "srv");
    EXPECT_EQ(document["files"]["new"], 5) << "four files and a link: " << document.dump();
    EXPECT_EQ(document["files"]["failed"], 0);
    EXPECT_EQ(keys_of(document["bytes"]), (std::set<std::string>{"scanned", "read", "new", "stored"}));
    EXPECT_GT(document["bytes"]["stored"], 0);
    EXPECT_TRUE(document["seconds"].is_number());
    EXPECT_EQ(document["reconciled"]["mismatches"], 0);
    const std::string warnings = document["warnings"].dump();
    EXPECT_NE(warnings.find("no recovery kit"), std::string::npos) << warnings;
    EXPECT_NE(outcome.err.find("warning: no recovery kit"), std::string::npos) << outcome.err;
}

// Files written less than two seconds before they were read are read again, so only what is stored is asserted.
TEST(Workflow, ASecondBackupStoresNoContentAgain) {
    Office office("cli-again");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const Json again = json_of(office.backup({"--json"}));
    EXPECT_EQ(again["files"]["new"], 0) << again.dump();
    EXPECT_EQ(again["files"]["failed"], 0) << again.dump();
    EXPECT_LT(again["bytes"]["new"], 10'000) << again.dump();
}

TEST(Workflow, ADryRunStoresNothing) {
    Office office("cli-dry");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Outcome dry = office.backup({"--dry-run", "--json"});
    EXPECT_EQ(dry.exit, 0) << dry.err;
    EXPECT_EQ(json_of(dry)["files"]["new"], 5);
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"})).size(), 0u);
}

TEST(Workflow, UnreadableFilesAreNamedAndEndWith3) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody who may not read";
    Office office("cli-unreadable");
    office.fill_source();
    write_file(office.source + "/secret", "x");
    std::filesystem::permissions(office.source + "/secret", std::filesystem::perms::none);
    Program init = office.custody.command({"init"});
    std::filesystem::permissions(office.folder.path(), std::filesystem::perms::all);
    init.as_user = 65534;
    ASSERT_EQ(run(init).exit, 0);
    Program backup = office.custody.command({"backup", office.source, "--label", "business", "--json"});
    backup.as_user = 65534;
    const Outcome outcome = run(backup);
    EXPECT_EQ(outcome.exit, 3) << outcome.err;
    EXPECT_EQ(json_of(outcome)["files"]["failed"], 1);
    EXPECT_NE(outcome.err.find("/secret"), std::string::npos) << outcome.err;
}

TEST(Workflow, ExcludesLeaveOutWhatMatches) {
    Office office("cli-exclude");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string list = office.folder / "excludes";
    write_file(list, "# a remark\n\nnoise\n");
    ASSERT_EQ(office.backup({"--exclude", "*.csv", "--exclude", "link", "--exclude-from", list}).exit, 0);
    const auto paths = paths_of(json_of(office.custody({"ls", "latest", office.source, "--recursive", "--json"})));
    EXPECT_EQ(paths, (std::set<std::string>{office.source + "/hồ sơ", office.source + "/hồ sơ/2026",
                                            office.source + "/hồ sơ/2026/Báo cáo quý.txt", office.source + "/readme"}));
    EXPECT_EQ(office.backup({"--exclude-from", "/no/such/list"}).exit, 2);
}

TEST(Workflow, VaultAndKeyringInsideTheSourceAreLeftOutAndSaid) {
    Office office("cli-own");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Outcome outcome = office.custody({"backup", office.folder.path(), "--label", "business", "--name", "all"});
    ASSERT_EQ(outcome.exit, 0) << outcome.err;
    EXPECT_NE(outcome.err.find(office.custody.vault()), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(office.custody.keyring()), std::string::npos) << outcome.err;
    const auto paths = paths_of(json_of(office.custody({"ls", "latest", office.folder.path(), "--recursive", "--json"})));
    EXPECT_FALSE(paths.contains(office.custody.keyring() + "/keyring"));
    EXPECT_FALSE(paths.contains(office.custody.vault() + "/vault.json"));
    EXPECT_TRUE(paths.contains(office.source + "/readme"));
}

TEST(Workflow, AnEmptySourceIsBackedUpWithAWarning) {
    Office office("cli-nothing");
    std::filesystem::create_directories(office.source);
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Outcome outcome = office.backup();
    EXPECT_EQ(outcome.exit, 0);
    EXPECT_NE(outcome.err.find("holds no file"), std::string::npos) << outcome.err;
}

TEST(Workflow, SnapshotsListOldestFirstWithTheFieldsOfTheContract) {
    const Office& office = shared_office();
    const Outcome outcome = office.custody({"snapshots", "--json"});
    ASSERT_EQ(outcome.exit, 0);
    EXPECT_EQ(outcome.err, "");
    const Json list = json_of(outcome);
    ASSERT_EQ(list.size(), 2u);
    EXPECT_LT(list[0]["sequence"], list[1]["sequence"]);
    for (const char* key :
         {"id", "sequence", "time", "label", "name", "host", "kind", "paths", "files", "bytes", "signed_by", "hold_until"}) {
        EXPECT_TRUE(list[1].contains(key)) << key;
    }
    EXPECT_EQ(list[1]["kind"], "files");
    EXPECT_EQ(list[1]["paths"], Json::array({office.source}));
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json", "--label", "log"})), Json::array());
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json", "--name", "srv"})).size(), 2u);
    EXPECT_NE(office.custody({"snapshots"}).out.find("business"), std::string::npos);
}

TEST(Workflow, LatestSaysWhichSnapshotItChose) {
    const Office& office = shared_office();
    const std::string newest = json_of(office.custody({"snapshots", "--json"}))[1]["id"];
    for (const char* reference : {"latest", "latest:srv"}) {
        const Outcome outcome = office.custody({"ls", reference});
        EXPECT_EQ(outcome.exit, 0) << outcome.err;
        EXPECT_NE(outcome.err.find(std::string(reference) + " is snapshot " + newest.substr(0, 8)), std::string::npos)
            << outcome.err;
    }
    EXPECT_EQ(office.custody({"ls", newest}).err, "");
    EXPECT_EQ(office.custody({"ls", newest.substr(0, 12)}).exit, 0);
    EXPECT_NE(office.custody({"ls", newest.substr(0, 3)}).exit, 0) << "fewer than 6 digits";
}

TEST(Workflow, LsShowsFoldersFilesAndTheirAttributes) {
    const Office& office = shared_office();
    const Json list = json_of(office.custody({"ls", "latest", office.source, "--json"}));
    EXPECT_EQ(paths_of(list), (std::set<std::string>{office.source + "/hồ sơ", office.source + "/link", office.source + "/new",
                                                     office.source + "/noise", office.source + "/readme"}));
    const auto link = std::find_if(list.begin(), list.end(), [](const Json& entry) { return entry["type"] == "symlink"; });
    ASSERT_NE(link, list.end());
    EXPECT_EQ((*link)["target"], "readme");
    const Outcome text = office.custody({"ls", "latest", office.source, "--long"});
    EXPECT_NE(text.out.find("lrwxrwxrwx"), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("700000"), std::string::npos) << text.out;
    EXPECT_EQ(office.custody({"ls", "latest", office.source + "/readme"}).out, office.source + "/readme\n");
}

TEST(Workflow, NamesThatAreNotUtf8KeepTheirBytesInJson) {
    Office office("cli-bytes");
    std::filesystem::create_directories(office.source);
    write_file(office.source + "/caf\xE9", "x");
    write_file(office.source + "/line\nbreak", "y");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const Json list = json_of(office.custody({"ls", "latest", office.source, "--json"}));
    ASSERT_EQ(list.size(), 2u);
    EXPECT_EQ(list[0]["path"], office.source + "/caf\xEF\xBF\xBD");
    EXPECT_TRUE(list[0].contains("path_bytes"));
    EXPECT_FALSE(list[1].contains("path_bytes"));
    EXPECT_EQ(list[1]["path"], office.source + "/line\nbreak");
    const Outcome text = office.custody({"ls", "latest", office.source});
    EXPECT_EQ(std::count(text.out.begin(), text.out.end(), '\n'), 2) << "a name must not break a line";
}

TEST(Workflow, CatWritesTheBytesOfAFile) {
    const Office& office = shared_office();
    const Outcome outcome = office.custody({"cat", "latest", office.source + "/noise"});
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
    EXPECT_TRUE(outcome.out == read_file_text(office.source + "/noise"));
    EXPECT_EQ(office.custody({"cat", "latest", office.source + "/hồ sơ/2026/Báo cáo quý.txt"}).out, "quý một\n");
    EXPECT_NE(office.custody({"cat", "latest", office.source + "/hồ sơ"}).exit, 0) << "a folder has no bytes";
}

TEST(Workflow, FindMatchesNamesPathsCaseAndMarks) {
    const Office& office = shared_office();
    const auto found = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "find");
        arguments.emplace_back("--json");
        return json_of(office.custody(arguments));
    };
    EXPECT_EQ(found({"*.txt"}).size(), 1u);
    EXPECT_EQ(found({"bao cao*"}).size(), 0u);
    EXPECT_EQ(found({"bao cao*", "--ignore-case"}).size(), 0u);
    EXPECT_EQ(found({"bao cao*", "--ignore-case", "--ignore-marks"}).size(), 1u);
    EXPECT_EQ(found({"Ba\xCC\x81o ca\xCC\x81o*"}).size(), 1u) << "decomposed letters match composed names";
    EXPECT_EQ(found({"/**/2026/*.txt"}).size(), 1u);
    const Json versions = found({"readme"});
    ASSERT_EQ(versions.size(), 2u) << "both versions of the file";
    EXPECT_NE(versions[0]["snapshot"], versions[1]["snapshot"]);
    EXPECT_EQ(versions[0]["size"], 14) << "newest first";
    EXPECT_EQ(found({"noise"}).size(), 1u) << "an unchanged file is shown once";
    EXPECT_EQ(found({"noise", "--all"}).size(), 2u);
    EXPECT_EQ(found({"danh*.csv", "--snapshot", "latest"}).size(), 0u);
    EXPECT_EQ(found({"danh*.csv"}).size(), 1u) << "only in the first snapshot";
    EXPECT_EQ(office.custody({"find", "nothing-like-this"}).exit, 0);
}

TEST(Workflow, DiffShowsWhatWasAddedRemovedAndModified) {
    const Office& office = shared_office();
    const Json snapshots = json_of(office.custody({"snapshots", "--json"}));
    const std::string a = snapshots[0]["id"], b = snapshots[1]["id"];
    const Outcome text = office.custody({"diff", a, b});
    EXPECT_EQ(text.exit, 0) << text.err;
    EXPECT_EQ(text.out,
              "- " + office.source + "/hồ sơ/danh sách.csv\n+ " + office.source + "/new\nM " + office.source + "/readme\n");
    EXPECT_NE(text.err.find("1 added, 1 removed, 1 modified"), std::string::npos) << text.err;
    const Json list = json_of(office.custody({"diff", b, a, "--json"}));
    ASSERT_EQ(list.size(), 3u);
    EXPECT_EQ(list[0]["change"], "+");
    EXPECT_EQ(list[2]["differs"][0], "content");
    EXPECT_EQ(office.custody({"diff", a, a}).out, "");
}

TEST(Workflow, RestoreBringsBackExactlyWhatWasThereAndIsSimplyRunAgain) {
    const Office& office = shared_office();
    const std::string target = office.folder / "restored";
    const Outcome first = office.custody({"restore", "latest", "--target", target, "--json"});
    ASSERT_EQ(first.exit, 0) << first.err;
    const Json document = json_of(first);
    EXPECT_EQ(keys_of(document), (std::set<std::string>{"files", "bytes", "skipped", "failed", "seconds", "warnings"}));
    EXPECT_EQ(compare_trees(office.source, target + office.source), std::vector<std::string>{});
    const Json again = json_of(office.custody({"restore", "latest", "--target", target, "--json"}));
    EXPECT_EQ(again["skipped"], document["files"]);
    write_file(target + office.source + "/readme", "changed here\n");
    const Outcome kept = office.custody({"restore", "latest", "--target", target});
    EXPECT_EQ(kept.exit, 1);
    EXPECT_NE(kept.err.find("readme"), std::string::npos) << kept.err;
    EXPECT_EQ(read_file_text(target + office.source + "/readme"), "changed here\n");
    EXPECT_EQ(office.custody({"restore", "latest", "--target", target, "--overwrite", "changed"}).exit, 0);
    EXPECT_EQ(compare_trees(office.source, target + office.source), std::vector<std::string>{});
}

TEST(Workflow, RestoreOfOnePathWithAStrippedPrefix) {
    const Office& office = shared_office();
    const std::string target = office.folder / "stripped";
    const Outcome dry = office.custody({"restore", "latest", office.source + "/hồ sơ", "--target", target, "--dry-run"});
    EXPECT_EQ(dry.exit, 0) << dry.err;
    EXPECT_FALSE(std::filesystem::exists(target + office.source));
    const Outcome outcome =
        office.custody({"restore", "latest", office.source + "/hồ sơ", "--target", target, "--strip-prefix", office.source});
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
    EXPECT_EQ(read_file_text(target + "/hồ sơ/2026/Báo cáo quý.txt"), "quý một\n");
    EXPECT_FALSE(std::filesystem::exists(target + "/readme"));
}

TEST(Workflow, AStreamGoesInAndComesOut) {
    Office office("cli-stream");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    Program backup = office.custody.command({"backup", "--stdin", "dump.sql", "--label", "database", "--json"});
    backup.input = noise(3'000'000, 7);
    const Outcome stored = run(backup);
    ASSERT_EQ(stored.exit, 0) << stored.err;
    EXPECT_EQ(json_of(stored)["name"], "dump.sql");
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"}))[0]["kind"], "stream");
    const Outcome back = office.custody({"restore", "latest:dump.sql", "--stdout"});
    EXPECT_EQ(back.exit, 0) << back.err;
    EXPECT_TRUE(back.out == backup.input);
    EXPECT_EQ(office.custody({"restore", "latest", "--stdout", "--json"}).exit, 2);
}

TEST(Workflow, AnImageFileGoesInAndComesOutSparse) {
    Office office("cli-image");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string image = office.folder / "disk.img";
    write_file(image, noise(2'000'000, 3));
    std::filesystem::resize_file(image, 64'000'000);
    const Outcome stored = office.custody({"backup", "--image", image, "--label", "image"});
    ASSERT_EQ(stored.exit, 0) << stored.err;
    const std::string back = office.folder / "back.img";
    const Outcome restored = office.custody({"restore", "latest:disk.img", "--image", back});
    ASSERT_EQ(restored.exit, 0) << restored.err;
    EXPECT_TRUE(read_file_text(back) == read_file_text(image));
    struct stat info {};
    ASSERT_EQ(::stat(back.c_str(), &info), 0);
    EXPECT_LT(info.st_blocks * 512, 10'000'000);
    const Outcome refused = office.custody({"restore", "latest:disk.img", "--image", back});
    EXPECT_EQ(refused.exit, 1);
    EXPECT_NE(refused.err.find("--overwrite"), std::string::npos);
    EXPECT_EQ(office.custody({"restore", "latest:disk.img", "--image", back, "--overwrite", "always"}).exit, 0);
}

TEST(Workflow, ExportWritesAnArchiveThatTarReads) {
    const Office& office = shared_office();
    const std::string archive = office.folder / "out.tar";
    const Outcome outcome = office.custody({"export", "latest", "--output", archive});
    ASSERT_EQ(outcome.exit, 0) << outcome.err;
    const std::string target = office.folder / "untarred";
    std::filesystem::create_directories(target);
    Program tar;
    tar.path = "tar";
    tar.arguments = {"-xf", archive, "-C", target};
    const Outcome untarred = run(tar);
    ASSERT_EQ(untarred.exit, 0) << untarred.err;
    EXPECT_EQ(read_file_text(target + office.source + "/readme"), "read me again\n");
    EXPECT_NE(office.custody({"export", "latest", "--output", archive}).exit, 0) << "an archive that is there is not replaced";
}

TEST(Workflow, VerifyDocumentHasTheFieldsOfTheContractAtEveryLevel) {
    const Office& office = shared_office();
    const std::vector<std::pair<std::vector<std::string>, std::string>> levels = {{{}, "structure"},
                                                                                  {{"--level", "sample"}, "sample"},
                                                                                  {{"--sample", "50"}, "sample"},
                                                                                  {{"--level", "full"}, "full"},
                                                                                  {{"--keyless"}, "keyless"}};
    for (const auto& [more, level] : levels) {
        std::vector<std::string> arguments = {"verify", "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Outcome outcome = office.custody(arguments);
        EXPECT_EQ(outcome.exit, 0) << outcome.err;
        const Json document = json_of(outcome);
        EXPECT_EQ(document["ok"], true);
        EXPECT_EQ(document["level"], level);
        EXPECT_GT(document["objects"], 0);
        EXPECT_TRUE(document["bytes_read"].is_number());
        EXPECT_EQ(document["damaged"], Json::array());
    }
    Program keyless = office.custody.command({"verify", "--keyless"});
    keyless.environment["CUSTODY_KEYRING"] = "/nonexistent/keyring";
    keyless.environment["CUSTODY_PASSPHRASE"] = "";
    EXPECT_EQ(run(keyless).exit, 0);
    keyless.arguments = {"verify"};
    EXPECT_EQ(run(keyless).exit, 7) << "as every command without a keyring";
}

// Flips a bit in the middle of the largest pack of a vault.
std::string damage_a_pack(const std::string& vault) {
    std::string largest;
    for (const auto& item : std::filesystem::recursive_directory_iterator(vault + "/packs")) {
        if (item.is_regular_file() && (largest.empty() || item.file_size() > std::filesystem::file_size(largest)))
            largest = item.path();
    }
    std::string content = read_file_text(largest);
    content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
    std::filesystem::permissions(largest, std::filesystem::perms::owner_all);
    write_file(largest, content);
    return largest;
}

TEST(Workflow, DamageIsFoundNamedNeverRestoredAndHealedFromACopy) {
    Office office("cli-damage");
    office.fill_source();
    write_file(office.source + "/noise", noise(4'000'000, 1));  // several blocks: the damage is in none that others share
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const std::string second = office.folder / "second";
    ASSERT_EQ(office.custody({"init", "--vault", second}).exit, 0);
    const Outcome copied = office.custody({"copy", "--to", second, "--json"});
    ASSERT_EQ(copied.exit, 0) << copied.err;
    EXPECT_EQ(json_of(copied)["snapshots_copied"], 1);

    damage_a_pack(office.custody.vault());
    EXPECT_EQ(office.custody({"verify", "--keyless"}).exit, 4);
    const Outcome full = office.custody({"verify", "--level", "full", "--json"});
    EXPECT_EQ(full.exit, 4);
    const Json document = json_of(full);
    EXPECT_EQ(document["ok"], false);
    ASSERT_GE(document["damaged"].size(), 1u);
    const Json& damage = document["damaged"][0];
    EXPECT_EQ(keys_of(damage), (std::set<std::string>{"object", "kind", "problem", "affects"}));
    ASSERT_GE(damage["affects"].size(), 1u) << damage.dump();
    EXPECT_EQ(damage["affects"][0]["snapshot"].get<std::string>().size(), 64u);
    EXPECT_NE(full.out.find(office.source + "/noise"), std::string::npos) << full.out;

    const std::string target = office.folder / "back";
    const Outcome restored = office.custody({"restore", "latest", "--target", target});
    EXPECT_EQ(restored.exit, 4) << restored.err;
    EXPECT_FALSE(std::filesystem::exists(target + office.source + "/noise"));
    EXPECT_EQ(read_file_text(target + office.source + "/readme"), "read me\n");

    const Outcome healed = office.custody({"repair", "--from", second, "--json"});
    EXPECT_EQ(healed.exit, 0) << healed.err;
    EXPECT_EQ(json_of(healed)["ok"], true);
    EXPECT_EQ(json_of(healed)["objects_healed"], 1);
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
    EXPECT_EQ(office.custody({"restore", "latest", "--target", target}).exit, 0);
}

TEST(Workflow, HeldSnapshotsAreSkippedByARuleAndRefusedById) {
    Office office("cli-hold");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(office.backup().exit, 0);
    const Json before = json_of(office.custody({"snapshots", "--json"}));
    const std::string oldest = before[0]["id"];
    const Outcome held = office.custody({"hold", "add", oldest, "--reason", "vụ việc 17", "--until", "2099-01-01"});
    ASSERT_EQ(held.exit, 0) << held.err;
    const Json holds = json_of(office.custody({"hold", "list", "--json"}));
    ASSERT_EQ(holds.size(), 1u);
    EXPECT_EQ(holds[0]["reason"], "vụ việc 17");
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"}))[0]["hold_until"].get<std::string>().substr(0, 10), "2099-01-01");

    const Outcome by_id = office.custody({"forget", oldest});
    EXPECT_EQ(by_id.exit, 5);
    EXPECT_TRUE(one_clear_line(by_id));
    const Json dry = json_of(office.custody({"forget", "--keep-last", "1", "--dry-run", "--json"}));
    EXPECT_EQ(dry["forgotten"].size(), 1u) << dry.dump();
    EXPECT_EQ(dry["skipped"].size(), 1u) << dry.dump();
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"})).size(), 3u);
    EXPECT_EQ(office.custody({"forget", "--keep-last", "1"}).exit, 0);
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"})).size(), 2u);

    EXPECT_EQ(office.custody({"hold", "release", oldest, "--reason", "xong"}).exit, 0);
    EXPECT_EQ(office.custody({"forget", oldest}).exit, 0);
    const Outcome pruned = office.custody({"prune", "--grace", "0s", "--json"});
    EXPECT_EQ(pruned.exit, 0) << pruned.err;
    EXPECT_TRUE(json_of(pruned).contains("bytes_freed"));
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
}

TEST(Workflow, StatusSaysWhatNeedsAPersonUntilItIsDone) {
    Office office("cli-status");
    office.fill_source();
    const Outcome nothing = office.custody({"status", "--check"});
    EXPECT_EQ(nothing.exit, 1);
    EXPECT_NE(nothing.out.find("custody init"), std::string::npos) << nothing.out;
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    EXPECT_EQ(office.custody({"status"}).exit, 0);
    const Outcome red = office.custody({"status", "--check", "--json"});
    EXPECT_EQ(red.exit, 1);
    EXPECT_NE(json_of(red)["needs"].dump().find("recovery kit"), std::string::npos);
    EXPECT_EQ(json_of(red)["groups"][0]["label"], "business");
    EXPECT_EQ(json_of(red)["vault"]["head_witnessed"], true);

    Program kit = office.custody.command({"key", "export", "--recovery", "--output", office.folder / "kit"});
    kit.environment["CUSTODY_KIT_PASSPHRASE"] = "năm con gà vàng";
    ASSERT_EQ(run(kit).exit, 0);
    EXPECT_EQ(office.custody({"status", "--check"}).exit, 1) << "not proven yet";
    kit.arguments = {"key", "import", office.folder / "kit", "--check"};
    const Outcome proven = run(kit);
    ASSERT_EQ(proven.exit, 0) << proven.err;
    const Outcome alone = office.custody({"status", "--check"});
    EXPECT_EQ(alone.exit, 1);
    EXPECT_NE(alone.out.find("no second copy"), std::string::npos) << alone.out;
    const std::string second = office.folder / "second";
    ASSERT_EQ(office.custody({"init", "--vault", second}).exit, 0);
    EXPECT_EQ(office.custody({"status", "--check"}).exit, 1) << "it is empty";
    ASSERT_EQ(office.custody({"copy", "--to", second}).exit, 0);
    const Outcome green = office.custody({"status", "--check"});
    EXPECT_EQ(green.exit, 0) << green.out;
    EXPECT_EQ(office.backup().err.find("recovery kit"), std::string::npos);
    ASSERT_EQ(office.custody({"label", "add", "network"}).exit, 0);
    EXPECT_NE(office.backup().err.find("older than the newest keys"), std::string::npos);
    EXPECT_EQ(office.custody({"status", "--check"}).exit, 1) << "stale after a new label";
}

TEST(Workflow, CompletionKnowsEveryCommandAndBashParsesIt) {
    const Office& office = shared_office();
    const Outcome script = office.custody({"completion", "bash"});
    ASSERT_EQ(script.exit, 0);
    const std::string file = office.folder / "completion";
    write_file(file, script.out);
    Program bash;
    bash.path = "bash";
    const auto complete = [&](const std::string& words, int last) {
        bash.arguments = {"-c", "source " + file + "; COMP_WORDS=(" + words + "); COMP_CWORD=" + std::to_string(last) +
                                    "; _custody; printf '%s\\n' \"${COMPREPLY[@]}\""};
        return run(bash).out;
    };
    EXPECT_NE(complete("custody sn", 1).find("snapshots"), std::string::npos);
    EXPECT_NE(complete("custody key sl", 2).find("slot"), std::string::npos);
    EXPECT_NE(complete("custody --vault x backup --one", 4).find("--one-file-system"), std::string::npos);
    EXPECT_NE(complete("custody verify --level fu", 3).find("full"), std::string::npos);
    EXPECT_NE(complete("custody ls --lang v", 3).find("vi"), std::string::npos);
    EXPECT_EQ(complete("custody completion ''", 2), "bash\n");
    for (const std::string words : {"custody --h", "custody key import --h", "custody backup --h"}) {
        const std::string offered = complete(words, static_cast<int>(std::count(words.begin(), words.end(), ' ')));
        EXPECT_EQ(offered.find("--help"), offered.rfind("--help")) << words << ": " << offered;
        EXPECT_NE(offered.find("--help"), std::string::npos) << words;
    }
}

}  // namespace
}  // namespace custody::test
