// The desk as the service has it: real servers, one that stalls, a reload meanwhile, a share that hangs, and an end within
// seconds.
#include "daemon/alerts/alert_desk.h"

#include "tests/support/fake_clock.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/mail_server.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/scripted_server.h"
#include "tests/support/syslog_server.h"
#include "tests/support/wait_for.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

namespace custody {
namespace {

using test::decoded_mail;
using test::fails_with;
using test::FakeClock;
using test::is_ok;
using test::MailServer;
using test::ScratchFolder;
using test::ScriptedServer;
using test::SyslogServer;
using test::wait_until;

AlertSettings mail_to(int port) {
    AlertSettings settings;
    SmtpSettings smtp;
    smtp.server = "smtp://127.0.0.1:" + std::to_string(port);
    smtp.from = "custody@example.test";
    smtp.to = {"admin@example.test"};
    settings.smtp = smtp;
    settings.digest_minute.reset();
    return settings;
}

AlertEvent damage(const std::string& medium) {
    AlertEvent event;
    event.kind = AlertKind::verify_damage;  // critical: told at once
    event.medium = medium;
    event.detail = "pack 12";
    return event;
}

AlertEvent failed(int plan) {
    AlertEvent event;
    event.kind = AlertKind::backup_failed;
    event.plan = "plan" + std::to_string(plan);
    event.detail = "kho đầy";
    return event;
}

class AlertDeskTest : public testing::Test {
protected:
    void SetUp() override {
        if (MailServer::absent()) GTEST_SKIP() << "python3-aiosmtpd is not installed";
    }
    AlertDesk::Options options(const AlertSettings& settings) {
        AlertDesk::Options options;
        options.folder = folder_ / "alerts";
        options.sender = {"srv1", "UBND phường Đồ Sơn"};
        options.settings = settings;
        options.keyring = folder_ / "keyring";
        return options;
    }
    std::unique_ptr<AlertDesk> open(AlertDesk::Options options, const Clock& clock = system_clock()) {
        auto desk = AlertDesk::open(posix_file_system(), clock, log_, std::move(options));
        EXPECT_TRUE(is_ok(desk));
        return desk.ok() ? *std::move(desk) : nullptr;
    }
    // It ends whatever hangs; the deadline only ends a test that would not.
    static void end(std::unique_ptr<AlertDesk> desk) {
        auto ended = std::async(std::launch::async, [&] { desk.reset(); });
        ASSERT_EQ(ended.wait_for(std::chrono::seconds(30)), std::future_status::ready);
    }

    const ServiceLog log_ = ServiceLog::to_standard_error();
    ScratchFolder folder_{"alert-desk"};
};

TEST_F(AlertDeskTest, WhatIsRaisedReachesMailAndSyslogAndWhatWasRaisedBeforeItStartedToo) {
    if (const std::string absent = SyslogServer::absent(false); !absent.empty()) GTEST_SKIP() << absent;
    const MailServer mail({});
    const SyslogServer syslog({});
    ASSERT_TRUE(mail.ready());
    ASSERT_TRUE(syslog.ready());
    AlertSettings settings = mail_to(mail.port());
    settings.syslog = SyslogSettings{};
    settings.syslog->server = "tcp://127.0.0.1:" + std::to_string(syslog.port());
    auto desk = open(options(settings));
    ASSERT_TRUE(desk);
    desk->raise(damage("disk-a"));
    EXPECT_EQ(desk->outbox().pending, 1u);
    EXPECT_EQ(desk->standing().size(), 1u);
    desk->start();
    EXPECT_TRUE(wait_until([&] { return mail.received().size() == 1 && syslog.lines().size() == 1; }));
    EXPECT_TRUE(wait_until([&] { return desk->outbox().pending == 0; }));
    EXPECT_NE(decoded_mail(mail.received()[0].raw).find("Damage found on medium disk-a"), std::string::npos);
    EXPECT_NE(syslog.lines()[0].find("verify_damage"), std::string::npos);
    EXPECT_TRUE(desk->troubles().empty());
    end(std::move(desk));
}

TEST_F(AlertDeskTest, FailuresOfOneMinuteAreOneMail) {
    const MailServer mail({});
    ASSERT_TRUE(mail.ready());
    FakeClock clock;
    auto desk = open(options(mail_to(mail.port())), clock);
    ASSERT_TRUE(desk);
    desk->start();
    for (int i = 0; i < 40; ++i) desk->raise(failed(i));
    EXPECT_EQ(desk->outbox().pending, 0u);
    clock.advance(kMinute);
    desk->resolve(AlertKind::backup_failed, "no such plan");  // wakes the desk, as anything does
    EXPECT_TRUE(wait_until([&] { return mail.received().size() == 1; }));
    EXPECT_TRUE(wait_until([&] { return desk->outbox().pending == 0; }));
    EXPECT_NE(decoded_mail(mail.received()[0].raw).find("(and 39 more)"), std::string::npos);
    EXPECT_EQ(desk->standing().size(), 40u);
    end(std::move(desk));
    EXPECT_EQ(mail.received().size(), 1u);
}

TEST_F(AlertDeskTest, TheMorningDigestGoesOutAlsoWhenTheCatalogueCannotBeAsked) {
    const MailServer mail({});
    ASSERT_TRUE(mail.ready());
    AlertSettings settings = mail_to(mail.port());
    settings.digest_minute = 0;
    FakeClock clock;
    std::atomic<bool> fails{false};
    AlertDesk::Options all = options(settings);
    all.digest_facts = [&]() -> Result<DigestFacts> {
        if (fails) return Error{Code::corrupt, "the catalogue is damaged"};
        DigestFacts facts;
        facts.plans.push_back({"etc", "config", true, clock.now(), 2, 2, 1024});
        return facts;
    };
    auto desk = open(std::move(all), clock);
    ASSERT_TRUE(desk);
    desk->start();
    EXPECT_TRUE(wait_until([&] { return mail.received().size() == 1; }));
    EXPECT_NE(decoded_mail(mail.received()[0].raw).find("ĐÃ SAO LƯU: 1/1"), std::string::npos);
    fails = true;
    clock.advance(kDay);
    desk->resolve(AlertKind::test, "");
    EXPECT_TRUE(wait_until([&] { return mail.received().size() == 2; }));
    EXPECT_NE(decoded_mail(mail.received()[1].raw).find("the catalogue is damaged"), std::string::npos);
    end(std::move(desk));
}

TEST_F(AlertDeskTest, WhoCannotBeAskedYetDelaysTheDigestAndWhatOnlyTimeBringsIsAskedFor) {
    const MailServer mail({});
    ASSERT_TRUE(mail.ready());
    AlertSettings settings = mail_to(mail.port());
    settings.digest_minute = 0;
    FakeClock clock;
    std::atomic<int> asked{0}, watched{0};
    AlertDesk::Options all = options(settings);
    all.digest_facts = [&]() -> Result<DigestFacts> {
        if (++asked == 1) return Error{Code::interrupted, "the service begins"};
        return DigestFacts{};
    };
    AlertDesk* raises = nullptr;
    all.watch = [&]() -> Status {
        ++watched;
        raises->raise(damage("disk-a"));
        return done();
    };
    auto desk = open(std::move(all), clock);
    ASSERT_TRUE(desk);
    raises = desk.get();
    desk->start();
    ASSERT_TRUE(wait_until([&] { return asked == 1; }));
    EXPECT_EQ(watched, 0);
    clock.advance(15 * kMinute);
    desk->resolve(AlertKind::test, "");
    EXPECT_TRUE(wait_until([&] { return mail.received().size() == 2; }));
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(watched, 1);
    end(std::move(desk));
}

TEST_F(AlertDeskTest, AReloadWhileAServerStallsGoesToTheNewOne) {
    const ScriptedServer stalls({"220 ready", ""});
    const MailServer mail({});
    ASSERT_TRUE(mail.ready());
    auto desk = open(options(mail_to(stalls.port())));
    ASSERT_TRUE(desk);
    desk->start();
    desk->raise(damage("disk-a"));
    ASSERT_TRUE(wait_until([&] { return stalls.connections() > 0; }));
    AlertSettings refused = mail_to(mail.port());
    refused.smtp->to = {"not an address"};
    EXPECT_TRUE(fails_with(Code::usage, desk->configure(refused))) << "the settings of before stay";
    ASSERT_TRUE(is_ok(desk->configure(mail_to(mail.port()))));
    EXPECT_TRUE(wait_until([&] { return mail.received().size() == 1; }));
    EXPECT_TRUE(wait_until([&] { return desk->outbox().pending == 0; }));
    end(std::move(desk));
}

TEST_F(AlertDeskTest, ItEndsWhileAServerStallsAndTheNextOneTells) {
    const ScriptedServer stalls({"220 ready", ""});
    auto desk = open(options(mail_to(stalls.port())));
    ASSERT_TRUE(desk);
    desk->start();
    desk->raise(damage("disk-a"));
    ASSERT_TRUE(wait_until([&] { return stalls.connections() > 0; }));
    end(std::move(desk));
    const MailServer mail({});
    ASSERT_TRUE(mail.ready());
    desk = open(options(mail_to(mail.port())));
    ASSERT_TRUE(desk);
    desk->start();
    EXPECT_TRUE(wait_until([&] { return mail.received().size() == 1; }));
    end(std::move(desk));
}

TEST_F(AlertDeskTest, AServerThatIsAwayIsATroubleUntilItIsBack) {
    int port = 0;
    {
        const MailServer mail({});
        ASSERT_TRUE(mail.ready());
        port = mail.port();
    }
    FakeClock clock;
    auto desk = open(options(mail_to(port)), clock);
    ASSERT_TRUE(desk);
    desk->start();
    desk->raise(damage("disk-a"));
    ASSERT_TRUE(wait_until([&] { return !desk->troubles().empty(); }));
    EXPECT_EQ(desk->troubles()[0].target, "smtp:admin@example.test");
    const StopFlag stop;
    const auto tried = desk->send_test(stop);
    ASSERT_EQ(tried.size(), 1u);
    EXPECT_FALSE(tried[0].status.ok());
    test::MailServerOptions again;
    again.port = port;
    const MailServer mail(again);
    ASSERT_TRUE(mail.ready());
    EXPECT_TRUE(is_ok(desk->send_test(stop)[0].status));
    clock.advance(kHour);
    desk->resolve(AlertKind::test, "");
    EXPECT_TRUE(wait_until([&] { return mail.received().size() >= 2 && desk->troubles().empty(); }));
    end(std::move(desk));
}

// ---- signs of life ---------------------------------------------------------------------------------------------------------

class AlertDeskHeartbeat : public AlertDeskTest {
protected:
    void SetUp() override {
        AlertDeskTest::SetUp();
        if (IsSkipped()) return;
        auto keyring = Keyring::create(posix_file_system(), system_clock(), folder_ / "keyring", Suite::standard, "srv1",
                                       test::secret_text("a passphrase"), test::kCheapCost);
        ASSERT_TRUE(is_ok(keyring));
        signer_ = keyring->signer();
        ASSERT_EQ(::mkdir((folder_ / "share").c_str(), 0700), 0);
    }
    std::optional<OpenedHeartbeat> written(const std::string& path) {
        const auto bytes = read_file(posix_file_system(), path, kMaxHeartbeatSize);
        if (!bytes.ok()) return std::nullopt;
        auto opened = open_heartbeat(*bytes);
        return opened.ok() ? std::optional(*std::move(opened)) : std::nullopt;
    }
    SignerId signer_;
};

TEST_F(AlertDeskHeartbeat, ItIsSignedByThisHostAndItsSequenceOutlivesTheFile) {
    AlertSettings settings = mail_to(1);
    settings.heartbeat_file = folder_ / "share/srv1.json";
    FakeClock clock;
    const auto open_desk = [&] {
        AlertDesk::Options all = options(settings);
        all.needs_person = [] { return std::uint64_t{3}; };
        auto desk = open(std::move(all), clock);
        if (desk) desk->start();
        return desk;
    };
    auto desk = open_desk();
    ASSERT_TRUE(desk);
    ASSERT_TRUE(wait_until([&] { return written(settings.heartbeat_file).has_value(); }));
    const auto first = *written(settings.heartbeat_file);
    EXPECT_EQ(first.signer, signer_);
    EXPECT_EQ(first.heartbeat.host, "srv1");
    EXPECT_EQ(first.heartbeat.needs_person, 3u);
    end(std::move(desk));
    ASSERT_EQ(::unlink(settings.heartbeat_file.c_str()), 0);
    clock.set(Time{clock.now().ns - kDay});
    desk = open_desk();
    ASSERT_TRUE(desk);
    ASSERT_TRUE(wait_until([&] { return written(settings.heartbeat_file).has_value(); }));
    EXPECT_GT(written(settings.heartbeat_file)->heartbeat.sequence, first.heartbeat.sequence);
    end(std::move(desk));
}

TEST_F(AlertDeskHeartbeat, AShareThatIsAwayIsATroubleAndAPeerWithAForgedFileIsAlerted) {
    const MailServer mail({});
    ASSERT_TRUE(mail.ready());
    AlertSettings settings = mail_to(mail.port());
    settings.heartbeat_file = folder_ / "no-share/srv1.json";
    const Secret other = Secret::random(32);
    settings.peers = {{"srv2", signer_, folder_ / "share/srv2.json", 2 * kHour}};
    ASSERT_TRUE(is_ok(
        write_heartbeat(posix_file_system(), folder_ / "share/srv2.json", {"srv2", system_clock().now(), 0, 0, kHour}, other)));
    auto desk = open(options(settings));
    ASSERT_TRUE(desk);
    desk->start();
    EXPECT_TRUE(wait_until([&] { return mail.received().size() == 1; })) << "critical: at once";
    EXPECT_NE(decoded_mail(mail.received()[0].raw).find("srv2"), std::string::npos);
    ASSERT_TRUE(wait_until([&] { return !desk->troubles().empty(); }));
    EXPECT_EQ(desk->troubles()[0].target, "heartbeat:" + settings.heartbeat_file);
    end(std::move(desk));
}

// The real file system; opening a file below one folder hangs until it is let go, as on a share whose server is gone.
class HangingShare final : public FileSystem {
public:
    struct Gate {
        std::mutex mutex;
        std::condition_variable wake;
        bool open = false;
        int waiting = 0;
    };
    explicit HangingShare(std::string folder) : folder_(std::move(folder)) {}
    ~HangingShare() override { let_go(); }

    [[nodiscard]] bool hangs() const {
        const std::lock_guard lock(gate_->mutex);
        return gate_->waiting > 0;
    }
    // Returns when nobody hangs any more.
    void let_go() {
        std::unique_lock lock(gate_->mutex);
        gate_->open = true;
        gate_->wake.notify_all();
        gate_->wake.wait(lock, [&] { return gate_->waiting == 0; });
    }

    Result<std::unique_ptr<File>> open(const std::string& path) override {
        if (!path.starts_with(folder_)) return real().open(path);
        const std::shared_ptr<Gate> gate = gate_;
        std::unique_lock lock(gate->mutex);
        ++gate->waiting;
        gate->wake.wait(lock, [&] { return gate->open; });
        --gate->waiting;
        gate->wake.notify_all();
        return Error{Code::io, "stale file handle"};
    }
    Result<std::unique_ptr<File>> open_writable(const std::string& path) override { return real().open_writable(path); }
    Result<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override {
        return real().create(path, mode);
    }
    Status rename(const std::string& from, const std::string& to) override { return real().rename(from, to); }
    Status rename_new(const std::string& from, const std::string& to) override { return real().rename_new(from, to); }
    Status remove(const std::string& path) override { return real().remove(path); }
    Status remove_directory(const std::string& path) override { return real().remove_directory(path); }
    Status make_directory(const std::string& path, std::uint32_t mode) override { return real().make_directory(path, mode); }
    Status sync_directory(const std::string& path) override { return real().sync_directory(path); }
    Result<FileInfo> info(const std::string& path) override { return real().info(path); }
    Result<std::vector<DirectoryItem>> list(const std::string& path) override { return real().list(path); }

private:
    static FileSystem& real() { return posix_file_system(); }
    const std::string folder_;
    const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
};

TEST_F(AlertDeskHeartbeat, AShareThatHangsDelaysNoMailAndNoEnd) {
    const MailServer mail({});
    ASSERT_TRUE(mail.ready());
    AlertSettings settings = mail_to(mail.port());
    settings.heartbeat_file = folder_ / "share/srv1.json";
    HangingShare files(folder_ / "share");
    auto desk = AlertDesk::open(files, system_clock(), log_, options(settings));
    ASSERT_TRUE(is_ok(desk));
    (*desk)->start();
    ASSERT_TRUE(wait_until([&] { return files.hangs(); }));
    (*desk)->raise(damage("disk-a"));
    EXPECT_TRUE(wait_until([&] { return mail.received().size() == 1; }));
    end(*std::move(desk));
    EXPECT_TRUE(files.hangs()) << "its thread was left behind";
    files.let_go();
}

}  // namespace
}  // namespace custody
