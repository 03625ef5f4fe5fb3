// Zones: by rule, by file, held against the C library over two centuries; damaged files are refused, whatever their counts say.
#include "daemon/schedule/zone.h"

#include "tests/support/results.h"

#include <cstdlib>
#include <ctime>

namespace custody::test {
namespace {

constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";

std::int64_t seconds(const char* utc) {
    const auto time = parse_time(utc);
    EXPECT_TRUE(is_ok(time)) << utc;
    return time ? time->seconds() : 0;
}

// What the C library says in the zone that TZ names; restores the zone.
class LibraryZone {
public:
    explicit LibraryZone(const std::string& name) {
        ::setenv("TZ", name.c_str(), 1);
        ::tzset();
    }
    ~LibraryZone() {
        ::unsetenv("TZ");
        ::tzset();
    }
    LibraryZone(const LibraryZone&) = delete;
    LibraryZone& operator=(const LibraryZone&) = delete;
    static std::int64_t offset_at(std::int64_t moment) {
        const std::time_t at = moment;
        std::tm calendar{};
        ::localtime_r(&at, &calendar);
        return calendar.tm_gmtoff;
    }
};

// A zone file of version 2: no changes in its first block, in its second those given, then the footer.
struct HandFile {
    std::vector<std::pair<std::int64_t, Byte>> changes;
    std::vector<std::int32_t> offsets{0};
    std::string footer;
    std::uint32_t leaps = 0;

    [[nodiscard]] Bytes bytes() const {
        Bytes out;
        header(out, 0, 1, 0);
        type(out, 0);
        header(out, static_cast<std::uint32_t>(changes.size()), static_cast<std::uint32_t>(offsets.size()), leaps);
        for (const auto& [at, kind] : changes) number(out, static_cast<std::uint64_t>(at), 8);
        for (const auto& [at, kind] : changes) out.push_back(kind);
        for (const std::int32_t offset : offsets) type(out, offset);
        out.insert(out.end(), leaps * 12, Byte{0});
        const std::string end = "\n" + footer + "\n";
        out.insert(out.end(), end.begin(), end.end());
        return out;
    }

private:
    static void number(Bytes& out, std::uint64_t value, int size) {
        for (int i = size; i-- > 0;) out.push_back(static_cast<Byte>(value >> (8 * i)));
    }
    static void header(Bytes& out, std::uint32_t times, std::uint32_t types, std::uint32_t leap_count) {
        for (const char c : {'T', 'Z', 'i', 'f', '2'}) out.push_back(static_cast<Byte>(c));
        out.insert(out.end(), 15, Byte{0});
        for (const std::uint32_t count : {0U, 0U, leap_count, times, types, 0U}) number(out, count, 4);
    }
    static void type(Bytes& out, std::int32_t offset) {
        number(out, static_cast<std::uint32_t>(offset), 4);
        out.push_back(0);
        out.push_back(0);
    }
};

TEST(Zone, FollowsARule) {
    const ZoneRules berlin = *ZoneRules::from_rule(kBerlin);
    EXPECT_EQ(3600, berlin.offset_at(seconds("2026-01-15T00:00:00Z")));
    EXPECT_EQ(7200, berlin.offset_at(seconds("2026-07-15T00:00:00Z")));
    EXPECT_EQ(seconds("2026-03-29T01:00:00Z"), berlin.next_change(seconds("2026-01-15T00:00:00Z"))->at);
    EXPECT_EQ(seconds("2026-10-25T01:00:00Z"), berlin.next_change(seconds("2026-03-29T01:00:00Z"))->at);
    EXPECT_EQ(seconds("2026-03-29T01:00:00Z"), berlin.last_change(seconds("2026-03-29T01:00:00Z"))->at);
    EXPECT_EQ(seconds("2025-10-26T01:00:00Z"), berlin.last_change(seconds("2026-03-29T00:59:59Z"))->at);

    const ZoneRules hai_phong = *ZoneRules::from_rule("<+07>-7");
    EXPECT_EQ(7 * 3600, hai_phong.offset_at(0));
    EXPECT_FALSE(hai_phong.next_change(0));
    EXPECT_FALSE(hai_phong.last_change(0));
}

TEST(Zone, KnowsTheFirstMomentOfEveryLocalTime) {
    const ZoneRules berlin = *ZoneRules::from_rule(kBerlin);
    const auto local = [](const char* text) { return seconds(text); };  // read as UTC: seconds of the wall clock
    EXPECT_EQ(seconds("2026-03-29T01:00:00Z"), berlin.first_showing(local("2026-03-29T02:30:00Z"))) << "jumped over";
    EXPECT_EQ(seconds("2026-03-29T01:30:00Z"), berlin.first_showing(local("2026-03-29T03:30:00Z")));
    EXPECT_EQ(seconds("2026-10-25T00:30:00Z"), berlin.first_showing(local("2026-10-25T02:30:00Z"))) << "the first of two";
    EXPECT_EQ(seconds("2026-10-25T02:00:00Z"), berlin.first_showing(local("2026-10-25T03:00:00Z")));
    // A whole day jumped over: Samoa, 30 December 2011.
    HandFile samoa;
    samoa.offsets = {-36'000, 50'400};
    samoa.changes = {{seconds("2011-12-30T10:00:00Z"), 1}};
    const ZoneRules apia = *ZoneRules::from_file(samoa.bytes(), "Apia");
    EXPECT_EQ(seconds("2011-12-30T10:00:00Z"), apia.first_showing(local("2011-12-30T02:00:00Z")));
}

TEST(Zone, FirstMomentsAndFurthestShownAgree) {
    for (const char* rule : {kBerlin, "<+07>-7", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "XXX3EDT4,0/0,J365/23",
                             "IST-2IDT,M3.4.4/26,M10.5.0", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"}) {
        const ZoneRules zone = *ZoneRules::from_rule(rule);
        for (std::int64_t at = seconds("2025-12-20T00:00:00Z"); at < seconds("2027-02-01T00:00:00Z"); at += 5432) {
            const std::int64_t shown = zone.first_showing(at);
            EXPECT_GE(zone.local_at(shown), at) << rule;
            EXPECT_LT(zone.local_at(shown - 1), at) << rule;
            EXPECT_GE(zone.furthest_shown(shown), at) << rule;
            EXPECT_LT(zone.furthest_shown(shown - 1), at) << rule;
        }
    }
}

TEST(Zone, AgreesWithTheCLibrary) {
    std::size_t seen = 0;
    for (const char* name : {"Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
                             "Africa/Casablanca", "Europe/Dublin", "America/Nuuk", "Asia/Jerusalem", "UTC"}) {
        const auto zone = load_zone(posix_file_system(), name);
        if (!zone && zone.error().code == Code::usage) continue;  // tzdata is not installed
        ASSERT_TRUE(is_ok(zone));
        const LibraryZone library(name);
        ++seen;
        for (std::int64_t at = seconds("1890-01-01T00:00:00Z"); at < seconds("2090-01-01T00:00:00Z"); at += 1'777'777)
            ASSERT_EQ(LibraryZone::offset_at(at), zone->offset_at(at)) << name << ' ' << to_rfc3339_utc(Time{at * kSecond});
        for (auto change = zone->next_change(seconds("1960-01-01T00:00:00Z"));
             change && change->at < seconds("2090-01-01T00:00:00Z"); change = zone->next_change(change->at)) {
            EXPECT_EQ(LibraryZone::offset_at(change->at), change->offset);
            EXPECT_EQ(LibraryZone::offset_at(change->at - 1), zone->offset_at(change->at - 1));
        }
    }
    if (seen <= 1) GTEST_SKIP() << "no zone files: tzdata is not installed";
}

TEST(Zone, TheMachinesZoneIsTheCLibrarys) {
    for (const char* name : {"<+07>-7", ":UTC", "CET-1CEST,M3.5.0,M10.5.0/3", ""}) {
        const LibraryZone library(name);
        const auto zone = system_zone(posix_file_system());
        ASSERT_TRUE(is_ok(zone)) << name;
        EXPECT_EQ(LibraryZone::offset_at(1'793'671'200), zone->offset_at(1'793'671'200)) << name;
    }
    EXPECT_TRUE(is_ok(system_zone(posix_file_system()))) << "TZ is not set: /etc/localtime, or UTC";
    const LibraryZone nonsense("nonsense");
    EXPECT_TRUE(fails_with(Code::usage, system_zone(posix_file_system())));
}

TEST(Zone, AFileTellsThePastAndItsFooterTheFuture) {
    HandFile file;
    file.offsets = {25'590, 25'200, 28'800};  // local mean time, +7, +8
    file.changes = {{-2'000'000'000, 1}, {0, 2}, {100'000'000, 1}};
    file.footer = "<+07>-7";
    const ZoneRules zone = *ZoneRules::from_file(file.bytes(), "Hand");
    EXPECT_EQ(25'590, zone.offset_at(-2'000'000'001));
    EXPECT_EQ(25'200, zone.offset_at(-2'000'000'000));
    EXPECT_EQ(28'800, zone.offset_at(99'999'999));
    EXPECT_EQ(25'200, zone.offset_at(4'000'000'000));
    EXPECT_EQ(0, zone.last_change(50)->at);
    EXPECT_EQ(100'000'000, zone.next_change(0)->at);
    EXPECT_FALSE(zone.next_change(100'000'000));
}

TEST(Zone, RefusesDamagedFiles) {
    HandFile file;
    file.offsets = {25'590, 25'200};
    file.changes = {{-2'000'000'000, 1}};
    file.footer = kBerlin;
    const Bytes whole = file.bytes();
    ASSERT_TRUE(is_ok(ZoneRules::from_file(whole, "Hand")));
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_TRUE(fails_with(Code::corrupt, ZoneRules::from_file(ByteView(whole).first(size), "Hand"))) << size;
    // Every byte of a count made huge: refused, or harmless where it counts nothing that matters.
    for (std::size_t i = 20; i < 44; ++i) {
        Bytes lying = whole;
        lying[i] = 0xff;
        EXPECT_TRUE(fails_with(Code::corrupt, ZoneRules::from_file(lying, "Hand"))) << i;
    }
    HandFile backwards = file;
    backwards.changes = {{5, 0}, {4, 1}};
    EXPECT_TRUE(fails_with(Code::corrupt, ZoneRules::from_file(backwards.bytes(), "Hand")));
    HandFile far = file;
    far.offsets[1] = 100'000;
    EXPECT_TRUE(fails_with(Code::corrupt, ZoneRules::from_file(far.bytes(), "Hand")));
    HandFile no_type = file;
    no_type.changes = {{5, 2}};
    EXPECT_TRUE(fails_with(Code::corrupt, ZoneRules::from_file(no_type.bytes(), "Hand")));
    HandFile bad_rule = file;
    bad_rule.footer = "CET-1CEST,M13.5.0,M10.5.0";
    EXPECT_TRUE(fails_with(Code::corrupt, ZoneRules::from_file(bad_rule.bytes(), "Hand")));
    HandFile leaps = file;
    leaps.leaps = 27;
    EXPECT_TRUE(fails_with(Code::refused, ZoneRules::from_file(leaps.bytes(), "right/Hand")));
}

TEST(Zone, RefusesWhatIsNoRuleAndNoName) {
    for (const char* rule : {"", "C", "CET", "CET-", "CET-25", "CET-1CEST,", "CET-1CEST,M3.5.0", "CET-1CEST,M3.6.0,M10.5.0",
                             "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J5", "CET-1CEST,366,5", "<+07-7", "CET-1 ",
                             "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1:60"})
        EXPECT_TRUE(fails_with(Code::usage, ZoneRules::from_rule(rule))) << rule;
    for (const char* name : {"", "../../etc/passwd", "/etc/localtime", "Asia/../../../etc/passwd", "No/Such_Zone"})
        EXPECT_TRUE(fails_with(Code::usage, load_zone(posix_file_system(), name))) << name;
}

}  // namespace
}  // namespace custody::test
