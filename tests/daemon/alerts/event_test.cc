// What an alert says: every kind in both languages, what failed, what is still safe, what to type; and nothing forged by names.
#include "daemon/alerts/event.h"

#include "daemon/alerts/digest.h"
#include "daemon/alerts/event_text.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;

AlertEvent failed_plan() {
    AlertEvent event;
    event.kind = AlertKind::backup_failed;
    event.plan = "etc";
    event.job = "4711";
    event.detail = "không mở được /etc/shadow: không có quyền";
    event.last_success = Time{1'793'584'800 * kSecond};
    return event;
}

constexpr Time kNow{1'793'671'200 * kSecond};
const AlertSender kSender{"srv1", "UBND phường Đồ Sơn"};

TEST(AlertEvent, EveryKindHasWordsInBothLanguages) {
    std::set<std::string> titles;
    for (const AlertKindRule& rule : alert_kind_rules()) {
        AlertEvent event;
        event.kind = rule.kind;
        event.plan = "etc";
        event.medium = "disk-a";
        event.label = "config";
        event.object = "srv2";
        EXPECT_EQ(alert_kind_of(rule.name), rule.kind);
        for (const Bilingual& text : {alert_title(event), alert_safe(event)}) {
            EXPECT_FALSE(text.vi.empty()) << rule.name;
            EXPECT_FALSE(text.en.empty()) << rule.name;
            EXPECT_NE(text.vi, text.en) << rule.name << " is not translated";
        }
        EXPECT_FALSE(alert_todo(event).empty()) << rule.name;
        EXPECT_EQ(alert_todo(event).en.find('{'), std::string::npos);
        EXPECT_TRUE(titles.insert(alert_title(event).en).second);
    }
    EXPECT_EQ(titles.size(), static_cast<std::size_t>(AlertKind::test) + 1);
}

TEST(AlertEvent, OneEventIsOneKindOfOneObject) {
    AlertEvent event = failed_plan();
    EXPECT_EQ(alert_key(event), "backup_failed/etc");
    event.job = "4712";
    event.detail = "another reason";
    EXPECT_EQ(alert_key(event), "backup_failed/etc");
    event.plan = "portal-db";
    EXPECT_EQ(alert_key(event), "backup_failed/portal-db");
    EXPECT_EQ(alert_key(AlertKind::clock_jump, ""), "clock_jump");
    event.kind = AlertKind::reconcile_damage;
    EXPECT_EQ(alert_key(event), alert_key(AlertKind::reconcile_damage, "portal-db")) << "as a run that is well ends it";
}

TEST(AlertEvent, SaysWhatFailedWhatIsSafeAndWhatToTypeVietnameseFirst) {
    const AlertMessage message = render_alert(failed_plan(), AlertClass::first, {kNow, kNow, 1, kNow}, kSender);
    const std::string& text = message.text;
    const std::size_t english = text.find("---- English ----");
    ASSERT_NE(english, std::string::npos);
    EXPECT_LT(text.find("LỖI: Sao lưu theo kế hoạch etc thất bại"), english);
    EXPECT_GT(text.find("ERROR: Backup of plan etc failed"), english);
    EXPECT_NE(text.find("Sự cố: không mở được /etc/shadow"), std::string::npos);
    EXPECT_NE(text.find("Vẫn an toàn: Các bản chụp trước đó"), std::string::npos);
    EXPECT_NE(text.find("Hãy gõ:\n    custody job show 4711\n    custody plan run etc\n"), std::string::npos);
    EXPECT_NE(text.find("srv1 (UBND phường Đồ Sơn)"), std::string::npos);
    EXPECT_NE(message.subject.find("[Custody srv1] LỖI: "), std::string::npos);
    EXPECT_EQ(message.severity, AlertSeverity::error);
}

TEST(AlertEvent, ReminderAndEndSayWhatTheyAre) {
    const AlertStanding standing{Time{kNow.ns - 2 * kDay}, kNow, 3, kNow};
    const AlertMessage reminder = render_alert(failed_plan(), AlertClass::reminder, standing, kSender);
    EXPECT_NE(reminder.subject.find("vẫn còn: "), std::string::npos);
    EXPECT_NE(reminder.text.find("3 lần"), std::string::npos);
    const AlertMessage end = render_alert(failed_plan(), AlertClass::end, standing, kSender);
    EXPECT_NE(end.subject.find("đã hết: "), std::string::npos);
    EXPECT_EQ(end.severity, AlertSeverity::notice);
    EXPECT_EQ(end.text.find("custody plan run"), std::string::npos);
}

TEST(AlertEvent, NamesFromOutsideForgeNothing) {
    AlertEvent event = failed_plan();
    event.plan = "x\r\nBcc: all@example\n\n\x1b[31m";
    event.detail = std::string(100'000, 'a') + "\xff\xfe\n";
    event.todo = {"một\nhai\n\x07", "one\ntwo\n\x07"};
    const AlertEvent clean = clean_event(event);
    EXPECT_EQ(clean.plan.find_first_of("\r\n\x1b"), std::string::npos);
    EXPECT_LE(clean.detail.size(), kMaxAlertDetail);
    EXPECT_TRUE(clean.detail.ends_with("…"));
    const AlertMessage message = render_alert(clean, AlertClass::first, {kNow, kNow, 1, kNow}, kSender);
    EXPECT_EQ(message.subject.find_first_of("\r\n"), std::string::npos);
    EXPECT_EQ(message.line.find_first_of("\r\n"), std::string::npos);
    EXPECT_EQ(message.text.find("\nBcc:"), std::string::npos);
    EXPECT_LE(message.text.size(), kMaxAlertText);
}

TEST(AlertEvent, TheLongestThatIsLetThroughStaysInBounds) {
    AlertEvent event;
    event.kind = AlertKind::reconcile_damage;
    const std::string longest(5000, 'd');
    event.plan = event.medium = event.label = event.place = event.snapshot = event.job = event.object = event.detail = longest;
    std::string lines;
    for (int i = 0; i < 20; ++i) lines += longest + "\n";
    event.safe = event.todo = {lines, lines};
    AlertMessage message = render_alert(clean_event(event), AlertClass::first, {kNow, kNow, 1, kNow}, kSender);
    message.id = new_message_id();
    EXPECT_LE(message.text.size(), kMaxAlertText);
    EXPECT_TRUE(is_ok(message_from_json(message_to_json(message))));
}

TEST(AlertEvent, ComesBackFromJsonAsItWas) {
    AlertEvent event = failed_plan();
    event.severity = AlertSeverity::critical;
    event.todo = {"gõ", "type"};
    const auto back = event_from_json(event_to_json(event));
    ASSERT_TRUE(is_ok(back));
    EXPECT_EQ(*back, event);
    Json unknown = event_to_json(event);
    unknown["kind"] = "no_such_kind";
    EXPECT_TRUE(fails_with(Code::corrupt, event_from_json(unknown)));
    EXPECT_TRUE(fails_with(Code::corrupt, event_from_json(Json::array())));
}

// ---- the digest

std::size_t lines_of(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

TEST(AlertDigest, SaysAlsoThatAllIsWell) {
    DigestFacts facts;
    facts.plans = {{"etc", "config", true, kNow, 2, 2, 1024}, {"portal-db", "database", true, kNow, 2, 2, 0}};
    const AlertMessage message = render_digest(facts, kNow, kSender);
    EXPECT_EQ(message.subject, "[Custody srv1] đã sao lưu 2/2 · còn nợ 0 · cần người 0");
    EXPECT_EQ(message.severity, AlertSeverity::notice);
    EXPECT_LT(message.text.find("ĐÃ SAO LƯU: 2/2 kế hoạch, 1.0 KiB mới"), message.text.find("DONE: 2/2 plans, 1.0 KiB new"));
    EXPECT_NE(message.text.find("CẦN NGƯỜI: 0"), std::string::npos);
}

TEST(AlertDigest, NamesWhatIsOwedAndWhoIsNeeded) {
    DigestFacts facts;
    facts.plans = {{"etc", "config", false, std::nullopt, 0, 2, 0}, {"portal-db", "database", true, kNow, 1, 2, 0}};
    facts.owed = {{"disk-b", "Kho lưu trữ", 12, Time{kNow.ns - 9 * kDay}}};
    facts.needs_person = {alert_title(failed_plan())};
    facts.may_be_taken_out = {"disk-c"};
    facts.exceptions = {{"phương tiện disk-a: QĐ 12/2026", "medium disk-a: QĐ 12/2026"}};
    facts.alerts_lost = 3;
    const std::string text = render_digest(facts, kNow, kSender).text;
    for (const char* expected :
         {"CHƯA SAO LƯU etc: chưa từng sao lưu", "portal-db: 1 trên 2 bản sao", "disk-b (Kho lưu trữ): nợ 12 bản chụp, từ ",
          "CẦN NGƯỜI: 2", "Sao lưu theo kế hoạch etc thất bại", "số cảnh báo không gửi được: 3", "CÓ THỂ RÚT ĐĨA", "  - disk-c",
          "NGOẠI LỆ ĐANG ÁP DỤNG: 1", "QĐ 12/2026", "NOT DONE etc: never backed up", "NEEDS A PERSON: 2", "CAN BE TAKEN OUT"}) {
        EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
    }
}

TEST(AlertDigest, StaysOnOneScreenHoweverMuchIsWrong) {
    DigestFacts facts;
    for (int i = 0; i < 200; ++i) {
        facts.plans.push_back({"plan-" + std::to_string(i), "config", false, std::nullopt, 0, 2, 0});
        facts.owed.push_back({"disk-" + std::to_string(i), "", 1, std::nullopt});
        facts.needs_person.push_back({"việc", "matter"});
        facts.may_be_taken_out.push_back("disk");
        facts.exceptions.push_back({"ngoại lệ", "exception"});
    }
    facts.next_run = kNow;
    const std::string text = render_digest(facts, kNow, kSender).text;
    const std::string vietnamese = text.substr(0, text.find("---- English"));
    EXPECT_LE(lines_of(vietnamese), kDigestLines + 1);
    EXPECT_NE(text.find("và 195 mục nữa"), std::string::npos);
    EXPECT_LE(text.size(), kMaxAlertText);
}

}  // namespace
}  // namespace custody
