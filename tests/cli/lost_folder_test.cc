// The record of one folder is lost, or a file of the vault may not be read: everything else comes back, and what does not is
// named.
#include "tests/cli/cli_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <fstream>
#include <set>

namespace custody::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kFolders = {"a", "m", "z"};

// Three folders; m was backed up alone first, so that a pack of its own holds its record.
struct ThreeFolders : Office {
    explicit ThreeFolders(const std::string& purpose) : Office(purpose) {
        for (const std::string& name : kFolders) {
            fs::create_directories(source + "/" + name);
            for (const char* file : {"/f1", "/f2"}) write_file(source + "/" + name + file, name + file);
        }
        EXPECT_EQ(custody({"init"}).exit, 0);
        EXPECT_EQ(custody({"backup", source + "/m", "--label", "business", "--name", "m"}).exit, 0);
        const std::set<std::string> first = packs();
        EXPECT_EQ(first.size(), 2U);
        EXPECT_EQ(backup().exit, 0);
        // Of content and of trees, of which only the trees' is bigger than a few bytes of data and their summary.
        for (const std::string& pack : first) {
            if (record.empty() || fs::file_size(pack) > fs::file_size(record)) record = pack;
        }
        for (const std::string& pack : first) {
            if (pack != record) content = pack;
        }
        object = record.substr(custody.vault().size() + 1);
    }
    [[nodiscard]] std::set<std::string> packs() const {
        std::set<std::string> found;
        for (const auto& item : fs::recursive_directory_iterator(custody.vault() + "/packs")) {
            if (item.is_regular_file()) found.insert(item.path());
        }
        return found;
    }
    // Of the folders, which of their files are there as they were.
    [[nodiscard]] std::string whole_in(const std::string& target) const {
        std::string whole;
        for (const std::string& name : kFolders) {
            for (const char* file : {"/f1", "/f2"}) {
                const std::string path = source + "/" + name + file;
                if (fs::exists(target + path) && read_file_text(target + path) == read_file_text(path))
                    whole += name + file + " ";
            }
        }
        return whole;
    }
    // Says which folder, which object and what to do.
    [[nodiscard]] auto names_it() const {
        return AllOf(HasSubstr("folder " + source + "/m"), HasSubstr(object), HasSubstr("custody repair --from"));
    }

    std::string record;   // the pack with m's record
    std::string content;  // the pack with its files
    std::string object;   // of the record, as it is named
};

void damage(const std::string& pack, const std::string& kind) {
    if (kind == "missing") {
        fs::remove(pack);
    } else if (kind == "cut") {
        fs::resize_file(pack, fs::file_size(pack) / 3);
    } else {
        std::string bytes = read_file_text(pack);
        bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
        write_file(pack, bytes);
    }
}

TEST(LostFolder, EverythingElseComesBackAndTheFolderIsNamed) {
    for (const char* kind : {"missing", "flipped", "cut"}) {
        SCOPED_TRACE(kind);
        const ThreeFolders office("cli-lost-folder");
        const std::string sound = read_file_text(office.record);
        damage(office.record, kind);
        const std::string target = office.folder / "back";

        const Outcome dry = office.custody({"restore", "latest:srv", "--target", target, "--dry-run", "--json"});
        EXPECT_EQ(dry.exit, 4);
        EXPECT_EQ(json_of(dry)["files"], 4);
        EXPECT_EQ(json_of(dry)["failed"], 1);

        const Outcome restored = office.custody({"restore", "latest:srv", "--target", target, "--json"});
        EXPECT_EQ(restored.exit, 4) << restored.err;
        EXPECT_THAT(restored.err, office.names_it());
        EXPECT_EQ(json_of(restored)["files"], 4);
        EXPECT_EQ(json_of(restored)["failed"], 1);
        EXPECT_THAT(json_of(restored)["warnings"].dump(), HasSubstr(office.source + "/m"));
        EXPECT_EQ(office.whole_in(target), "a/f1 a/f2 z/f1 z/f2 ");
        struct stat before {
        }, after{};
        ASSERT_EQ(::stat((office.source + "/m").c_str(), &before), 0);
        ASSERT_EQ(::stat((target + office.source + "/m").c_str(), &after), 0) << "its own attributes are its parent's to know";
        EXPECT_EQ(after.st_mode, before.st_mode);
        EXPECT_EQ(after.st_mtime, before.st_mtime);

        // What is below it is not touched, whatever is to be overwritten.
        const std::string own = target + office.source + "/m/own";
        write_file(own, "mine");
        EXPECT_EQ(office.custody({"restore", "latest:srv", "--target", target, "--overwrite", "always"}).exit, 4);
        EXPECT_EQ(read_file_text(own), "mine");
        fs::remove(own);

        write_file(office.record, sound);
        const Outcome again = office.custody({"restore", "latest:srv", "--target", target});
        EXPECT_EQ(again.exit, 0) << again.err;
        EXPECT_EQ(office.whole_in(target), "a/f1 a/f2 m/f1 m/f2 z/f1 z/f2 ");
        for (const auto& item : fs::recursive_directory_iterator(target)) {
            EXPECT_FALSE(item.path().filename().string().starts_with(".custody")) << item.path();
        }
    }
}

TEST(LostFolder, RepairBringsItBackAndTheRestoreIsCompleted) {
    const ThreeFolders office("cli-lost-folder-repair");
    const std::string second = office.folder / "second", target = office.folder / "back";
    ASSERT_EQ(office.custody({"init", "--vault", second}).exit, 0);
    ASSERT_EQ(office.custody({"copy", "--to", second}).exit, 0);
    damage(office.record, "missing");
    ASSERT_EQ(office.custody({"restore", "latest:srv", "--target", target}).exit, 4);
    const Outcome healed = office.custody({"repair", "--from", second});
    EXPECT_EQ(healed.exit, 0) << healed.out << healed.err;
    const Outcome again = office.custody({"restore", "latest:srv", "--target", target});
    EXPECT_EQ(again.exit, 0) << again.err;
    EXPECT_THAT(again.err, Not(HasSubstr("keeps its own"))) << "it is finished, not left";
    EXPECT_EQ(office.whole_in(target), "a/f1 a/f2 m/f1 m/f2 z/f1 z/f2 ");
    struct stat before {
    }, after{};
    ASSERT_EQ(::stat((office.source + "/m").c_str(), &before), 0);
    ASSERT_EQ(::stat((target + office.source + "/m").c_str(), &after), 0);
    EXPECT_EQ(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
    EXPECT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
}

TEST(LostFolder, ChosenPathsInItAreNamedAndTheOthersComeBack) {
    const ThreeFolders office("cli-lost-folder-paths");
    damage(office.record, "missing");
    const std::string target = office.folder / "back", inside = office.source + "/m/f1";
    const Outcome alone = office.custody({"restore", "latest:srv", inside, "--target", target});
    EXPECT_EQ(alone.exit, 4);
    EXPECT_TRUE(one_clear_line(alone));
    EXPECT_THAT(alone.err, AllOf(HasSubstr(inside), office.names_it()));
    EXPECT_FALSE(fs::exists(target));
    const Outcome with_other = office.custody({"restore", "latest:srv", inside, office.source + "/z", "--target", target});
    EXPECT_EQ(with_other.exit, 4);
    EXPECT_THAT(with_other.err, AllOf(HasSubstr(inside), office.names_it()));
    EXPECT_EQ(office.whole_in(target), "z/f1 z/f2 ");
    const Outcome root = office.custody({"restore", "latest:m", "--target", target});
    EXPECT_EQ(root.exit, 4);
    EXPECT_THAT(root.err, AllOf(HasSubstr("folder /:"), HasSubstr(office.object)));
}

TEST(LostFolder, AnArchiveHoldsTheRest) {
    const ThreeFolders office("cli-lost-folder-export");
    damage(office.record, "flipped");
    for (const char* ending : {"tar", "tar.zst", "zip"}) {
        SCOPED_TRACE(ending);
        const std::string archive = office.folder / (std::string("back.") + ending);
        const Outcome exported = office.custody({"export", "latest:srv", "--output", archive, "--json"});
        EXPECT_EQ(exported.exit, 4) << exported.err;
        EXPECT_THAT(exported.err, office.names_it());
        EXPECT_EQ(json_of(exported)["files"], 4);
        EXPECT_EQ(json_of(exported)["failed"], 1);
        EXPECT_TRUE(fs::exists(archive));
    }
}

TEST(LostFolder, LookingGoesOnBehindIt) {
    const ThreeFolders office("cli-lost-folder-look");
    write_file(office.source + "/z/new", "new");
    ASSERT_EQ(office.custody({"backup", office.source, "--label", "business", "--name", "later"}).exit, 0);
    damage(office.record, "cut");
    const std::string z = office.source + "/z/f2\n";
    const Outcome all = office.custody({"ls", "latest:srv", "--recursive"});
    EXPECT_EQ(all.exit, 4);
    EXPECT_THAT(all.err, office.names_it());
    EXPECT_THAT(all.out, HasSubstr(z));
    EXPECT_EQ(office.custody({"ls", "latest:srv", office.source}).exit, 0) << "its names are all there";
    const Outcome inside = office.custody({"ls", "latest:srv", office.source + "/m"});
    EXPECT_EQ(inside.exit, 4);
    EXPECT_THAT(inside.err, office.names_it());
    for (const std::vector<std::string>& only : {std::vector<std::string>{}, {"--snapshot", "latest:srv"}}) {
        std::vector<std::string> arguments = {"find", "f2"};
        arguments.insert(arguments.end(), only.begin(), only.end());
        const Outcome found = office.custody(arguments);
        EXPECT_EQ(found.exit, 4);
        EXPECT_THAT(found.err, office.names_it());
        EXPECT_THAT(found.out, HasSubstr(z));
    }
    const Outcome same = office.custody({"diff", "latest:srv", "latest:later"});
    EXPECT_EQ(same.exit, 0) << "a folder that is the same in both need not be read";
    EXPECT_THAT(same.out, HasSubstr("+ " + office.source + "/z/new"));
    const Outcome differs = office.custody({"diff", "latest:m", "latest:srv"});
    EXPECT_EQ(differs.exit, 4);
    EXPECT_THAT(differs.err, HasSubstr("cannot be compared"));
    EXPECT_EQ(differs.out, "") << "nothing is called added that nobody can compare";
    const Outcome file = office.custody({"cat", "latest:srv", office.source + "/m/f1"});
    EXPECT_EQ(file.exit, 4);
    EXPECT_TRUE(one_clear_line(file));
    EXPECT_THAT(file.err, office.names_it());
    EXPECT_EQ(office.custody({"cat", "latest:srv", office.source + "/z/f1"}).out, "z/f1");
}

// A file of many pieces has a record of its own, beside its folder's.
TEST(LostFolder, ALostRecordOfAFileCostsThatFileAlone) {
    const Office office("cli-lost-file");
    const std::string pieces = office.source + "/pieces";
    fs::create_directories(office.source);
    {
        std::ofstream file(pieces, std::ios::binary);
        for (int i = 0; i < 1'300; ++i) {
            file.seekp(static_cast<std::streamoff>(i) * 16'384);
            file << std::string(4'096, static_cast<char>('a' + i % 26));
        }
    }
    EXPECT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.custody({"backup", pieces, "--label", "business", "--name", "pieces"}).exit, 0);
    std::string record;
    for (const auto& item : fs::recursive_directory_iterator(office.custody.vault() + "/packs")) {
        if (item.is_regular_file() && (record.empty() || item.file_size() < fs::file_size(record))) record = item.path();
    }
    write_file(office.source + "/other", "other");
    ASSERT_EQ(office.backup().exit, 0);
    fs::remove(record);
    const std::string object = record.substr(office.custody.vault().size() + 1), target = office.folder / "back";
    const auto names_it = AllOf(HasSubstr(pieces), HasSubstr(object), HasSubstr("custody repair --from"));
    const Outcome restored = office.custody({"restore", "latest:srv", "--target", target});
    EXPECT_EQ(restored.exit, 4);
    EXPECT_THAT(restored.err, names_it);
    EXPECT_EQ(read_file_text(target + office.source + "/other"), "other");
    EXPECT_FALSE(fs::exists(target + pieces));
    for (const char* archive : {"back.tar", "back.zip"}) {
        const Outcome exported = office.custody({"export", "latest:srv", "--output", office.folder / archive, "--json"});
        EXPECT_EQ(exported.exit, 4) << archive;
        EXPECT_THAT(exported.err, names_it);
        EXPECT_EQ(json_of(exported)["files"], 1);
    }
    const Outcome shown = office.custody({"cat", "latest:srv", pieces});
    EXPECT_EQ(shown.exit, 4);
    EXPECT_TRUE(one_clear_line(shown));
    EXPECT_THAT(shown.err, names_it);
}

// The vault and all beside it as its own user sees it, who may not read one file of it.
struct Denied : ThreeFolders {
    explicit Denied(const std::string& purpose) : ThreeFolders(purpose) {
        for (const auto& item : fs::recursive_directory_iterator(folder.path(), fs::directory_options::none)) {
            EXPECT_EQ(::lchown(item.path().c_str(), kUser, kUser), 0);
        }
        EXPECT_EQ(::chown(folder.path().c_str(), kUser, kUser), 0);
    }
    Outcome operator()(std::vector<std::string> arguments) const {
        Program program = custody.command(std::move(arguments));
        program.as_user = kUser;
        return run(program);
    }
    static constexpr uid_t kUser = 65534;
};

TEST(LostFolder, WhatMayNotBeReadIsNotCalledDamaged) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody who may not read";
    const Denied office("cli-denied");
    for (const bool is_record : {true, false}) {
        SCOPED_TRACE(is_record ? "the record of a folder" : "content");
        const std::string pack = is_record ? office.record : office.content;
        const std::string name = pack.substr(office.custody.vault().size() + 1);
        const std::string target = office.folder / (is_record ? "back1" : "back2");
        ASSERT_EQ(::chmod(pack.c_str(), 0), 0);
        const auto says_why =
            AllOf(HasSubstr(name), HasSubstr("Permission denied"), HasSubstr("the user who owns"), Not(HasSubstr("repair")));
        const Outcome restored = office({"restore", "latest:srv", "--target", target});
        EXPECT_EQ(restored.exit, 1) << restored.err;
        EXPECT_THAT(restored.err, says_why);
        EXPECT_EQ(office.whole_in(target), "a/f1 a/f2 z/f1 z/f2 ");
        const Outcome exported = office({"export", "latest:srv", "--output", target + ".tar"});
        EXPECT_EQ(exported.exit, 1);
        EXPECT_THAT(exported.err, says_why);
        for (const std::vector<std::string>& how : {std::vector<std::string>{"--level", "full"}, {"--keyless"}}) {
            std::vector<std::string> arguments = {"verify"};
            arguments.insert(arguments.end(), how.begin(), how.end());
            const Outcome verified = office(arguments);
            EXPECT_EQ(verified.exit, 1) << verified.out;
            EXPECT_THAT(verified.out, AllOf(says_why, HasSubstr("NOT READ"), Not(HasSubstr("DAMAGED"))));
            arguments.emplace_back("--json");
            const Json json = json_of(office(arguments));
            EXPECT_EQ(json["ok"], false);
            EXPECT_EQ(json["damaged"], Json::array());
            ASSERT_EQ(json["unopened"].size(), 1U);
            EXPECT_EQ(json["unopened"][0]["object"], name);
        }
        // The level that reads no content need not open a pack of content.
        EXPECT_EQ(office({"verify"}).exit, is_record ? 1 : 0);
        ASSERT_EQ(::chmod(pack.c_str(), 0600), 0);
    }
    EXPECT_EQ(office({"verify", "--level", "full"}).exit, 0);
    // Beside real damage that is what counts.
    ASSERT_EQ(::chmod(office.record.c_str(), 0), 0);
    fs::remove(office.content);
    const Outcome both = office({"verify", "--level", "full"});
    EXPECT_EQ(both.exit, 4);
    EXPECT_THAT(both.out, AllOf(HasSubstr("NOT READ " + office.object), HasSubstr("DAMAGED packs/")));
}

// Nobody ends a snapshot because its record has the wrong mode.
TEST(LostFolder, ARecordOfASnapshotThatMayNotBeReadIsNotLost) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody who may not read";
    const Denied office("cli-denied-snapshot");
    for (const char* below : {"/snapshots", "/witness", "/gc"}) {
        SCOPED_TRACE(below);
        std::string object;
        for (const auto& item : fs::recursive_directory_iterator(office.custody.vault() + below)) {
            if (item.is_regular_file() && item.path().filename() != "lock") object = item.path();
        }
        ASSERT_EQ(::chmod(object.c_str(), 0), 0);
        for (const char* level : {"--level=full", "--level=structure", "--keyless"}) {
            const Outcome verified = office({"verify", level});
            EXPECT_EQ(verified.exit, 1) << level << verified.out << verified.err;
            EXPECT_THAT(verified.out, AllOf(HasSubstr("NOT READ"), Not(HasSubstr("DAMAGED")), Not(HasSubstr("custody forget"))));
        }
        ASSERT_EQ(::chmod(object.c_str(), 0600), 0);
    }
}

}  // namespace
}  // namespace custody::test
