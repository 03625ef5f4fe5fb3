// What belongs together is told together: 200 failures are one mail, over crashes and full queues, and nobody hears less for it.
#include "daemon/alerts/alerter.h"
#include "daemon/alerts/group_text.h"

#include "tests/support/fake_clock.h"
#include "tests/support/mail_server.h"
#include "tests/support/power_cut_file_system.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace custody {
namespace {

using test::decoded_mail;
using test::FakeClock;
using test::is_ok;
using test::MailServer;
using test::PowerCutFileSystem;

constexpr const char* kFolder = "/state/alerts";

AlertSettings settings_with(int port = 25) {
    AlertSettings settings;
    SmtpSettings smtp;
    smtp.server = "smtp://127.0.0.1:" + std::to_string(port);
    smtp.from = "custody@example.test";
    smtp.to = {"a@b"};
    settings.smtp = smtp;
    return settings;
}

std::string plan_name(int number) {
    std::string digits = std::to_string(number);
    return "plan" + std::string(3 - digits.size(), '0') + digits;
}

AlertEvent failed(const std::string& plan, const std::string& detail = "kho đầy") {
    AlertEvent event;
    event.kind = AlertKind::backup_failed;
    event.plan = plan;
    event.detail = detail;
    return event;
}

AlertEvent damage(const std::string& medium) {
    AlertEvent event;
    event.kind = AlertKind::verify_damage;
    event.medium = medium;
    event.detail = "1 object";
    return event;
}

class AlertGrouping : public testing::Test {
protected:
    AlertGrouping() { open(files_); }
    void open(FileSystem& files, OutboxLimits limits = {}) {
        alerter_.reset();
        auto opened = Alerter::open(files, clock_, {kFolder, {"srv1", "UBND"}, settings_with(), limits});
        ASSERT_TRUE(is_ok(opened));
        alerter_ = *std::move(opened);
    }
    std::vector<AlertMessage> take() {
        std::vector<AlertMessage> all;
        while (auto message = alerter_->outbox().next("smtp:a@b")) {
            EXPECT_TRUE(is_ok(alerter_->outbox().delivered(message->id, "smtp:a@b")));
            all.push_back(*std::move(message));
        }
        return all;
    }
    void raise_plans(int from, int to) {
        for (int i = from; i < to; ++i) ASSERT_TRUE(is_ok(alerter_->raise(failed(plan_name(i)))));
    }
    void pass(std::int64_t ns = GroupWindows::kWindow) {
        clock_.advance(ns);
        ASSERT_TRUE(is_ok(alerter_->tick()));
    }

    PowerCutFileSystem files_;
    FakeClock clock_;
    std::unique_ptr<Alerter> alerter_;
};

TEST_F(AlertGrouping, TwoHundredPlansThatFailAreOneMailThenOneReminderThenOneEnd) {
    raise_plans(0, 200);
    EXPECT_EQ(*alerter_->held_ns(), GroupWindows::kWindow);
    pass(GroupWindows::kWindow - kSecond);
    EXPECT_TRUE(take().empty());
    pass(kSecond);
    const auto first = take();
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].which, AlertClass::first);
    EXPECT_EQ(first[0].subject,
              "[Custody srv1] LỖI: Sao lưu theo kế hoạch plan000 thất bại (và 199 trường hợp khác) / Backup of plan plan000 "
              "failed (and 199 more)");
    EXPECT_EQ(first[0].members.size(), 200u);
    EXPECT_NE(first[0].text.find("Sự cố: kho đầy\n"), std::string::npos) << "said once";
    EXPECT_NE(first[0].text.find("\n    plan028\n"), std::string::npos);
    EXPECT_EQ(first[0].text.find("\n    plan029\n"), std::string::npos);
    EXPECT_NE(first[0].text.find("và 171 mục nữa"), std::string::npos) << first[0].text;
    EXPECT_NE(first[0].text.find("custody status\n"), std::string::npos);
    EXPECT_EQ(alerter_->standing().size(), 200u);
    pass(kHour);
    EXPECT_TRUE(take().empty());
    EXPECT_FALSE(alerter_->held_ns());

    pass(kDay);
    const auto reminders = take();
    ASSERT_EQ(reminders.size(), 1u);
    EXPECT_EQ(reminders[0].which, AlertClass::reminder);
    EXPECT_EQ(reminders[0].thread, first[0].id);

    for (int i = 0; i < 200; ++i) ASSERT_TRUE(is_ok(alerter_->resolve(AlertKind::backup_failed, plan_name(i))));
    EXPECT_TRUE(alerter_->standing().empty());
    pass();
    const auto ends = take();
    ASSERT_EQ(ends.size(), 1u);
    EXPECT_EQ(ends[0].which, AlertClass::end);
    EXPECT_EQ(ends[0].thread, first[0].id);
    EXPECT_TRUE((*files_.list(std::string(kFolder) + "/events")).empty());
}

TEST_F(AlertGrouping, AStormThatGoesOnIsToldOfLessAndLessOften) {
    std::size_t messages = 0;
    std::set<std::string> told;
    for (int minute = 0; minute < 20; ++minute) {
        raise_plans(10 * minute, 10 * minute + 10);
        pass();
        for (const AlertMessage& message : take()) {
            ++messages;
            told.insert(message.members.begin(), message.members.end());
        }
    }
    pass(GroupWindows::kLongestWindow);
    for (const AlertMessage& message : take()) told.insert(message.members.begin(), message.members.end());
    EXPECT_EQ(told.size(), 200u) << "each of them";
    EXPECT_LE(messages, 6u);
}

TEST_F(AlertGrouping, WhatIsCriticalIsToldAtOnceAndAStormOfItAMinuteLater) {
    for (std::uint32_t i = 0; i < GroupWindows::kMostAtOnce; ++i) {
        ASSERT_TRUE(is_ok(alerter_->raise(damage("disk-" + std::to_string(i)))));
        ASSERT_EQ(take().size(), 1u) << "at once";
    }
    ASSERT_TRUE(is_ok(alerter_->raise(damage("disk-b"))));
    ASSERT_TRUE(is_ok(alerter_->raise(damage("disk-c"))));
    EXPECT_TRUE(take().empty());
    pass();
    const auto rest = take();
    ASSERT_EQ(rest.size(), 1u);
    std::vector<std::string> expected = {member_name("verify_damage/disk-b"), member_name("verify_damage/disk-c")};
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(rest[0].members, expected);
}

TEST_F(AlertGrouping, AFailureOfImportantDataDoesNotWaitForOthersNorBehindThem) {
    raise_plans(0, 3);
    EXPECT_TRUE(take().empty()) << "held";
    AlertEvent important = failed("portal");
    important.severity = AlertSeverity::critical;
    ASSERT_TRUE(is_ok(alerter_->raise(important)));
    auto told = take();
    ASSERT_EQ(told.size(), 1u) << "at once, though a group of its kind is open";
    EXPECT_EQ(told[0].key, "backup_failed/portal");
    // And one of those that were held becomes critical: what was held of it is told at once.
    important.plan = plan_name(1);
    ASSERT_TRUE(is_ok(alerter_->raise(important)));
    told = take();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].severity, AlertSeverity::critical);
    // Where a server was away, it goes before what waits longer.
    pass();
    important.plan = "registry";
    ASSERT_TRUE(is_ok(alerter_->raise(important)));
    told = take();
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0].key, "backup_failed/registry");
    EXPECT_EQ(told[1].members.size(), 2u) << "the two that were held";
}

TEST_F(AlertGrouping, WhatIsOverBeforeItWasToldIsToldAsThat) {
    raise_plans(0, 2);
    ASSERT_TRUE(is_ok(alerter_->resolve(AlertKind::backup_failed, plan_name(1))));
    EXPECT_EQ(alerter_->standing().size(), 1u);
    pass();
    const auto told = take();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_NE(told[0].text.find("plan001 (over since 2026-"), std::string::npos) << told[0].text;
    EXPECT_EQ(told[0].text.find("plan000 (over since"), std::string::npos);
    pass(kHour);
    EXPECT_TRUE(take().empty()) << "no second word of the one that is over";
    // A disk that can be taken out, and was plugged in again: that would be wrong by now.
    AlertEvent out;
    out.kind = AlertKind::can_be_taken_out;
    out.medium = "disk-b";
    ASSERT_TRUE(is_ok(alerter_->raise(out)));
    ASSERT_TRUE(is_ok(alerter_->resolve(out.kind, "disk-b")));
    pass(kHour);
    EXPECT_TRUE(take().empty());
}

TEST_F(AlertGrouping, DetailsThatDifferAreToldOfEach) {
    ASSERT_TRUE(is_ok(alerter_->raise(failed("etc", "no room"))));
    ASSERT_TRUE(is_ok(alerter_->raise(failed("log", "no key"))));
    pass();
    const auto told = take();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_NE(told[0].text.find("    etc: no room\n    log: no key\n"), std::string::npos) << told[0].text;
    EXPECT_NE(told[0].text.find("custody plan run etc\n"), std::string::npos);
    EXPECT_NE(told[0].text.find("custody plan run log\n"), std::string::npos);
}

TEST_F(AlertGrouping, AWaitingGroupIsNotToldAgainAndNobodyIsRemindedOfIt) {
    raise_plans(0, 3);
    pass();  // waits: the server is away
    pass(25 * kHour);
    EXPECT_EQ(alerter_->outbox().state().pending, 1u) << "no reminder of what was not heard";
    ASSERT_TRUE(is_ok(alerter_->raise(failed("other"))));
    pass(GroupWindows::kLongestWindow);
    EXPECT_EQ(alerter_->outbox().state().pending, 2u) << "the others' message does not stand for it";
}

TEST_F(AlertGrouping, TheLongestTextsStayWithinWhatTheQueueReads) {
    const std::string lengthy(5000, 'x');
    for (int i = 0; i < 1100; ++i) {
        AlertEvent event = failed(plan_name(i % 1000) + std::string(300, 'p') + std::to_string(i), lengthy + std::to_string(i));
        event.plan = std::to_string(i) + std::string(400, 'p');
        event.safe = {std::string(3000, 's'), std::string(3000, 's')};
        ASSERT_TRUE(is_ok(alerter_->raise(event)));
    }
    pass();
    EXPECT_EQ(alerter_->outbox().state().pending, 2u) << "a thousand a message at most";
    open(files_);
    EXPECT_EQ(alerter_->outbox().state().pending, 2u);
    EXPECT_EQ(alerter_->outbox().state().unreadable, 0u);
}

// Whatever power cut while failures are held, told and ended: each is told of after it, once or twice.
TEST_F(AlertGrouping, APowerCutLosesNoneOfAGroup) {
    std::vector<std::unique_ptr<PowerCutFileSystem>> images;
    raise_plans(0, 5);
    files_.set_barrier_hook([&](const std::string&) {
        for (std::uint64_t seed = 0; seed < 2; ++seed) images.push_back(files_.cut(seed));
    });
    pass();
    files_.set_barrier_hook(nullptr);
    images.push_back(files_.cut(0));
    ASSERT_GE(images.size(), 12u);
    for (auto& image : images) {
        open(*image);
        pass();  // nobody reports anything again
        std::map<std::string, int> told;
        for (const AlertMessage& message : take()) {
            ASSERT_EQ(message.which, AlertClass::first);
            for (const std::string& member : message.members.empty() ? std::vector{member_name(message.key)} : message.members)
                ++told[member];
        }
        EXPECT_EQ(told.size(), 5u);
        for (const auto& [member, times] : told) EXPECT_LE(times, 2);
    }
    alerter_.reset();
}

TEST_F(AlertGrouping, ARealServerGetsOneMailOfTwoHundredFailures) {
    if (MailServer::absent()) GTEST_SKIP() << "python3-aiosmtpd is not installed";
    const MailServer server({});
    ASSERT_TRUE(server.ready());
    const AlertSettings settings = settings_with(server.port());
    auto opened = Alerter::open(files_, clock_, {"/state/others", {"srv1", ""}, settings, {}});
    ASSERT_TRUE(is_ok(opened));
    auto channels = make_alert_channels(posix_file_system(), settings, "");
    ASSERT_TRUE(is_ok(channels));
    AlertDelivery delivery((*opened)->outbox(), clock_, *std::move(channels));
    const StopFlag stop;
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(is_ok((*opened)->raise(failed(plan_name(i)))));
    ASSERT_TRUE(is_ok(delivery.run_due(stop)));
    clock_.advance(GroupWindows::kWindow);
    ASSERT_TRUE(is_ok((*opened)->tick()));
    ASSERT_TRUE(is_ok(delivery.run_due(stop)));
    const auto mails = server.received();
    ASSERT_EQ(mails.size(), 1u);
    const std::string text = decoded_mail(mails[0].raw);
    EXPECT_NE(text.find("Backup of plan plan000 failed (and 199 more)"), std::string::npos) << text;
    EXPECT_EQ((*opened)->outbox().state().pending, 0u);
}

}  // namespace
}  // namespace custody
