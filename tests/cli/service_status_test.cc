// custody status where a service runs: one screen that answers what a mayor asks; and where none does.
#include "base/text.h"
#include "cli/status_screen.h"
#include "tests/cli/service_fixture.h"

#include <algorithm>
#include <sstream>

namespace custody::test {
namespace {

std::size_t columns_of(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

class ServiceStatus : public ServiceCommands {
protected:
    // A disk owes, a plan fails, a folder is in no plan.
    void make_trouble() {
        MediumStatus here, away;
        here.name = "disk-a";
        here.place = "Server room";
        here.state = "in_use";
        here.present = true;
        here.free_bytes = 512ull << 30;
        away.name = "disk-b";
        away.place = "Archive, second building";
        away.state = "owed";
        away.owed_snapshots = 3;
        away.owed_since = control_.fake_clock.now();
        control_.facts.media = {here, away};
        control_.facts.not_covered = {"/srv/portal"};
        control_.facts.exceptions = {"B6, plan etc: one medium (12/QĐ-UBND: one server room)"};
        control_.facts.needs = {
            {"disk-b has owed 3 backups for 8 days", "every backup is on disk-a", "custody media attach disk-b"}};
    }
};

TEST_F(ServiceStatus, TheServicesAnswerIsShownAndCheckAsksForAPerson) {
    control_.change([&] { control_.facts.all_protected = true; });
    const Outcome well = custody({"status", "--check"});
    EXPECT_EQ(well.exit, 0) << well.err;
    EXPECT_TRUE(has(well.out, "everything is protected that must be; nothing needs a person")) << well.out;
    control_.change([&] {
        control_.facts.all_protected = false;
        make_trouble();
    });
    const Outcome shown = custody({"status"});
    EXPECT_EQ(shown.exit, 0) << shown.err;
    for (const char* part : {"NOT everything is protected", "disk-b has owed 3 backups", "still safe: every backup is on disk-a",
                             "type: custody media attach disk-b", "failing", "owes copies, away", "3 since 2026-11-03",
                             "512.0 GiB", "1 place in no plan: /srv/portal", "12/QĐ-UBND"})
        EXPECT_TRUE(has(shown.out, part)) << part << "\n" << shown.out;
    EXPECT_EQ(custody({"status", "--check"}).exit, 1);
    EXPECT_EQ(json_of(custody({"status", "--json"})), status());
    const Outcome vietnamese = custody({"status", "--lang", "vi"});
    for (const char* part : {"CHƯA bảo vệ được tất cả", "vẫn an toàn: ", "cần gõ: ", "còn nợ bản sao, vắng mặt", "Lần chạy tới"})
        EXPECT_TRUE(has(vietnamese.out, part)) << part << "\n" << vietnamese.out;
}

TEST_F(ServiceStatus, FitsOneScreenHoweverMuchThereIsAndShowsTheWorstFirst) {
    make_trouble();
    control_.facts.plans.clear();
    for (int i = 0; i < 200; ++i) {
        const std::string name = "kế hoạch sao lưu hồ sơ của phòng số " + std::to_string(i);
        control_.facts.plans.push_back(plan_status(name, "business", i == 199 ? "failing" : "protected"));
    }
    control_.facts.plans.back().name = "the one that fails";
    for (int i = 0; i < 20; ++i) control_.facts.media.push_back(control_.facts.media.front());
    for (int i = 0; i < 20; ++i) control_.facts.needs.push_back(control_.facts.needs.front());
    for (int i = 0; i < 90; ++i) control_.facts.not_covered.push_back("/srv/thư mục " + std::to_string(i));
    for (const Language language : {Language::english, Language::vietnamese}) {
        const LanguageScope scope(language);
        const std::vector<std::string> lines = status_screen(status());
        EXPECT_LE(lines.size(), 23u);
        for (const std::string& line : lines) {
            EXPECT_LE(columns_of(line), 80u) << line;
            EXPECT_TRUE(is_utf8(line)) << line;
        }
        const auto is_of_failing = [](const std::string& line) { return has(line, "the one that fails"); };
        EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), is_of_failing));
        const auto counts_rest = [](const std::string& line) { return has(line, "custody plan list"); };
        EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), counts_rest));
    }
}

TEST_F(ServiceStatus, AnAnswerOfAnotherVersionIsShownAsFarAsItIsUnderstood) {
    for (const Json& odd :
         {Json::object(), Json::array(), Json(nullptr), Json{{"plans", 7}, {"media", {1, "x"}}, {"jobs", "none"}},
          Json{{"plans", {{{"name", "a\nb"}, {"state", "sleeping"}, {"copies", -1}}}}, {"exceptions", {1}}}}) {
        const std::vector<std::string> lines = status_screen(odd);
        EXPECT_FALSE(lines.empty());
        for (const std::string& line : lines) EXPECT_EQ(line.find('\n'), std::string::npos);
    }
}

TEST_F(ServiceStatus, AVaultThatIsNamedIsLookedAtAndNotTheService) {
    const Vault vault(scratch_ / "by-hand");
    ASSERT_EQ(vault({"init"}).exit, 0);
    Program program = vault.command({"status", "--json", "--config", config()});
    EXPECT_TRUE(json_of(run(program)).contains("vault"));
    program.environment["CUSTODY_VAULT"] = "";
    EXPECT_TRUE(json_of(run(program)).contains("plans")) << "none named: the service is asked";
    program.arguments.insert(program.arguments.end(), {"--vault", vault.vault()});
    EXPECT_TRUE(json_of(run(program)).contains("vault"));
}

TEST_F(ServiceStatus, WithoutAServiceItIsSaidInOneLineWhereThereArePlans) {
    server_.reset();
    const Outcome outcome = custody({"status", "--check"});
    EXPECT_EQ(outcome.exit, 1);
    EXPECT_TRUE(has(outcome.out, "no service runs, so that no plan of " + config())) << outcome.out;
    std::ofstream(config()) << "[service]\nsocket = \"" << socket() << "\"\n";
    EXPECT_FALSE(has(custody({"status"}).out, "no service runs"));
}

}  // namespace
}  // namespace custody::test
