// Services that watch each other: silence, damage, forgery and playing back are told apart, whatever the clocks do.
#include "daemon/alerts/heartbeat.h"

#include "tests/support/power_cut_file_system.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;
using test::PowerCutFileSystem;

constexpr Time kNow{1'793'671'200 * kSecond};
Time later(std::int64_t ns) { return Time{kNow.ns + ns}; }

class HeartbeatTest : public testing::Test {
protected:
    HeartbeatTest() : seed_(Secret::random(32)) {
        EXPECT_TRUE(is_ok(make_directories(files_, "/share", 0755)));
        peer_ = {"srv2", signer_id(seed_), "/share/srv2.json", 2 * kHour};
    }
    void beat(Time time) { ASSERT_TRUE(is_ok(write_heartbeat(files_, peer_.file, {"srv2", time, 0, 0, kHour}, seed_))); }
    PeerVerdict look(Time now) {
        const PeerVerdict verdict = check_peer(files_, peer_, memory_, now);
        memory_ = verdict.memory;
        return verdict;
    }
    Bytes content() { return *read_file(files_, peer_.file, kMaxHeartbeatSize); }
    void put(const Bytes& bytes) { ASSERT_TRUE(is_ok(replace_file(files_, peer_.file, bytes, 0644))); }

    PowerCutFileSystem files_;
    Secret seed_;
    HeartbeatPeer peer_;
    PeerMemory memory_{0, kNow};
};

TEST_F(HeartbeatTest, ALivingServiceIsAliveAndASilentOneLate) {
    beat(kNow);
    EXPECT_EQ(look(later(kMinute)).state, PeerState::alive);
    EXPECT_EQ(look(later(2 * kHour)).state, PeerState::alive);
    const PeerVerdict late = look(later(2 * kHour + kMinute));
    EXPECT_EQ(late.state, PeerState::late);
    EXPECT_NE(late.why.find("srv2"), std::string::npos);
    EXPECT_TRUE(is_alarming(peer_, late, later(2 * kHour + kMinute)));
    beat(later(3 * kHour));
    EXPECT_EQ(look(later(3 * kHour)).state, PeerState::alive);
}

TEST_F(HeartbeatTest, AMissingFileAlarmsOnlyAfterItsTime) {
    EXPECT_EQ(look(kNow).state, PeerState::absent);
    EXPECT_FALSE(is_alarming(peer_, look(later(kHour)), later(kHour))) << "a share that is away for a while";
    EXPECT_TRUE(is_alarming(peer_, look(later(3 * kHour)), later(3 * kHour)));
}

TEST_F(HeartbeatTest, AChangedByteIsDamage) {
    beat(kNow);
    const Bytes good = content();
    for (std::size_t at = 0; at < good.size(); at += 7) {
        Bytes bad = good;
        bad[at] ^= 1;
        put(bad);
        const PeerState state = look(kNow).state;
        EXPECT_TRUE(state == PeerState::damaged || state == PeerState::stranger) << at;
    }
    put(Bytes(kMaxHeartbeatSize + 1, 'x'));
    EXPECT_EQ(look(kNow).state, PeerState::damaged);
    put({});
    EXPECT_EQ(look(kNow).state, PeerState::damaged);
}

TEST_F(HeartbeatTest, AnotherKeyOrHostIsAStranger) {
    const Secret other = Secret::random(32);
    ASSERT_TRUE(is_ok(write_heartbeat(files_, peer_.file, {"srv2", kNow, 0, 0, kHour}, other)));
    const PeerVerdict verdict = look(kNow);
    EXPECT_EQ(verdict.state, PeerState::stranger);
    EXPECT_TRUE(is_alarming(peer_, verdict, kNow));
    EXPECT_EQ(severity_of(peer_event(peer_, verdict)), AlertSeverity::critical);
    ASSERT_TRUE(is_ok(write_heartbeat(files_, peer_.file, {"srv3", kNow, 0, 0, kHour}, seed_)));
    EXPECT_EQ(look(kNow).state, PeerState::stranger) << "our peer's key under another name";
}

TEST_F(HeartbeatTest, AnOldFilePlayedBackIsNoticed) {
    beat(kNow);
    const Bytes old = content();
    EXPECT_EQ(look(kNow).state, PeerState::alive);
    beat(later(kHour));
    EXPECT_EQ(look(later(kHour)).state, PeerState::alive);
    put(old);
    const PeerVerdict verdict = look(later(kHour));
    EXPECT_EQ(verdict.state, PeerState::went_back);
    EXPECT_TRUE(is_alarming(peer_, verdict, later(kHour)));
}

TEST_F(HeartbeatTest, AFileThatIsCopiedOverAndOverDoesNotLookAlive) {
    beat(later(100 * kDay));  // its clock is ahead: by its own time it stays young for long
    EXPECT_EQ(look(kNow).state, PeerState::clock_differs);
    put(content());
    EXPECT_EQ(look(later(3 * kHour)).state, PeerState::late) << "the number did not grow";
}

TEST_F(HeartbeatTest, OurOwnClockSetBackDoesNotMakeItFreshForEver) {
    beat(kNow);
    look(kNow);
    const Time back = later(-365 * kDay);
    look(back);
    EXPECT_EQ(look(Time{back.ns + 3 * kHour}).state, PeerState::late);
}

TEST_F(HeartbeatTest, NumbersGrowAlsoAfterTheSenderLostItsState) {
    EXPECT_EQ(next_heartbeat_sequence(0, kNow), 1'793'671'200u);
    EXPECT_EQ(next_heartbeat_sequence(1'793'671'200, kNow), 1'793'671'201u);
    beat(kNow);
    look(kNow);
    ASSERT_TRUE(is_ok(files_.remove(peer_.file)));
    beat(later(kMinute));
    EXPECT_EQ(look(later(kMinute)).state, PeerState::alive);
    beat(later(-kHour));  // and when its clock is set back
    EXPECT_NE(look(later(2 * kMinute)).state, PeerState::went_back);
}

TEST_F(HeartbeatTest, IsNotWrittenWhereItsMediumIsNotMounted) {
    EXPECT_TRUE(fails_with(Code::not_found, write_heartbeat(files_, "/mnt/disk-a/h.json", {"srv2", kNow, 0, 0, kHour}, seed_)));
}

TEST_F(HeartbeatTest, MemoryComesBackFromJson) {
    const PeerMemory memory{77, kNow};
    EXPECT_EQ(*peer_memory_from_json(peer_memory_to_json(memory)), memory);
}

}  // namespace
}  // namespace custody
