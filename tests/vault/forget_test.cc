// Forgetting by name and by rule: what is protected stays, and says why.
#include "tests/support/hand_vault.h"
#include "tests/support/interrupted_file_system.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "vault/collector.h"
#include "vault/packs/format.h"
#include "vault/sound_prefix.h"

#include <gtest/gtest.h>

namespace custody::test {
namespace {

class ForgetTest : public testing::Test {
protected:
    ObjectId back_up(const std::string& label = "business", const std::string& name = "data") {
        HandVault::Run run;
        run.label = label;
        run.name = name;
        return vault_.back_up({{"file", noise_bytes(500, 1)}}, run);
    }
    Result<ForgetResult> forget(const ForgetOptions& options) {
        repository_ = std::make_unique<Repository>(vault_.open());
        return forget_snapshots(*repository_, options);
    }
    static ForgetOptions keep_last(std::uint32_t n) {
        ForgetOptions options;
        options.rule = RetentionRule{};
        options.rule->last = n;
        return options;
    }
    static ForgetOptions named(std::vector<std::string> references) {
        ForgetOptions options;
        options.references = std::move(references);
        return options;
    }
    std::size_t live() { return vault_.open().state().snapshots.size(); }

    HandVault vault_;
    std::unique_ptr<Repository> repository_;
};

TEST_F(ForgetTest, NeitherIdsNorRuleIsUsage) {
    back_up();
    EXPECT_TRUE(fails_with(Code::usage, forget({})));
    ForgetOptions empty_rule;
    empty_rule.rule = RetentionRule{};
    EXPECT_TRUE(fails_with(Code::usage, forget(empty_rule)));
    ForgetOptions both = keep_last(1);
    both.references = {"latest"};
    EXPECT_TRUE(fails_with(Code::usage, forget(both)));
    EXPECT_EQ(live(), 1U);
}

TEST_F(ForgetTest, ByIdEndsThatSnapshotAndKeepsItsObjectForPrune) {
    const ObjectId gone = back_up();
    const ObjectId kept = back_up();
    const auto result = forget(named({gone.hex(), gone.hex().substr(0, 12)}));
    ASSERT_TRUE(is_ok(result));
    ASSERT_EQ(result->forgotten.size(), 1U);
    EXPECT_EQ(result->forgotten[0].snapshot, gone);
    EXPECT_NE(result->forgotten[0].text.find("business/data"), std::string::npos);
    EXPECT_EQ(vault_.open().state().snapshots.count(gone), 0U);
    EXPECT_EQ(vault_.open().state().snapshots.count(kept), 1U);
    EXPECT_TRUE(is_ok(vault_.check_objects()));
    EXPECT_TRUE(fails_with(Code::not_found, forget(named({gone.hex()}))));
}

TEST_F(ForgetTest, RuleCountsPerLabelNameHostAndKind) {
    back_up("business", "a");
    back_up("business", "b");
    back_up("config", "a");
    back_up("business", "a");
    const auto result = forget(keep_last(1));
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->forgotten.size(), 1U);
    EXPECT_EQ(result->kept.size(), 3U);
    EXPECT_EQ(live(), 3U);
}

TEST_F(ForgetTest, FiltersChooseComposedAndDecomposedNamesAlike) {
    for (int i = 0; i < 2; ++i) {
        back_up("business", "t\xC3\xA0i li\xE1\xBB\x87u");  // composed
        back_up("business", "other");
    }
    ForgetOptions options = keep_last(1);
    options.name = "ta\xCC\x80i lie\xCC\xA3\xCC\x82u";  // decomposed
    const auto result = forget(options);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->forgotten.size(), 1U);
    EXPECT_EQ(result->kept.size(), 1U);
    EXPECT_EQ(live(), 3U);
}

TEST_F(ForgetTest, DryRunEndsNothing) {
    back_up();
    back_up();
    ForgetOptions options = keep_last(1);
    options.dry_run = true;
    const auto result = forget(options);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->forgotten.size(), 1U);
    EXPECT_EQ(live(), 2U);
}

TEST_F(ForgetTest, HeldIsSkippedByARuleAndRefusedById) {
    const ObjectId held = back_up();
    back_up();
    vault_.hold(held, "inspection");
    const auto by_rule = forget(keep_last(1));
    ASSERT_TRUE(is_ok(by_rule));
    EXPECT_TRUE(by_rule->forgotten.empty());
    ASSERT_EQ(by_rule->skipped.size(), 1U);
    EXPECT_EQ(by_rule->skipped[0].snapshot, held);
    EXPECT_NE(by_rule->skipped[0].why.find("inspection"), std::string::npos);
    const auto by_id = forget(named({held.hex()}));
    EXPECT_TRUE(fails_with(Code::refused, by_id));
    EXPECT_EQ(live(), 2U);
}

TEST_F(ForgetTest, LawfulTermOfLogsIsKept) {
    const ObjectId log = back_up("log");
    back_up("log");
    EXPECT_TRUE(fails_with(Code::refused, forget(named({log.hex()}))));
    const auto by_rule = forget(keep_last(1));
    ASSERT_TRUE(is_ok(by_rule));
    ASSERT_EQ(by_rule->skipped.size(), 1U);
    EXPECT_NE(by_rule->skipped[0].why.find("B12"), std::string::npos);
    vault_.clock().advance(200 * kDay);
    ForgetOptions sure = named({log.hex()});
    sure.clock_is_right = true;
    EXPECT_TRUE(is_ok(forget(sure)));
}

TEST_F(ForgetTest, ALogWrittenWithAClockThatWasBehindIsNoOlderThanItsOrder) {
    back_up("log");
    HandVault::Run run;
    run.label = "log";
    run.name = "data";
    run.clock_suspect = true;
    const Time right = vault_.clock().now();
    vault_.clock().set(Time{right.ns - 300 * kDay});
    const ObjectId log = vault_.back_up({{"file", noise_bytes(500, 2)}}, run);
    vault_.clock().set(Time{right.ns + kDay});
    back_up("log");
    EXPECT_TRUE(fails_with(Code::refused, forget(named({log.hex()}))));
    const auto by_rule = forget(keep_last(1));
    ASSERT_TRUE(is_ok(by_rule));
    EXPECT_TRUE(by_rule->forgotten.empty());
    EXPECT_EQ(live(), 3U);
}

TEST_F(ForgetTest, ClockBehindTheVaultRefuses) {
    const ObjectId id = back_up();
    vault_.clock().advance(-kHour);
    EXPECT_TRUE(fails_with(Code::refused, forget(named({id.hex()}))));
    EXPECT_TRUE(fails_with(Code::refused, forget(keep_last(1))));
    vault_.clock().advance(kHour - 2 * kMinute);  // within five minutes it is only a slow clock
    back_up();
    EXPECT_TRUE(is_ok(forget(keep_last(1))));
}

TEST_F(ForgetTest, OneBackupWithTheClockFarAheadIsNotForEver) {
    const ObjectId id = back_up();
    back_up();
    vault_.clock().advance(7300 * kDay);
    const ObjectId dated_ahead = back_up();
    vault_.clock().advance(-7299 * kDay);
    EXPECT_TRUE(fails_with(Code::refused, forget(keep_last(1000))));
    ForgetOptions sure = keep_last(1000);
    sure.clock_is_right = true;
    sure.dry_run = true;
    ASSERT_TRUE(is_ok(forget(sure)));
    EXPECT_TRUE(vault_.open().clock_state().behind_floor) << "a dry run enters nothing";
    sure.dry_run = false;
    ASSERT_TRUE(is_ok(forget(sure)));
    EXPECT_FALSE(vault_.open().clock_state().behind_floor) << "entered, though nothing ended";
    const ObjectId newest = back_up();
    const auto result = forget(keep_last(1));
    ASSERT_TRUE(is_ok(result)) << "nobody has to say it again";
    EXPECT_EQ(result->forgotten.size(), 2U);
    EXPECT_EQ(result->forgotten[0].snapshot, id);
    const LedgerState state = vault_.open().state();
    EXPECT_TRUE(state.snapshots.contains(newest)) << "what is dated after now ends no other";
    EXPECT_TRUE(state.snapshots.contains(dated_ahead));
}

TEST_F(ForgetTest, ClockFarAheadWantsToBeConfirmed) {
    const ObjectId id = back_up();
    back_up();
    vault_.clock().advance(41 * kDay);
    EXPECT_TRUE(fails_with(Code::refused, forget(keep_last(1))));
    ForgetOptions sure = keep_last(1);
    sure.clock_is_right = true;
    const auto result = forget(sure);
    ASSERT_TRUE(is_ok(result));
    ASSERT_EQ(result->forgotten.size(), 1U);
    EXPECT_EQ(result->forgotten[0].snapshot, id);
}

TEST_F(ForgetTest, SnapshotWrittenWithASlowClockCountsWhereTheLedgerHasIt) {
    back_up();
    back_up();
    const Time now = vault_.clock().now();
    vault_.clock().set(Time{1000 * kSecond});
    HandVault::Run run;
    run.clock_suspect = true;
    const ObjectId slow = vault_.back_up({{"file", noise_bytes(500, 1)}}, run);
    vault_.clock().set(now);
    vault_.clock().advance(kSecond);
    ForgetOptions options;
    options.rule = RetentionRule{};
    options.rule->daily = 1;
    const auto result = forget(options);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->forgotten.size(), 2U);
    ASSERT_EQ(result->kept.size(), 1U);
    EXPECT_EQ(result->kept[0].snapshot, slow);
}

TEST_F(ForgetTest, ALostRecordIsEndedByItsIdOrAPrefixAndTheLedgerSaysSo) {
    const ObjectId lost = back_up(), other = back_up();
    const Time made = vault_.clock().now();
    ASSERT_TRUE(is_ok(vault_.store().remove(snapshot_name(lost))));
    ForgetOptions dry = named({lost.hex().substr(0, 10)});
    dry.dry_run = true;
    const auto tried = forget(dry);
    ASSERT_TRUE(is_ok(tried));
    EXPECT_EQ(live(), 2U);
    const auto result = forget(named({lost.hex().substr(0, 10), lost.hex()}));
    ASSERT_TRUE(is_ok(result));
    ASSERT_EQ(result->forgotten.size(), 1U);
    EXPECT_EQ(result->forgotten[0].snapshot, lost);
    EXPECT_EQ(result->forgotten[0].why, "its record was lost");
    EXPECT_NE(result->forgotten[0].text.find("label business"), std::string::npos) << "its index segment names the label";
    const LedgerState state = vault_.open().state();
    EXPECT_TRUE(state.snapshots.contains(other));
    ASSERT_TRUE(state.lost.contains(lost));
    EXPECT_EQ(state.lost.at(lost).n, state.n);
    EXPECT_EQ(state.lost.at(lost).label, vault_.keys("business").label);
    EXPECT_LE(state.lost.at(lost).was.order, made);
    EXPECT_TRUE(is_ok(vault_.check_objects())) << "the vault need not hold what is lost";
    StopFlag stop;
    SilentProgress progress;
    Repository repository = vault_.open();
    PruneOptions options;
    options.grace_ns = 0;
    EXPECT_TRUE(is_ok(prune(repository, options, progress, stop)));
    EXPECT_TRUE(is_ok(vault_.read_back(other)));
}

TEST_F(ForgetTest, ALostRecordStaysWhileItIsHeldOrItsLawfulTermIsKnown) {
    const ObjectId held = back_up(), log = back_up("log");
    vault_.hold(held, "inspection");
    for (const ObjectId& id : {held, log}) ASSERT_TRUE(is_ok(vault_.store().remove(snapshot_name(id))));
    const auto refused = forget(named({held.hex()}));
    ASSERT_TRUE(fails_with(Code::refused, refused));
    EXPECT_NE(refused.error().message.find("inspection"), std::string::npos);
    const auto in_term = forget(named({log.hex()}));
    ASSERT_TRUE(fails_with(Code::refused, in_term));
    EXPECT_NE(in_term.error().message.find("B12"), std::string::npos);
    EXPECT_EQ(live(), 2U);
    vault_.clock().advance(200 * kDay);
    ForgetOptions sure = named({log.hex()});
    sure.clock_is_right = true;
    EXPECT_TRUE(is_ok(forget(sure)));
}

TEST_F(ForgetTest, ARecordThatWasOverwrittenOrHasGrownIsEndedToo) {
    const ObjectId flipped = back_up(), grown = back_up("log");
    Bytes bytes = vault_.store().get(snapshot_name(flipped), kMaxSnapshotSize).value();
    bytes[bytes.size() / 2] ^= 1;
    ASSERT_TRUE(is_ok(vault_.store().replace(snapshot_name(flipped), bytes)));
    Bytes longer = vault_.store().get(snapshot_name(grown), kMaxSnapshotSize).value();
    const Bytes sound = longer;
    longer.resize(longer.size() + 700, 'x');
    ASSERT_TRUE(is_ok(vault_.store().replace(snapshot_name(grown), longer)));

    const auto prefix = sound_prefix(vault_.store(), {snapshot_name(grown), sound.size(), {}}, kMaxSnapshotSize);
    ASSERT_TRUE(is_ok(prefix));
    EXPECT_EQ(*prefix, sound);
    EXPECT_FALSE(sound_prefix(vault_.store(), {snapshot_name(flipped), bytes.size(), {}}, kMaxSnapshotSize).value());
    EXPECT_FALSE(sound_prefix(vault_.store(), {snapshot_name(grown), sound.size() + 1, {}}, kMaxSnapshotSize).value())
        << "not its first bytes";

    const auto ended = forget(named({flipped.hex()}));
    ASSERT_TRUE(is_ok(ended));
    EXPECT_EQ(ended->forgotten[0].why, "its record was damaged");
    const auto in_term = forget(named({grown.hex()}));
    ASSERT_TRUE(fails_with(Code::refused, in_term)) << "what it says can still be read";
    EXPECT_NE(in_term.error().message.find("log/data"), std::string::npos);
    EXPECT_TRUE(vault_.open().state().lost.contains(flipped));
}

// Entries of early versions say no label, and one that stored nothing new has no index segment that would.
TEST_F(ForgetTest, ALostRecordOfUnknownLabelCountsAsOfTheLongestTerm) {
    back_up("log");
    const ObjectId lost = back_up("log");
    const Time made = vault_.clock().now();
    ASSERT_TRUE(is_ok(vault_.store().remove(snapshot_name(lost))));
    const auto refused = forget(named({lost.hex()}));
    ASSERT_TRUE(fails_with(Code::refused, refused));
    EXPECT_NE(refused.error().message.find("its label is not known"), std::string::npos) << refused.error().message;
    EXPECT_NE(refused.error().message.find("repair --from"), std::string::npos) << refused.error().message;
    const std::string until = to_rfc3339_local(Time{made.ns + 184 * kDay}).substr(0, 10);
    EXPECT_NE(refused.error().message.find(until), std::string::npos) << refused.error().message;
    EXPECT_EQ(live(), 2U);
    vault_.clock().advance(200 * kDay);
    ForgetOptions sure = named({lost.hex()});
    sure.clock_is_right = true;
    EXPECT_TRUE(is_ok(forget(sure)));
}

TEST_F(ForgetTest, TheLabelThatTheEntrySaysCounts) {
    const ObjectId sample = back_up("log"), plain = back_up("business");
    for (const ObjectId& id : {sample, plain}) {
        const auto bytes = vault_.store().get(snapshot_name(id), kMaxSnapshotSize);
        ASSERT_TRUE(is_ok(bytes));
        const std::string label = id == sample ? "log" : "business";
        Repository repository = vault_.open();
        LedgerEntry end;
        end.operation = Operation::forget;
        end.snapshots = {id};
        ASSERT_TRUE(is_ok(repository.publish(end, nullptr)));
        LedgerEntry again;  // as a copy that brings it back says it
        again.operation = Operation::copy;
        again.snapshots = {id};
        again.details = {{"label", vault_.keys(label).label.hex()}};
        ASSERT_TRUE(is_ok(repository.publish(again, nullptr)));
        EXPECT_EQ(repository.state().snapshots.at(id).label, vault_.keys(label).label);
        ASSERT_TRUE(is_ok(vault_.store().remove(snapshot_name(id))));
    }
    const auto refused = forget(named({sample.hex()}));
    ASSERT_TRUE(fails_with(Code::refused, refused));
    EXPECT_NE(refused.error().message.find("B12"), std::string::npos);
    EXPECT_EQ(refused.error().message.find("not known"), std::string::npos) << refused.error().message;
    EXPECT_TRUE(is_ok(forget(named({plain.hex()}))));
}

TEST_F(ForgetTest, ARecordThatIsHealedMeanwhileIsNotCalledLost) {
    const ObjectId id = back_up();
    const auto sound = vault_.store().get(snapshot_name(id), kMaxSnapshotSize);
    ASSERT_TRUE(is_ok(sound));
    ASSERT_TRUE(is_ok(vault_.store().remove(snapshot_name(id))));
    // A repair in another process, which is done when forget has looked at the record, and asks the entry for its label.
    const std::string entry = ledger_name(vault_.open().state().snapshots.at(id).sequence);
    InterruptedFileSystem files(InterruptedFileSystem::When::opens, entry, 2,
                                [&] { ASSERT_TRUE(is_ok(vault_.store().put(snapshot_name(id), *sound))); });
    auto repository = Repository::open(files, vault_.clock(), vault_.path(), &vault_.keyring());
    ASSERT_TRUE(is_ok(repository));
    const auto busy = forget_snapshots(*repository, named({id.hex()}));
    EXPECT_TRUE(files.has_meddled());
    ASSERT_TRUE(fails_with(Code::busy, busy));
    EXPECT_NE(busy.error().message.find("healed"), std::string::npos) << busy.error().message;
    EXPECT_TRUE(is_ok(vault_.read_back(id)));
    EXPECT_EQ(live(), 1U);
}

TEST_F(ForgetTest, ForgottenOrHeldMeanwhileIsBusyAndEndsNothing) {
    const ObjectId id = back_up();
    const ObjectId other = back_up();
    Repository repository = vault_.open();
    vault_.hold(id, "late");  // published by another process after ours had read the ledger
    LedgerEntry entry;
    entry.operation = Operation::forget;
    entry.snapshots = {id, other};
    EXPECT_FALSE(repository.publish(entry, nullptr).ok());
    EXPECT_EQ(live(), 2U);
}

}  // namespace
}  // namespace custody::test
