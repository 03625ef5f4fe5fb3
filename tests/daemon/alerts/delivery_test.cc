// Bringing alerts out: servers that are away are waited for, refused messages do not block others, nothing is sent for ever.
#include "daemon/alerts/delivery.h"

#include "tests/support/fake_clock.h"
#include "tests/support/power_cut_file_system.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>

#include <functional>

namespace custody {
namespace {

using test::FakeClock;
using test::is_ok;
using test::PowerCutFileSystem;

// What it did, and what it is to answer.
struct Log {
    std::vector<std::string> sent;  // target and key
    std::function<Status(const std::string& target, const AlertMessage&)> answer;
};

class FakeChannel final : public AlertChannel {
public:
    FakeChannel(std::string target, std::string server, Log& log)
        : target_(std::move(target)), server_(std::move(server)), log_(log) {}
    [[nodiscard]] const std::string& target() const override { return target_; }
    [[nodiscard]] const std::string& server() const override { return server_; }
    [[nodiscard]] Status deliver(const AlertMessage& message, const StopFlag&) override {
        log_.sent.push_back(target_ + " " + message.key);
        return log_.answer ? log_.answer(target_, message) : done();
    }

private:
    std::string target_, server_;
    Log& log_;
};

AlertMessage message_of(const std::string& key) {
    AlertMessage message;
    message.id = new_message_id();
    message.key = key;
    message.kind = "backup_failed";
    message.host = "srv1";
    message.text = "x\n";
    return message;
}

class Delivery : public testing::Test {
protected:
    void SetUp() override {
        auto outbox = Outbox::open(files_, "/outbox", {.refusals = 3});
        ASSERT_TRUE(is_ok(outbox));
        outbox_ = *std::move(outbox);
        std::vector<std::unique_ptr<AlertChannel>> channels;
        for (const char* target : {"smtp:a@b", "smtp:c@d"})
            channels.push_back(std::make_unique<FakeChannel>(target, "mail", log_));
        channels.push_back(std::make_unique<FakeChannel>("syslog", "log", log_));
        delivery_ = std::make_unique<AlertDelivery>(*outbox_, clock_, std::move(channels));
    }
    void put(const std::string& key) { ASSERT_TRUE(is_ok(outbox_->put(message_of(key), {"smtp:a@b", "smtp:c@d", "syslog"}))); }
    AlertDelivery::Round run() {
        auto round = delivery_->run_due(stop_);
        EXPECT_TRUE(is_ok(round));
        return round.ok() ? *round : AlertDelivery::Round{};
    }

    PowerCutFileSystem files_;
    FakeClock clock_;
    StopFlag stop_;
    Log log_;
    std::unique_ptr<Outbox> outbox_;
    std::unique_ptr<AlertDelivery> delivery_;
};

TEST_F(Delivery, BringsEachMessageToEachTargetOnce) {
    put("e1");
    put("e2");
    const auto round = run();
    EXPECT_EQ(round.delivered, 6u);
    EXPECT_FALSE(round.next_ns.has_value());
    EXPECT_EQ(log_.sent,
              (std::vector<std::string>{"smtp:a@b e1", "smtp:a@b e2", "smtp:c@d e1", "smtp:c@d e2", "syslog e1", "syslog e2"}));
    run();
    EXPECT_EQ(log_.sent.size(), 6u);
}

TEST_F(Delivery, AServerThatIsAwayIsAskedSeldomAndDelaysNobodyElse) {
    log_.answer = [](const std::string& target, const AlertMessage&) -> Status {
        return target == "syslog" ? done() : Status(Error{Code::busy, "away"});
    };
    put("e1");
    put("e2");
    auto round = run();
    EXPECT_EQ(round.delivered, 2u);
    EXPECT_EQ(log_.sent, (std::vector<std::string>{"smtp:a@b e1", "syslog e1", "syslog e2"}))
        << "both mail targets wait together";
    EXPECT_EQ(round.next_ns, 10 * kSecond);
    ASSERT_EQ(delivery_->troubles().size(), 1u);
    EXPECT_EQ(delivery_->troubles()[0].why, "away");

    std::vector<std::int64_t> waits;
    for (int i = 0; i < 8; ++i) {
        clock_.advance(*round.next_ns);
        round = run();
        waits.push_back(*round.next_ns / kSecond);
    }
    EXPECT_EQ(waits, (std::vector<std::int64_t>{30, 60, 120, 300, 600, 1800, 1800, 1800}));
    const std::size_t before = log_.sent.size();
    clock_.advance(kMinute);
    run();
    EXPECT_EQ(log_.sent.size(), before) << "not yet due";

    log_.answer = nullptr;
    clock_.advance(30 * kMinute);
    EXPECT_EQ(run().delivered, 4u);
    EXPECT_TRUE(delivery_->troubles().empty());
    EXPECT_EQ(outbox_->state().pending, 0u);
}

TEST_F(Delivery, AJumpOfTheClockNeitherHurriesNorDelays) {
    log_.answer = [](const std::string&, const AlertMessage&) -> Status { return Error{Code::busy, "away"}; };
    put("e1");
    run();
    const std::size_t before = log_.sent.size();
    clock_.set(Time{clock_.now().ns + 400 * kDay});
    run();
    EXPECT_EQ(log_.sent.size(), before);
    clock_.set(Time{clock_.now().ns - 800 * kDay});
    clock_.advance(10 * kSecond);
    run();
    EXPECT_GT(log_.sent.size(), before);
}

TEST_F(Delivery, ARefusedMessageBlocksNoOtherAndIsGivenUpInTheEnd) {
    log_.answer = [](const std::string& target, const AlertMessage& message) -> Status {
        return target == "smtp:a@b" && message.key == "bad" ? Status(Error{Code::refused, "550 no"}) : done();
    };
    put("bad");
    put("good");
    auto round = run();
    EXPECT_EQ(round.delivered, 5u);
    EXPECT_EQ(round.next_ns, 10 * kMinute);
    for (int i = 0; i < 2; ++i) {
        clock_.advance(*round.next_ns);
        round = run();
    }
    EXPECT_FALSE(round.next_ns.has_value());
    EXPECT_EQ(outbox_->state().given_up, 1u);
    EXPECT_EQ(outbox_->state().pending, 0u);
}

TEST_F(Delivery, AStopLeavesTheRestForLater) {
    log_.answer = [this](const std::string&, const AlertMessage&) -> Status {
        stop_.request();
        return Error{Code::interrupted, "asked to stop"};
    };
    put("e1");
    EXPECT_EQ(run().delivered, 0u);
    EXPECT_EQ(log_.sent.size(), 1u);
    EXPECT_TRUE(delivery_->troubles().empty());
    EXPECT_EQ(outbox_->state().pending, 1u);
}

TEST_F(Delivery, WhereTheDiskRefusesToNoteADeliveryItIsNotRepeatedInTheSameRun) {
    put("e1");
    files_.set_capacity(1);
    EXPECT_FALSE(delivery_->run_due(stop_).ok());
    EXPECT_EQ(log_.sent.size(), 3u);
    files_.set_capacity(0);
    run();
    EXPECT_EQ(log_.sent.size(), 3u);
}

TEST_F(Delivery, NewChannelsBeginAtOnceAndOldTargetsAreGivenUp) {
    log_.answer = [](const std::string&, const AlertMessage&) -> Status { return Error{Code::busy, "away"}; };
    put("e1");
    run();
    log_.answer = nullptr;
    std::vector<std::unique_ptr<AlertChannel>> channels;
    channels.push_back(std::make_unique<FakeChannel>("syslog", "log", log_));
    ASSERT_TRUE(is_ok(delivery_->replace_channels(std::move(channels))));
    EXPECT_EQ(run().delivered, 1u);
    EXPECT_EQ(outbox_->state().given_up, 2u);
    EXPECT_TRUE(delivery_->troubles().empty());
}

}  // namespace
}  // namespace custody
