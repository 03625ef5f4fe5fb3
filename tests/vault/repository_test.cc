// Opening vaults, naming snapshots, and being told of rollbacks.
#include "vault/repository.h"

#include "tests/support/hand_vault.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "vault/history/witness.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>

namespace custody::test {
namespace {

class RepositoryTest : public testing::Test {
protected:
    void SetUp() override {
        ::setenv("TZ", "Asia/Ho_Chi_Minh", 1);
        ::tzset();
    }
    void TearDown() override {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }
    ObjectId back_up(const std::string& name = "data", const std::string& when = {}) {
        if (!when.empty()) vault_.clock().set(Time{parse_time(when)->ns - kSecond});  // a run begins a second later
        HandVault::Run run;
        run.name = name;
        return vault_.back_up({{"file", noise_bytes(500, 1)}}, run);
    }
    Result<Repository::Listed> find(const std::string& reference) {
        repository_ = std::make_unique<Repository>(vault_.open());
        return repository_->find_snapshot(reference);
    }
    void expect_found(const std::string& reference, const ObjectId& id) {
        const auto found = find(reference);
        ASSERT_TRUE(is_ok(found)) << reference;
        EXPECT_EQ(found->snapshot.id, id) << reference;
    }
    void flip(const std::string& object, std::streamoff at) {
        std::fstream file(vault_.path() + "/" + object, std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(at);
        const int byte = file.get();
        file.seekp(at);
        file.put(static_cast<char>(byte ^ 1));
    }

    HandVault vault_;
    std::unique_ptr<Repository> repository_;
};

TEST_F(RepositoryTest, FindsByIdAndPrefix) {
    const ObjectId id = back_up();
    back_up();
    expect_found(id.hex(), id);
    expect_found(id.hex().substr(0, 16), id);
    EXPECT_TRUE(fails_with(Code::usage, find(id.hex().substr(0, 5))));
    EXPECT_TRUE(fails_with(Code::not_found, find(std::string(64, '0'))));
    EXPECT_TRUE(fails_with(Code::not_found, find("no such thing")));
    vault_.forget(id);
    const auto gone = find(id.hex());
    ASSERT_TRUE(fails_with(Code::not_found, gone));
    EXPECT_NE(gone.error().message.find("forgotten"), std::string::npos);
}

TEST_F(RepositoryTest, UpperCaseDigitsAreTheSameId) {
    const ObjectId id = back_up();
    std::string upper = id.hex();
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    expect_found(upper, id);
}

TEST_F(RepositoryTest, LatestIsTheLastInTheLedgerNotTheLatestDate) {
    EXPECT_TRUE(fails_with(Code::not_found, find("latest")));
    back_up("a", "2026-11-03T02:00");
    const ObjectId b = back_up("b", "2026-11-04T02:00");
    const ObjectId a = back_up("a", "2026-11-02T02:00");
    expect_found("latest", a);
    expect_found("latest:b", b);
    expect_found("latest:a", a);
    EXPECT_TRUE(fails_with(Code::not_found, find("latest:c")));
}

TEST_F(RepositoryTest, NamesMatchComposedAndDecomposed) {
    const ObjectId id = back_up("d\xE1\xBB\xAF li\xE1\xBB\x87u");
    back_up("other");
    expect_found("latest:du\xCC\x9B\xCC\x83 lie\xCC\xA3\xCC\x82u", id);
}

TEST_F(RepositoryTest, ATimeMeansTheStateAsOfThen) {
    const ObjectId first = back_up("data", "2026-11-02T02:00:03");
    const ObjectId second = back_up("data", "2026-11-03T02:00:03");
    const ObjectId third = back_up("data", "2026-11-03T22:00:00");
    const ObjectId night = back_up("data", "2026-11-04T00:30:00");
    expect_found("data@2026-11-02", first);
    expect_found("data@2026-11-03", third);
    expect_found("data@2026-11-04", night);
    expect_found("data@2026-11-03T02:00", second);  // the minute counts whole
    expect_found("data@2026-11-03T01:59", first);
    expect_found("data@2026-11-03T12:00", second);
    expect_found("data@2026-11-03T02:00:03", second);
    expect_found("data@2026-11-03T02:00:02", first);
    expect_found("data@2026-11-03T02:00:03+07:00", second);
    expect_found("data@2026-11-02T19:00:03Z", second);
    expect_found("data@2030-01-01T00:00", night);
    EXPECT_TRUE(fails_with(Code::not_found, find("data@2026-11-01")));
    EXPECT_TRUE(fails_with(Code::not_found, find("data@2026-11-05")));
    EXPECT_TRUE(fails_with(Code::not_found, find("data@2026-11-01T10:00")));
    EXPECT_TRUE(fails_with(Code::not_found, find("other@2026-11-03")));
    EXPECT_TRUE(fails_with(Code::usage, find("data@yesterday")));
}

TEST_F(RepositoryTest, LatestIsNotChosenPastADamagedNewerOne) {
    const ObjectId old = back_up();
    const ObjectId damaged = back_up();
    flip(snapshot_name(damaged), 40);
    EXPECT_TRUE(fails_with(Code::corrupt, find("latest")));
    expect_found(old.hex(), old);
    Repository repository = vault_.open();
    EXPECT_TRUE(fails_with(Code::corrupt, repository.snapshots()));
    std::vector<Repository::DamagedSnapshot> damage;
    const auto listed = repository.snapshots(nullptr, &damage);
    ASSERT_TRUE(is_ok(listed));
    EXPECT_EQ(listed->size(), 1U);
    ASSERT_EQ(damage.size(), 1U);
    EXPECT_EQ(damage[0].id, damaged);
}

TEST_F(RepositoryTest, ListsOldestFirstAndCountsTheUnreadable) {
    const ObjectId first = back_up();
    HandVault::Run log;
    log.label = "log";
    vault_.back_up({}, log);
    const ObjectId third = back_up();
    auto exported = vault_.keyring().export_writer({"business"}, "other");
    ASSERT_TRUE(is_ok(exported));
    auto writer = Keyring::import_writer(posix_file_system(), vault_.clock(), vault_.scratch() / "writer", exported->view());
    ASSERT_TRUE(is_ok(writer));
    auto repository = Repository::open(posix_file_system(), vault_.clock(), vault_.path(), &*writer);
    ASSERT_TRUE(is_ok(repository));
    std::size_t unreadable = 0;
    const auto listed = repository->snapshots(&unreadable);
    ASSERT_TRUE(is_ok(listed));
    ASSERT_EQ(listed->size(), 2U);
    EXPECT_EQ((*listed)[0].snapshot.id, first);
    EXPECT_EQ((*listed)[1].snapshot.id, third);
    EXPECT_EQ(unreadable, 1U);
}

TEST_F(RepositoryTest, RememberedHeadNoticesACutTail) {
    back_up();
    back_up();
    EXPECT_TRUE(vault_.open().head_witnessed());
    const VaultId id = vault_.open().header().vault;
    ASSERT_EQ(std::remove((vault_.path() + "/" + ledger_name(3)).c_str()), 0);
    EXPECT_TRUE(
        fails_with(Code::corrupt, Repository::open(posix_file_system(), vault_.clock(), vault_.path(), &vault_.keyring())));
    // The witness that is left of the entry tells everybody.
    EXPECT_TRUE(fails_with(Code::corrupt, Repository::open(posix_file_system(), vault_.clock(), vault_.path(), nullptr)));
    ASSERT_EQ(std::remove((vault_.path() + "/" + witness_name(id, 3)).c_str()), 0);
    EXPECT_TRUE(
        fails_with(Code::corrupt, Repository::open(posix_file_system(), vault_.clock(), vault_.path(), &vault_.keyring())));
    // Who remembers nothing cannot know, and is told so.
    auto keyless = Repository::open(posix_file_system(), vault_.clock(), vault_.path(), nullptr);
    ASSERT_TRUE(is_ok(keyless));
    EXPECT_FALSE(keyless->head_witnessed());
}

TEST_F(RepositoryTest, DamagedLedgerCanStillBeReadButNotWritten) {
    const ObjectId first = back_up();
    back_up();
    const ObjectId third = back_up();
    flip(ledger_name(3), 50);
    EXPECT_TRUE(
        fails_with(Code::corrupt, Repository::open(posix_file_system(), vault_.clock(), vault_.path(), &vault_.keyring())));
    OpenOptions tolerant;
    tolerant.tolerate_damage = true;
    Repository repository = vault_.open(tolerant);
    EXPECT_FALSE(repository.ledger_damage().empty());
    EXPECT_TRUE(is_ok(repository.read_snapshot(first)));
    EXPECT_TRUE(is_ok(repository.read_snapshot(third)));
    LedgerEntry entry;
    entry.operation = Operation::prune;
    EXPECT_TRUE(fails_with(Code::corrupt, repository.publish(entry, nullptr)));
}

TEST_F(RepositoryTest, DamagedHeaderIsReadFromTheLedger) {
    const ObjectId id = back_up();
    flip("vault.json", 30);
    EXPECT_TRUE(
        fails_with(Code::corrupt, Repository::open(posix_file_system(), vault_.clock(), vault_.path(), &vault_.keyring())));
    OpenOptions tolerant;
    tolerant.tolerate_damage = true;
    Repository repository = vault_.open(tolerant);
    ASSERT_FALSE(repository.ledger_damage().empty());
    EXPECT_EQ(repository.ledger_damage()[0].object, "vault.json");
    EXPECT_TRUE(is_ok(repository.read_snapshot(id)));
}

TEST_F(RepositoryTest, AnotherFamilysKeyringIsRefused) {
    FakeClock clock;
    auto other = Keyring::create(posix_file_system(), clock, vault_.scratch() / "other", Suite::standard, "host",
                                 secret_text("x"), kCheapCost);
    ASSERT_TRUE(is_ok(other));
    EXPECT_TRUE(fails_with(Code::wrong_key, Repository::open(posix_file_system(), clock, vault_.path(), &*other)));
}

TEST_F(RepositoryTest, ClockIsJudgedByTheLedger) {
    back_up();
    EXPECT_FALSE(vault_.open().clock_state().behind_floor);
    vault_.clock().advance(-4 * kMinute);
    EXPECT_FALSE(vault_.open().clock_state().behind_floor);
    vault_.clock().advance(-2 * kMinute);
    EXPECT_TRUE(vault_.open().clock_state().behind_floor);
    vault_.clock().advance(6 * kMinute + 39 * kDay);
    EXPECT_FALSE(vault_.open().clock_state().far_ahead);
    vault_.clock().advance(2 * kDay);
    EXPECT_TRUE(vault_.open().clock_state().far_ahead);
}

}  // namespace
}  // namespace custody::test
