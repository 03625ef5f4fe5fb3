// The output of a program is stored whole or not at all, and only when it is another than last time.
#include "vault/sources/command_output.h"

#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/results.h"
#include "vault/sources/stream.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace custody::test {
namespace {

class CommandSource : public testing::Test, public BackupFixture {
protected:
    void SetUp() override {
        place_ = {scratch / "cache", options.label, "switch.cfg"};
        options.name = place_.name;
    }
    Result<CommandOutput> take(const std::string& script) {
        CommandOptions command;
        command.arguments = {"/bin/sh", "-c", script};
        command.time_limit_ns = limit_ns_;
        command.max_bytes = max_bytes_;
        return take_output(command, stop);
    }
    ObjectId store_it(const CommandOutput& output) {
        auto source = open_stream(output.content.get(), place_.name, clock);
        EXPECT_TRUE(is_ok(source));
        const BackupResult result = backup(**source);
        EXPECT_TRUE(is_ok(remember_output(*repository, place_, output, result.snapshot)));
        return result.snapshot;
    }
    bool is_same(const CommandOutput& output) {
        const auto same = is_same_as_last(*repository, place_, output);
        EXPECT_TRUE(is_ok(same));
        return same.ok() && *same;
    }

    OutputPlace place_;
    std::int64_t limit_ns_ = kMinute;
    std::uint64_t max_bytes_ = 10'000'000;
};

TEST_F(CommandSource, IsStoredWholeAndOnlyAgainWhenItDiffers) {
    const auto first = take("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo cấu hình");
    ASSERT_TRUE(is_ok(first));
    EXPECT_FALSE(is_same(*first));
    const ObjectId snapshot = store_it(*first);
    EXPECT_EQ(read(snapshot).at("/switch.cfg").content, std::string(3'000'000, 'x') + "\ncấu hình\n");
    const auto again = take("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo cấu hình");
    ASSERT_TRUE(is_ok(again));
    EXPECT_TRUE(is_same(*again));
    const auto other = take("echo khác");
    ASSERT_TRUE(is_ok(other));
    EXPECT_FALSE(is_same(*other));
    place_.name = "another";
    EXPECT_FALSE(is_same(*again));
}

TEST_F(CommandSource, IsStoredAgainWhenWhatIsKnownOfTheLastIsGone) {
    const auto first = take("echo one");
    ASSERT_TRUE(is_ok(first));
    (void)store_it(*first);
    EXPECT_TRUE(is_same(*first));
    for (const auto& item : std::filesystem::directory_iterator(place_.cache_folder)) write_file(item.path(), "damaged");
    EXPECT_FALSE(is_same(*first));
    EXPECT_TRUE(is_ok(remember_output(*repository, place_, *first, ObjectId{})));
    EXPECT_FALSE(is_same(*first)) << "a snapshot that was forgotten";
}

TEST_F(CommandSource, NothingIsStoredOfWhatFailed) {
    const auto failed = take("echo half; echo 'no route' >&2; exit 3");
    ASSERT_TRUE(fails_with(Code::failed, failed));
    EXPECT_NE(failed.error().message.find("no route"), std::string::npos);
    EXPECT_TRUE(fails_with(Code::failed, take("echo half; kill -9 $$")));
    EXPECT_TRUE(fails_with(Code::failed, take("true")));
    limit_ns_ = 300'000'000;
    EXPECT_TRUE(fails_with(Code::failed, take("echo half; exec sleep 600")));
    limit_ns_ = kMinute;
    max_bytes_ = 1000;
    EXPECT_TRUE(fails_with(Code::failed, take("exec yes")));
    EXPECT_TRUE(is_ok(take("head -c 1000 /dev/zero")));
    stop.request();
    EXPECT_TRUE(fails_with(Code::interrupted, take("exec sleep 600")));
}

TEST_F(CommandSource, WhatCannotBeRunIsSaid) {
    CommandOptions command;
    EXPECT_TRUE(fails_with(Code::usage, take_output(command, stop)));
    command.arguments = {"/nonesuch"};
    EXPECT_TRUE(fails_with(Code::not_found, take_output(command, stop)));
    command.max_bytes = kMaxCommandOutput + 1;
    EXPECT_TRUE(fails_with(Code::usage, take_output(command, stop)));
}

}  // namespace
}  // namespace custody::test
