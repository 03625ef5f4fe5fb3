// Duty B8: content is read from the source a second time and held against what was stored, before anything is published. Damage
// is real: bits are turned on the disk below a mounted file system that remembers what was there.
#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/meddling_source.h"
#include "tests/support/results.h"
#include "vault/sources/block_image.h"
#include "vault/sources/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <set>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;
using test::LoopFileSystem;
using test::Meddling;
using test::MeddlingSource;
using test::noise;
using test::write_file;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kMiB = 1024 * 1024;

class Recheck : public ::testing::Test, public test::BackupFixture {
protected:
    Recheck() { options.content_sample_percent = 100; }
    Result<BackupResult> run(const Meddling& meddling) {
        MeddlingSource source(open_file_tree(tree_options, notes), meddling);
        return try_backup(source);
    }
    // Each is read again, one after the other or at once: names, as often as they were opened again.
    std::multiset<std::string> read_again(Meddling meddling = {}) {
        std::multiset<std::string> names;
        meddling.before_second_reading = [&](const std::string& name) { names.insert(name); };
        EXPECT_TRUE(is_ok(run(meddling)));
        return names;
    }
    [[nodiscard]] bool has_published() {
        EXPECT_TRUE(is_ok(repository->ledger().refresh()));
        return !repository->state().snapshots.empty();
    }
};

TEST_F(Recheck, WhatIsTheSameIsCountedAndNothingIsSaid) {
    write_file(at("empty"), "");
    write_file(at("small"), noise(10'000, 1));
    write_file(at("large"), noise(5'000'000, 2));
    ASSERT_EQ(::symlink("small", at("link").c_str()), 0);
    let_settle();
    for (const bool is_first : {true, false}) {
        const BackupResult result = backup();
        EXPECT_EQ(result.reconciled.content_files, 2u) << is_first;
        EXPECT_EQ(result.reconciled.content_bytes, 5'010'000u);
        EXPECT_EQ(result.reconciled.changed + result.reconciled.unreadable + result.reconciled.damaged, 0u);
        EXPECT_TRUE(result.warnings.empty()) << result.warnings.front();
    }
    options.content_sample_percent = 0;
    EXPECT_EQ(backup().reconciled.content_files, 0u);
}

TEST_F(Recheck, WhatChangedWithinTheRunIsReadAgainAndOnlyWhatHasOtherContentCounts) {
    options.content_sample_percent = 1;  // what changed is not a matter of chance
    for (const char* name : {"emptied", "grown", "hole", "mode only", "written"}) write_file(at(name), noise(50'000, 3));
    write_file(at("filled"), "");
    ASSERT_EQ(::truncate(at("hole").c_str(), 5'000'000), 0);
    let_settle();
    Meddling meddling;
    meddling.before_second_look = [&] {
        ASSERT_EQ(::truncate(at("emptied").c_str(), 0), 0);
        std::ofstream(at("grown"), std::ios::app) << "more";
        std::fstream hole(at("hole"), std::ios::in | std::ios::out);
        hole.seekp(2'000'000);
        hole << "no hole any more";
        ASSERT_EQ(::chmod(at("mode only").c_str(), 0600), 0);
        std::fstream written(at("written"), std::ios::in | std::ios::out);
        written << "other";
        write_file(at("filled"), "x");
    };
    const auto result = run(meddling);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->reconciled.mismatches, 6u);
    EXPECT_EQ(result->reconciled.content_files, 6u);
    EXPECT_EQ(result->reconciled.changed, 5u) << "a file of another mode holds what was stored";
    EXPECT_EQ(result->reconciled.unreadable + result->reconciled.damaged, 0u);
}

TEST_F(Recheck, WhatVanishedOrWasReplacedHasChanged) {
    folder("sub");
    for (const char* name : {"sub/gone", "sub/replaced", "sub/fifo"}) write_file(at(name), "12345");
    let_settle();
    Meddling meddling;
    meddling.before_second_look = [&] {
        for (const char* name : {"sub/gone", "sub/replaced", "sub/fifo"}) ASSERT_EQ(::unlink(at(name).c_str()), 0);
        write_file(at("sub/other"), "54321");
        ASSERT_EQ(::rename(at("sub/other").c_str(), at("sub/replaced").c_str()), 0);
        ASSERT_EQ(::mkfifo(at("sub/fifo").c_str(), 0600), 0);
    };
    const auto result = run(meddling);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->reconciled.mismatches, 4u) << "the folder, too";
    EXPECT_EQ(result->reconciled.changed, 4u);
    EXPECT_EQ(result->reconciled.unreadable + result->reconciled.damaged, 0u);
}

TEST_F(Recheck, AFileMarkedAsChangedWhileReadIsHeldAgainstWhatItCameTo) {
    options.threads = 1;
    write_file(at("log"), "line\n");
    let_settle();
    Meddling meddling;
    meddling.after_open = [&](const std::string& name) {
        if (name == "log") std::ofstream(at("log"), std::ios::app) << "line\n";
    };
    const auto result = run(meddling);
    ASSERT_TRUE(is_ok(result));
    ASSERT_TRUE(read(result->snapshot).at(at("log")).entry.changed_while_read);
    EXPECT_EQ(result->reconciled.content_files, 1u);
    EXPECT_EQ(result->reconciled.changed, 1u);
}

// Turns a bit of buffers that were filled for the second reading, as memory that fails, or a disk that reads as it likes.
class RecheckUnsteady : public Recheck {
protected:
    Result<BackupResult> run_with_bad_readings(int times) {
        options.after_fill = [this, times](MutableByteView buffer) {
            if (is_second_ && !buffer.empty() && filled_++ < times) buffer[buffer.size() / 2] ^= 1;
        };
        Meddling meddling;
        meddling.before_second_reading = [this](const std::string&) { is_second_ = true; };
        return run(meddling);
    }
    std::atomic<bool> is_second_{false};
    std::atomic<int> filled_{0};
};

TEST_F(RecheckUnsteady, OneReadingThatDiffersIsToldAndTwoEndTheRun) {
    write_file(at("register"), noise(100'000, 4));
    let_settle();
    const auto once = run_with_bad_readings(1);
    ASSERT_TRUE(is_ok(once));
    EXPECT_EQ(once->reconciled.damaged + once->reconciled.changed, 0u);
    EXPECT_THAT(once->warnings, Contains(HasSubstr("register once read differently")));
    is_second_ = false;
    filled_ = 0;
    write_file(at("deeds"), noise(100'000, 5));
    let_settle();
    const auto before = repository->state().snapshots.size();
    std::map<std::string, bool> told;
    options.on_damage = [&](const std::string& path, bool is_of_this_run) { told[path] = is_of_this_run; };
    const auto twice = run_with_bad_readings(1'000'000);
    ASSERT_TRUE(fails_with(Code::corrupt, twice));
    EXPECT_THAT(twice.error().message, HasSubstr("deeds"));
    EXPECT_EQ(told, (std::map<std::string, bool>{{at("deeds"), true}, {at("register"), false}}));
    ASSERT_TRUE(is_ok(repository->ledger().refresh()));
    EXPECT_EQ(repository->state().snapshots.size(), before) << "nothing is published";
}

TEST_F(RecheckUnsteady, WhereSomebodyMayHaveWrittenUnseenADifferenceProvesNothing) {
    write_file(at("young"), noise(1000, 6));
    const auto young = run_with_bad_readings(1'000'000);
    ASSERT_TRUE(is_ok(young)) << "written to a moment ago: its times tell nothing";
    EXPECT_EQ(young->reconciled.changed, 1u);
    EXPECT_THAT(young->warnings, Contains(HasSubstr("young reads differently than it was stored, and its times are the same")));

    ASSERT_EQ(::rename(at("young").c_str(), at("open").c_str()), 0);
    let_settle();
    is_second_ = false;
    filled_ = 0;
    const int writer = ::open(at("open").c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(writer, 0);
    const auto open = run_with_bad_readings(1'000'000);
    ::close(writer);
    ASSERT_TRUE(is_ok(open));
    EXPECT_EQ(open->reconciled.changed, 1u);
    EXPECT_THAT(open->warnings, Contains(HasSubstr("a program has it open for writing")));
}

// A source on an ext4 file system of its own, below which a test can turn bits.
class RecheckOnDisk : public Recheck {
protected:
    void SetUp() override {
        std::string why_not;
        disk_ = LoopFileSystem::make("ext4", 64 * kMiB, why_not);
        if (!disk_) GTEST_SKIP() << why_not;
        top = disk_->path() + "/top";
        ASSERT_EQ(::mkdir(top.c_str(), 0755), 0);
        tree_options.paths = {top};
    }
    // What was written lies on the disk, and the system remembers it, as after the first reading.
    void settle() {
        ::sync();
        let_settle();
    }
    // Of the block of 4 KiB at `offset` of the file; the mounted file system knows nothing of it.
    void turn_a_bit(const std::string& path, std::uint64_t offset) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        ASSERT_GE(file, 0) << path;
        int size = 0;
        ASSERT_EQ(::ioctl(file, FIGETBSZ, &size), 0);
        int block = static_cast<int>(offset / static_cast<std::uint64_t>(size));
        ASSERT_EQ(::ioctl(file, FIBMAP, &block), 0);
        ::close(file);
        ASSERT_GT(block, 0) << "a hole";
        std::fstream image(disk_->image(), std::ios::binary | std::ios::in | std::ios::out);
        const std::streamoff at = std::streamoff{block} * size + 10;
        image.seekg(at);
        const int byte = image.get();
        image.seekp(at);
        image.put(static_cast<char>(byte ^ 4));
        ASSERT_TRUE(image.good());
    }
    // The file's content as the disk has it.
    static std::string on_disk(const std::string& path) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        (void)::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
        ::close(file);
        return test::read_file_text(path);
    }
    std::unique_ptr<LoopFileSystem> disk_;
};

TEST_F(RecheckOnDisk, ABitTurnedUnderAnUnchangedStampEndsTheRunAndNamesTheFile) {
    const std::string not_utf8 = "h\xf3p \xff";
    write_file(at("small"), noise(4096, 7));
    write_file(at("large"), noise(5'000'000, 8));
    write_file(at(not_utf8), noise(9000, 9));
    {
        std::ofstream sparse(at("sparse"), std::ios::binary);  // one inline chunk behind a hole
        sparse.seekp(3'000'000);
        sparse << noise(8192, 10);
    }
    ASSERT_EQ(::truncate(at("sparse").c_str(), 9'000'000), 0);
    {
        std::ofstream comb(at("comb"), std::ios::binary);  // more holes than its entry can list
        for (int tooth = 0; tooth < 1100; ++tooth) {
            comb.seekp(tooth * 8192);
            comb << noise(4096, static_cast<unsigned>(100 + tooth));
        }
    }
    settle();
    const std::vector<std::pair<std::string, std::uint64_t>> places = {
        {"small", 0}, {"large", 4'500'000}, {not_utf8, 8192}, {"sparse", 3'000'000 + 4096}, {"comb", 8192 * 500}};
    options.cache_folder.clear();  // everything is read by every run
    for (const auto& [name, offset] : places) {
        Meddling meddling;
        const auto turn = [&, path = at(name), place = offset] { turn_a_bit(path, place); };
        meddling.before_second_look = turn;
        const auto result = run(meddling);
        ASSERT_TRUE(fails_with(Code::corrupt, result)) << name;
        EXPECT_THAT(result.error().message, HasSubstr(name == not_utf8 ? "h\xef\xbf\xbdp" : at(name)));
        EXPECT_FALSE(has_published());
        turn();  // back
        (void)on_disk(at(name));
    }
    const auto sound = try_backup(*open_file_tree(tree_options, notes).value());
    ASSERT_TRUE(is_ok(sound));
    EXPECT_EQ(sound->reconciled.content_files, 5u);
    EXPECT_EQ(sound->reconciled.changed + sound->reconciled.unreadable + sound->reconciled.damaged, 0u);
}

// Nobody can tell from here which of both is right: the older snapshots keep the one, the next keeps the other.
TEST_F(RecheckOnDisk, AFileTakenOverThatReadsOtherwiseIsToldLoudlyAndStoredAnewByTheNextRun) {
    write_file(at("deeds"), noise(5'000'000, 11));
    ASSERT_EQ(::link(at("deeds").c_str(), at("deeds again").c_str()), 0);
    for (int i = 0; i < 10; ++i) write_file(at("f" + std::to_string(i)), noise(100, 12));
    settle();
    const std::string as_it_was = on_disk(at("deeds"));
    const BackupResult first = backup();
    EXPECT_EQ(first.reconciled.damaged, 0u);
    turn_a_bit(at("deeds"), 2'000'000);
    const BackupResult second = backup();
    EXPECT_EQ(second.files.unchanged, 12u);
    EXPECT_EQ(second.reconciled.damaged, 2u) << "under both its names";
    EXPECT_THAT(second.warnings, Contains(HasSubstr("deeds reads differently than an earlier backup stored it")));
    EXPECT_TRUE(read(second.snapshot).at(at("deeds")).content == as_it_was);

    const BackupResult third = backup();
    EXPECT_EQ(third.files.changed, 2u);
    EXPECT_EQ(third.reconciled.damaged, 0u);
    const std::string as_it_is = on_disk(at("deeds"));
    EXPECT_TRUE(as_it_is != as_it_was);
    const auto tree = read(third.snapshot);
    EXPECT_TRUE(tree.at(at("deeds")).content == as_it_is);
    EXPECT_TRUE(tree.at(at("deeds again")).content == as_it_is);
    EXPECT_TRUE(read(first.snapshot).at(at("deeds")).content == as_it_was);
    const BackupResult fourth = backup();
    EXPECT_EQ(fourth.files.unchanged, 12u);
    EXPECT_EQ(fourth.reconciled.damaged, 0u);
}

TEST_F(RecheckOnDisk, WhatCanNoLongerBeReadIsNamedAndWhatWasStoredOfItStands) {
    const std::string content = noise(8'000'000, 13);
    write_file(at("lost"), content);
    settle();
    Meddling meddling;
    meddling.before_second_look = [&] { ASSERT_TRUE(disk_->pull()); };
    const auto result = run(meddling);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->reconciled.unreadable, 1u);
    EXPECT_EQ(result->reconciled.changed + result->reconciled.damaged, 0u);
    EXPECT_THAT(result->warnings, Contains(HasSubstr("lost could not be read a second time; what was stored of it stands")));
    EXPECT_TRUE(read(result->snapshot).at(at("lost")).content == content);
}

class RecheckImage : public Recheck {
protected:
    Result<BackupResult> run_image(const std::string& path, const Meddling& meddling) {
        options.label = "image";
        ImageNotes image_notes;
        MeddlingSource source(open_block_image({path}, image_notes), meddling);
        return try_backup(source);
    }
    static void write_at(const std::string& path, std::streamoff offset, const std::string& bytes) {
        std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(offset);
        file << bytes;
        ASSERT_TRUE(file.flush().good());
    }
};

// Through the file below it: the device counts no write.
TEST_F(RecheckImage, ADeviceThatReadsOtherwiseThoughNothingWasWrittenToItEndsTheRun) {
    std::string why_not;
    const auto device = test::LoopDevice::make(8 * kMiB, why_not);
    if (!device) GTEST_SKIP() << why_not;
    write_at(device->image(), 0, noise(8 * kMiB, 14));
    const auto sound = run_image(device->path(), {});
    ASSERT_TRUE(is_ok(sound));
    EXPECT_EQ(sound->reconciled.content_files, 1u);
    EXPECT_EQ(sound->reconciled.content_bytes, 8 * kMiB);
    const auto before = repository->state().snapshots.size();
    Meddling meddling;
    meddling.before_second_look = [&] { write_at(device->image(), 5'000'000, "turned"); };
    const auto damaged = run_image(device->path(), meddling);
    ASSERT_TRUE(fails_with(Code::corrupt, damaged));
    EXPECT_THAT(damaged.error().message, HasSubstr(device->path()));
    EXPECT_EQ(repository->state().snapshots.size(), before);
}

TEST_F(RecheckImage, WhatIsWrittenToADeviceOrAnImageFileMeanwhileIsAChange) {
    std::string why_not;
    const auto device = test::LoopDevice::make(8 * kMiB, why_not);
    if (!device) GTEST_SKIP() << why_not;
    write_at(device->image(), 0, noise(8 * kMiB, 15));
    write_file(at("disk.img"), noise(3 * kMiB, 16));
    let_settle();
    for (const std::string& path : {device->path(), at("disk.img")}) {
        Meddling meddling;
        meddling.before_second_look = [&] { write_at(path, 1'000'000, "written"); };
        const auto result = run_image(path, meddling);
        ASSERT_TRUE(is_ok(result)) << path;
        EXPECT_EQ(result->reconciled.mismatches, 1u) << path;
        EXPECT_EQ(result->reconciled.changed, 1u) << path;
        EXPECT_EQ(result->reconciled.damaged, 0u) << path;
    }
}

TEST_F(Recheck, AStreamCannotBeReadTwiceAndIsStored) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::write(ends[1], "stream", 6), 6);
    ::close(ends[1]);
    const auto source = open_stream(ends[0], "dump.sql", clock).value();
    EXPECT_EQ(backup(*source).reconciled.content_files, 0u);
    ::close(ends[0]);
}

TEST_F(Recheck, TheSampleIsAnotherOneEachNightAndLeavesNobodyOutForLong) {
    std::set<std::string> never;
    for (int i = 0; i < 40; ++i) {
        const std::string name = "f" + std::to_string(i);
        write_file(at(name), noise(i == 0 ? 3'000'000 : 500, 20 + static_cast<unsigned>(i)));
        never.insert(name);
    }
    let_settle();
    options.content_sample_percent = 50;
    std::set<std::multiset<std::string>> samples;
    constexpr int kNights = 30;
    for (int night = 0; night < kNights; ++night) {
        const auto names = read_again();
        for (const std::string& name : names) never.erase(name);
        samples.insert(names);
        EXPECT_LT(names.size(), 40u);  // once in 10^12
    }
    EXPECT_TRUE(never.empty()) << *never.begin();  // once in 10^7
    EXPECT_GE(samples.size(), kNights - 1u);
}

TEST_F(Recheck, TheSampleKeepsWithinItsPercentAndItsBytes) {
    for (int i = 0; i < 1000; ++i) write_file(at("f" + std::to_string(i)), noise(1000, 30));
    let_settle();
    options.content_sample_percent = 10;
    const std::uint64_t tenth = backup().reconciled.content_files;
    EXPECT_GE(tenth, 30u);  // 100 are expected, with a deviation of less than 10
    EXPECT_LE(tenth, 170u);
    options.content_sample_percent = 100;
    options.content_sample_bytes = 100'000;
    const BackupResult bounded = backup();  // nearly all are taken over, which has half of it
    EXPECT_GT(bounded.reconciled.content_bytes, 0u);
    EXPECT_LE(bounded.reconciled.content_bytes, 100'000u);
    EXPECT_TRUE(bounded.warnings.empty()) << bounded.warnings.front();
}

TEST_F(Recheck, WhatIsNewIsNotLostInWhatIsOld) {
    for (int i = 0; i < 500; ++i) write_file(at("old" + std::to_string(i)), noise(1000, 31));
    let_settle();
    options.content_sample_bytes = 20'000;
    backup();
    folder("new");
    for (int i = 0; i < 5; ++i) write_file(at("new/" + std::to_string(i)), noise(1000, 32));
    let_settle();
    const auto names = read_again();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(names.count(std::to_string(i)), 1u) << "half of the bytes are for them";
}

TEST_F(Recheck, WhatChangedAndIsBeyondTheBoundsIsTold) {
    for (const char* name : {"a", "b", "c"}) write_file(at(name), noise(40'000, 33));
    let_settle();
    options.content_sample_bytes = 100'000;
    Meddling meddling;
    meddling.before_second_look = [&] {
        for (const char* name : {"a", "b", "c"}) write_file(at(name), noise(40'000, 34));
    };
    const auto bytes = run(meddling);
    ASSERT_TRUE(is_ok(bytes));
    EXPECT_EQ(bytes->reconciled.changed, 3u);
    EXPECT_EQ(bytes->reconciled.content_files, 2u);
    EXPECT_THAT(bytes->warnings, Contains(HasSubstr("1 file that changed within this run was not read again")));

    options.content_sample_bytes = 1'000'000;
    options.content_sample_ns = kMinute;
    options.threads = 1;
    Meddling slow;
    slow.before_second_look = [&] {
        for (const char* name : {"a", "b", "c"}) write_file(at(name), noise(40'000, 35));
    };
    slow.before_second_reading = [&](const std::string&) { clock.advance(2 * kMinute); };
    let_settle();
    const auto time = run(slow);
    ASSERT_TRUE(is_ok(time));
    EXPECT_EQ(time->reconciled.changed, 3u);
    EXPECT_THAT(time->warnings, Contains(HasSubstr("not read again")));
}

TEST_F(Recheck, WhoeverStopsItGetsNoSnapshotAndLosesNothing) {
    for (int i = 0; i < 20; ++i) write_file(at("f" + std::to_string(i)), noise(300'000, 40 + static_cast<unsigned>(i)));
    let_settle();
    Meddling meddling;
    meddling.before_second_reading = [&](const std::string&) { stop.request(); };
    EXPECT_TRUE(fails_with(Code::interrupted, run(meddling)));
    EXPECT_FALSE(has_published());
    SilentProgress progress;
    const StopFlag go_on;
    const auto next = run_backup(*repository, *open_file_tree(tree_options, notes).value(), options, progress, go_on);
    ASSERT_TRUE(is_ok(next));
    EXPECT_EQ(next->bytes.added, 0u);
}

}  // namespace
}  // namespace custody
