// Hooks: before ends the run that it fails, after runs whatever happened and is told how it ended.
#include "daemon/hooks.h"

#include "tests/support/exotic_tree.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace custody::test {
namespace {

class Hooks : public testing::Test {
protected:
    Hook script(const std::string& text) const { return {{"/bin/sh", "-c", text}, kMinute, {}}; }
    Hook teller() const {
        return script("echo \"$CUSTODY_HOOK $CUSTODY_PLAN $CUSTODY_LABEL $CUSTODY_OUTCOME $CUSTODY_SNAPSHOT $CUSTODY_ERROR\" > " +
                      told_);
    }
    std::string told() const { return std::filesystem::exists(told_) ? read_file_text(told_) : ""; }
    Status run(const Hook& before, const Hook& after, const std::function<Result<std::string>()>& work) {
        return run_with_hooks(before, after, "portal", "database", stop_, work);
    }
    static Result<std::string> works() { return std::string("3f9a"); }

    const ScratchFolder folder_{"h8-hooks"};
    const std::string told_ = folder_ / "told";
    StopFlag stop_;
};

TEST_F(Hooks, AfterIsToldWhatWasStored) {
    EXPECT_TRUE(is_ok(run(script("touch " + folder_ / "before"), teller(), works)));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "before"));
    EXPECT_EQ(told(), "after portal database done 3f9a \n");
    EXPECT_TRUE(is_ok(run({}, {}, works)));
}

TEST_F(Hooks, BeforeThatFailsEndsTheRunAndAfterStillRuns) {
    bool worked = false;
    const Status status = run(script("echo 'not ready' >&2; exit 4"), teller(), [&] {
        worked = true;
        return works();
    });
    ASSERT_TRUE(fails_with(Code::failed, status));
    EXPECT_NE(status.error().message.find("not ready"), std::string::npos);
    EXPECT_FALSE(worked);
    EXPECT_NE(told().find("failed"), std::string::npos);
}

TEST_F(Hooks, AfterRunsWhenTheRunFailedOrWasStopped) {
    EXPECT_TRUE(fails_with(Code::io, run({}, teller(), []() -> Result<std::string> { return Error{Code::io, "disk gone"}; })));
    EXPECT_EQ(told(), "after portal database failed  disk gone\n");
    EXPECT_TRUE(fails_with(Code::interrupted, run({}, teller(), [&]() -> Result<std::string> {
                               stop_.request();
                               return Error{Code::interrupted, "interrupted"};
                           })));
    EXPECT_NE(told().find("interrupted"), std::string::npos);
}

TEST_F(Hooks, AfterThatFailsFailsAGoodRunAndIsAddedToABadOne) {
    EXPECT_TRUE(fails_with(Code::failed, run({}, script("exit 1"), works)));
    const Status both = run({}, script("exit 1"), []() -> Result<std::string> { return Error{Code::io, "disk gone"}; });
    ASSERT_TRUE(fails_with(Code::io, both));
    EXPECT_NE(both.error().message.find("after"), std::string::npos);
}

TEST_F(Hooks, OneThatHangsIsEnded) {
    Hook hanging = script("exec sleep 600");
    hanging.time_limit_ns = 1;
    EXPECT_TRUE(fails_with(Code::failed, run(hanging, {}, works)));
}

}  // namespace
}  // namespace custody::test
