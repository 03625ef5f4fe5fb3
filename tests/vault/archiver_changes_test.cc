// Files that change, shrink, vanish or grow while they are read, and runs that are interrupted.
#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/meddling_source.h"
#include "tests/support/results.h"
#include "vault/archiver.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>

namespace custody {
namespace {

using test::fails_with;
using test::Meddling;
using test::MeddlingSource;
using test::noise;
using test::write_file;

class ArchiverChangesTest : public ::testing::Test, public test::BackupFixture {};

std::string on_disk(const std::string& path) { return test::read_file_text(path); }

TEST_F(ArchiverChangesTest, AFileThatChangesOnceWhileReadIsReadAgainAndOneThatAlwaysDoesIsMarked) {
    options.threads = 1;
    for (const std::string size : {"small", "large"}) {
        write_file(at("once " + size), size);
        write_file(at("always " + size), size);
        if (size == "small") continue;
        write_file(at("once large"), noise(2'000'000, 7));
        write_file(at("always large"), noise(2'000'000, 8));
    }
    std::map<std::string, int> opened;
    Meddling meddling;
    meddling.after_open = [&](const std::string& name) {
        const int times = ++opened[name];
        if (name.starts_with("once") && times > 1) return;
        const int fd = ::open(at(name).c_str(), O_WRONLY | O_APPEND);
        if (fd < 0) return;
        EXPECT_EQ(::write(fd, "+", 1), 1);
        ::close(fd);
    };
    MeddlingSource source(open_file_tree(tree_options, notes), meddling);
    const BackupResult result = backup(source);
    const auto tree = read(result.snapshot);
    for (const char* name : {"once small", "once large"}) {
        EXPECT_FALSE(tree.at(at(name)).entry.changed_while_read) << name;
        EXPECT_TRUE(tree.at(at(name)).content == on_disk(at(name))) << name;
    }
    for (const char* name : {"always small", "always large"}) {
        EXPECT_TRUE(tree.at(at(name)).entry.changed_while_read) << name;
        EXPECT_TRUE(on_disk(at(name)).starts_with(tree.at(at(name)).content)) << name;
        EXPECT_TRUE(std::any_of(result.warnings.begin(), result.warnings.end(), [&](const std::string& warning) {
            return warning.find(name) != std::string::npos;
        })) << name;
    }
    EXPECT_EQ(repository->read_snapshot(result.snapshot)->summary.changed_while_read, 2u);
    let_settle();
    EXPECT_GE(backup().files.changed, 2u);  // a marked file is never taken for unchanged
}

TEST_F(ArchiverChangesTest, AFileThatShrinksWhileReadIsStoredAsFarAsItWentAndMarked) {
    write_file(at("shrinks"), noise(4'000'000, 9));
    write_file(at("small"), noise(100'000, 10));
    std::map<std::string, int> sizes = {{"shrinks", 3'000'000}, {"small", 90'000}};
    Meddling meddling;
    meddling.after_open = [&](const std::string& name) {
        if (sizes.contains(name)) {
            ASSERT_EQ(::truncate(at(name).c_str(), sizes[name] /= 2), 0);
        }
    };
    MeddlingSource source(open_file_tree(tree_options, notes), meddling);
    const BackupResult result = backup(source);
    const auto tree = read(result.snapshot);
    for (const char* name : {"shrinks", "small"}) {
        const auto& stored = tree.at(at(name));
        EXPECT_TRUE(stored.entry.changed_while_read) << name;
        EXPECT_EQ(stored.content.size(), stored.entry.content.size) << name;
        EXPECT_TRUE(stored.content == on_disk(at(name))) << name;
    }
}

TEST_F(ArchiverChangesTest, AFileThatVanishesIsNamedAndOneThatGrowsLargeIsStoredWhole) {
    options.threads = 1;
    write_file(at("grows"), "small");
    write_file(at("vanishes"), "x");
    write_file(at("stays"), "stays");
    bool meddled = false;
    Meddling meddling;
    meddling.after_step = [&](const SourceStep& step) {
        if (step.what != SourceStep::What::piece || step.folder->path() != top) return;
        meddled = true;  // listed, and not read yet
        write_file(at("grows"), noise(5'000'000, 11));
        ASSERT_EQ(::unlink(at("vanishes").c_str()), 0);
    };
    MeddlingSource source(open_file_tree(tree_options, notes), meddling);
    const BackupResult result = backup(source);
    EXPECT_TRUE(meddled);
    EXPECT_EQ(result.files.failed, 1u);
    EXPECT_NE(result.failed_items.at(0).find("vanishes"), std::string::npos);
    const auto tree = read(result.snapshot);
    EXPECT_TRUE(tree.at(at("grows")).content == on_disk(at("grows")));
    EXPECT_EQ(tree.at(at("stays")).content, "stays");
}

TEST_F(ArchiverChangesTest, TheSecondLookNamesWhatChangedAfterItWasRead) {
    for (const char* name : {"a", "b", "z"}) write_file(at(name), "12345");
    Meddling meddling;
    meddling.before_second_look = [&] {
        write_file(at("a"), "1234567");
        ASSERT_EQ(::unlink(at("z").c_str()), 0);
    };
    MeddlingSource source(open_file_tree(tree_options, notes), meddling);
    const BackupResult result = backup(source);
    EXPECT_EQ(result.reconciled.files, 1u);
    EXPECT_EQ(result.reconciled.bytes, 5u);
    EXPECT_GE(result.reconciled.mismatches, 2u);
    const auto told = [&](const std::string& text) {
        return std::any_of(result.warnings.begin(), result.warnings.end(),
                           [&](const std::string& warning) { return warning.find(text) != std::string::npos; });
    };
    EXPECT_TRUE(told("/a has 7 bytes, had 5"));
    EXPECT_TRUE(told("/z has vanished"));
}

TEST_F(ArchiverChangesTest, AnInterruptedRunLeavesWhatItStoredForTheNext) {
    for (int i = 0; i < 30; ++i) write_file(at("f" + std::to_string(i)), noise(1'000'000, 100 + static_cast<unsigned>(i)));
    int opened = 0;
    Meddling meddling;
    meddling.after_open = [&](const std::string&) {
        if (++opened == 20) stop.request();
    };
    MeddlingSource source(open_file_tree(tree_options, notes), meddling);
    EXPECT_TRUE(fails_with(Code::interrupted, try_backup(source)));
    EXPECT_GE(count("packs/"), 1u);
    EXPECT_TRUE(repository->state().snapshots.empty());
    const StopFlag go_on;
    SilentProgress progress;
    const BackupResult result =
        run_backup(*repository, *open_file_tree(tree_options, notes).value(), options, progress, go_on).value();
    EXPECT_LE(result.bytes.added, 25'000'000u);
    EXPECT_TRUE(read(result.snapshot).at(at("f7")).content == on_disk(at("f7")));
    // What the interrupted run left is part of the vault now: nothing lies outside the ledger.
    for (const auto& [name, content] : store.objects()) {
        if (name.starts_with("packs/") || name.starts_with("index/")) {
            EXPECT_TRUE(repository->state().objects.contains(name)) << name;
        }
    }
}

}  // namespace
}  // namespace custody
