#include "vault/archiver.h"

#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/results.h"
#include "vault/sources/stream.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;
using test::noise;
using test::write_file;

class ArchiverTest : public ::testing::Test, public test::BackupFixture {};

// What lies on disk, as a snapshot should hold it.
std::string on_disk(const std::string& path) { return test::read_file_text(path); }

TEST_F(ArchiverTest, StoresEverySizeOfFileAsItWas) {
    folder("a");
    folder("a/b");
    folder("empty folder");
    const std::vector<std::size_t> sizes = {0, 1, 1000, 262'143, 262'144, 262'145, 524'288, 3'000'000, 9'000'000};
    for (const std::size_t size : sizes) write_file(at("a/" + std::to_string(size)), noise(size, static_cast<unsigned>(size)));
    write_file(at("a/b/inner"), "inner");
    const BackupResult result = backup();
    EXPECT_EQ(result.files.added, sizes.size() + 1);
    EXPECT_EQ(result.files.failed, 0u);
    EXPECT_EQ(result.reconciled.files, sizes.size() + 1);
    EXPECT_EQ(result.reconciled.mismatches, 0u);
    const auto tree = read(result.snapshot);
    for (const std::size_t size : sizes) {
        const std::string path = at("a/" + std::to_string(size));
        ASSERT_TRUE(tree.contains(path)) << path;
        EXPECT_TRUE(tree.at(path).content == on_disk(path)) << path;
    }
    EXPECT_EQ(tree.at(at("a/b/inner")).content, "inner");
    EXPECT_TRUE(tree.contains(at("empty folder")));
    EXPECT_TRUE(tree.at(scratch.path()).entry.attributes_only);
}

// As a writer's keyring finds it, which still has the keys.
TEST_F(ArchiverTest, RefusesALabelThatTheVaultSaysWasDestroyed) {
    write_file(at("a"), "a");
    LedgerEntry entry;
    entry.operation = Operation::destroy_label;
    entry.details = {{"label", keyring->writer_keys(options.label).value()->label.hex()}};
    ASSERT_TRUE(is_ok(repository->publish(entry, [](const LedgerState&, LedgerEntry&) { return done(); })));
    const std::size_t packs = count("packs/");
    const auto refused = try_backup();
    ASSERT_TRUE(fails_with(Code::refused, refused));
    EXPECT_NE(refused.error().message.find("was destroyed in this vault on"), std::string::npos) << refused.error().message;
    EXPECT_EQ(count("packs/"), packs);
}

TEST_F(ArchiverTest, AnUnchangedRunReadsNothingAndStoresNoPack) {
    folder("d");
    for (int i = 0; i < 50; ++i) write_file(at("d/" + std::to_string(i)), noise(2000, static_cast<unsigned>(i)));
    let_settle();
    const BackupResult first = backup();
    const std::size_t packs = count("packs/"), segments = count("index/");
    write_file(scratch / "beside the source", "changes the time of its parent");
    const BackupResult second = backup();
    EXPECT_EQ(second.files.unchanged, 50u);
    EXPECT_EQ(second.files.added + second.files.changed, 0u);
    EXPECT_EQ(second.bytes.read, 0u);
    EXPECT_EQ(second.bytes.scanned, 50u * 2000);
    EXPECT_EQ(second.reconciled.files, 50u);
    EXPECT_EQ(count("packs/"), packs);
    EXPECT_EQ(count("index/"), segments);
    EXPECT_NE(second.snapshot, first.snapshot);
    const auto roots = std::pair(repository->read_snapshot(first.snapshot)->summary.root,
                                 repository->read_snapshot(second.snapshot)->summary.root);
    EXPECT_EQ(roots.first, roots.second);
    const BackupResult third = backup();  // the cache that an unchanged run leaves is as good
    EXPECT_EQ(third.files.unchanged, 50u);
}

TEST_F(ArchiverTest, AChangeDeepDownIsFoundAndTheRestTakenOver) {
    folder("a");
    folder("a/b");
    folder("c");
    write_file(at("a/b/changes"), "before");
    write_file(at("a/b/stays"), "stays");
    write_file(at("c/stays"), "too");
    let_settle();
    (void)backup();
    write_file(at("a/b/changes"), "after!");
    write_file(at("a/b/new"), "new");
    ASSERT_EQ(::unlink(at("c/stays").c_str()), 0);
    let_settle();
    const BackupResult result = backup();
    EXPECT_EQ(result.files.changed, 1u);
    EXPECT_EQ(result.files.added, 1u);
    EXPECT_EQ(result.files.unchanged, 1u);
    const auto tree = read(result.snapshot);
    EXPECT_EQ(tree.at(at("a/b/changes")).content, "after!");
    EXPECT_EQ(tree.at(at("a/b/stays")).content, "stays");
    EXPECT_EQ(tree.at(at("a/b/new")).content, "new");
    EXPECT_FALSE(tree.contains(at("c/stays")));
    EXPECT_TRUE(tree.contains(at("c")));
}

TEST_F(ArchiverTest, AnAttributeThatChangesAloneIsStored) {
    write_file(at("f"), "content");
    let_settle();
    (void)backup();
    ASSERT_EQ(::chmod(at("f").c_str(), 0600), 0);
    let_settle();
    const BackupResult result = backup();
    EXPECT_EQ(result.files.changed, 1u);
    EXPECT_EQ(result.bytes.added, 0u);
    EXPECT_EQ(read(result.snapshot).at(at("f")).entry.attributes.mode, 0600u);
}

TEST_F(ArchiverTest, AFileWrittenJustBeforeIsReadAgain) {
    write_file(at("f"), "content");
    clock.set(system_clock().now());  // within two seconds
    (void)backup();
    const BackupResult result = backup();
    EXPECT_EQ(result.bytes.read, 7u);
    EXPECT_EQ(result.bytes.added, 0u);
    EXPECT_EQ(result.files.unchanged, 1u) << "it is as it was";
    EXPECT_EQ(result.files.changed, 0u);
}

TEST_F(ArchiverTest, AFileReadAgainBecauseItIsYoungCountsAsChangedOnlyWhenItDiffers) {
    write_file(at("large"), noise(3'000'000, 4));
    write_file(at("sparse"), "");
    ASSERT_EQ(::truncate(at("sparse").c_str(), 2'000'000), 0);
    write_file(at("one"), "linked");
    ASSERT_EQ(::link(at("one").c_str(), at("two").c_str()), 0);
    ASSERT_EQ(::symlink("one", at("link").c_str()), 0);
    write_file(at("other"), "before");
    clock.set(system_clock().now());
    EXPECT_EQ(backup().files.added, 6u);
    write_file(at("other"), "behind");
    ASSERT_EQ(::unlink(at("link").c_str()), 0);
    ASSERT_EQ(::symlink("two", at("link").c_str()), 0);
    const BackupResult result = backup();
    EXPECT_EQ(result.files.added, 0u);
    EXPECT_EQ(result.files.changed, 2u);
    EXPECT_EQ(result.files.unchanged, 4u);
    EXPECT_EQ(repository->read_snapshot(result.snapshot)->summary.files, 6u);
}

// Keeps the totals that a person would see.
class Watching final : public Progress {
public:
    void update(const ProgressState& state) override {
        if (state.bytes_total != 0) totals.push_back(state.bytes_total);
    }
    void warn(std::string_view) override {}
    std::vector<std::uint64_t> totals;
};

TEST_F(ArchiverTest, TheTimeLeftIsEstimatedFromWhatThereWasLastTime) {
    write_file(at("a"), noise(300'000, 1));
    write_file(at("b"), noise(5'000, 2));
    let_settle();
    const BackupResult first = backup();
    for (const bool with_cache : {true, false}) {
        if (!with_cache) options.cache_folder.clear();
        write_file(at("c"), with_cache ? "a little more" : "and more");
        let_settle();
        Watching watching;
        const auto source = open_file_tree(tree_options, notes).value();
        ASSERT_TRUE(is_ok(run_backup(*repository, *source, options, watching, stop)));
        ASSERT_FALSE(watching.totals.empty());
        EXPECT_EQ(watching.totals.front(), first.bytes.scanned + (with_cache ? 0 : 13));
    }
    options.name = "another";
    Watching watching;
    const auto source = open_file_tree(tree_options, notes).value();
    ASSERT_TRUE(is_ok(run_backup(*repository, *source, options, watching, stop)));
    EXPECT_TRUE(watching.totals.empty()) << "nothing is known of it";
}

TEST_F(ArchiverTest, WithoutTheCacheEverythingIsReadAndNothingStoredTwice) {
    write_file(at("small"), noise(5000, 1));
    write_file(at("large"), noise(5'000'000, 2));
    let_settle();
    (void)backup();
    const std::size_t packs = count("packs/");
    options.cache_folder.clear();
    const BackupResult result = backup();
    EXPECT_EQ(result.bytes.read, 5'005'000u);
    EXPECT_EQ(result.bytes.added, 0u);
    EXPECT_LE(count("packs/"), packs + 1);  // the folders above may have changed meanwhile: a node of theirs
}

TEST_F(ArchiverTest, ACacheIsNotBelievedWhenItsSnapshotIsForgottenOrTheClockWentBack) {
    write_file(at("f"), "content");
    let_settle();
    const BackupResult first = backup();
    LedgerEntry forget;
    forget.operation = Operation::forget;
    forget.snapshots = {first.snapshot};
    ASSERT_TRUE(is_ok(repository->publish(forget, nullptr)));
    EXPECT_EQ(backup().bytes.read, 7u);
    EXPECT_EQ(backup().bytes.read, 0u);
    clock.set(Time{clock.now().ns - kMinute});
    EXPECT_EQ(backup().bytes.read, 7u);
}

TEST_F(ArchiverTest, AMissingPackIsReplacedByTheNextRun) {
    write_file(at("f"), noise(600'000, 3));
    let_settle();
    (void)backup();
    std::erase_if(store.objects(), [](const auto& object) { return object.first.starts_with("packs/"); });
    const BackupResult result = backup();
    EXPECT_EQ(result.bytes.added, 600'000u);
    ASSERT_EQ(result.warnings.size(), 1u);
    EXPECT_NE(result.warnings[0].find("everything is read again"), std::string::npos);
    EXPECT_EQ(backup().bytes.added, 0u);
}

TEST_F(ArchiverTest, HardLinksShareOneLinkAcrossFoldersAndAreReadOnce) {
    folder("a");
    folder("z");
    write_file(at("a/first"), noise(1000, 4));
    write_file(at("a/alone"), "alone");
    ASSERT_EQ(::link(at("a/first").c_str(), at("z/second").c_str()), 0);
    let_settle();
    const BackupResult first = backup();
    EXPECT_EQ(first.bytes.read, 1005u);
    EXPECT_EQ(first.bytes.scanned, 2005u);
    EXPECT_EQ(first.reconciled.bytes, first.bytes.scanned);
    EXPECT_EQ(repository->read_snapshot(first.snapshot)->summary.bytes, 2005u);
    write_file(at("z/other"), "changes the folder, not the link");
    let_settle();
    const BackupResult second = backup();
    EXPECT_EQ(second.bytes.scanned, second.reconciled.bytes);
    for (const BackupResult& result : {first, second}) {
        const auto tree = read(result.snapshot);
        EXPECT_NE(tree.at(at("a/first")).entry.hard_link, 0u);
        EXPECT_EQ(tree.at(at("a/first")).entry.hard_link, tree.at(at("z/second")).entry.hard_link);
        EXPECT_EQ(tree.at(at("z/second")).content, on_disk(at("a/first")));
        EXPECT_EQ(tree.at(at("a/alone")).entry.hard_link, 0u);
    }
}

TEST_F(ArchiverTest, HolesStayHolesInFilesOfEverySize) {
    const auto sparse = [&](const std::string& name, off_t data_at, off_t size, const std::string& data) {
        const int fd = ::open(at(name).c_str(), O_CREAT | O_WRONLY, 0644);
        ASSERT_EQ(::pwrite(fd, data.data(), data.size(), data_at), static_cast<ssize_t>(data.size()));
        ASSERT_EQ(::ftruncate(fd, size), 0);
        ::close(fd);
    };
    sparse("small", 65'536, 1'000'000, "small data");
    sparse("large", 8'000'000, 40'000'000, noise(3'000'000, 5));
    sparse("at the front", 0, 50'000'000, noise(700'000, 6));
    ASSERT_EQ(::truncate(at("small").c_str(), 1'000'000), 0);
    write_file(at("only hole"), "");
    ASSERT_EQ(::truncate(at("only hole").c_str(), 5'000'000), 0);
    const BackupResult result = backup();
    const auto tree = read(result.snapshot);
    for (const char* name : {"small", "large", "at the front", "only hole"}) {
        EXPECT_TRUE(tree.at(at(name)).content == on_disk(at(name))) << name;
        EXPECT_FALSE(tree.at(at(name)).entry.content.holes.empty()) << name;
    }
    EXPECT_TRUE(tree.at(at("only hole")).entry.content.chunks.empty());
}

TEST_F(ArchiverTest, AFileOfThousandsOfHolesGoesIntoNodesOfItsOwn) {
    const int fd = ::open(at("holes").c_str(), O_CREAT | O_WRONLY, 0644);
    constexpr off_t kStep = 16'384;
    for (off_t i = 0; i < 9000; ++i) ASSERT_EQ(::pwrite(fd, &i, sizeof i, i * kStep), static_cast<ssize_t>(sizeof i));
    ASSERT_EQ(::ftruncate(fd, 9000 * kStep), 0);
    ::close(fd);
    const auto tree = read(backup().snapshot);
    const test::StoredEntry& stored = tree.at(at("holes"));
    EXPECT_TRUE(stored.content == on_disk(at("holes")));
    if (stored.entry.content.holes.empty()) {
        EXPECT_TRUE(stored.entry.content.node.has_value());
    }
}

TEST_F(ArchiverTest, AFolderOfThousandsOfFilesIsTakenOverPieceByPiece) {
    for (int i = 0; i < 9000; ++i) write_file(at("f" + std::to_string(i)), i % 100 == 0 ? std::to_string(i) : "");
    let_settle();
    const BackupResult first = backup();
    EXPECT_EQ(read(first.snapshot).size(), 9000u + 1 + static_cast<std::size_t>(std::count(top.begin(), top.end(), '/')) - 1);
    EXPECT_EQ(backup().files.unchanged, 9000u);
    write_file(at("a new one"), "new");
    ASSERT_EQ(::unlink(at("f5000").c_str()), 0);
    let_settle();
    const BackupResult third = backup();
    EXPECT_EQ(third.files.unchanged, 8999u);
    EXPECT_EQ(third.bytes.read, 3u);
    const auto tree = read(third.snapshot);
    EXPECT_EQ(tree.at(at("a new one")).content, "new");
    EXPECT_EQ(tree.at(at("f8900")).content, "8900");
    EXPECT_FALSE(tree.contains(at("f5000")));
}

TEST_F(ArchiverTest, UnreadableItemsAreNamedAndTheRunGoesOn) {
    folder("closed");
    write_file(at("closed/inside"), "x");
    write_file(at("closed file"), "x");
    write_file(at("open file"), "open");
    ASSERT_EQ(::chmod(at("closed").c_str(), 0), 0);
    ASSERT_EQ(::chmod(at("closed file").c_str(), 0), 0);
    ASSERT_EQ(::chmod(scratch.path().c_str(), 0777), 0);
    if (::geteuid() == 0 && ::seteuid(65534) != 0) GTEST_SKIP() << "cannot drop privileges";
    options.cache_folder.clear();
    auto source = open_file_tree(tree_options, notes);
    ASSERT_TRUE(is_ok(source));
    const auto result = try_backup(**source);
    if (::getuid() == 0) {
        ASSERT_EQ(::seteuid(0), 0);
    }
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->files.failed, 2u);
    EXPECT_EQ(result->failed_items.size(), 2u);
    const auto tree = read(result->snapshot);
    EXPECT_EQ(tree.at(at("open file")).content, "open");
    EXPECT_TRUE(tree.contains(at("closed")));
    EXPECT_FALSE(tree.contains(at("closed file")));
}

TEST_F(ArchiverTest, CheckpointsMakeIndexSegmentsAlongTheWay) {
    for (int i = 0; i < 12; ++i) write_file(at("f" + std::to_string(i)), noise(1'000'000, 200 + static_cast<unsigned>(i)));
    write_file(at("same as f0"), noise(1'000'000, 200));
    options.checkpoint_bytes = 2'000'000;
    const BackupResult result = backup();
    EXPECT_GE(count("index/"), 2u);
    EXPECT_EQ(result.bytes.added, 12'000'000u);
    EXPECT_TRUE(read(result.snapshot).at(at("same as f0")).content == on_disk(at("f0")));
}

TEST_F(ArchiverTest, ADryRunCountsAndStoresNothing) {
    write_file(at("f"), noise(3'000'000, 12));
    const auto before = store.objects();
    options.dry_run = true;
    const BackupResult result = backup();
    EXPECT_EQ(result.files.added, 1u);
    EXPECT_EQ(result.bytes.added, 3'000'000u);
    EXPECT_EQ(store.objects(), before);
    EXPECT_FALSE(posix_file_system().info(scratch / "cache").ok());
}

TEST_F(ArchiverTest, AnUnknownLabelIsRefusedWithTheLabelsThereAre) {
    options.label = "nobody";
    const auto refused = try_backup();
    EXPECT_TRUE(fails_with(Code::usage, refused));
    EXPECT_NE(refused.error().message.find("business"), std::string::npos);
}

TEST_F(ArchiverTest, AFullMediumEndsTheRunAndPublishesNothing) {
    write_file(at("f"), noise(3'000'000, 14));
    store.fail_after_appends(1);
    EXPECT_TRUE(fails_with(Code::no_space, try_backup()));
    store.fail_after_appends(-1);
    EXPECT_TRUE(repository->state().snapshots.empty());
    EXPECT_TRUE(is_ok(try_backup()));
}

TEST_F(ArchiverTest, AStreamIsOneFileOfWhateverCame) {
    const std::string text = noise(6'000'000, 15);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    std::thread feeder([&] {
        for (std::size_t sent = 0; sent < text.size();)
            sent += static_cast<std::size_t>(::write(ends[1], text.data() + sent, text.size() - sent));
        ::close(ends[1]);
    });
    auto source = open_stream(ends[0], "dump.sql", clock);
    const BackupResult result = backup(**source);
    feeder.join();
    ::close(ends[0]);
    const auto tree = read(result.snapshot);
    ASSERT_EQ(tree.size(), 1u);
    EXPECT_TRUE(tree.at("/dump.sql").content == text);
    EXPECT_EQ(result.bytes.scanned, text.size());
    EXPECT_EQ(result.reconciled.files, 0u);
    EXPECT_EQ(repository->read_snapshot(result.snapshot)->summary.kind, "stream");
}

TEST_F(ArchiverTest, WhatWasNamedBehindAnExcludeIsReconciledAndTakenOver) {
    for (const char* name : {"b", "b/c", "b/n"}) folder(name);
    for (const char* name : {"f", "b/c/f", "b/n/f"}) write_file(at(name), name);
    ASSERT_EQ(::link(at("f").c_str(), at("b/c/link").c_str()), 0);
    tree_options.paths = {top, at("b/c")};
    tree_options.excludes = {"b"};
    let_settle();
    const BackupResult first = backup();
    const auto tree = read(first.snapshot);
    EXPECT_EQ(tree.at(at("b/c/f")).content, "b/c/f");
    EXPECT_EQ(tree.at(at("b/c/link")).entry.hard_link, tree.at(at("f")).entry.hard_link);
    EXPECT_FALSE(tree.contains(at("b/n")));
    EXPECT_EQ(first.reconciled.files, 3u);
    EXPECT_EQ(first.reconciled.mismatches, 0u);
    const std::size_t packs = count("packs/");
    write_file(at("b/beside"), "changes the time of the excluded folder");
    const BackupResult second = backup();
    EXPECT_EQ(second.files.unchanged, 3u);
    EXPECT_EQ(second.bytes.read, 0u);
    EXPECT_EQ(count("packs/"), packs);
    EXPECT_EQ(second.reconciled.files, 3u);
}

// A terminal's far end that was closed: what was written first is read, then EIO.
TEST_F(ArchiverTest, AStreamThatCannotBeReadToItsEndIsNotCalledEmpty) {
    const Fd stream(::posix_openpt(O_RDWR | O_NOCTTY));
    if (!stream.valid() && ::access("/dev/ptmx", F_OK) != 0) GTEST_SKIP() << "there is no /dev/ptmx";
    ASSERT_TRUE(stream.valid());
    ASSERT_EQ(::grantpt(stream.get()), 0);
    ASSERT_EQ(::unlockpt(stream.get()), 0);
    Fd feeder(::open(::ptsname(stream.get()), O_RDWR | O_NOCTTY));
    ASSERT_TRUE(feeder.valid());
    ASSERT_EQ(::write(feeder.get(), "half", 4), 4);
    feeder.reset();
    const auto source = open_stream(stream.get(), "dump.sql", clock).value();
    const auto failed = try_backup(*source);
    ASSERT_FALSE(failed.ok());
    EXPECT_NE(failed.error().message.find("cannot read dump.sql: "), std::string::npos) << failed.error().message;
    EXPECT_EQ(failed.error().message.find("empty"), std::string::npos) << failed.error().message;
    EXPECT_TRUE(repository->state().snapshots.empty());
}

TEST_F(ArchiverTest, AnEmptySourceIsASnapshotToo) {
    const BackupResult result = backup();
    EXPECT_EQ(result.files.added, 0u);
    EXPECT_TRUE(read(result.snapshot).contains(top));
    EXPECT_EQ(backup().files.failed, 0u);
}

TEST_F(ArchiverTest, EverythingExoticIsInTheTree) {
    test::make_exotic_tree(top + "/all", {.immutable_flags = true, .deep_paths = true});
    let_settle();
    const BackupResult result = backup();
    EXPECT_EQ(result.files.failed, 0u) << (result.failed_items.empty() ? "" : result.failed_items[0]);
    EXPECT_EQ(result.reconciled.mismatches, 0u);
    const auto tree = read(result.snapshot);
    EXPECT_GT(tree.size(), 40u);
    const BackupResult second = backup();
    EXPECT_LE(second.bytes.read, 1u);  // a file dated after now is never believed to be settled
    EXPECT_GE(second.files.unchanged + 1, result.files.added);
    options.cache_folder.clear();  // read anew, the tree is the very same
    const BackupResult third = backup();
    EXPECT_EQ(third.bytes.added, 0u);
    const auto again = read(third.snapshot);
    ASSERT_EQ(again.size(), tree.size());
    for (const auto& [path, stored] : tree)
        EXPECT_TRUE(stored.entry.attributes_only || again.at(path).entry.attributes == stored.entry.attributes) << path;
}

}  // namespace
}  // namespace custody
