#include "restore/verifier.h"

#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/collector.h"
#include "vault/replicator.h"
#include "vault/store/vault_header.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace custody::test {
namespace {

class VerifierTest : public testing::Test {
protected:
    VerifyResult run(VerifyLevel level, std::vector<ObjectId> snapshots = {}) {
        VerifyOptions options;
        options.level = level;
        options.snapshots = std::move(snapshots);
        options.unlocked = level == VerifyLevel::keyless || level == VerifyLevel::structure ? nullptr : &vault_.unlocked();
        auto result = verify_location(vault_.files(), vault_.path("a"),
                                      level == VerifyLevel::keyless ? nullptr : &vault_.keyring(), options, silent_, stop_);
        EXPECT_TRUE(is_ok(result));
        return result.ok() ? *result : VerifyResult{};
    }
    // Objects of "a" below a folder, sorted.
    std::vector<std::string> names(const std::string& folder) {
        std::vector<std::string> found;
        for (const auto& [name, content] : vault_.objects("a")) {
            if (name.starts_with(folder)) found.push_back(name);
        }
        return found;
    }
    void flip(const std::string& name, std::size_t at) {
        Bytes content = vault_.objects("a").at(name);
        content.at(at) ^= 0x10;
        vault_.write_object("a", name, content);
    }
    static bool names_object(const VerifyResult& result, const std::string& name) {
        return std::any_of(result.damaged.begin(), result.damaged.end(), [&](const auto& each) { return each.object == name; });
    }
    static bool notes_say(const VerifyResult& result, const std::string& words) {
        return std::any_of(result.notes.begin(), result.notes.end(),
                           [&](const auto& note) { return note.find(words) != note.npos; });
    }
    // The pack that holds the content of a snapshot backed up alone.
    std::string pack_added_by(const ObjectId& snapshot, SegmentKind kind) {
        Repository repository = vault_.open("a");
        const auto read = repository.read_snapshot(snapshot);
        const auto keys = vault_.keyring().writer_keys(read->clear.label);
        const auto index = Index::open(repository.store(), *keys, IndexTrust{});
        for (const PackRow& row : (*index)->rows()) {
            if (row.kind == kind) return pack_name(row.pack);
        }
        return {};
    }

    SmallVault vault_;
    SilentProgress silent_;
    StopFlag stop_;
};

TEST_F(VerifierTest, SoundVaultPassesEveryLevel) {
    vault_.populate();
    for (const VerifyLevel level : {VerifyLevel::keyless, VerifyLevel::structure, VerifyLevel::sample, VerifyLevel::full}) {
        const VerifyResult result = run(level);
        EXPECT_TRUE(result.ok()) << result.damaged.front().object << " " << result.damaged.front().problem;
        EXPECT_GT(result.objects, 15U);
    }
}

TEST_F(VerifierTest, EmptyVaultPasses) {
    EXPECT_TRUE(run(VerifyLevel::full).ok());
    EXPECT_TRUE(run(VerifyLevel::keyless).ok());
}

TEST_F(VerifierTest, FullReadsEachPackOnce) {
    vault_.populate();
    std::uint64_t pack_bytes = 0;
    for (const auto& [name, content] : vault_.objects("a")) {
        if (name.starts_with("packs/")) pack_bytes += content.size();
    }
    const std::uint64_t structure = run(VerifyLevel::structure).bytes_read;
    EXPECT_EQ(run(VerifyLevel::full).bytes_read, structure + pack_bytes);
}

TEST_F(VerifierTest, FlippedContentIsNamedDownToThePath) {
    const Bytes big(400'000, 0x5a);
    const ObjectId id = vault_.back_up("a", "business", "docs", {{"srv/docs/big", big}, {"srv/small", Bytes(100, 1)}});
    const std::string pack = pack_added_by(id, SegmentKind::content);
    flip(pack, vault_.objects("a").at(pack).size() - 20);
    EXPECT_TRUE(run(VerifyLevel::structure).ok()) << "structure does not read packs whole";
    const VerifyResult keyless = run(VerifyLevel::keyless);
    ASSERT_EQ(keyless.damaged.size(), 1U);
    EXPECT_EQ(keyless.damaged[0].object, pack);
    EXPECT_EQ(keyless.damaged[0].kind, "pack");
    const VerifyResult full = run(VerifyLevel::full);
    ASSERT_EQ(full.damaged.size(), 1U);
    EXPECT_EQ(full.damaged[0].object, pack);
    ASSERT_FALSE(full.damaged[0].affects.empty());
    EXPECT_EQ(full.damaged[0].affects[0].snapshot, id.hex());
    EXPECT_TRUE(full.damaged[0].affects[0].path.starts_with("/srv/")) << full.damaged[0].affects[0].path;
}

TEST_F(VerifierTest, DamageThatHitsNoLiveBlockAffectsNobody) {
    const ObjectId id = vault_.back_up("a", "config", "etc", {{"etc/hosts", Bytes(3000, 7)}});
    const std::string pack = pack_added_by(id, SegmentKind::content);
    Bytes content = vault_.objects("a").at(pack);
    content.push_back(0);
    vault_.write_object("a", pack, content);
    const VerifyResult full = run(VerifyLevel::full);
    ASSERT_EQ(full.damaged.size(), 1U);
    EXPECT_TRUE(full.damaged[0].affects.empty());
    EXPECT_FALSE(run(VerifyLevel::structure).ok()) << "the size is wrong, which structure sees";
}

TEST_F(VerifierTest, MissingPackIsDamageAtEveryLevelAndNamesSnapshots) {
    const ObjectId id = vault_.back_up("a", "config", "etc", {{"etc/hosts", Bytes(3000, 7)}, {"etc/sub/x", Bytes(10, 1)}});
    vault_.remove_object("a", pack_added_by(id, SegmentKind::tree));
    EXPECT_FALSE(run(VerifyLevel::keyless).ok());
    const VerifyResult structure = run(VerifyLevel::structure);
    ASSERT_EQ(structure.damaged.size(), 1U);
    EXPECT_EQ(structure.damaged[0].problem, "is missing");
    ASSERT_EQ(structure.damaged[0].affects.size(), 1U);
    EXPECT_EQ(structure.damaged[0].affects[0].snapshot, id.hex());
    const VerifyResult full = run(VerifyLevel::full);
    ASSERT_EQ(full.damaged.size(), 1U);
    ASSERT_EQ(full.damaged[0].affects.size(), 1U);
    EXPECT_EQ(full.damaged[0].affects[0].path, "/");
}

TEST_F(VerifierTest, EveryIndexByteCounts) {
    vault_.populate();
    const auto segments = names("index/");
    ASSERT_FALSE(segments.empty());
    const Bytes whole = vault_.objects("a").at(segments[0]);
    for (std::size_t at = 0; at < whole.size(); at += whole.size() / 40 + 1) {
        flip(segments[0], at);
        const VerifyResult result = run(VerifyLevel::structure);
        EXPECT_TRUE(names_object(result, segments[0])) << "byte " << at;
        vault_.write_object("a", segments[0], whole);
    }
}

TEST_F(VerifierTest, LostIndexSegmentNamesWhoDependsOnIt) {
    const ObjectId id = vault_.back_up("a", "config", "etc", {{"etc/hosts", Bytes(3000, 7)}});
    const auto segments = names("index/");
    ASSERT_EQ(segments.size(), 1U);
    vault_.remove_object("a", segments[0]);
    const VerifyResult result = run(VerifyLevel::structure);
    ASSERT_EQ(result.damaged.size(), 1U);
    EXPECT_EQ(result.damaged[0].object, segments[0]);
    ASSERT_EQ(result.damaged[0].affects.size(), 1U);
    EXPECT_EQ(result.damaged[0].affects[0].snapshot, id.hex());
}

TEST_F(VerifierTest, CutLedgerIsNoticedAgainstTheRememberedHead) {
    vault_.populate();
    const auto entries = names("ledger/");
    vault_.remove_object("a", entries.back());
    const VerifyResult result = run(VerifyLevel::structure);
    ASSERT_FALSE(result.ok());
    EXPECT_TRUE(names_object(result, entries.back()));
    EXPECT_FALSE(notes_say(result, "head not witnessed"));
}

TEST_F(VerifierTest, WithoutARememberedHeadItSaysSo) {
    vault_.populate();
    vault_.remove_object("a", names("ledger/").back());
    const VerifyResult result = run(VerifyLevel::keyless);
    EXPECT_TRUE(notes_say(result, "head not witnessed"));
}

TEST_F(VerifierTest, DamagedLedgerEntryIsNamedAndTheRestIsStillChecked) {
    vault_.populate();
    const auto entries = names("ledger/");
    flip(entries[2], 40);
    const auto packs = names("packs/");
    vault_.remove_object("a", packs[0]);
    const VerifyResult result = run(VerifyLevel::keyless);
    EXPECT_TRUE(names_object(result, entries[2]));
    EXPECT_TRUE(names_object(result, packs[0])) << "its name is known from the entry's witness";
}

TEST_F(VerifierTest, LostHeaderIsDamageNotAFolderThatIsNoVault) {
    vault_.populate();
    vault_.remove_object("a", "vault.json");
    const VerifyResult result = run(VerifyLevel::full);
    ASSERT_EQ(result.damaged.size(), 1U);
    EXPECT_EQ(result.damaged[0].kind, "header");
}

TEST_F(VerifierTest, HeaderOfAnotherVaultIsDamage) {
    vault_.populate();
    vault_.write_object("a", "vault.json", vault_.objects("b").at("vault.json"));
    const VerifyResult result = run(VerifyLevel::structure);
    ASSERT_EQ(result.damaged.size(), 1U);
    EXPECT_EQ(result.damaged[0].object, "vault.json");
}

TEST_F(VerifierTest, DamagedReserveIsDamageAndAMissingOneANote) {
    flip("reserve", 1'000'000);
    EXPECT_TRUE(names_object(run(VerifyLevel::keyless), "reserve"));
    vault_.remove_object("a", "reserve");
    const VerifyResult result = run(VerifyLevel::keyless);
    EXPECT_TRUE(result.ok());
    EXPECT_TRUE(notes_say(result, "reserve"));
}

TEST_F(VerifierTest, OrphansAreNotedNotDamage) {
    vault_.populate();
    vault_.write_object("a", "packs/ab/ab" + std::string(62, '0'), Bytes(100, 1));
    const VerifyResult result = run(VerifyLevel::structure);
    EXPECT_TRUE(result.ok());
    EXPECT_TRUE(notes_say(result, "no ledger entry names"));
}

TEST_F(VerifierTest, LevelsThatNeedMoreKeysNameTheLevelThatWorks) {
    vault_.populate();
    VerifyOptions options;
    options.level = VerifyLevel::full;
    Repository repository = vault_.open("a");
    const auto locked = verify(repository, options, silent_, stop_);
    ASSERT_TRUE(fails_with(Code::wrong_key, locked));
    EXPECT_NE(locked.error().message.find("structure"), std::string::npos);
    options.level = VerifyLevel::structure;
    const auto keyless = verify_location(vault_.files(), vault_.path("a"), nullptr, options, silent_, stop_);
    ASSERT_TRUE(fails_with(Code::wrong_key, keyless));
    EXPECT_NE(keyless.error().message.find("keyless"), std::string::npos);
}

TEST_F(VerifierTest, NamedSnapshotsReadOnlyTheirPacks) {
    const ObjectId one = vault_.back_up("a", "config", "etc", {{"etc/hosts", Bytes(3000, 7)}});
    vault_.back_up("a", "log", "syslog", {{"var/log/syslog", Bytes(300'000, 9)}});
    const VerifyResult all = run(VerifyLevel::full);
    const VerifyResult some = run(VerifyLevel::full, {one});
    EXPECT_TRUE(some.ok());
    EXPECT_LT(some.bytes_read, all.bytes_read);
}

TEST_F(VerifierTest, UnknownSignersAreNotedUnlessGiven) {
    vault_.populate();
    EXPECT_TRUE(notes_say(run(VerifyLevel::keyless), "unknown signer"));
    EXPECT_FALSE(notes_say(run(VerifyLevel::structure), "unknown signer"));
    VerifyOptions options;
    options.level = VerifyLevel::keyless;
    options.signers = {vault_.keyring().signer()};
    const auto result = verify_location(vault_.files(), vault_.path("a"), nullptr, options, silent_, stop_);
    ASSERT_TRUE(is_ok(result));
    EXPECT_FALSE(notes_say(*result, "unknown signer"));
}

TEST_F(VerifierTest, DestroyedLabelIsNoDamage) {
    vault_.populate();
    ASSERT_TRUE(is_ok(vault_.keyring().destroy_label(vault_.unlocked(), "log")));
    const VerifyResult full = run(VerifyLevel::full);
    EXPECT_TRUE(full.ok()) << full.damaged.front().object << full.damaged.front().problem;
    EXPECT_EQ(full.destroyed_snapshots, 1U);
    EXPECT_TRUE(notes_say(full, "destroyed"));
}

TEST_F(VerifierTest, SampleReadsAllTreesAndSomeOfTheRest) {
    const ObjectId id = vault_.back_up("a", "config", "etc", {{"etc/hosts", Bytes(3000, 7)}});
    const std::string trees = pack_added_by(id, SegmentKind::tree);
    flip(trees, vault_.objects("a").at(trees).size() - 10);
    EXPECT_TRUE(names_object(run(VerifyLevel::sample), trees));
    EXPECT_TRUE(notes_say(run(VerifyLevel::sample), "seed"));
}

// What prune and forget do while a verification is at a given phase.
class PruneDuring final : public Progress {
public:
    PruneDuring(SmallVault& vault, std::string_view phase) : vault_(vault), phase_(phase) {}
    void update(const ProgressState& state) override {
        if (ran || state.phase != phase_) return;
        ran = true;
        Repository repository = vault_.open("a");
        SilentProgress silent;
        const StopFlag stop;
        ForgetOptions forget;
        RetentionRule newest;
        newest.last = 1;
        forget.rule = newest;
        EXPECT_TRUE(is_ok(forget_snapshots(repository, forget)));
        PruneOptions options;
        options.grace_ns = 0;
        EXPECT_TRUE(is_ok(prune(repository, options, silent, stop)));
    }
    void warn(std::string_view) override {}
    bool ran = false;

private:
    SmallVault& vault_;
    std::string_view phase_;
};

TEST_F(VerifierTest, PruneBesideItIsNoDamage) {
    for (const std::string_view phase : {"checking objects", "verifying", "checking references"}) {
        SmallVault fresh;
        fresh.populate();
        fresh.back_up("a", "business", "docs", {{"srv/docs/plan.odt", Bytes(500'000, 4)}});
        PruneDuring hook(fresh, phase);
        VerifyOptions options;
        options.level = VerifyLevel::full;
        options.unlocked = &fresh.unlocked();
        const auto result = verify_location(fresh.files(), fresh.path("a"), &fresh.keyring(), options, hook, stop_);
        ASSERT_TRUE(is_ok(result));
        EXPECT_TRUE(hook.ran) << phase;
        EXPECT_TRUE(result->ok()) << phase << ": " << result->damaged.front().object << " " << result->damaged.front().problem;
    }
}

TEST_F(VerifierTest, InterruptionEndsIt) {
    vault_.populate();
    stop_.request();
    Repository repository = vault_.open("a");
    EXPECT_TRUE(fails_with(Code::interrupted, verify(repository, VerifyOptions{}, silent_, stop_)));
}

}  // namespace
}  // namespace custody::test
