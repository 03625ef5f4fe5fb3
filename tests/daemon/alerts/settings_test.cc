// What may be configured, and duty E6: nothing leaves the machine in the clear unless a document says so.
#include "daemon/alerts/settings.h"

#include "tests/support/results.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;

SmtpSettings mail_to(const std::string& server) {
    SmtpSettings smtp;
    smtp.server = server;
    smtp.from = "custody@example.test";
    smtp.to = {"admin@example.test"};
    return smtp;
}

SyslogSettings log_to(const std::string& server) {
    SyslogSettings syslog;
    syslog.server = server;
    return syslog;
}

bool has_fault(const AlertSettings& settings, const std::string& key, Code code) {
    const auto faults = judge_alert_settings(settings);
    return std::any_of(faults.begin(), faults.end(), [&](const auto& f) { return f.key == key && f.error.code == code; });
}

TEST(AlertSettings, AddressesOfServersAreTakenApart) {
    const auto plain = parse_smtp_server("smtp://Mail.Example:2525");
    ASSERT_TRUE(is_ok(plain));
    EXPECT_EQ(plain->text(), "smtp://mail.example:2525");
    EXPECT_FALSE(plain->loopback);
    EXPECT_EQ(parse_smtp_server("smtps://mail.example")->port, 465);
    EXPECT_EQ(parse_smtp_server("smtp://mail.example")->port, 25);
    EXPECT_EQ(parse_syslog_server("tls://10.1.2.3")->port, 6514);
    const auto v6 = parse_syslog_server("tcp://[::1]:601");
    ASSERT_TRUE(is_ok(v6));
    EXPECT_EQ(v6->host, "::1");
    EXPECT_EQ(v6->text(), "tcp://[::1]:601");
    EXPECT_TRUE(v6->loopback);
}

TEST(AlertSettings, WhatIsNoAddressIsRefused) {
    for (const char* url : {"", "mail.example", "smtp://", "smtp://:25", "smtp://a b", "smtp://user@host", "smtp://host/path",
                            "smtp://host:0", "smtp://host:65536", "smtp://host:", "smtp://host:25x", "smtp://[::1",
                            "smtp://[::1]25", "smtp://host\r\nX", "http://host", "smtp://-host", "smtp://h%6fst"}) {
        EXPECT_TRUE(fails_with(Code::usage, parse_smtp_server(url))) << url;
    }
    const auto udp = parse_syslog_server("udp://127.0.0.1:514");
    ASSERT_TRUE(fails_with(Code::usage, udp));
    EXPECT_NE(udp.error().message.find("UDP"), std::string::npos);
}

TEST(AlertSettings, OnlyRealLoopbackAddressesCountAsThisMachine) {
    for (const char* host : {"127.0.0.1", "127.8.9.10", "localhost", "LOCALHOST", "[::1]"}) {
        EXPECT_TRUE(parse_smtp_server("smtp://" + std::string(host))->loopback) << host;
    }
    for (const char* host : {"127.0.0.1.example", "127.example", "localhost.example", "127.0.0", "127.0.0.256", "10.0.0.1",
                             "127.0.0.1.", "[::2]", "0127.0.0.1.5"}) {
        const auto endpoint = parse_smtp_server("smtp://" + std::string(host));
        EXPECT_TRUE(!endpoint.ok() || !endpoint->loopback) << host;
    }
}

TEST(AlertSettings, AnotherMachineAlwaysGetsEncryption) {
    EXPECT_EQ(*smtp_security(mail_to("smtp://mail.example")), LineSecurity::starttls);
    EXPECT_EQ(*smtp_security(mail_to("smtps://mail.example")), LineSecurity::tls);
    EXPECT_EQ(*smtp_security(mail_to("smtp://127.0.0.1")), LineSecurity::plain);
    SmtpSettings local = mail_to("smtp://127.0.0.1");
    local.starttls = true;
    EXPECT_EQ(*smtp_security(local), LineSecurity::starttls);

    EXPECT_EQ(*syslog_security(log_to("tls://log.example")), LineSecurity::tls);
    EXPECT_EQ(*syslog_security(log_to("tcp://127.0.0.1")), LineSecurity::plain);
    const auto refused = syslog_security(log_to("tcp://log.example"));
    ASSERT_TRUE(fails_with(Code::refused, refused));
    EXPECT_NE(refused.error().message.find("E6"), std::string::npos);
}

TEST(AlertSettings, AnExceptionAllowsPlaintextButNeverAPassword) {
    AlertSettings settings;
    settings.smtp = mail_to("smtp://mail.example");
    settings.smtp->exception = "QĐ 12/2026: máy chủ cũ";
    settings.syslog = log_to("tcp://log.example:514");
    settings.syslog->exception = "QĐ 13/2026";
    EXPECT_TRUE(judge_alert_settings(settings).empty());
    EXPECT_EQ(*smtp_security(*settings.smtp), LineSecurity::plain);
    EXPECT_EQ(alert_exceptions(settings),
              (std::vector<std::string>{"smtp://mail.example:25: QĐ 12/2026: máy chủ cũ", "tcp://log.example:514: QĐ 13/2026"}));
    settings.smtp->user = "custody";
    settings.smtp->password_file = "/etc/custody/smtp";
    EXPECT_TRUE(has_fault(settings, "smtp.server", Code::refused));
}

TEST(AlertSettings, AnExceptionThatIsNotNeededIsNotInForce) {
    AlertSettings settings;
    settings.smtp = mail_to("smtp://127.0.0.1");
    settings.smtp->exception = "QĐ 12/2026";
    EXPECT_TRUE(alert_exceptions(settings).empty());
}

TEST(AlertSettings, EveryFaultIsNamedWithItsKey) {
    AlertSettings settings;
    settings.smtp = mail_to("smtp://mail.example");
    settings.smtp->to = {"a@b", "no address", "x@y\r\nBcc: all@example"};
    settings.smtp->user = "u";
    settings.smtp->ca_file = "relative.pem";
    settings.command = CommandSettings{.arguments = {"mail"}};
    settings.remind_every_ns = kMinute;
    settings.digest_minute = 1440;
    settings.peers.push_back({});
    for (const char* key : {"smtp.to", "smtp.user", "smtp.ca_file", "command", "remind_every", "digest", "peers[0].host",
                            "peers[0].signer", "peers[0].file"}) {
        EXPECT_TRUE(has_fault(settings, key, Code::usage)) << key;
    }
    EXPECT_TRUE(judge_alert_settings(AlertSettings{}).empty()) << "no alerts at all may be configured";
}

TEST(AlertSettings, MailAddressesCannotForgeHeaders) {
    for (const char* address : {"a@b", "admin+custody@mail.example", "a.b@c-d.example"}) EXPECT_TRUE(is_mail_address(address));
    for (const char* address :
         {"", "@", "a@", "@b", "a", "a@b@c", "a b@c", "a@b,c", "<a@b>", "a@b\n", "a\x7f@b", "\"a\"@b", "-a@b", "quản@b"}) {
        EXPECT_FALSE(is_mail_address(address)) << address;
    }
}

}  // namespace
}  // namespace custody
