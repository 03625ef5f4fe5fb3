// Mail against a real SMTP server: what arrives, how it was encrypted, and what happens when the server refuses, lies or stalls.
#include "daemon/alerts/smtp.h"

#include "daemon/alerts/event_text.h"
#include "daemon/alerts/mail_text.h"
#include "tests/support/certificate.h"
#include "tests/support/mail_server.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/scripted_server.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <thread>

namespace custody {
namespace {

using test::Certificate;
using test::decoded_mail;
using test::fails_with;
using test::is_ok;
using test::MailServer;
using test::MailServerOptions;
using test::make_certificate;
using test::ScratchFolder;
using test::ScriptedServer;

constexpr const char* kRecipient = "admin@example.test";

SmtpSettings mail_to(int port, const std::string& scheme = "smtp") {
    SmtpSettings smtp;
    smtp.server = scheme + "://localhost:" + std::to_string(port);
    smtp.from = "custody@example.test";
    smtp.to = {kRecipient, "second@example.test"};
    return smtp;
}

AlertMessage alert() {
    AlertEvent event;
    event.kind = AlertKind::backup_failed;
    event.plan = "địa-chính";
    event.detail = "không mở được /srv/địa chính: không có quyền";
    const Time now{1'793'671'200 * kSecond};
    AlertMessage message = render_alert(event, AlertClass::first, {now, now, 1, now}, {"srv1", "UBND phường Đồ Sơn"});
    message.id = new_message_id();
    return message;
}

Status deliver(const SmtpSettings& settings, const AlertMessage& message, const AlertTimes& times = {},
               const std::string& credentials = "") {
    const StopFlag stop;
    return make_smtp_channel(posix_file_system(), settings, kRecipient, credentials, times)->deliver(message, stop);
}

class Smtp : public testing::Test {
protected:
    void SetUp() override {
        if (MailServer::absent()) GTEST_SKIP() << "python3-aiosmtpd is not installed";
        certificate_ = make_certificate(folder_.path(), "server");
        ASSERT_TRUE(certificate_.valid()) << certificate_.why;
    }
    MailServerOptions with_tls() const {
        MailServerOptions options;
        options.certificate_file = certificate_.certificate_file;
        options.key_file = certificate_.key_file;
        return options;
    }
    std::string password_file(const std::string& text, mode_t mode = 0600) {
        const std::string path = folder_ / "password";
        std::ofstream(path) << text;
        EXPECT_EQ(::chmod(path.c_str(), mode), 0);
        return path;
    }

    ScratchFolder folder_{"smtp"};
    Certificate certificate_;
};

TEST_F(Smtp, ArrivesWholeAndReadable) {
    const MailServer server({});
    ASSERT_TRUE(server.ready());
    const AlertMessage message = alert();
    ASSERT_TRUE(is_ok(deliver(mail_to(server.port()), message)));
    const auto mails = server.received();
    ASSERT_EQ(mails.size(), 1u);
    EXPECT_EQ(mails[0].from, "custody@example.test");
    EXPECT_EQ(mails[0].to, std::vector<std::string>{kRecipient});
    EXPECT_FALSE(mails[0].encrypted);
    const std::string mail = decoded_mail(mails[0].raw);
    EXPECT_NE(mail.find("Subject: " + message.subject + "\n"), std::string::npos) << mail;
    EXPECT_NE(mail.find("Message-ID: <" + message.id + "@srv1>"), std::string::npos);
    EXPECT_NE(mail.find("Auto-Submitted: auto-generated"), std::string::npos);
    EXPECT_NE(mail.find("\nTo: "), std::string::npos) << mail;
    EXPECT_NE(mail.find("second@example.test"), std::string::npos) << mail;
    EXPECT_NE(mail.find("Date: " + mail_date(message.made)), std::string::npos);
    EXPECT_EQ(mail.find("DEFECTS"), std::string::npos) << mail;
    EXPECT_EQ(mail.substr(mail.find("\n\n") + 2), message.text);
    for (const char c : mails[0].raw) ASSERT_LT(static_cast<unsigned char>(c), 0x80);
}

TEST_F(Smtp, StartTlsAndAuthWithAPasswordFromAFile) {
    MailServerOptions options = with_tls();
    options.require_starttls = true;
    options.user = "custody";
    options.password = "mật khẩu dài";
    const MailServer server(options);
    ASSERT_TRUE(server.ready());
    SmtpSettings settings = mail_to(server.port());
    settings.ca_file = certificate_.certificate_file;
    settings.user = "custody";
    settings.password_file = password_file("mật khẩu dài\n");
    ASSERT_TRUE(is_ok(deliver(settings, alert())));
    const auto mails = server.received();
    ASSERT_EQ(mails.size(), 1u);
    EXPECT_TRUE(mails[0].encrypted);

    settings.password_file = password_file("wrong");
    const Status wrong = deliver(settings, alert());
    ASSERT_TRUE(fails_with(Code::denied, wrong));
    EXPECT_EQ(wrong.error().message.find("wrong"), std::string::npos) << "no password in a message";
    EXPECT_EQ(server.received().size(), 1u);
}

TEST_F(Smtp, TlsFromTheFirstByteAndAPasswordFromACredential) {
    MailServerOptions options = with_tls();
    options.tls_from_start = true;
    options.user = "custody";
    options.password = "secret";
    const MailServer server(options);
    ASSERT_TRUE(server.ready());
    SmtpSettings settings = mail_to(server.port(), "smtps");
    settings.ca_file = certificate_.certificate_file;
    settings.user = "custody";
    settings.password_credential = "password";
    password_file("secret", 0400);
    ASSERT_TRUE(is_ok(deliver(settings, alert(), {}, folder_.path())));
    EXPECT_TRUE(fails_with(Code::usage, deliver(settings, alert(), {}, "")));
    ASSERT_EQ(server.received().size(), 1u);
    EXPECT_TRUE(server.received()[0].encrypted);
}

TEST_F(Smtp, APasswordThatOthersMayReadIsNotUsed) {
    const MailServer server(with_tls());
    ASSERT_TRUE(server.ready());
    SmtpSettings settings = mail_to(server.port());
    settings.ca_file = certificate_.certificate_file;
    settings.user = "custody";
    settings.password_file = password_file("secret", 0644);
    EXPECT_TRUE(fails_with(Code::denied, deliver(settings, alert())));
    EXPECT_TRUE(server.received().empty());
}

TEST_F(Smtp, NothingGoesToAServerWhoseCertificateIsNotTrusted) {
    const MailServer server(with_tls());
    ASSERT_TRUE(server.ready());
    SmtpSettings settings = mail_to(server.port());
    settings.starttls = true;  // against the system's authorities, which do not know it
    EXPECT_TRUE(fails_with(Code::denied, deliver(settings, alert())));

    const Certificate other = make_certificate(folder_.path(), "other", "mail.example.test");
    ASSERT_TRUE(other.valid());
    MailServerOptions options;
    options.certificate_file = other.certificate_file;
    options.key_file = other.key_file;
    const MailServer misnamed(options);
    ASSERT_TRUE(misnamed.ready());
    settings = mail_to(misnamed.port());
    settings.ca_file = other.certificate_file;  // trusted, but made out to another name
    EXPECT_TRUE(fails_with(Code::denied, deliver(settings, alert())));
    EXPECT_TRUE(server.received().empty());
    EXPECT_TRUE(misnamed.received().empty());
}

TEST_F(Smtp, NothingGoesInTheClearWhereStartTlsIsDemandedButNotOffered) {
    const MailServer server({});
    ASSERT_TRUE(server.ready());
    SmtpSettings settings = mail_to(server.port());
    settings.starttls = true;
    const Status status = deliver(settings, alert());
    ASSERT_TRUE(fails_with(Code::denied, status));
    EXPECT_NE(status.error().message.find("nothing was sent"), std::string::npos);
    EXPECT_TRUE(server.received().empty());
}

TEST_F(Smtp, ARefusalOfTheMessageIsToldFromAServerThatIsAway) {
    MailServerOptions options;
    options.refused_recipient = kRecipient;
    const MailServer refusing(options);
    const Status refused = deliver(mail_to(refusing.port()), alert());
    ASSERT_TRUE(fails_with(Code::refused, refused));
    EXPECT_NE(refused.error().message.find("no such person"), std::string::npos) << refused.error().message;

    options = {};
    options.answer_to_data = "554 5.6.0 not this one";
    const MailServer rejecting(options);
    EXPECT_TRUE(fails_with(Code::refused, deliver(mail_to(rejecting.port()), alert())));

    options.answer_to_data = "451 4.3.0 later";
    MailServer busy(options);
    const int port = busy.port();
    EXPECT_TRUE(fails_with(Code::busy, deliver(mail_to(port), alert())));
    busy.stop();
    EXPECT_TRUE(fails_with(Code::busy, deliver(mail_to(port), alert())));
}

TEST_F(Smtp, AServerThatWantsALoginFirstIsNoRefusalOfTheMessage) {
    MailServerOptions options = with_tls();
    options.require_starttls = true;
    const MailServer server(options);
    EXPECT_TRUE(fails_with(Code::denied, deliver(mail_to(server.port()), alert())));
}

// Every stage at which a server can fall silent.
TEST_F(Smtp, AServerThatStallsAtAnyStageIsLeft) {
    const std::vector<std::string> talk = {"220 hello", "250 hello", "250 sender", "250 recipient", "354 go", "250 taken"};
    AlertTimes short_times;
    short_times.connect_ms = 150;
    short_times.total_ms = 300;
    for (std::size_t stage = 0; stage + 1 < talk.size(); ++stage) {
        const ScriptedServer server({talk.begin(), talk.begin() + static_cast<std::ptrdiff_t>(stage)});
        EXPECT_TRUE(fails_with(Code::busy, deliver(mail_to(server.port()), alert(), short_times))) << "stage " << stage;
    }
    const ScriptedServer whole(talk);
    EXPECT_TRUE(is_ok(deliver(mail_to(whole.port()), alert(), short_times))) << "all is said but the farewell";

    const ScriptedServer handshake({"220 hello", "250-hello\r\n250 STARTTLS", "220 go ahead"});
    SmtpSettings settings = mail_to(handshake.port());
    settings.starttls = true;
    EXPECT_TRUE(fails_with(Code::busy, deliver(settings, alert(), short_times)));
}

TEST_F(Smtp, AServerThatTurnsEverybodyAwayOrHangsUpIsAway) {
    const ScriptedServer closed({"554 no service here"});
    EXPECT_TRUE(fails_with(Code::busy, deliver(mail_to(closed.port()), alert())));
    const ScriptedServer hangs_up({"220 hello", "close"});
    EXPECT_TRUE(fails_with(Code::busy, deliver(mail_to(hangs_up.port()), alert())));
    const ScriptedServer nonsense({std::string(300'000, 'x')});
    AlertTimes short_times;
    short_times.total_ms = 500;
    EXPECT_TRUE(fails_with(Code::busy, deliver(mail_to(nonsense.port()), alert(), short_times)));
}

TEST_F(Smtp, AStopEndsAStalledDelivery) {
    const ScriptedServer server({"220 hello"});
    StopFlag stop;
    const auto channel = make_smtp_channel(posix_file_system(), mail_to(server.port()), kRecipient, "");
    std::thread stopper([&] {
        while (server.connections() == 0) std::this_thread::yield();
        stop.request();
    });
    EXPECT_TRUE(fails_with(Code::interrupted, channel->deliver(alert(), stop)));
    stopper.join();
}

TEST(MailText, SubjectsAreEncodedWithoutSplittingCharacters) {
    EXPECT_EQ(encoded_header("plain words"), "plain words");
    const std::string encoded = encoded_header("Sao lưu theo kế hoạch địa-chính không thành công, hãy xem lại ngay hôm nay");
    EXPECT_TRUE(encoded.starts_with("=?utf-8?B?"));
    std::size_t words = 0;
    for (std::string_view rest = encoded; !rest.empty(); ++words) {
        const std::size_t end = rest.find("\r\n ");
        const std::string_view word = rest.substr(0, end);
        ASSERT_LE(word.size(), 75u);
        const auto bytes = from_base64(word.substr(10, word.size() - 12));
        ASSERT_TRUE(bytes.has_value());
        EXPECT_EQ((bytes->front() & 0xC0u) == 0x80, false) << "begins within a character";
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 3);
    }
    EXPECT_GT(words, 1u);
    EXPECT_TRUE(encoded_header("=?utf-8?B?forged?=").starts_with("=?utf-8?B?PT91"));
}

TEST(MailText, NoFieldCanForgeAHeader) {
    AlertMessage message = alert();
    message.subject = "x\r\nBcc: all@example";
    message.key = "k\nX-Evil: 1";
    message.host = "h\r\nX-Evil: 2";
    message.text = ".\r\n.\r\nQUIT\r\n";
    const std::string mail = mail_text(message, "a@b", {"c@d"});
    EXPECT_EQ(mail.find("Bcc"), std::string::npos);
    EXPECT_EQ(mail.find("X-Evil"), std::string::npos);
    EXPECT_EQ(mail.find("QUIT"), std::string::npos);
    EXPECT_EQ(mail.find("\r\n.\r\n"), std::string::npos);
    EXPECT_NE(mail.find("@custody.invalid>"), std::string::npos);
}

}  // namespace
}  // namespace custody
