// A configuration against the law: what falls below is refused with duty, article and remedy, or recorded by exception.
#include "daemon/config/judge.h"

#include "base/text.h"
#include "tests/daemon/config/config_fixture.h"
#include "vault/history/lawful_term.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace custody::test {
namespace {

using testing::HasSubstr;

std::string faults(const std::string& text) { return lines_of(judged(text).faults); }

// The sound configuration with another schedule of its plan.
std::string scheduled(const std::string& cron, const std::string& more = "") {
    std::string text = sound_config(more);
    text.replace(text.find("30 1 * * *"), 10, cron);
    return text;
}

const std::string kLogPlan =
    "[[plan]]\nname = \"log\"\nlabel = \"log\"\nsource = { files = [\"/var/log\"] }\nmedia = [\"disk-a\"]\n";

TEST(Law, ImportantDataNeedTwoMedia) {
    EXPECT_EQ(faults(sound_config()), "");
    EXPECT_EQ(
        faults(sound_config("media = [\"disk-a\"]\n[law]\napply = [\"BK\", \"DS\"]\n")),
        "c.toml:13:1: B6: plan etc keeps important data on 1 of 2 devices or places that are asked at least (BK 11.3: “dữ liệu "
        "quan trọng phải được lưu trữ tối thiểu tại hai thiết bị hoặc hai địa điểm cách biệt nhau”); name more media in "
        "'media', or set exception = \"document number and reason\"\n");
    EXPECT_THAT(faults(sound_config("media = [\"disk-a\"]\n")), HasSubstr("(Custody's own floor)")) << "whatever applies";
    EXPECT_EQ(faults(sound_config(kLogPlan + "schedule = \"@daily\"\n")), "") << "logs are not held to two";
    EXPECT_EQ(faults(sound_config("media = [\"disk-a\"]\n[label.own]\nimportance = \"ordinary\"\n")
                         .replace(sound_config().find("\"config\""), 8, "\"own\"")),
              "");
}

TEST(Law, ImportantDataAreBackedUpMonthlyWhateverTheCalendar) {
    for (const char* often : {"30 1 1 * *", "0 0 31 * *", "@monthly", "* * * * *", "0 3 * * 0", "0 5 28-31 * *"}) {
        const std::string found = faults(scheduled(often));
        if (std::string(often) == "0 0 31 * *") {
            EXPECT_THAT(found, HasSubstr("B3: plan etc can leave 61d between two runs")) << "no 31st of most months";
        } else {
            EXPECT_EQ(found, "") << often;
        }
    }
    EXPECT_EQ(
        faults(scheduled("0 1 1 */3 *", "[law]\napply = [\"HD\", \"DS\"]\n")),
        "c.toml:11:1: B3: plan etc can leave 92d between two runs (schedule \"0 1 1 */3 *\"), where 31d at most are allowed (HD "
        "16.1b, DS 24.1b: “sao lưu dữ liệu dự phòng định kỳ ít nhất một lần trong tháng các dữ liệu quan trọng”); let it run at "
        "least every month, as \"30 1 1 * *\", or set exception = \"document number and reason\"\n");
    std::string on_change = sound_config("on_change = true\n");
    on_change.erase(on_change.find("schedule"), std::string("schedule = \"30 1 * * *\"\n").size());
    EXPECT_THAT(faults(on_change), HasSubstr("B3: plan etc runs only when something changes"));
}

// Where clocks change, a month is an hour longer or shorter, and still a month.
TEST(Law, AMonthOverAChangeOfClocksIsAMonth) {
    const auto zone = ZoneRules::from_rule("CET-1CEST,M3.5.0,M10.5.0/3");
    ASSERT_TRUE(zone.ok());
    const Config config = read_config("c.toml", scheduled("30 1 1 * *")).config;
    EXPECT_EQ(lines_of(judge(config, LawBook::built_in(), *zone).faults), "");
}

TEST(Law, LogsAreBackedUpMonthlyAndKeptSixMonths) {
    const auto log = [](const std::string& more) { return faults(sound_config(kLogPlan + more)); };
    EXPECT_EQ(log("schedule = \"@monthly\"\n"), "");
    EXPECT_THAT(log("schedule = \"@yearly\"\n"), HasSubstr("B12: plan log can leave 366d between two runs"));
    EXPECT_THAT(
        log("schedule = \"@daily\"\nretention = \"daily 14\"\n[law]\napply = [\"DS\"]\n"),
        HasSubstr("c.toml:19:1: B12: plan log keeps logs for 14d (\"daily 14\"), where 184d at least are asked (DS 10.5c, DS "
                  "11.5c: “dữ liệu nhật ký phải được lưu tối thiểu 06 tháng”); write \"within 184d\""));
    for (const char* enough : {"within 184d", "monthly 7", "daily 184", "yearly 2", "weekly 28, last 3"}) {
        EXPECT_EQ(log("schedule = \"@daily\"\nretention = \"" + std::string(enough) + "\"\n"), "") << enough;
    }
    EXPECT_THAT(faults("[label.log]\nretention = \"within 30d\"\n[law]\napply = [\"BS\"]\n"),
                HasSubstr("c.toml:2:1: B12: label log keeps logs for 30d"))
        << "the vault keeps them longer than BS asks, and the rule may not say otherwise";
}

TEST(Law, DefaultsOfLabelsNeverGoBelowTheVaultsFloor) {
    const Config config = read_config("c.toml", "").config;
    EXPECT_EQ(faults(""), "");
    for (const LabelConfig& label : config.labels) {
        EXPECT_GE(reach_of(label.retention), lawful_term(label.name).length_ns) << label.name;
        EXPECT_FALSE(label.retention.empty()) << label.name;
        EXPECT_EQ(label.importance, label.name == "log" ? Importance::ordinary : Importance::important);
    }
}

TEST(Law, BuiltInLabelsStayImportantAndAreTried) {
    EXPECT_THAT(faults("[label.database]\nimportance = \"ordinary\"\n[law]\napply = [\"DS\"]\n"),
                HasSubstr("c.toml:2:1: B3: label database holds important data and is called ordinary (DS 24.1b: “sao lưu"));
    EXPECT_THAT(faults("[label.business]\ndrill_every = \"never\"\n[law]\napply = [\"HD\"]\n"),
                HasSubstr("c.toml:2:1: I2: label business is never restored as a trial (HD 16.2)"));
}

TEST(Law, AnExceptionIsRecordedInsteadOfRefused) {
    const Judgement own = judged(sound_config("media = [\"disk-a\"]\nexception = \"12/QĐ-UBND: one server room\"\n"));
    EXPECT_TRUE(own.faults.empty());
    ASSERT_EQ(own.exceptions.size(), 1u);
    EXPECT_EQ(own.exceptions[0].duty, "B6");
    EXPECT_EQ(own.exceptions[0].about.shown(), "plan etc");
    EXPECT_EQ(own.exceptions[0].text, "12/QĐ-UBND: one server room");
    {
        // Whoever asks later is answered in his language, whatever this was read in.
        const LanguageScope asked(Language::vietnamese);
        EXPECT_EQ(own.exceptions[0].about.shown(), "kế hoạch etc");
        EXPECT_EQ(own.exceptions[0].what.shown().find("keeps"), std::string::npos) << own.exceptions[0].what.vi;
    }
    const Judgement labels =
        judged(sound_config("media = [\"disk-a\"]\n[label.config]\nexception = \"12/QĐ-UBND: one server room\"\n"));
    EXPECT_TRUE(labels.faults.empty()) << lines_of(labels.faults);
    EXPECT_EQ(labels.exceptions.size(), 1u) << "a label's exception covers its plans";
    const Judgement none = judged(sound_config("exception = \"12/QĐ-UBND: one server room\"\n"));
    EXPECT_TRUE(none.exceptions.empty());
    EXPECT_THAT(lines_of(none.notes), HasSubstr("c.toml:13:1: the exception of plan etc is not needed"));
}

TEST(Law, ExceptionsOfMediaAndAlertsAreRecordedToo) {
    const Judgement found =
        judged(sound_config("[[medium]]\nname = \"c\"\nvault = \"/srv/c\"\nexception = \"7/QĐ-UBND: no second disk\"\n"
                            "[alert]\nsyslog = { server = \"tcp://log.example\", exception = \"8/QĐ-UBND: old collector\" }\n"));
    EXPECT_TRUE(found.faults.empty());
    ASSERT_EQ(found.exceptions.size(), 2u);
    EXPECT_EQ(found.exceptions[0].duty, "B1");
    EXPECT_EQ(found.exceptions[0].at.line, 16u);
    EXPECT_EQ(found.exceptions[1].duty, "E6");
    EXPECT_EQ(found.exceptions[1].text, "8/QĐ-UBND: old collector");
}

TEST(Law, RegulationsThatAreNotThereAreRefusedAndDraftsNamed) {
    EXPECT_EQ(faults("[law]\napply = [\"DS\", \"HX\"]\n"), "c.toml:2:16: there is no regulation 'HX': is 'HD' meant?\n");
    EXPECT_THAT(lines_of(judged("[law]\napply = [\"HP\"]\n").notes), HasSubstr("c.toml:2:10: HP is a draft"));
}

TEST(Law, AnOfficesOwnRegulationMayAskForMore) {
    LawBook book = LawBook::built_in();
    ConfigFaults reading;
    ASSERT_TRUE(book.add(
        "own.toml",
        "id = \"XX\"\ntitle = \"Quy chế\"\nstatus = \"in force\"\n[duty.B6]\ncite = [\"3\"]\nwords = \"ba nơi\"\ncopies = "
        "3\n[duty.B3]\ncite = [\"4.1\"]\nwords = \"hằng tuần\"\nevery = \"7 days\"\n[duty.B12]\ncite = [\"5\"]\nwords = "
        "\"một năm\"\nkeep = \"12 months\"\n",
        reading));
    const Config config = read_config("c.toml", scheduled("30 1 1 * *", "[law]\napply = [\"DS\", \"XX\"]\n")).config;
    const std::string found = lines_of(judge(config, book, ZoneRules()).faults);
    EXPECT_THAT(
        found,
        HasSubstr("B6: plan etc keeps important data on 2 of 3 devices or places that are asked at least (XX 3: “ba nơi”)"));
    EXPECT_THAT(found, HasSubstr("where 7d at most are allowed (DS 24.1b, XX 4.1: “hằng tuần”)"));
    EXPECT_THAT(found, HasSubstr("B12: label log keeps logs for 337d"));
}

TEST(Law, ReachOfARuleIsWhatItKeepsAtLeast) {
    EXPECT_EQ(reach_of({}), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(reach_of({3, 0, 0, 0, 0, {}}), 0);
    EXPECT_EQ(reach_of({0, 14, 2, 0, 0, {}}), 14 * kDay);
    EXPECT_EQ(reach_of({0, 0, 4, 0, 0, {}}), 22 * kDay);
    EXPECT_EQ(reach_of({0, 0, 0, 7, 0, {}}), 184 * kDay);
    EXPECT_EQ(reach_of({0, 0, 0, 1, 1, 9 * kDay}), 9 * kDay);
}

TEST(Law, SpeaksVietnamese) {
    const InVietnamese vietnamese;
    const std::string found = faults(sound_config("media = [\"disk-a\"]\n"));
    EXPECT_EQ(
        found,
        "c.toml:13:1: B6: kế hoạch etc lưu dữ liệu quan trọng tại 1 trong số 2 thiết bị hoặc địa điểm tối thiểu phải có (mức tối "
        "thiểu của chính Custody); hãy nêu thêm phương tiện lưu trữ trong 'media', hoặc đặt exception = \"số văn bản và lý "
        "do\"\n");
}

}  // namespace
}  // namespace custody::test
