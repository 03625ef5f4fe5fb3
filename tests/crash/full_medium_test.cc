// Fault model: the medium is full. The vault lies on a small file system of its own (loop device) of each kind; the real program.
// One clear error, nothing lost, forget and prune work on the full medium, and it works again, as often as it fills.
#include "tests/support/medium.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

namespace custody::test {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kRoom = 52 * kMiB;  // what each kind leaves free, whatever the least size of its medium is
constexpr std::uint64_t kReserve = 4 * kMiB;

void fill_with_noise(const std::string& path, std::size_t size, unsigned seed) {
    std::mt19937_64 random(seed);
    std::string content(size, '\0');
    for (std::size_t at = 0; at + 8 <= size; at += 8) {
        const std::uint64_t word = random();
        std::copy_n(reinterpret_cast<const char*>(&word), sizeof word, content.begin() + static_cast<std::ptrdiff_t>(at));
    }
    std::ofstream(path, std::ios::binary) << content;
}

// Until nothing more fits, not even in the last block; what does not fit is lost without a word, as it should be here.
void fill(const std::string& path) {
    std::ofstream file(path, std::ios::binary | std::ios::app);
    for (std::size_t size = kMiB; size >= 512; size /= 2) {
        const std::string zeros(size, '\0');
        while (file.write(zeros.data(), static_cast<std::streamsize>(size)).flush()) {
        }
        file.clear();
    }
}

class FullMedium : public ::testing::TestWithParam<std::string> {
protected:
    FullMedium() : scratch_("full"), medium_(GetParam(), 64 * kMiB) {}
    void SetUp() override {
        if (!medium_.ready()) GTEST_SKIP() << medium_.why_not();
        vault_ = Vault(scratch_.path(), medium_ / "vault");
        std::filesystem::create_directories(scratch_ / "source");
        const std::uint64_t free = free_bytes();
        if (free > kRoom) {
            std::ofstream(medium_ / "ballast", std::ios::binary) << std::string(free - kRoom, '\0');
        }
        ASSERT_EQ(vault_({"init"}).exit, 0);
    }
    [[nodiscard]] std::uint64_t free_bytes() const { return std::filesystem::space(medium_.path()).available; }
    [[nodiscard]] std::uint64_t reserve() const {
        std::error_code none;
        const auto size = std::filesystem::file_size(medium_ / "vault/reserve", none);
        return none ? 0 : size;
    }
    Outcome back_up(const std::string& name, std::uint64_t bytes, unsigned seed) {
        fill_with_noise(scratch_ / ("source/" + name), bytes, seed);
        return vault_({"backup", scratch_ / ("source/" + name), "--label", "business", "--name", name});
    }
    // A medium that is full to the last block.
    void fill_up() {
        for (const char* filler : {"filler1", "filler2"}) {
            fill(medium_ / filler);
            ASSERT_EQ(std::system("sync"), 0);  // what was promised to files and then not used is free again
        }
    }
    void remove_fillers() {
        for (const char* filler : {"filler1", "filler2"}) std::filesystem::remove(medium_ / filler);
        ASSERT_EQ(std::system("sync"), 0);
    }
    void expect_whole(const std::string& name) {
        const Outcome verified = vault_({"verify", "--level", "full"});
        EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
        const std::string target = scratch_ / "restored";
        const Outcome restored = vault_({"restore", "latest:" + name, "--target", target, "--strip-prefix", scratch_ / "source"});
        EXPECT_EQ(restored.exit, 0) << restored.err;
        EXPECT_EQ(std::system(("cmp " + (scratch_ / ("source/" + name)) + " " + target + "/" + name).c_str()), 0);
        remove_tree(target);
    }

    ScratchFolder scratch_;
    Medium medium_;
    Vault vault_{scratch_.path()};
};

TEST_P(FullMedium, OneClearErrorNothingLostAndPruneMakesRoom) {
    ASSERT_EQ(back_up("old", 16 * kMiB, 1).exit, 0);
    ASSERT_EQ(back_up("kept", 8 * kMiB, 2).exit, 0);

    const Outcome full = back_up("huge", 60 * kMiB, 3);
    EXPECT_EQ(full.exit, 1);
    EXPECT_NE(full.err.find("No space left"), std::string::npos) << full.err;
    EXPECT_NE(full.err.find("custody prune"), std::string::npos) << full.err;
    expect_whole("kept");

    fill_up();  // so that forget and prune have nothing but the reserve
    ASSERT_EQ(vault_({"forget", "--name", "old", "--keep-last", "1"}).exit, 0);  // a rule never empties a group
    const Outcome forgotten = vault_({"forget", "latest:old"});
    ASSERT_EQ(forgotten.exit, 0) << forgotten.err;
    const Outcome pruned = vault_({"prune", "--grace", "0s"});
    if (GetParam() == "ntfs-3g" && pruned.exit != 0) {
        // ntfs-3g may leave a name behind that it had no room to finish, which can then be neither used nor replaced.
        EXPECT_NE(pruned.err.find("cannot"), std::string::npos) << pruned.err;
        const std::string target = scratch_ / "restored";
        EXPECT_EQ(vault_({"restore", "latest:kept", "--target", target, "--strip-prefix", scratch_ / "source"}).exit, 0);
        EXPECT_EQ(std::system(("cmp " + (scratch_ / "source/kept") + " " + target + "/kept").c_str()), 0);
        return;
    }
    ASSERT_EQ(pruned.exit, 0) << pruned.err;
    EXPECT_EQ(reserve(), kReserve) << "prune makes the reserve again from what it freed: " << pruned.err;
    expect_whole("kept");
    remove_fillers();

    const Outcome again = back_up("new", 12 * kMiB, 4);
    EXPECT_EQ(again.exit, 0) << again.err;
    expect_whole("new");
    expect_whole("kept");
}

// The reserve is spent where nothing else can be freed, and comes back as soon as there is room.
TEST_P(FullMedium, AReserveThatWasSpentIsMadeAgain) {
    ASSERT_EQ(back_up("kept", 8 * kMiB, 1).exit, 0);
    ASSERT_EQ(back_up("small", 4096, 2).exit, 0);
    ASSERT_EQ(back_up("smaller", 4096, 3).exit, 0);
    fill_up();
    const Outcome forgotten = vault_({"forget", "latest:small"});
    ASSERT_EQ(forgotten.exit, 0) << forgotten.err;
    for (int time = 0; time < 2; ++time) {
        const Outcome pruned = vault_({"prune", "--grace", "0s"});
        ASSERT_EQ(pruned.exit, 0) << pruned.err;
        EXPECT_EQ(reserve() == kReserve, pruned.err.find("no room to make the reserve again") == std::string::npos) << pruned.err;
        fill(medium_ / "filler3");  // somebody else takes what was left of the reserve's room
    }
    expect_whole("kept");
    std::filesystem::remove(medium_ / "filler3");
    remove_fillers();
    const Outcome pruned = vault_({"prune", "--grace", "0s"});
    EXPECT_EQ(pruned.exit, 0) << pruned.err;
    EXPECT_EQ(reserve(), kReserve);
    EXPECT_EQ(back_up("new", 8 * kMiB, 4).exit, 0);
    expect_whole("new");
    expect_whole("smaller");
}

// A vault without its reserve is whole: that there is no room for it is said, and is no damage.
TEST_P(FullMedium, RepairWithoutRoomForTheReserveIsNoDamage) {
    ASSERT_EQ(back_up("kept", 8 * kMiB, 1).exit, 0);
    fill_up();
    ASSERT_TRUE(std::filesystem::remove(medium_ / "vault/reserve"));
    std::ofstream(medium_ / "filler3", std::ios::binary) << std::string(3 * kMiB, '\0');
    const Outcome repaired = vault_({"repair"});
    EXPECT_EQ(repaired.exit, 0) << repaired.out << repaired.err;
    EXPECT_NE(repaired.err.find("no room to make the reserve again"), std::string::npos) << repaired.err;
    EXPECT_EQ(reserve(), 0U);
    EXPECT_EQ(vault_({"verify", "--level", "full"}).exit, 0);
    std::filesystem::remove(medium_ / "filler3");
    remove_fillers();
    const Outcome again = vault_({"repair"});
    EXPECT_EQ(again.exit, 0) << again.out << again.err;
    EXPECT_EQ(again.err.find("no room"), std::string::npos) << again.err;
    EXPECT_EQ(reserve(), kReserve);
}

// Filled by backups until one fails, forgotten, pruned, and again: no room leaks away from one time to the next.
TEST_P(FullMedium, FillsAndIsPrunedAgainAndAgain) {
    const int cycles = long_run() ? 12 : 2;
    unsigned seed = 10;
    std::uint64_t free_at_first = 0;
    for (int cycle = 0; cycle < cycles; ++cycle) {
        SCOPED_TRACE("cycle " + std::to_string(cycle));
        std::string last;
        for (int i = 0;; ++i) {
            ASSERT_LT(i, 20) << "the medium never filled";
            const std::string name = "c" + std::to_string(cycle) + "-" + std::to_string(i);
            const Outcome outcome = back_up(name, 7 * kMiB + (seed % 5) * kMiB / 2, seed);
            ++seed;
            if (outcome.exit == 0) {
                last = name;
                continue;
            }
            ASSERT_EQ(outcome.exit, 1) << outcome.err;
            EXPECT_NE(outcome.err.find("No space left"), std::string::npos) << outcome.err;
            break;
        }
        ASSERT_FALSE(last.empty());
        if (cycle % 2 == 0) fill_up();
        expect_whole(last);
        // All but the last of this time.
        const nlohmann::json listed = nlohmann::json::parse(vault_({"--json", "snapshots"}).out, nullptr, false);
        ASSERT_TRUE(listed.is_array());
        for (const auto& snapshot : listed) {
            if (snapshot["name"] == last) continue;
            const Outcome forgotten = vault_({"forget", snapshot["id"].get<std::string>()});
            ASSERT_EQ(forgotten.exit, 0) << forgotten.err;
        }
        const Outcome pruned = vault_({"prune", "--grace", "0s"});
        ASSERT_EQ(pruned.exit, 0) << pruned.err;
        expect_whole(last);
        remove_fillers();
        const Outcome in_order = vault_({"prune", "--grace", "0s"});
        ASSERT_EQ(in_order.exit, 0) << in_order.err;
        EXPECT_EQ(reserve(), kReserve);
        if (cycle == 0) free_at_first = free_bytes();
        // One snapshot of at most 9 MiB is left each time.
        EXPECT_GT(free_bytes() + 5 * kMiB, free_at_first);
    }
}

INSTANTIATE_TEST_SUITE_P(, FullMedium, testing::ValuesIn(file_system_kinds()), medium_name);

}  // namespace
}  // namespace custody::test
