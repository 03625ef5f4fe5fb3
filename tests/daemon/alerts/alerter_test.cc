// From an event to the queue: told once, reminded of, ended; over restarts, crashes and a server that is away.
#include "daemon/alerts/alerter.h"

#include "tests/support/fake_clock.h"
#include "tests/support/power_cut_file_system.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>

#include <set>

namespace custody {
namespace {

using test::fails_with;
using test::FakeClock;
using test::is_ok;
using test::PowerCutFileSystem;

constexpr const char* kFolder = "/state/alerts";

AlertSettings settings_with(AlertSeverity mail_least = AlertSeverity::notice) {
    AlertSettings settings;
    SmtpSettings smtp;
    smtp.server = "smtp://127.0.0.1";
    smtp.from = "custody@example.test";
    smtp.to = {"a@b"};
    smtp.least = mail_least;
    settings.smtp = smtp;
    settings.syslog = SyslogSettings{};
    settings.syslog->server = "tcp://127.0.0.1";
    return settings;
}

AlertEvent failed(const std::string& plan) {
    AlertEvent event;
    event.kind = AlertKind::backup_failed;
    event.plan = plan;
    event.detail = "lý do";
    return event;
}

class AlerterTest : public testing::Test {
protected:
    AlerterTest() { open(files_); }
    void open(FileSystem& files, const AlertSettings& settings = settings_with(), OutboxLimits limits = {}) {
        alerter_.reset();
        auto opened = Alerter::open(files, clock_, {kFolder, {"srv1", "UBND"}, settings, limits});
        ASSERT_TRUE(is_ok(opened));
        alerter_ = *std::move(opened);
    }
    // What waits for the target, struck off as delivered.
    std::vector<AlertMessage> take(const std::string& target = "smtp:a@b") {
        std::vector<AlertMessage> all;
        while (auto message = alerter_->outbox().next(target)) {
            EXPECT_TRUE(is_ok(alerter_->outbox().delivered(message->id, target)));
            all.push_back(*std::move(message));
        }
        return all;
    }
    std::vector<AlertClass> take_classes(const std::string& target = "smtp:a@b") {
        std::vector<AlertClass> classes;
        for (const AlertMessage& message : take(target)) classes.push_back(message.which);
        return classes;
    }

    // What belongs together is told after a minute.
    [[nodiscard]] Status settle(std::int64_t ns = GroupWindows::kWindow) {
        clock_.advance(ns);
        return alerter_->tick();
    }

    PowerCutFileSystem files_;
    FakeClock clock_;
    std::unique_ptr<Alerter> alerter_;
};
using Classes = std::vector<AlertClass>;

TEST_F(AlerterTest, TellsOnceRemindsAndTellsTheEnd) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(is_ok(alerter_->raise(failed("etc"))));
    EXPECT_TRUE(take().empty()) << "others may follow";
    ASSERT_TRUE(is_ok(settle()));
    const auto first = take();
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].which, AlertClass::first);
    clock_.advance(kDay);
    ASSERT_TRUE(is_ok(alerter_->tick()));
    ASSERT_TRUE(is_ok(alerter_->tick()));
    const auto reminders = take();
    ASSERT_EQ(reminders.size(), 1u);
    EXPECT_EQ(reminders[0].which, AlertClass::reminder);
    EXPECT_EQ(reminders[0].thread, first[0].id) << "in the thread of the first";
    EXPECT_NE(reminders[0].text.find("5 lần"), std::string::npos);
    ASSERT_TRUE(is_ok(alerter_->resolve(AlertKind::backup_failed, "etc")));
    EXPECT_TRUE(alerter_->standing().empty());
    ASSERT_TRUE(is_ok(alerter_->resolve(AlertKind::backup_failed, "etc")));
    ASSERT_TRUE(is_ok(settle()));
    EXPECT_EQ(take_classes(), Classes{AlertClass::end});
    ASSERT_TRUE(is_ok(alerter_->raise(failed("etc"))));
    ASSERT_TRUE(is_ok(settle(GroupWindows::kLongestWindow)));
    EXPECT_EQ(take_classes(), Classes{AlertClass::first}) << "a new event";
}

TEST_F(AlerterTest, EventsOfDifferentKindsAreDifferent) {
    AlertEvent absent = failed("etc");
    absent.kind = AlertKind::source_absent;
    ASSERT_TRUE(is_ok(alerter_->raise(failed("etc"))));
    ASSERT_TRUE(is_ok(alerter_->raise(absent)));
    ASSERT_TRUE(is_ok(alerter_->resolve(AlertKind::backup_failed, "other")));
    ASSERT_TRUE(is_ok(settle()));
    EXPECT_EQ(take().size(), 2u);
    EXPECT_EQ(alerter_->standing().size(), 2u);
}

TEST_F(AlerterTest, ARestartTellsNothingTwiceAndForgetsNoReminder) {
    ASSERT_TRUE(is_ok(alerter_->raise(failed("etc"))));
    ASSERT_TRUE(is_ok(settle()));
    EXPECT_EQ(take().size(), 1u);
    open(files_);
    ASSERT_TRUE(is_ok(alerter_->raise(failed("etc"))));
    ASSERT_TRUE(is_ok(settle()));
    EXPECT_TRUE(take().empty());
    clock_.advance(kDay);
    open(files_);
    ASSERT_TRUE(is_ok(alerter_->tick()));
    EXPECT_EQ(take_classes(), Classes{AlertClass::reminder});
}

TEST_F(AlerterTest, WorseIsToldAtOnce) {
    ASSERT_TRUE(is_ok(alerter_->raise(failed("etc"))));
    ASSERT_TRUE(is_ok(settle()));
    EXPECT_EQ(take().size(), 1u);
    AlertEvent worse = failed("etc");
    worse.severity = AlertSeverity::critical;
    ASSERT_TRUE(is_ok(alerter_->raise(worse)));
    const auto told = take();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].severity, AlertSeverity::critical);
}

TEST_F(AlerterTest, WhoWantsOnlyWhatIsBadHearsOnlyThatButItsEndToo) {
    open(files_, settings_with(AlertSeverity::error));
    AlertEvent away;
    away.kind = AlertKind::medium_absent;
    away.medium = "disk-b";
    ASSERT_TRUE(is_ok(alerter_->raise(away)));
    ASSERT_TRUE(is_ok(settle()));
    EXPECT_TRUE(take().empty());
    EXPECT_EQ(take("syslog").size(), 1u);
    ASSERT_TRUE(is_ok(alerter_->raise(failed("etc"))));
    ASSERT_TRUE(is_ok(settle()));
    ASSERT_TRUE(is_ok(alerter_->resolve(AlertKind::backup_failed, "etc")));
    ASSERT_TRUE(is_ok(settle()));
    EXPECT_EQ(take_classes(), (Classes{AlertClass::first, AlertClass::end}));
}

TEST_F(AlerterTest, SomethingThatDoesNotLastIsToldEachTime) {
    AlertEvent event;
    event.kind = AlertKind::service_interrupted;
    event.object = "boot 1";
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(is_ok(alerter_->raise(event)));
        EXPECT_TRUE(alerter_->standing().empty());
        ASSERT_TRUE(is_ok(settle(2 * GroupWindows::kWindow)));
        EXPECT_EQ(take().size(), 1u);
    }
}

TEST_F(AlerterTest, WhatTheFullQueueDidNotTakeIsToldWhenThereIsRoom) {
    open(files_, settings_with(), {.messages = 2});
    ASSERT_TRUE(is_ok(alerter_->raise(failed("a"))));
    ASSERT_TRUE(is_ok(settle()));
    ASSERT_TRUE(is_ok(alerter_->raise(failed("b"))));
    ASSERT_TRUE(is_ok(settle(GroupWindows::kLongestWindow)));
    ASSERT_TRUE(is_ok(alerter_->raise(failed("c"))));
    EXPECT_TRUE(fails_with(Code::busy, settle(GroupWindows::kLongestWindow)));
    EXPECT_EQ(take("smtp:a@b").size(), 2u);
    EXPECT_EQ(take("syslog").size(), 2u);
    open(files_, settings_with(), {.messages = 2});  // also after a restart
    ASSERT_TRUE(is_ok(settle(GroupWindows::kLongestWindow)));
    const auto told = take();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].key, "backup_failed/c");
    EXPECT_EQ(told[0].which, AlertClass::first);
}

TEST_F(AlerterTest, OnAFullDiskPeopleAreStillTold) {
    files_.set_capacity(1);
    EXPECT_TRUE(fails_with(Code::no_space, alerter_->raise(failed("etc"))));
    EXPECT_TRUE(fails_with(Code::no_space, settle()));
    const auto told = alerter_->outbox().next("smtp:a@b");
    ASSERT_TRUE(told);
    EXPECT_EQ(told->which, AlertClass::first);
    EXPECT_TRUE(fails_with(Code::no_space, alerter_->outbox().delivered(told->id, "smtp:a@b"))) << "it cannot be remembered";
    EXPECT_TRUE(fails_with(Code::no_space, settle()));
    EXPECT_FALSE(alerter_->outbox().next("smtp:a@b")) << "once";
}

// Whatever power cut while an event is raised and told: after it, who reports the event again is heard, and nobody hears it three
// times.
TEST_F(AlerterTest, APowerCutWhileAnEventIsRaisedLosesNothing) {
    std::vector<std::unique_ptr<PowerCutFileSystem>> images;
    files_.set_barrier_hook([&](const std::string&) {
        for (std::uint64_t seed = 0; seed < 3; ++seed) images.push_back(files_.cut(seed));
    });
    ASSERT_TRUE(is_ok(alerter_->raise(failed("etc"))));
    ASSERT_TRUE(is_ok(settle()));
    files_.set_barrier_hook(nullptr);
    images.push_back(files_.cut(0));
    ASSERT_GE(images.size(), 12u);
    for (auto& image : images) {
        open(*image);
        ASSERT_TRUE(is_ok(alerter_->raise(failed("etc"))));
        ASSERT_TRUE(is_ok(settle()));
        EXPECT_EQ(take().size(), 1u);
        EXPECT_EQ(alerter_->standing().size(), 1u);
    }
    alerter_.reset();
}

TEST_F(AlerterTest, ADamagedRecordIsSetAsideAndTheEventToldAnew) {
    ASSERT_TRUE(is_ok(alerter_->raise(failed("etc"))));
    ASSERT_TRUE(is_ok(settle()));
    EXPECT_EQ(take().size(), 1u);
    const std::string events = std::string(kFolder) + "/events";
    for (const DirectoryItem& item : *files_.list(events)) {
        ASSERT_TRUE(is_ok(replace_file(files_, join_path(events, item.name), as_bytes("{}"), 0600)));
    }
    open(files_);
    EXPECT_TRUE(alerter_->standing().empty());
    ASSERT_TRUE(is_ok(alerter_->raise(failed("etc"))));
    ASSERT_TRUE(is_ok(settle()));
    EXPECT_EQ(take().size(), 1u);
}

TEST_F(AlerterTest, TheDigestGoesToEverybodyOnceADayAndNamesWhatStands) {
    open(files_, settings_with(AlertSeverity::critical));
    AlertSettings settings = settings_with(AlertSeverity::critical);
    settings.digest_minute = 0;
    alerter_->configure(settings);
    ASSERT_TRUE(is_ok(alerter_->raise(failed("etc"))));
    ASSERT_TRUE(alerter_->is_digest_due());
    ASSERT_TRUE(is_ok(alerter_->send_digest({})));
    EXPECT_FALSE(alerter_->is_digest_due());
    const auto mails = take();
    ASSERT_EQ(mails.size(), 1u);
    EXPECT_EQ(mails[0].which, AlertClass::digest);
    EXPECT_NE(mails[0].text.find("Sao lưu theo kế hoạch etc thất bại"), std::string::npos);
    open(files_, settings);
    EXPECT_FALSE(alerter_->is_digest_due()) << "sent already, before the restart";
    clock_.advance(25 * kHour);
    EXPECT_TRUE(alerter_->is_digest_due());
    settings.digest_minute.reset();
    alerter_->configure(settings);
    EXPECT_FALSE(alerter_->is_digest_due());
}

TEST_F(AlerterTest, TheDigestTellsOnceWhatWasLost) {
    open(files_, settings_with(), {.messages = 1});
    ASSERT_TRUE(is_ok(alerter_->send_digest({})));
    AlertEvent event;
    event.kind = AlertKind::service_interrupted;
    ASSERT_TRUE(is_ok(alerter_->raise(event)));
    ASSERT_TRUE(is_ok(settle()));  // pushes the digest out
    take("smtp:a@b");
    take("syslog");
    ASSERT_TRUE(is_ok(alerter_->send_digest({})));
    EXPECT_NE(take()[0].text.find("số cảnh báo không gửi được: 1"), std::string::npos);
    take("syslog");
    ASSERT_TRUE(is_ok(alerter_->send_digest({})));
    EXPECT_EQ(take()[0].text.find("số cảnh báo không gửi được"), std::string::npos);
}

TEST_F(AlerterTest, ATargetThatGetsNothingForAnHourIsItselfAnAlert) {
    AlertTrouble trouble{"smtp:a@b", clock_.now(), "mail server away", 3};
    ASSERT_TRUE(is_ok(alerter_->watch_delivery({trouble})));
    EXPECT_TRUE(alerter_->standing().empty());
    clock_.advance(kHour);
    ASSERT_TRUE(is_ok(alerter_->watch_delivery({trouble})));
    ASSERT_TRUE(is_ok(alerter_->watch_delivery({trouble})));
    ASSERT_TRUE(is_ok(settle()));
    const auto lines = take("syslog");
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].kind, "alerts_undelivered");
    ASSERT_TRUE(is_ok(alerter_->watch_delivery({})));
    EXPECT_TRUE(alerter_->standing().empty());
}

TEST_F(AlerterTest, ASilentPeerIsAlertedAndItsReturnToo) {
    const Secret seed = Secret::random(32);
    AlertSettings settings = settings_with();
    settings.peers = {{"srv2", signer_id(seed), "/share/srv2.json", 2 * kHour}};
    alerter_->configure(settings);
    ASSERT_TRUE(is_ok(make_directories(files_, "/share", 0755)));
    ASSERT_TRUE(is_ok(write_heartbeat(files_, "/share/srv2.json", {"srv2", clock_.now(), 0, 0, kHour}, seed)));
    ASSERT_TRUE(is_ok(alerter_->watch_peers()));
    EXPECT_TRUE(take().empty());
    open(files_, settings);  // what was seen is remembered over a restart
    clock_.advance(3 * kHour);
    ASSERT_TRUE(is_ok(alerter_->watch_peers()));
    ASSERT_TRUE(is_ok(alerter_->watch_peers()));
    ASSERT_TRUE(is_ok(settle()));
    const auto told = take();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].key, "peer_silent/srv2");
    ASSERT_TRUE(is_ok(write_heartbeat(files_, "/share/srv2.json", {"srv2", clock_.now(), 0, 0, kHour}, seed)));
    ASSERT_TRUE(is_ok(alerter_->watch_peers()));
    ASSERT_TRUE(is_ok(settle()));
    EXPECT_EQ(take_classes(), Classes{AlertClass::end});
}

TEST_F(AlerterTest, AYearOfNightsWithAServerThatIsAwayEveryOtherWeekStaysSmall) {
    std::size_t most = 0;
    std::set<std::string> told;
    for (int night = 0; night < 365; ++night) {
        for (int plan = 0; plan < 20; ++plan) {
            const std::string name = "plan" + std::to_string(plan);
            if ((night * 7 + plan * 13) % 29 == 0) {
                ASSERT_TRUE(is_ok(alerter_->raise(failed(name))));
            } else {
                ASSERT_TRUE(is_ok(alerter_->resolve(AlertKind::backup_failed, name)));
            }
        }
        ASSERT_TRUE(is_ok(settle(GroupWindows::kLongestWindow)));
        ASSERT_TRUE(is_ok(alerter_->send_digest({})));
        most = std::max(most, alerter_->outbox().state().pending);
        if (night / 7 % 2 == 0) {
            for (const AlertMessage& message : take()) {
                for (int plan = 0; plan < 20; ++plan) {
                    const std::string name = "plan" + std::to_string(plan) + " ";
                    if (message.text.find("kế hoạch " + name) != std::string::npos) told.insert(name);
                    if (message.text.find("    plan" + std::to_string(plan) + "\n") != std::string::npos) told.insert(name);
                }
            }
            take("syslog");
        }
        clock_.advance(kDay - GroupWindows::kLongestWindow);
    }
    EXPECT_EQ(told.size(), 20u) << "every plan";
    EXPECT_LE(most, 70u);
    EXPECT_EQ(alerter_->outbox().state().dropped, 0u);
}

}  // namespace
}  // namespace custody
