// The law as data: what is compiled in, what an office adds, and what is refused in its files.
#include "daemon/config/law.h"

#include "daemon/config/law_embedded.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace custody::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(LawBook, TheFiveRegulationsAreCompiledIn) {
    LawBook book;
    ConfigFaults faults;
    for (const EmbeddedLaw& law : embedded_law()) EXPECT_TRUE(book.add(std::string(law.file), law.text, faults)) << law.file;
    EXPECT_TRUE(faults.empty());
    EXPECT_THAT(LawBook::built_in().ids(), ElementsAre("BK", "BS", "DS", "HD", "HP"));
    EXPECT_EQ(book.find("HP")->status, LawStatus::draft);
    for (const Regulation& regulation : book.regulations()) {
        EXPECT_FALSE(regulation.title.empty());
        EXPECT_FALSE(regulation.issuer.empty());
        for (const LawDuty& duty : regulation.duties) EXPECT_FALSE(duty.cite.empty() || duty.words.empty()) << duty.id;
    }
}

// The values that the requirements give, with their articles.
TEST(LawBook, EachDutyKeepsEachRegulationsOwnValue) {
    const LawBook book = LawBook::built_in();
    const auto duty = [&](const char* regulation, const char* id) { return *book.find(regulation)->find(id); };
    const LawSpan month{1, LawSpan::Unit::months}, half_year{6, LawSpan::Unit::months}, thirty{30, LawSpan::Unit::days};
    for (const char* monthly : {"DS", "HD", "BS"}) EXPECT_EQ(duty(monthly, "B3").every, month);
    EXPECT_FALSE(duty("BK", "B3").every) << "as often as the data are important";
    EXPECT_EQ(duty("BK", "B6").copies, 2u);
    EXPECT_THAT(duty("BK", "B6").cite, ElementsAre("11.3"));
    EXPECT_EQ(book.find("DS")->find("B6"), nullptr);
    EXPECT_EQ(duty("DS", "B12").keep, half_year);
    EXPECT_EQ(duty("BK", "B12").keep, half_year);
    EXPECT_EQ(duty("BS", "B12").keep, thirty);
    EXPECT_EQ(duty("BS", "B12").every, month);
    EXPECT_EQ(duty("DS", "L1").keep, half_year);
    EXPECT_THAT(duty("DS", "B12").words, HasSubstr("tối thiểu 06 tháng"));
    EXPECT_EQ(duty("HD", "A5").every, (LawSpan{3, LawSpan::Unit::months}));
    EXPECT_EQ(duty("HP", "P2").within, (LawSpan{24, LawSpan::Unit::hours}));
    EXPECT_THAT(duty("DS", "I2").cite, ElementsAre("15.7", "24.2"));
}

TEST(LawSpan, IsAsLongAsItCanBe) {
    EXPECT_EQ(parse_law_span("6 months")->longest_ns(), 184 * kDay);
    EXPECT_EQ(parse_law_span("1 month")->longest_ns(), 31 * kDay);
    EXPECT_EQ(parse_law_span("12 months")->longest_ns(), 366 * kDay);
    EXPECT_EQ(parse_law_span("30 days")->longest_ns(), 30 * kDay);
    EXPECT_EQ(parse_law_span("24 hours")->words(), "24 hours");
    for (const char* bad : {"", "6", "6months", "six months", "0 days", "6 weeks", "-1 days", "99999 months"}) {
        EXPECT_TRUE(fails_with(Code::usage, parse_law_span(bad))) << bad;
    }
}

TEST(LawBook, AnOfficeAddsAndReplaces) {
    const ScratchFolder folder("law");
    std::filesystem::create_directories(folder / "first");
    std::filesystem::create_directories(folder / "second");
    const std::string rest = "title = \"Quy chế của xã\"\nstatus = \"in force\"\n";
    write_file(folder / "first/XA.toml", "id = \"XA\"\n" + rest);
    write_file(folder / "first/notes.txt", "no law");
    write_file(folder / "second/hp.toml",
               "id = \"HP\"\n" + rest + "[duty.B6]\ncite = [\"8.4\"]\nwords = \"hai nơi\"\ncopies = 2\n");
    const LawReading reading = load_law(posix_file_system(), {folder / "first", folder / "second", folder / "absent"});
    EXPECT_TRUE(reading.faults.empty());
    EXPECT_THAT(reading.book.ids(), ElementsAre("BK", "BS", "DS", "HD", "HP", "XA"));
    EXPECT_EQ(reading.book.find("HP")->status, LawStatus::in_force) << "the draft was issued";
    EXPECT_EQ(reading.book.find("HP")->file, folder / "second/hp.toml");
}

TEST(LawBook, FilesAtFaultAddNothing) {
    LawBook book = LawBook::built_in();
    ConfigFaults faults;
    EXPECT_FALSE(book.add(
        "x", "id = \"BK\"\ntitel = \"x\"\nstatus = \"valid\"\n[duty.b6]\ncite = []\nwords = \"x\"\nkeep = \"long\"\n", faults));
    EXPECT_FALSE(book.add("y", "id = ", faults));
    std::string lines;
    for (const ConfigFault& fault : std::move(faults).sorted()) lines += fault.line("x") + "\n";
    EXPECT_THAT(lines, HasSubstr("x:2:1: unknown key 'titel': is 'title' meant?"));
    EXPECT_THAT(lines, HasSubstr("x:3:1: 'status' cannot be 'valid': known are in force, draft, ended"));
    EXPECT_THAT(lines, HasSubstr("x:4:7: 'b6' is no id of a duty"));
    EXPECT_THAT(lines, HasSubstr("x:5:1: 'cite' is an empty list"));
    EXPECT_THAT(lines, HasSubstr("x:7:1: 'long' is no term"));
    EXPECT_THAT(lines, HasSubstr("this is no TOML"));
    EXPECT_EQ(book.find("BK")->find("B6")->copies, 2u);
}

}  // namespace
}  // namespace custody::test
