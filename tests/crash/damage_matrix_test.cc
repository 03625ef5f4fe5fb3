// Every object of a small vault suffers what a medium, a careless hand or an adversary without keys can do to it.
//
// Fault model: single-bit flips (sampled over the whole object, every field of every header), truncation, growth, swap with
// another object of its kind, the same object of the other vault, an older or other version under a good signature, deletion; and
// of the vault as a whole: a ledger with its tail cut or all of it gone, a newest snapshot taken out, last week's copy put back.
// Shown for each: the right verify level detects it and names the object, and the snapshots and paths it affects; a restore
// writes what was backed up or nothing; `repair` from a second vault heals it: every kind of object, and every object of a kind.
//
// Three objects may be missing without damage, and verification says so in a note or has nothing to compare with: the witness of
// the newest entry (here written last, so that a crash may lose it), a witness of another vault's entry (a second copy of what is
// that vault's) and the reserve, which prune gives up on a full medium.
#include "restore/restorer.h"
#include "restore/unfinished_folder.h"
#include "restore/verifier.h"
#include "tests/support/damage_samples.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/history/witness.h"
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
        vault_.back_up("a", "business", "docs", {{"srv/docs/plan", noise_bytes(300'000, 4)}, {"srv/docs/note", text(20'000, 5)}});
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
        whole_ = vault_.objects("a");
        // Its four mebibytes have tests of their own.
        whole_.erase("reserve");
        std::erase_if(whole_, [](const auto& each) { return object_kind(each.first) == "object"; });
        other_ = vault_.objects("b");
        reserve_ = other_.at("reserve");
        Repository a = vault_.open("a");
        newest_own_ = witness_name(a.header().vault, a.state().n);
        Repository b = vault_.open("b");
        newest_foreign_ = witness_name(b.header().vault, b.state().n);
        ASSERT_TRUE(whole_.contains(newest_own_));
        ASSERT_TRUE(whole_.contains(newest_foreign_));
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
    static bool notes(const VerifyResult& result, const std::string& words) {
        return std::any_of(result.notes.begin(), result.notes.end(),
                           [&](const std::string& note) { return note.find(words) != note.npos; });
    }
    [[nodiscard]] bool is_foreign_witness(const std::string& object) const {
        return object.starts_with(newest_foreign_.substr(0, newest_foreign_.rfind('/')));
    }
    // Damage, or the note that says what may be missing.
    bool is_told(const VerifyResult& result, const Damaged& damaged) {
        if (damaged.how == "deleted" && damaged.object == newest_own_) return notes(result, "newest ledger entry has no witness");
        if (damaged.how == "deleted" && damaged.object == newest_foreign_) return result.ok();
        // A hint less about the other vault: noted, and written again as soon as the two meet.
        if (damaged.how == "deleted" && is_foreign_witness(damaged.object)) return notes(result, "no second cop");
        return find(result, damaged.object) != nullptr;
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
                // A run that ended early leaves its mark for the one that goes on.
                if (!restored.ok() && is_mark_name(item.path().filename().string()) && item.file_size() == 0) continue;
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

    // The reserve stays, unless `objects` says otherwise.
    void put(Objects objects) {
        objects.try_emplace("reserve", reserve_);
        vault_.put_back("a", objects);
    }
    void put_whole_back() {
        put(whole_);
        vault_.forget_heads();
        Repository seen = vault_.open("a");  // the keyring remembers its head again
    }

    // The same number, the same place in the chain, a good signature, another content.
    Bytes other_version(ByteView entry) {
        auto decoded = decode_ledger_entry(entry);
        EXPECT_TRUE(is_ok(decoded));
        decoded->entry.time = Time{decoded->entry.time.ns - kMinute};
        auto bytes = encode(decoded->entry, decoded->vault, vault_.keyring().signing_seed());
        EXPECT_TRUE(is_ok(bytes));
        return bytes.ok() ? *bytes : Bytes{};
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
        // Two newest entries of the other's ledger, each well signed, are two histories, and a test of their own.
        const bool is_entry = object_kind(name) == "ledger" || object_kind(name) == "witness";
        if (is_entry && name != newest_foreign_) with("of another version", other_version(content));
        const auto elsewhere = other_.find(name);
        if (elsewhere != other_.end()) with("of the other vault", elsewhere->second);
        Objects without = whole_;
        without.erase(name);
        all.push_back({"deleted", name, std::move(without)});
        return sampled(std::move(all), objects_sampled_++);
    }

    SmallVault vault_;
    SilentProgress silent_;
    StopFlag stop_;
    Objects whole_, other_, last_week_;
    Bytes reserve_;
    std::size_t objects_sampled_ = 0;
    std::string newest_own_, newest_foreign_;  // witnesses in "a": of its own head, and of that of "b"
};

std::string context_of(const Damaged& damaged) { return damaged.object + " " + damaged.how; }

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
            put(damaged.objects);
            EXPECT_TRUE(is_told(verify_a(VerifyLevel::keyless), damaged)) << context_of(damaged);
            const VerifyResult full = verify_a(VerifyLevel::full);
            ASSERT_TRUE(is_told(full, damaged)) << context_of(damaged);
            const VerifyResult::Damage* const found = find(full, name);
            if (found == nullptr) continue;
            EXPECT_EQ(found->kind, object_kind(name));
            // A pack is a megabyte here, so that any damage but growth and a flip of its header hits something live.
            const std::string_view kind = object_kind(name);
            const bool holds_data = kind == "pack" || kind == "index" || kind == "snapshot";
            const bool hits = damaged.how != "grown" && holds_data;
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
        put(whole_);
    }
}

TEST_F(DamageMatrix, NoDamageIsEverRestoredAsGoodData) {
    for (const auto& [name, content] : whole_) {
        for (const Damaged& damaged : damages_of(name)) {
            put(damaged.objects);
            expect_nothing_wrong_is_written(context_of(damaged));
            if (HasFatalFailure()) return;
        }
        put(whole_);
    }
}

TEST_F(DamageMatrix, EveryDamageIsHealedFromTheOtherVault) {
    std::set<std::string_view> kinds;
    for (const auto& [name, content] : whole_) {
        kinds.insert(object_kind(name));
        for (const Damaged& damaged : damages_of(name)) {
            put(damaged.objects);
            expect_healed(context_of(damaged));
            if (HasFatalFailure()) return;
            // Packs may come back as others and an index is made anew; what is signed or numbered is what it was.
            const std::string_view kind = object_kind(name);
            if (kind == "ledger" || kind == "witness" || kind == "header" || kind == "snapshot") {
                EXPECT_TRUE(vault_.objects("a").at(name) == content) << context_of(damaged);
            }
            put_whole_back();
        }
    }
    EXPECT_EQ(kinds, (std::set<std::string_view>{"header", "pack", "index", "snapshot", "ledger", "marks", "witness"}));
}

// What happened since the last copy no other vault has seen: the own witnesses heal it.
TEST_F(DamageMatrix, LedgerIsHealedFromTheVaultItselfToo) {
    for (const auto& [name, content] : whole_) {
        if (object_kind(name) != "ledger") continue;
        for (const Damaged& damaged : damages_of(name)) {
            put(damaged.objects);
            {
                auto tolerant = vault_.try_open("a", true);
                ASSERT_TRUE(is_ok(tolerant)) << context_of(damaged);
                const auto result = repair(*tolerant, nullptr, silent_, stop_);
                ASSERT_TRUE(is_ok(result)) << context_of(damaged);
                EXPECT_TRUE(result->lost.empty()) << context_of(damaged);
            }
            EXPECT_TRUE(verify_a(VerifyLevel::full).ok()) << context_of(damaged);
            put_whole_back();
        }
    }
}

TEST_F(DamageMatrix, WholeLedgerAndHeaderComeBackFromTheOtherVault) {
    const std::string own = newest_own_.substr(0, newest_own_.rfind('/') + 1);
    Objects without_ledger = whole_, without_own = whole_, without_first = whole_;
    std::erase_if(without_ledger, [](const auto& each) { return each.first.starts_with("ledger/"); });
    put(without_ledger);
    expect_healed("no ledger");
    put_whole_back();
    std::erase_if(without_own,
                  [&](const auto& each) { return each.first.starts_with("ledger/") || each.first.starts_with(own); });
    put(without_own);
    expect_healed("no ledger and no own witness");
    put_whole_back();
    without_first.erase("vault.json");
    without_first.erase("ledger/0000000000000001");
    put(without_first);
    expect_healed("no header and no first entry");
}

TEST_F(DamageMatrix, DamagedLedgerIsNeverWrittenTo) {
    for (const auto& [name, content] : whole_) {
        if (!name.starts_with("ledger/")) continue;
        for (const Damaged& damaged : damages_of(name)) {
            put(damaged.objects);
            EXPECT_FALSE(vault_.try_open("a").ok()) << context_of(damaged);
            auto tolerant = vault_.try_open("a", true);
            ASSERT_TRUE(is_ok(tolerant)) << context_of(damaged);
            LedgerEntry entry;
            entry.operation = Operation::prune;
            EXPECT_FALSE(tolerant->publish(entry, nullptr).ok()) << context_of(damaged);
        }
        put(whole_);
    }
}

// The way out where nothing heals: the snapshots go from the other vault into a new one.
TEST_F(DamageMatrix, NewVaultIsFilledFromTheOther) {
    vault_.make_vault("c");
    Repository from = vault_.open("b");
    Repository to = vault_.open("c");
    ASSERT_TRUE(is_ok(copy_snapshots(from, to, {}, silent_, stop_)));
    for (const auto& [id, files] : vault_.stored()) EXPECT_EQ(read_files(to, vault_.unlocked(), id), files);
}

TEST_F(DamageMatrix, CutTailIsNoticedAgainstARememberedHeadElseSaid) {
    const std::string newest = "ledger" + newest_own_.substr(newest_own_.rfind('/'));
    vault_.remove_object("a", newest);
    // Its witness alone tells, without any key or memory.
    EXPECT_NE(find(verify_a(VerifyLevel::keyless, false), newest), nullptr);
    vault_.remove_object("a", newest_own_);
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
    expect_healed("newest snapshot taken out");
}

// No keyring remembers anything here: the other medium does.
TEST_F(DamageMatrix, VaultRolledBackToLastWeekIsNoticedAndHealedByTheOtherVault) {
    put(last_week_);
    vault_.forget_heads();
    for (const bool into : {false, true}) {
        Repository a = vault_.open("a");
        Repository b = vault_.open("b");
        const auto copied = into ? copy_snapshots(b, a, {}, silent_, stop_) : copy_snapshots(a, b, {}, silent_, stop_);
        ASSERT_TRUE(fails_with(Code::corrupt, copied));
        EXPECT_NE(copied.error().message.find("last head remembered by another medium"), std::string::npos);
    }
    expect_healed("rolled back");
    const Objects healed = vault_.objects("a");
    for (const auto& [name, content] : whole_) {
        if (object_kind(name) == "ledger") {
            EXPECT_EQ(healed.at(name), content) << name;
        }
    }
}

TEST_F(DamageMatrix, VaultThatWentOnAfterARollbackIsNotMerged) {
    put(last_week_);
    vault_.forget_heads();
    vault_.back_up("a", "config", "etc", {{"etc/hosts", text(50, 77)}});
    const Objects before = vault_.objects("a");
    Repository b = vault_.open("b");
    {
        Repository a = vault_.open("a");
        EXPECT_TRUE(fails_with(Code::corrupt, copy_snapshots(a, b, {}, silent_, stop_)));
        EXPECT_TRUE(fails_with(Code::corrupt, repair(a, &b, silent_, stop_)));
    }
    EXPECT_TRUE(vault_.objects("a") == before);
}

// The other way round: the vault that is to heal is the one that went back. What it has is taken by hash; that it went back is
// said.
TEST_F(DamageMatrix, OtherVaultThatWasRolledBackIsNoticed) {
    const std::string newest = "ledger" + newest_foreign_.substr(newest_foreign_.rfind('/'));
    vault_.remove_object("b", newest);
    vault_.remove_object("b", newest_foreign_);
    vault_.forget_heads();
    Repository a = vault_.open("a");
    Repository b = vault_.open("b");
    const auto result = repair(a, &b, silent_, stop_);
    ASSERT_TRUE(is_ok(result));
    ASSERT_EQ(result->lost.size(), 1U);
    EXPECT_NE(result->lost[0].why.find("last head remembered by another medium"), std::string::npos);
    EXPECT_EQ(vault_.objects("a").at(newest_foreign_), whole_.at(newest_foreign_)) << "what is remembered stays";
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
    std::vector<Bytes> damaged{Bytes{}, Bytes(reserve_.begin(), reserve_.end() - 1), whole_.at("vault.json")};
    damaged.push_back(reserve_);
    damaged.back().push_back(0);
    for (const std::size_t at : {std::size_t{0}, reserve_.size() / 2, reserve_.size() - 1}) {
        damaged.push_back(reserve_);
        damaged.back()[at] ^= 1;
    }
    for (const Bytes& bytes : damaged) {
        vault_.write_object("a", "reserve", bytes);
        for (const VerifyLevel level : {VerifyLevel::keyless, VerifyLevel::structure, VerifyLevel::full}) {
            EXPECT_NE(find(verify_a(level), "reserve"), nullptr) << bytes.size();
        }
        expect_healed("reserve");
        EXPECT_EQ(vault_.objects("a").at("reserve"), reserve_);
    }
    vault_.remove_object("a", "reserve");
    EXPECT_TRUE(notes(verify_a(VerifyLevel::keyless), "reserve is missing"));
    expect_healed("reserve deleted");
    EXPECT_EQ(vault_.objects("a").at("reserve"), reserve_);
}

}  // namespace
}  // namespace custody::test
