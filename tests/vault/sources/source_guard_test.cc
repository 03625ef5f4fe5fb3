// A source whose mount is absent, or that is suddenly empty, fails instead of making an empty snapshot; with real mounts.
#include "vault/sources/source_guard.h"

#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/results.h"
#include "tests/support/try_mount.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <filesystem>

namespace custody::test {
namespace {

TEST(SourceGuard, AMountThatIsAbsentIsToldFromTheFolderBelowIt) {
    std::string why_not;
    const auto disk = LoopFileSystem::make("ext4", LoopFileSystem::least_size("ext4"), why_not);
    if (!disk) GTEST_SKIP() << why_not;
    const std::string data = disk->path() + "/data";
    std::filesystem::create_directory(data);
    SourceMemory last;
    auto places = look_at_places({data});
    ASSERT_TRUE(is_ok(places));
    last.places = *places;
    last.files = 3;
    EXPECT_EQ(last.places[0].mount_point, disk->path());
    EXPECT_EQ(last.places[0].file_system, "ext4");
    EXPECT_EQ(last.places[0].identity.size(), 36u) << "a UUID: " << last.places[0].identity;
    GuardSettings settings;
    settings.mounts = {disk->path()};
    std::vector<std::string> warnings;
    EXPECT_TRUE(is_ok(check_places(last, *places, settings, warnings)));
    EXPECT_TRUE(is_ok(check_mounts(settings)));

    ASSERT_TRUE(disk->unmount());
    std::filesystem::create_directory(data);  // somebody wrote below the mount point meanwhile
    places = look_at_places({data});
    ASSERT_TRUE(is_ok(places));
    const Status absent = check_places(last, *places, settings, warnings);
    EXPECT_TRUE(fails_with(Code::not_found, absent));
    EXPECT_NE(absent.error().message.find(disk->path()), std::string::npos);
    EXPECT_TRUE(fails_with(Code::not_found, check_mounts(settings)));
    std::filesystem::remove(data);
    places = look_at_places({data});
    ASSERT_TRUE(is_ok(places)) << "the path is gone with its mount";
    EXPECT_TRUE(fails_with(Code::not_found, check_places(last, *places, settings, warnings)));
    settings.may_have_moved = true;
    EXPECT_TRUE(is_ok(check_places(last, *places, settings, warnings)));
    EXPECT_TRUE(warnings.empty());
}

TEST(SourceGuard, AnotherFileSystemAtThePlaceIsSaid) {
    const ScratchFolder folder("h8-guard");
    if (const std::string why = try_mount("tmpfs", folder.path()); !why.empty()) GTEST_SKIP() << why;
    const auto places = look_at_places({folder.path()});
    const int unmounted = ::umount(folder.path().c_str());
    EXPECT_EQ(unmounted, 0);
    ASSERT_TRUE(is_ok(places));
    EXPECT_EQ((*places)[0].file_system, "tmpfs");
    SourceMemory last;
    last.places = *places;
    last.places[0].identity = "another";
    std::vector<std::string> warnings;
    EXPECT_TRUE(is_ok(check_places(last, *places, {}, warnings)));
    EXPECT_EQ(warnings.size(), 1u);
}

TEST(SourceGuard, FewerFilesThanTheShareAreAsIfThereWereNone) {
    SourceMemory last;
    last.files = 1000;
    GuardSettings settings;
    EXPECT_TRUE(is_ok(check_content(last, 1, settings)));
    EXPECT_TRUE(fails_with(Code::not_found, check_content(last, 0, settings)));
    settings.least_percent = 25;
    EXPECT_TRUE(is_ok(check_content(last, 250, settings)));
    EXPECT_TRUE(fails_with(Code::not_found, check_content(last, 249, settings)));
    last.files = ~std::uint64_t{0};
    EXPECT_TRUE(fails_with(Code::not_found, check_content(last, last.files / 5, settings)));
    settings.may_have_moved = true;
    EXPECT_TRUE(is_ok(check_content(last, 0, settings)));
    EXPECT_TRUE(is_ok(check_content({}, 0, {}))) << "it never held any";
}

TEST(SourceGuard, WhatIsRememberedComesBackAndDamageIsSaid) {
    SourceMemory memory;
    memory.places = {{"/srv/h\xE1 s\xFF", "/srv", "ext4", "1-2"}, {"/", "/", "xfs", "/dev/x"}};
    memory.files = 7;
    memory.bytes = 1ull << 50;
    const auto text = encode_source_memory(memory);
    ASSERT_TRUE(is_ok(text));
    const auto back = decode_source_memory(*text);
    ASSERT_TRUE(is_ok(back));
    EXPECT_EQ(back->places, memory.places);
    EXPECT_EQ(back->files, 7u);
    EXPECT_EQ(back->bytes, memory.bytes);
    for (std::size_t size = 0; size < text->size(); ++size) {
        EXPECT_TRUE(fails_with(Code::corrupt, decode_source_memory(text->substr(0, size)))) << size;
    }
    for (const char* bad : {"{}", "[]", "{\"bytes\":1,\"files\":1,\"places\":[1]}", "{\"bytes\":1,\"files\":1,\"places\":7}"}) {
        EXPECT_TRUE(fails_with(Code::corrupt, decode_source_memory(bad))) << bad;
    }
}

class SourceGuardRun : public testing::Test, public BackupFixture {};

TEST_F(SourceGuardRun, ARunThatIsNotToBePublishedLeavesNoSnapshotAndTheNextOneIsWhole) {
    write_file(at("a"), noise(100'000, 1));
    const BackupResult first = backup();
    SourceMemory last;
    last.files = first.files.added;
    std::filesystem::remove(at("a"));
    options.may_publish = [&](const BackupResult& result) {
        return check_content(last, result.files.added + result.files.changed + result.files.unchanged, {});
    };
    const std::size_t snapshots = count("snapshots/");
    EXPECT_TRUE(fails_with(Code::not_found, try_backup()));
    EXPECT_EQ(count("snapshots/"), snapshots);
    write_file(at("a"), noise(100'000, 1));
    const BackupResult again = backup();
    EXPECT_EQ(count("snapshots/"), snapshots + 1);
    EXPECT_EQ(read(again.snapshot).at(at("a")).content, noise(100'000, 1));
}

}  // namespace
}  // namespace custody::test
