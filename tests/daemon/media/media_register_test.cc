#include "base/crypto.h"
#include "daemon/media/lifecycle.h"
#include "daemon/media/register_actions.h"
#include "tests/support/fake_clock.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

namespace custody::test {
namespace {

using catalog::MediumState;

TEST(MediumLifecycle, WhatFollowsWhat) {
    using enum MediumState;
    for (const MediumState live : {in_use, off_site, owed}) {
        for (const MediumState next : {in_use, off_site, owed, retired}) EXPECT_TRUE(may_become(live, next));
        EXPECT_FALSE(may_become(live, erased)) << "what it holds may be the last copy";
    }
    EXPECT_TRUE(may_become(retired, erased) && may_become(retired, in_use));
    EXPECT_FALSE(may_become(retired, owed));
    for (const MediumState next : {in_use, off_site, owed, retired}) EXPECT_FALSE(may_become(erased, next));
    EXPECT_TRUE(fails_with(Code::refused, check_transition("disk-a", in_use, erased)));
    EXPECT_TRUE(fails_with(Code::refused, check_transition("disk-a", erased, in_use)));
    EXPECT_EQ(in_use, state_now(owed, true, 3));
    EXPECT_EQ(owed, state_now(off_site, false, 1));
    EXPECT_EQ(off_site, state_now(in_use, false, 0));
    EXPECT_EQ(retired, state_now(retired, true, 3));
}

TEST(MediumLifecycle, OwingIsAlertedAfterASetTime) {
    const Time since{1000 * kDay};
    EXPECT_FALSE(owes_too_long(std::nullopt, kDay, since));
    EXPECT_FALSE(owes_too_long(since, 8 * kDay, Time{1008 * kDay}));
    EXPECT_TRUE(owes_too_long(since, 8 * kDay, Time{1008 * kDay + 1}));
    EXPECT_FALSE(owes_too_long(since, 8 * kDay, Time{600 * kDay})) << "the clock went back";
}

TEST(MediumLifecycle, SetsTakeTurnsFromMondayToMonday) {
    const std::int64_t offset = 7 * kHour;  // Viet Nam
    const auto at = [&](const char* time) {
        return rotation_turn({"B", "A", "B", ""}, 7 * kDay, parse_time(time).value(), offset);
    };
    const auto monday = at("2026-11-16T00:00:00+07:00");
    ASSERT_TRUE(monday);
    EXPECT_EQ(parse_time("2026-11-16T00:00:00+07:00")->ns, monday->from.ns);
    EXPECT_EQ(parse_time("2026-11-23T00:00:00+07:00")->ns, monday->until.ns);
    EXPECT_EQ(monday->set, at("2026-11-22T23:59:59+07:00")->set);
    EXPECT_NE(monday->set, at("2026-11-23T00:00:00+07:00")->set);
    EXPECT_EQ(monday->set, at("2026-11-30T12:00:00+07:00")->set);
    EXPECT_TRUE(at("1969-06-01T00:00:00Z")) << "before the epoch too";
    EXPECT_TRUE(is_wanted(monday->set, monday) && is_wanted("", monday) && is_wanted("A", std::nullopt));
    EXPECT_FALSE(is_wanted(monday->set == "A" ? "B" : "A", monday));
    EXPECT_FALSE(rotation_turn({}, 7 * kDay, Time{}, 0) || rotation_turn({"A"}, 0, Time{}, 0));
}

TEST(MediumLifecycle, WhenADiskCanBeTakenOut) {
    Departure departure{true, true, 2, 1};
    EXPECT_FALSE(can_be_taken_out(departure));
    departure = {true, false, 0, 0};
    EXPECT_TRUE(can_be_taken_out(departure));
    EXPECT_NE(std::string::npos, departure_in_words("disk-b", departure).find("can be taken out"));
    for (const Departure no :
         {Departure{true, true, 0, 0}, Departure{true, false, 1, 0}, Departure{true, false, 0, 1}, Departure{}}) {
        EXPECT_FALSE(can_be_taken_out(no));
        EXPECT_NE("", departure_in_words("disk-b", no));
    }
}

class MediaRegister : public testing::Test {
protected:
    void SetUp() override {
        auto opened = catalog::Catalog::open(scratch_ / "state", clock_);
        ASSERT_TRUE(is_ok(opened));
        catalog_ = std::move(*opened);
    }
    static MediumEntry entry(const std::string& name) {
        MediumEntry made;
        made.identity.medium = random_id<MediumId>();
        made.identity.vault = random_id<VaultId>();
        made.identity.name = name;
        made.identity.place.file_system_uuid = "uuid-of-" + name;
        made.kind = "removable";
        made.place = "Room 1";
        made.custodian = "Lan";
        return made;
    }
    ScratchFolder scratch_{"register"};
    FakeClock clock_;
    std::unique_ptr<catalog::Catalog> catalog_;
};

TEST_F(MediaRegister, EnteredMovedRetired) {
    MediumEntry disk = entry("disk-a");
    disk.rotation_set = "A";
    ASSERT_TRUE(is_ok(enter_medium(*catalog_, disk)));
    disk.identity.place.serial = "WD-1";
    ASSERT_TRUE(is_ok(enter_medium(*catalog_, disk))) << "known by its identity; its facts are brought up to date";
    MediumEntry same = disk;
    same.identity.name = "another";
    EXPECT_TRUE(fails_with(Code::exists, enter_medium(*catalog_, same)));
    EXPECT_TRUE(fails_with(Code::exists, enter_medium(*catalog_, entry("disk-a"))));
    EXPECT_TRUE(fails_with(Code::usage, move_medium(*catalog_, "disk-a", {MediumState::off_site, "Archive", "", "Minh", ""})));
    ASSERT_TRUE(is_ok(move_medium(*catalog_, "disk-a", {MediumState::off_site, "Archive", "Hoa", "Minh", "weekly"})));
    EXPECT_TRUE(fails_with(Code::refused, move_medium(*catalog_, "disk-a", {MediumState::erased, "", "", "Minh", ""})));
    EXPECT_TRUE(fails_with(Code::not_found, retire_medium(*catalog_, "none", "Minh", "old")));
    ASSERT_TRUE(is_ok(retire_medium(*catalog_, "disk-a", "Minh", "worn out")));
    catalog::Media media(*catalog_);
    const auto found = media.find("disk-a");
    ASSERT_TRUE(is_ok(found));
    EXPECT_EQ(MediumState::retired, found->entry.state);
    EXPECT_EQ("WD-1", found->entry.facts.serial);
    EXPECT_EQ("Archive", found->entry.place) << "where it stays";
    EXPECT_EQ(2u, media.moves(found->key)->size());
    const auto expected = expected_medium("disk-a", "/mnt/a/vault", "", "", &*found);
    EXPECT_EQ("uuid-of-disk-a", expected.file_system_uuid);
    EXPECT_EQ(disk.identity.medium, expected.id);
    EXPECT_FALSE(expected_medium("x", "/mnt/x", "u", "", nullptr).id);
    ASSERT_TRUE(is_ok(move_medium(*catalog_, "disk-a", {MediumState::erased, "", "", "Minh", "wipe 3"})));
    EXPECT_TRUE(known_media(*catalog_)->empty());
    EXPECT_TRUE(fails_with(Code::refused, enter_medium(*catalog_, disk)));
}

TEST_F(MediaRegister, ABiggerDiskTakesTheNameOver) {
    MediumEntry old_disk = entry("disk-a"), big = entry("new");
    old_disk.rotation_set = "A";
    ASSERT_TRUE(is_ok(enter_medium(*catalog_, old_disk)) && is_ok(enter_medium(*catalog_, big)));
    EXPECT_FALSE(replace_in_register(*catalog_, "disk-a", "none", "disk-a-2026", "Minh").ok());
    EXPECT_FALSE(replace_in_register(*catalog_, "disk-a", "disk-a", "disk-a-2026", "Minh").ok());
    catalog::Media media(*catalog_);
    EXPECT_EQ(MediumState::in_use, media.find("disk-a")->entry.state) << "all or nothing";
    ASSERT_TRUE(is_ok(replace_in_register(*catalog_, "disk-a", "new", "disk-a-2026", "Minh")));
    EXPECT_EQ(big.identity.medium, media.find("disk-a")->entry.facts.identity);
    EXPECT_EQ("A", media.find("disk-a")->entry.rotation_set);
    const auto kept = media.find("disk-a-2026");
    ASSERT_TRUE(is_ok(kept));
    EXPECT_EQ(MediumState::retired, kept->entry.state);
    EXPECT_EQ(old_disk.identity.medium, kept->entry.facts.identity);
    EXPECT_TRUE(fails_with(Code::not_found, media.find("new")));
    EXPECT_EQ(2u, known_media(*catalog_)->size());
}

}  // namespace
}  // namespace custody::test
