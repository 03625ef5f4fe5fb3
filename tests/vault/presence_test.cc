#include "vault/presence.h"

#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/collector.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace custody::test {
namespace {

class PresenceTest : public testing::Test {
protected:
    Presence look(Repository& repository) {
        const auto presence = look_for_objects(repository.store(), repository.ledger());
        EXPECT_TRUE(is_ok(presence));
        return presence.ok() ? *presence : Presence{};
    }
    SmallVault vault_;
};

TEST_F(PresenceTest, WhatAPruneTookSinceTheLedgerWasReadIsNoDamage) {
    const ObjectId old = vault_.back_up("a", "business", "docs", {{"srv/plan", noise_bytes(600'000, 1)}});
    vault_.back_up("a", "business", "docs", {{"srv/plan", noise_bytes(600'000, 2)}});
    Repository stale = vault_.open("a");
    const auto before = stale.state().objects;
    {
        Repository other = vault_.open("a");
        ForgetOptions which;
        which.references = {old.hex()};
        ASSERT_TRUE(is_ok(forget_snapshots(other, which)));
        PruneOptions how;
        how.grace_ns = 0;
        SilentProgress silent;
        const auto pruned = prune(other, how, silent, StopFlag{});
        ASSERT_TRUE(is_ok(pruned));
        ASSERT_GT(pruned->packs_removed, 0U);
    }
    EXPECT_EQ(look(stale).damaged, (std::map<std::string, std::string>{}));
    EXPECT_NE(stale.state().objects, before) << "the ledger was read again";
}

TEST_F(PresenceTest, MissingAndCutAndGrownAreNamedAndOrphansAreNot) {
    vault_.back_up("a", "business", "docs", {{"srv/plan", noise_bytes(600'000, 1)}});
    Repository repository = vault_.open("a");
    const std::string orphan = pack_name(id_of<ObjectId>(sha256(as_bytes("orphan"))));
    vault_.write_object("a", orphan, as_bytes("orphan"));
    EXPECT_TRUE(look(repository).damaged.empty());
    std::map<std::string, std::string> expected;
    for (const auto& [name, size] : repository.state().objects) {
        Bytes content = vault_.objects("a").at(name);
        if (name.starts_with("packs/")) {
            vault_.remove_object("a", name);
            expected[name] = "is missing";
        } else if (name.starts_with("index/")) {
            content.resize(content.size() / 2);
            vault_.write_object("a", name, content);
            expected[name] = "was cut: has " + std::to_string(size / 2) + " bytes instead of " + std::to_string(size);
        } else if (name.starts_with("snapshots/")) {
            content.push_back(Byte{0});
            vault_.write_object("a", name, content);
            expected[name] = "has grown: has " + std::to_string(size + 1) + " bytes instead of " + std::to_string(size);
        }
    }
    ASSERT_GE(expected.size(), 4U);
    const Presence presence = look(repository);
    EXPECT_EQ(presence.damaged, expected);
    ASSERT_EQ(presence.packs.size(), 1U);
    EXPECT_EQ(presence.packs[0].name, orphan);
}

TEST_F(PresenceTest, MarksThatAreGoneAndAFileInAFoldersPlaceAreNamed) {
    Repository repository = vault_.open("a");
    std::map<std::string, std::string> damaged;
    ASSERT_TRUE(is_ok(look_at_layout(repository.store(), damaged)));
    EXPECT_TRUE(damaged.empty());
    vault_.remove_object("a", "gc/marks");
    std::filesystem::remove(vault_.path("a") + "/packs/ab");  // where it is there, it is empty
    vault_.write_object("a", "packs/ab", as_bytes("no folder"));
    ASSERT_TRUE(is_ok(look_at_layout(repository.store(), damaged)));
    ASSERT_EQ(damaged.size(), 2U);
    EXPECT_EQ(damaged.at("gc/marks"), "is missing");
    EXPECT_TRUE(damaged.contains("packs/ab"));
}

}  // namespace
}  // namespace custody::test
