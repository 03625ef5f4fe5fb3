// Syslog against a real rsyslogd, over TCP and TLS: what it understands, and what happens when it is away, stalls or is not
// trusted.
#include "daemon/alerts/syslog.h"

#include "daemon/alerts/event_text.h"
#include "daemon/alerts/syslog_text.h"
#include "tests/support/certificate.h"
#include "tests/support/results.h"
#include "tests/support/scripted_server.h"
#include "tests/support/syslog_server.h"
#include "tests/support/wait_for.h"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

namespace custody {
namespace {

using test::Certificate;
using test::fails_with;
using test::is_ok;
using test::make_certificate;
using test::ScratchFolder;
using test::ScriptedServer;
using test::SyslogServer;
using test::SyslogServerOptions;
using test::wait_until;

SyslogSettings log_to(const std::string& scheme, int port) {
    SyslogSettings settings;
    settings.server = scheme + "://localhost:" + std::to_string(port);
    return settings;
}

AlertMessage alert() {
    AlertEvent event;
    event.kind = AlertKind::verify_damage;
    event.medium = "đĩa \"a\"]\\";
    event.detail = "gói 12ab bị hỏng";
    const Time now{1'793'671'200 * kSecond + 123'456'789};
    AlertMessage message = render_alert(event, AlertClass::first, {now, now, 1, now}, {"srv1", ""});
    message.id = new_message_id();
    return message;
}

Status deliver(const SyslogSettings& settings, const AlertMessage& message, const AlertTimes& times = {}) {
    const StopFlag stop;
    return make_syslog_channel(settings, times)->deliver(message, stop);
}

void expect_understood(const SyslogServer& server, const AlertMessage& message) {
    ASSERT_TRUE(wait_until([&] { return !server.lines().empty(); }));
    ASSERT_EQ(server.lines().size(), 1u);
    const auto seen = nlohmann::json::parse(server.lines()[0]);
    EXPECT_EQ(seen["pri"], "26") << "daemon.crit";
    EXPECT_EQ(seen["host"], "srv1");
    EXPECT_EQ(seen["app"], "custodyd");
    EXPECT_EQ(seen["msgid"], "verify_damage");
    EXPECT_EQ(*parse_time(seen["time"].get<std::string>()), Time{message.made.ns / 1000 * 1000});
    const std::string data = seen["data"];
    EXPECT_NE(data.find("[custody@32473 class=\"first\" id=\"" + message.id + "\""), std::string::npos) << data;
    EXPECT_NE(data.find("medium=\"đĩa \\\"a\\\"\\]\\\\\""), std::string::npos) << data;
    EXPECT_NE(data.find("[timeQuality tzKnown=\"1\" isSynced=\""), std::string::npos) << data;
    EXPECT_NE(seen["msg"].get<std::string>().find(message.line), std::string::npos);
}

TEST(Syslog, ArrivesOverTcp) {
    if (const auto absent = SyslogServer::absent(false); !absent.empty()) GTEST_SKIP() << absent;
    const SyslogServer server({});
    ASSERT_TRUE(server.ready());
    const AlertMessage message = alert();
    ASSERT_TRUE(is_ok(deliver(log_to("tcp", server.port()), message)));
    expect_understood(server, message);
}

TEST(Syslog, ArrivesOverTlsAndOnlyAtAServerThatIsTrusted) {
    if (const auto absent = SyslogServer::absent(true); !absent.empty()) GTEST_SKIP() << absent;
    const ScratchFolder folder("syslog");
    const Certificate certificate = make_certificate(folder.path(), "server");
    ASSERT_TRUE(certificate.valid()) << certificate.why;
    const SyslogServer server({certificate.certificate_file, certificate.key_file, ""});
    ASSERT_TRUE(server.ready());
    SyslogSettings settings = log_to("tls", server.port());
    EXPECT_TRUE(fails_with(Code::denied, deliver(settings, alert()))) << "the system's authorities do not know it";
    const Certificate other = make_certificate(folder.path(), "other");
    settings.ca_file = other.certificate_file;
    EXPECT_TRUE(fails_with(Code::denied, deliver(settings, alert())));
    settings.ca_file = certificate.certificate_file;
    const AlertMessage message = alert();
    ASSERT_TRUE(is_ok(deliver(settings, message)));
    expect_understood(server, message);
}

TEST(Syslog, AServerThatWantsOurCertificateGetsIt) {
    if (const auto absent = SyslogServer::absent(true); !absent.empty()) GTEST_SKIP() << absent;
    const ScratchFolder folder("syslog");
    const Certificate certificate = make_certificate(folder.path(), "server");
    const Certificate ours = make_certificate(folder.path(), "client");
    ASSERT_TRUE(certificate.valid() && ours.valid());
    const SyslogServer server({certificate.certificate_file, certificate.key_file, ours.certificate_file});
    ASSERT_TRUE(server.ready());
    SyslogSettings settings = log_to("tls", server.port());
    settings.ca_file = certificate.certificate_file;
    EXPECT_FALSE(deliver(settings, alert()).ok()) << "it objects to a client without one";
    settings.certificate_file = ours.certificate_file;
    settings.key_file = ours.key_file;
    const AlertMessage message = alert();
    ASSERT_TRUE(is_ok(deliver(settings, message)));
    expect_understood(server, message);
}

TEST(Syslog, NothingGoesInTheClearToAServerThatShouldSpeakTls) {
    if (const auto absent = SyslogServer::absent(false); !absent.empty()) GTEST_SKIP() << absent;
    const SyslogServer server({});
    ASSERT_TRUE(server.ready());
    AlertTimes short_times;
    short_times.connect_ms = 500;
    EXPECT_FALSE(deliver(log_to("tls", server.port()), alert(), short_times).ok());
    for (const std::string& line : server.lines()) EXPECT_EQ(line.find("verify_damage"), std::string::npos);
}

TEST(Syslog, AServerThatIsAwayStallsOrHangsUpIsLeft) {
    int port = 0;
    {
        const ScriptedServer gone({});
        port = gone.port();
    }
    EXPECT_TRUE(fails_with(Code::busy, deliver(log_to("tcp", port), alert())));
    AlertTimes short_times;
    short_times.connect_ms = 200;
    short_times.total_ms = 400;
    const ScriptedServer silent({});
    EXPECT_TRUE(fails_with(Code::busy, deliver(log_to("tls", silent.port()), alert(), short_times))) << "in the handshake";
}

TEST(SyslogText, StaysWithinWhatEveryReceiverTakes) {
    AlertMessage message = alert();
    message.line.assign(10'000, 'x');
    const std::string text = syslog_text(message, {1, true});
    EXPECT_LE(text.size(), kMaxSyslogMessage);
    EXPECT_NE(text.find("[custody@32473"), std::string::npos);
    for (int i = 0; i < 30; ++i) message.fields.emplace_back("f" + std::to_string(i), std::string(500, 'y'));
    const std::string without = syslog_text(message, {1, true});
    EXPECT_LE(without.size(), kMaxSyslogMessage);
    EXPECT_EQ(without.find("[custody@32473"), std::string::npos) << "rather no parameters than no words";
    EXPECT_NE(without.find(" - \xef\xbb\xbfxxx"), std::string::npos);
}

TEST(SyslogText, NoFieldCanForgeALineOrAParameter) {
    AlertMessage message = alert();
    message.host = "a b\nc";
    message.kind = "k d";
    message.line = "one\n<26>1 two";
    message.fields = {{"plan", "p\"] [custody@32473 class=\"end\""}, {"bad name\"=", "x"}};
    const std::string text = syslog_text(message, {1, false});
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_NE(text.find(" a_b_c custodyd 1 k_d ["), std::string::npos) << text;
    EXPECT_NE(text.find("plan=\"p\\\"\\] [custody@32473 class=\\\"end\\\"\""), std::string::npos) << text;
}

}  // namespace
}  // namespace custody
