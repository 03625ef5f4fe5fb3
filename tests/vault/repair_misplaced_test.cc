// Objects that are not what their names say, or no files at all: swapped by hand, by a file system check, by somebody who tidied
// up.
#include "tests/support/fault_file_system.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/program.h"
#include "tests/support/refusing_file_system.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/collector.h"
#include "vault/history/witness.h"
#include "vault/replicator.h"
#include "vault/store/session.h"
#include "vault/wrong_places.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

class RepairMisplacedTest : public testing::Test {
protected:
    Result<RepairResult> repair_a(bool from_b = false) {
        Repository damaged = vault_.open("a", true);
        if (!from_b) return repair(damaged, nullptr, silent_, stop_);
        Repository other = vault_.open("b");
        return repair(damaged, &other, silent_, stop_);
    }
    std::vector<std::string> names(const std::string& folder) {
        std::vector<std::string> found;
        for (const auto& [name, content] : vault_.objects("a")) {
            if (name.starts_with(folder)) found.push_back(name);
        }
        return found;
    }
    void rename(const std::string& from, const std::string& to) {
        fs::create_directories(fs::path(vault_.path("a") + "/" + to).parent_path());
        fs::rename(vault_.path("a") + "/" + from, vault_.path("a") + "/" + to);
    }
    void swap(const std::string& one, const std::string& two) {
        rename(one, "swapped");
        rename(two, one);
        rename("swapped", two);
    }
    void expect_as(const std::map<std::string, Bytes>& whole) {
        const auto now = vault_.objects("a");
        for (const auto& [name, content] : whole) {
            if (name.starts_with("packs/") || name.starts_with("snapshots/")) {
                ASSERT_TRUE(now.contains(name)) << name;
                EXPECT_EQ(now.at(name), content) << name;
            }
        }
        Repository repository = vault_.open("a");
        for (const auto& [id, files] : vault_.stored()) EXPECT_EQ(read_files(repository, vault_.unlocked(), id), files);
    }

    void expect_nothing_aside() { EXPECT_TRUE(names("aside/").empty()) << names("aside/").front(); }

    SmallVault vault_;
    SilentProgress silent_;
    StopFlag stop_;
};

TEST_F(RepairMisplacedTest, SwappedObjectsGoHome) {
    vault_.populate();
    const auto whole = vault_.objects("a");
    for (const std::string folder : {"packs/", "snapshots/"}) {
        const auto found = names(folder);
        swap(found[0], found[1]);
        const auto result = repair_a();
        ASSERT_TRUE(is_ok(result));
        EXPECT_TRUE(result->lost.empty()) << result->lost.front().object;
        EXPECT_EQ(result->healed.size(), 2U);
        expect_as(whole);
        expect_nothing_aside();
    }
}

TEST_F(RepairMisplacedTest, ThreeInACircleAndOneUnderAStrangeName) {
    vault_.populate();
    const auto whole = vault_.objects("a");
    const auto packs = names("packs/");
    swap(packs[0], packs[1]);
    swap(packs[1], packs[2]);
    rename(packs[3], "packs/ff/" + std::string(64, 'f'));
    const auto result = repair_a();
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(result->lost.empty());
    EXPECT_EQ(result->healed.size(), 4U);
    expect_as(whole);
    expect_nothing_aside();
}

TEST_F(RepairMisplacedTest, OneUnderTheNameOfAnotherThatIsGone) {
    vault_.populate();
    const auto whole = vault_.objects("a");
    const auto packs = names("packs/");
    vault_.remove_object("a", packs[1]);
    rename(packs[0], packs[1]);
    const auto result = repair_a(true);
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(result->lost.empty());
    expect_as(whole);
}

// Whatever fails, and wherever: the bytes of both are somewhere, and the next repair brings them home.
TEST_F(RepairMisplacedTest, NoCrashLeavesTheOnlyCopyWithoutAName) {
    vault_.back_up("a", "business", "docs", {{"srv/plan", noise_bytes(3'000, 1)}});
    const auto whole = vault_.objects("a");
    const auto packs = names("packs/");
    ASSERT_EQ(packs.size(), 2U);
    swap(packs[0], packs[1]);
    const auto swapped = vault_.objects("a");
    for (std::uint64_t at = 1;; at += long_run() ? 1 : 13) {
        FaultFileSystem files(vault_.files());
        files.arm(at, Fault::io, true);
        {
            auto damaged = Repository::open(files, vault_.clock(), vault_.path("a"), &vault_.keyring(), OpenOptions{true});
            if (damaged.ok()) (void)repair(*damaged, nullptr, silent_, stop_);
        }
        if (!files.fired()) break;
        for (const std::string& pack : packs) {
            const auto now = vault_.objects("a");
            const bool is_there = std::any_of(now.begin(), now.end(), [&](const auto& each) {
                return !each.first.starts_with("tmp/") && each.second == whole.at(pack);
            });
            ASSERT_TRUE(is_there) << pack << " at operation " << at;
        }
        ASSERT_TRUE(is_ok(repair_a())) << at;
        expect_as(whole);
        fs::remove_all(vault_.path("a") + "/aside");  // a copy too many, after a late crash
        vault_.put_back("a", swapped);
        vault_.forget_heads();
    }
}

TEST_F(RepairMisplacedTest, WhatIsNoFileIsSetAsideAndTheObjectMadeAgain) {
    vault_.populate();
    const auto whole = vault_.objects("a");
    const auto vault_id = vault_.open("a").header().vault;
    const std::vector<std::string> places = {
        names("packs/")[0], names("index/")[0],        names("snapshots/")[0],    "gc/marks",
        "reserve",          "ledger/0000000000000002", witness_name(vault_id, 2), "vault.json"};
    for (const std::string& place : places) {
        for (const bool as_fifo : {false, true}) {
            const std::string path = vault_.path("a") + "/" + place;
            ASSERT_TRUE(fs::remove(path)) << place;
            if (as_fifo) {
                ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
            } else {
                fs::create_directory(path);
                vault_.write_object("a", place + "/kept", Bytes(10, 1));
            }
            const auto result = repair_a(true);
            ASSERT_TRUE(is_ok(result)) << place;
            EXPECT_TRUE(result->lost.empty()) << place << ": " << result->lost.front().object << result->lost.front().why;
            ASSERT_EQ(result->set_aside.size(), 1U) << place;
            EXPECT_EQ(result->set_aside[0].object, place);
            const std::string aside = vault_.path("a") + "/" + result->set_aside[0].to;
            EXPECT_TRUE(as_fifo ? fs::is_fifo(aside) : fs::exists(aside + "/kept")) << aside;
            expect_as(whole);
            if (place.starts_with("index/")) break;  // made again under another name
        }
    }
}

// No room but for names and small files: as on a medium that is full.
TEST_F(RepairMisplacedTest, WhatStandsInAPlaceOfTheVaultsOwnIsSetAside) {
    vault_.populate();
    const auto whole = vault_.objects("a");
    const std::string folder = vault_.path("a") + "/";
    const auto expect_healed = [&](const std::string& name) {
        Repository before = vault_.open("a", true);
        const auto found = find_wrong_places(before.store());
        ASSERT_TRUE(is_ok(found));
        ASSERT_EQ(found->size(), 1U) << name;
        EXPECT_EQ(found->front().name, name);
        const auto result = repair_a(true);
        ASSERT_TRUE(is_ok(result)) << name;
        EXPECT_TRUE(result->lost.empty()) << name;
        ASSERT_EQ(result->set_aside.size(), 1U) << name;
        EXPECT_EQ(result->set_aside.front().object, name);
        EXPECT_TRUE(fs::exists(folder + result->set_aside.front().to));
        Repository after = vault_.open("a");
        const auto left = find_wrong_places(after.store());
        EXPECT_TRUE(left.ok() && left->empty()) << name;
        EXPECT_TRUE(is_ok(prune(after, {}, silent_, stop_))) << name;
        expect_as(whole);
    };
    fs::create_directories(folder + "tmp/d/inner");
    expect_healed("tmp/d");
    ASSERT_EQ(mkfifo((folder + "tmp/pipe").c_str(), 0600), 0);
    expect_healed("tmp/pipe");
    fs::remove(folder + "gc/lock");
    fs::create_directory(folder + "gc/lock");
    expect_healed("gc/lock");
    vault_.write_object("a", "ledger/0000000000000000", Bytes{1});
    expect_healed("ledger/0000000000000000");
    const std::string fan_out = fs::path(names("packs/").front()).parent_path();
    for (const std::string& name : {std::string("tmp"), std::string("sessions"), std::string("gc"), std::string("witness"),
                                    std::string("snapshots"), std::string("index"), std::string("ledger"), fan_out}) {
        fs::remove_all(folder + name);
        vault_.write_object("a", name, Bytes{1});
        if (name == "tmp" || name == "sessions") {
            Repository writer = vault_.open("a", true);
            const auto session = Session::begin(writer.store());
            ASSERT_TRUE(fails_with(Code::corrupt, session));
            EXPECT_NE(session.error().message.find("`custody repair`"), std::string::npos) << session.error().message;
        }
        expect_healed(name);
    }
}

TEST_F(RepairMisplacedTest, SwappedObjectsGoHomeOnAFullMedium) {
    vault_.back_up("a", "business", "docs", {{"srv/plan", noise_bytes(300'000, 1)}});
    vault_.back_up("a", "business", "docs", {{"srv/plan", noise_bytes(300'000, 2)}});
    const auto whole = vault_.objects("a");
    std::vector<std::string> large;
    for (const std::string& pack : names("packs/")) {
        if (whole.at(pack).size() > 100'000) large.push_back(pack);
    }
    ASSERT_EQ(large.size(), 2U);
    swap(large[0], large[1]);
    RefusingFileSystem files([](RefusingFileSystem::Deed deed, const std::string&, std::uint64_t end) {
        const bool refused = deed == RefusingFileSystem::Deed::write && end > 64 * 1024;
        return refused ? std::optional(Code::no_space) : std::nullopt;
    });
    auto damaged = Repository::open(files, vault_.clock(), vault_.path("a"), &vault_.keyring(), OpenOptions{true});
    ASSERT_TRUE(is_ok(damaged));
    const auto result = repair(*damaged, nullptr, silent_, stop_);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->healed.size(), 2U);
    EXPECT_TRUE(result->lost.empty());
    expect_as(whole);
    expect_nothing_aside();
}

// Swapped, and one of them damaged too: what is left of it lies where it belongs, for its sound blocks, and in nobody's way.
TEST_F(RepairMisplacedTest, WhatIsLeftOfASwappedObjectGoesHomeToo) {
    vault_.back_up("a", "business", "docs", {{"srv/plan", noise_bytes(300'000, 1)}});
    vault_.back_up("a", "business", "docs", {{"srv/plan", noise_bytes(300'000, 2)}});
    const auto whole = vault_.objects("a");
    std::vector<std::string> large;
    for (const std::string& pack : names("packs/")) {
        if (whole.at(pack).size() > 100'000) large.push_back(pack);
    }
    ASSERT_EQ(large.size(), 2U);
    ASSERT_EQ(whole.at(large[0]).size(), whole.at(large[1]).size());
    Bytes left = whole.at(large[1]);
    left.at(1'000) ^= 1;
    vault_.write_object("a", large[1], left);
    swap(large[0], large[1]);
    const auto result = repair_a();
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(vault_.objects("a").at(large[0]), whole.at(large[0]));
    EXPECT_EQ(vault_.objects("a").at(large[1]), left);
    expect_nothing_aside();
}

// A copy left below aside/ that somebody takes away at that moment is no failure.
TEST_F(RepairMisplacedTest, ACopyTooManyIsTakenAway) {
    vault_.populate();
    const auto whole = vault_.objects("a");
    const std::string pack = names("packs/")[0];
    vault_.write_object("a", "aside/one", whole.at(pack));
    vault_.write_object("a", "aside/two", whole.at(pack));
    vault_.remove_object("a", pack);
    RefusingFileSystem files([](RefusingFileSystem::Deed deed, const std::string& path, std::uint64_t) {
        const bool refused = deed == RefusingFileSystem::Deed::remove && path.find("/aside/") != path.npos;
        return refused ? std::optional(Code::not_found) : std::nullopt;
    });
    auto damaged = Repository::open(files, vault_.clock(), vault_.path("a"), &vault_.keyring(), OpenOptions{true});
    ASSERT_TRUE(is_ok(damaged));
    const auto result = repair(*damaged, nullptr, silent_, stop_);
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(result->lost.empty());
    expect_as(whole);
}

// What ends with an error has told where things lie now.
TEST_F(RepairMisplacedTest, WhatWasSetAsideIsToldWhenTheRepairFails) {
    vault_.populate();
    const std::string pack = names("packs/")[0];
    ASSERT_TRUE(fs::remove(vault_.path("a") + "/" + pack));
    fs::create_directory(vault_.path("a") + "/" + pack);
    RefusingFileSystem files([](RefusingFileSystem::Deed deed, const std::string& path, std::uint64_t) {
        const bool refused = deed == RefusingFileSystem::Deed::open && path.ends_with("/reserve");
        return refused ? std::optional(Code::failed) : std::nullopt;
    });
    class Listener final : public Progress {
    public:
        void update(const ProgressState&) override {}
        void warn(std::string_view line) override { said += std::string(line) + "\n"; }
        std::string said;
    } listener;
    auto damaged = Repository::open(files, vault_.clock(), vault_.path("a"), &vault_.keyring(), OpenOptions{true});
    ASSERT_TRUE(is_ok(damaged));
    EXPECT_FALSE(repair(*damaged, nullptr, listener, stop_).ok());
    EXPECT_NE(listener.said.find("set aside " + pack + " as aside/"), std::string::npos) << listener.said;
}

// Of a vault that is lost nobody can write the witnesses again: the sound ones stay.
TEST_F(RepairMisplacedTest, OfAnAbsentVaultOnlyTheDamagedWitnessIsSetAside) {
    vault_.populate();
    const auto other = vault_.open("b").header().vault;
    const std::string second = witness_name(other, 2), third = witness_name(other, 3);
    const auto whole = vault_.objects("a");
    Bytes bytes = whole.at(second);
    bytes.at(40) ^= 1;
    vault_.write_object("a", second, bytes);
    const auto result = repair_a();
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(result->lost.empty());
    ASSERT_EQ(result->set_aside.size(), 1U);
    EXPECT_EQ(result->set_aside[0].object, second);
    const auto now = vault_.objects("a");
    EXPECT_FALSE(now.contains(second));
    EXPECT_EQ(now.at(third), whole.at(third));
    EXPECT_EQ(now.at(result->set_aside[0].to), bytes);
    EXPECT_EQ(repair_a()->set_aside.size(), 0U);
    Repository from = vault_.open("b"), to = vault_.open("a");
    ASSERT_TRUE(is_ok(copy_snapshots(from, to, {}, silent_, stop_)));
    EXPECT_EQ(vault_.objects("a").at(second), whole.at(second));
    EXPECT_EQ(vault_.objects("a").at(third), whole.at(third));
}

// "a" keeps the last good copy of an entry of "b", beside one that has rotted.
TEST_F(RepairMisplacedTest, ASoundWitnessBesideADamagedOneStillHealsTheOtherLedger) {
    vault_.populate();
    const auto other = vault_.open("b").header().vault;
    const auto a = vault_.objects("a"), b = vault_.objects("b");
    const std::string rotten = witness_name(other, 1), needed = witness_name(other, 2);
    ASSERT_TRUE(a.contains(needed));
    const auto rot = [&](const std::string& vault, const std::string& name, Bytes bytes) {
        bytes.at(40) ^= 1;
        vault_.write_object(vault, name, bytes);
    };
    rot("a", rotten, a.at(rotten));
    ASSERT_TRUE(is_ok(repair_a()));
    rot("b", ledger_name(2), b.at(ledger_name(2)));
    rot("b", needed, b.at(needed));
    Repository damaged = vault_.open("b", true), from = vault_.open("a");
    const auto result = repair(damaged, &from, silent_, stop_);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(vault_.objects("b").at(ledger_name(2)), b.at(ledger_name(2)));
}

}  // namespace
}  // namespace custody::test
