// Every object of a small vault suffers what a medium, a careless hand or an adversary without keys can do to it.
//
// Fault model: single-bit flips (sampled over the whole object, every field of every header), truncation, growth, swap with
// another object of its kind, the same object of the other vault, deletion; and of the vault as a whole: a ledger with its tail
// cut, a newest snapshot taken out, last week's copy put back. Shown for each: the right verify level detects it and names the
// object, and the snapshots and paths it affects; a restore writes what was backed up or nothing; `repair` from a second vault
// heals it, save for the ledger, which each vault has alone.
#include "restore/restorer.h"
#include "restore/verifier.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/object_check.h"
#include "vault/replicator.h"
#include "vault/store/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

namespace custody::test {
namespace {

using Objects = std::map<std::string, Bytes>;

struct Damaged {
    std::string how;
    std::string object;
    Objects objects;  // the vault as it then is
};

class DamageMatrix : public testing::Test {
protected:
    void SetUp() override {
        SmallVault::Files etc{{"etc/hosts", text(700, 1)}, {"etc/ssh/sshd_config", text(4000, 3)}};
        vault_.back_up("a", "config", "etc", etc);
        vault_.back_up("a", "business", "docs", {{"srv/docs/plan", noise(300'000, 4)}, {"srv/docs/note", text(20'000, 5)}});
        {
            Repository repository = vault_.open("a");
            Marks marks;
            marks.generation = 3;
            ASSERT_TRUE(is_ok(repository.store().replace("gc/marks", encode(marks))));
            LedgerEntry prune;
            prune.operation = Operation::prune;
            prune.details = {{"generation", marks.generation}};
            ASSERT_TRUE(is_ok(repository.publish(prune, nullptr)));
        }
        last_week_ = vault_.objects("a");
        etc["etc/hosts"] = text(800, 6);
        vault_.back_up("a", "config", "etc", etc);
        {
            Repository from = vault_.open("a");
            Repository to = vault_.open("b");
            ASSERT_TRUE(is_ok(copy_snapshots(from, to, {}, silent_, stop_)));
        }
        // Its four mebibytes have a test of their own.
        vault_.remove_object("a", "reserve");
        whole_ = vault_.objects("a");
        std::erase_if(whole_, [](const auto& each) { return object_kind(each.first) == "object"; });
        other_ = vault_.objects("b");
    }

    VerifyResult verify_a(VerifyLevel level, bool with_keyring = true) {
        VerifyOptions options;
        options.level = level;
        options.unlocked = level == VerifyLevel::full ? &vault_.unlocked() : nullptr;
        const auto result = verify_location(vault_.files(), vault_.path("a"), with_keyring ? &vault_.keyring() : nullptr, options,
                                            silent_, stop_);
        EXPECT_TRUE(is_ok(result));
        return result.ok() ? *result : VerifyResult{};
    }

    static const VerifyResult::Damage* find(const VerifyResult& result, const std::string& object) {
        const auto found =
            std::find_if(result.damaged.begin(), result.damaged.end(), [&](const auto& each) { return each.object == object; });
        return found == result.damaged.end() ? nullptr : &*found;
    }

    // A restore of every snapshot that can be opened: each file that gets a name holds what was backed up.
    void expect_nothing_wrong_is_written(const std::string& context) {
        auto repository = vault_.try_open("a", true);
        if (!repository.ok()) return;
        for (const auto& [id, live] : repository->state().snapshots) {
            const auto snapshot = repository->read_snapshot(id);
            if (!snapshot.ok()) continue;
            const ScratchFolder target("damage-matrix");
            RestoreOptions options;
            options.target = target.path();
            const auto restored = restore_files(*repository, *snapshot, vault_.unlocked(), options, silent_, stop_);
            const SmallVault::Files& expected = vault_.stored().at(id);
            std::size_t complete = 0;
            for (const auto& item : std::filesystem::recursive_directory_iterator(target.path())) {
                if (!item.is_regular_file()) continue;
                const std::string path = std::filesystem::relative(item.path(), target.path()).string();
                std::ifstream in(item.path(), std::ios::binary);
                ASSERT_TRUE(expected.contains(path)) << context << ": " << path;
                ASSERT_EQ(expected.at(path), Bytes(std::istreambuf_iterator<char>(in), {})) << context << ": " << path;
                ++complete;
            }
            if (restored.ok() && restored->failed == 0) {
                EXPECT_EQ(complete, expected.size()) << context;
            }
        }
    }

    void expect_healed(const std::string& context) {
        {
            auto damaged = vault_.try_open("a", true);
            ASSERT_TRUE(is_ok(damaged)) << context;
            Repository other = vault_.open("b");
            const auto result = repair(*damaged, &other, silent_, stop_);
            ASSERT_TRUE(is_ok(result)) << context;
            EXPECT_TRUE(result->lost.empty())
                << context << ": " << result->lost.front().object << " " << result->lost.front().why;
        }
        const VerifyResult after = verify_a(VerifyLevel::full);
        EXPECT_TRUE(after.ok()) << context << ": " << after.damaged.front().object << " " << after.damaged.front().problem;
        Repository repository = vault_.open("a");
        EXPECT_EQ(repository.state().snapshots.size(), 3U) << context;
        for (const auto& [id, live] : repository.state().snapshots) {
            EXPECT_EQ(read_files(repository, vault_.unlocked(), id), vault_.stored().at(id)) << context;
        }
    }

    void put_whole_back() {
        vault_.put_back("a", whole_);
        vault_.forget_heads();
    }

    std::vector<Damaged> damages_of(const std::string& name) {
        std::vector<Damaged> all;
        const Bytes& content = whole_.at(name);
        const auto with = [&](const std::string& how, Bytes bytes) {
            if (bytes == content) return;
            Objects objects = whole_;
            objects[name] = std::move(bytes);
            all.push_back({how, name, std::move(objects)});
        };
        for (const std::size_t size : {std::size_t{0}, content.size() / 2, content.size() - 1}) {
            with("cut to " + std::to_string(size), Bytes(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(size)));
        }
        Bytes grown = content;
        grown.push_back(0);
        with("grown", grown);
        Bytes flipped = content;
        flipped[content.size() * 2 / 3] ^= 0x08;
        with("flipped", flipped);
        for (const auto& [other, bytes] : whole_) {
            if (other == name || object_kind(other) != object_kind(name)) continue;
            with("swapped with " + other, bytes);
            break;
        }
        const auto elsewhere = other_.find(name);
        if (elsewhere != other_.end()) with("of the other vault", elsewhere->second);
        Objects without = whole_;
        without.erase(name);
        all.push_back({"deleted", name, std::move(without)});
        return all;
    }

    SmallVault vault_;
    SilentProgress silent_;
    StopFlag stop_;
    Objects whole_, other_, last_week_;
};

std::string context_of(const Damaged& damaged) { return damaged.object + " " + damaged.how; }

// Positions all over an object: dense at its beginning and end, where the headers and footers are.
std::vector<std::size_t> sampled_positions(std::size_t size, std::mt19937_64& random) {
    std::set<std::size_t> positions;
    for (std::size_t at = 0; at < std::min<std::size_t>(size, 320); at += 10) positions.insert(at);
    for (std::size_t back = 1; back <= std::min<std::size_t>(size, 120); back += 8) positions.insert(size - back);
    for (int i = 0; i < 16; ++i) positions.insert(random() % size);
    return {positions.begin(), positions.end()};
}

TEST_F(DamageMatrix, EverySingleBitFlipIsDetectedWithoutKeys) {
    std::mt19937_64 random(2);
    for (const auto& [name, content] : whole_) {
        for (const std::size_t at : sampled_positions(content.size(), random)) {
            Bytes flipped = content;
            flipped[at] ^= static_cast<Byte>(1U << (random() % 8));
            vault_.write_object("a", name, flipped);
            const VerifyResult result = verify_a(VerifyLevel::keyless);
            ASSERT_NE(find(result, name), nullptr) << name << " byte " << at;
        }
        vault_.write_object("a", name, content);
    }
    EXPECT_TRUE(verify_a(VerifyLevel::keyless).ok());
}

TEST_F(DamageMatrix, EveryDamageIsNamedAtTheRightLevel) {
    for (const auto& [name, content] : whole_) {
        for (const Damaged& damaged : damages_of(name)) {
            vault_.put_back("a", damaged.objects);
            EXPECT_NE(find(verify_a(VerifyLevel::keyless), name), nullptr) << context_of(damaged);
            const VerifyResult full = verify_a(VerifyLevel::full);
            const VerifyResult::Damage* const found = find(full, name);
            ASSERT_NE(found, nullptr) << context_of(damaged);
            EXPECT_EQ(found->kind, object_kind(name));
            // A pack is a megabyte here, so that any damage but growth and a flip of its header hits something live.
            const bool hits =
                damaged.how != "grown" && name != "gc/marks" && name != "vault.json" && !name.starts_with("ledger/");
            if (hits) {
                EXPECT_FALSE(found->affects.empty()) << context_of(damaged);
            }
            for (const auto& affected : found->affects) {
                const auto id = ObjectId::from_hex(affected.snapshot);
                ASSERT_TRUE(id && vault_.stored().contains(*id)) << context_of(damaged);
                if (object_kind(name) == "pack") {
                    EXPECT_TRUE(affected.path.starts_with("/")) << context_of(damaged);
                }
            }
            // Structure sees whatever changes a size or a small object.
            const bool sees = object_kind(name) != "pack" || damaged.how != "flipped";
            if (sees) {
                EXPECT_FALSE(verify_a(VerifyLevel::structure).ok()) << context_of(damaged);
            }
        }
        vault_.put_back("a", whole_);
    }
}

TEST_F(DamageMatrix, NoDamageIsEverRestoredAsGoodData) {
    for (const auto& [name, content] : whole_) {
        for (const Damaged& damaged : damages_of(name)) {
            vault_.put_back("a", damaged.objects);
            expect_nothing_wrong_is_written(context_of(damaged));
            if (HasFatalFailure()) return;
        }
        vault_.put_back("a", whole_);
    }
}

TEST_F(DamageMatrix, EveryDamageButTheLedgersIsHealedFromTheOtherVault) {
    for (const auto& [name, content] : whole_) {
        if (name.starts_with("ledger/")) continue;
        for (const Damaged& damaged : damages_of(name)) {
            vault_.put_back("a", damaged.objects);
            expect_healed(context_of(damaged));
            if (HasFatalFailure()) return;
            put_whole_back();
        }
    }
}

TEST_F(DamageMatrix, DamagedLedgerIsNeverWrittenTo) {
    for (const auto& [name, content] : whole_) {
        if (!name.starts_with("ledger/")) continue;
        for (const Damaged& damaged : damages_of(name)) {
            vault_.put_back("a", damaged.objects);
            auto tolerant = vault_.try_open("a", true);
            if (!tolerant.ok()) continue;
            Repository other = vault_.open("b");
            EXPECT_FALSE(repair(*tolerant, &other, silent_, stop_).ok()) << context_of(damaged);
            EXPECT_FALSE(vault_.try_open("a").ok()) << context_of(damaged);
        }
        vault_.put_back("a", whole_);
    }
}

// The way out of a damaged ledger: its snapshots go from the other vault into a new one.
TEST_F(DamageMatrix, NewVaultIsFilledFromTheOther) {
    vault_.make_vault("c");
    Repository from = vault_.open("b");
    Repository to = vault_.open("c");
    ASSERT_TRUE(is_ok(copy_snapshots(from, to, {}, silent_, stop_)));
    for (const auto& [id, files] : vault_.stored()) EXPECT_EQ(read_files(to, vault_.unlocked(), id), files);
}

TEST_F(DamageMatrix, CutTailIsNoticedAgainstARememberedHeadElseSaid) {
    const std::string newest =
        std::prev(std::find_if(whole_.begin(), whole_.end(), [](const auto& each) { return each.first > "ledger/9"; }))->first;
    ASSERT_TRUE(newest.starts_with("ledger/")) << newest;
    vault_.remove_object("a", newest);
    for (const VerifyLevel level : {VerifyLevel::keyless, VerifyLevel::structure, VerifyLevel::full}) {
        EXPECT_NE(find(verify_a(level), newest), nullptr);
    }
    EXPECT_FALSE(vault_.try_open("a").ok());
    const VerifyResult unwitnessed = verify_a(VerifyLevel::keyless, false);
    EXPECT_EQ(find(unwitnessed, newest), nullptr);
    EXPECT_TRUE(std::any_of(unwitnessed.notes.begin(), unwitnessed.notes.end(),
                            [](const auto& note) { return note.find("head not witnessed") != note.npos; }));
}

TEST_F(DamageMatrix, NewestSnapshotTakenOutCleanlyIsNoticedAgainstARememberedHead) {
    std::string newest_entry, newest_snapshot;
    for (const auto& [name, content] : whole_) {
        if (last_week_.contains(name)) continue;
        if (name.starts_with("ledger/")) newest_entry = name;
        if (name.starts_with("snapshots/")) newest_snapshot = name;
    }
    vault_.remove_object("a", newest_entry);
    vault_.remove_object("a", newest_snapshot);
    EXPECT_FALSE(verify_a(VerifyLevel::keyless).ok());
}

TEST_F(DamageMatrix, VaultRolledBackToLastWeekIsNoticedAgainstARememberedHead) {
    vault_.put_back("a", last_week_);
    const VerifyResult witnessed = verify_a(VerifyLevel::structure);
    ASSERT_EQ(witnessed.damaged.size(), 1U);
    EXPECT_EQ(witnessed.damaged[0].kind, "ledger");
    vault_.forget_heads();
    const VerifyResult unwitnessed = verify_a(VerifyLevel::structure);
    EXPECT_TRUE(unwitnessed.ok());
    EXPECT_TRUE(std::any_of(unwitnessed.notes.begin(), unwitnessed.notes.end(),
                            [](const auto& note) { return note.find("head not witnessed") != note.npos; }));
}

TEST_F(DamageMatrix, MarksFromBeforeTheLastPruneAreNoticed) {
    Marks older;
    older.generation = 2;
    vault_.write_object("a", "gc/marks", encode(older));
    EXPECT_NE(find(verify_a(VerifyLevel::keyless), "gc/marks"), nullptr);
    vault_.remove_object("a", "gc/marks");
    EXPECT_NE(find(verify_a(VerifyLevel::keyless), "gc/marks"), nullptr);
    expect_healed("marks");
}

TEST_F(DamageMatrix, ReserveIsUnderAChecksumToo) {
    Bytes reserve = other_.at("reserve");
    for (const std::size_t at : {std::size_t{0}, reserve.size() / 2, reserve.size() - 1}) {
        Bytes flipped = reserve;
        flipped[at] ^= 1;
        vault_.write_object("a", "reserve", flipped);
        EXPECT_NE(find(verify_a(VerifyLevel::keyless), "reserve"), nullptr) << at;
    }
    expect_healed("reserve");
}

}  // namespace
}  // namespace custody::test
