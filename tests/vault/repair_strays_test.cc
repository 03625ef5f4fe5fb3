// What somebody leaves in a vault's folders: beyond the ledger's end, in place of a witness, of the marks, of a folder.
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/collector.h"
#include "vault/history/witness.h"
#include "vault/replicator.h"
#include "vault/store/local_store.h"
#include "vault/store/session.h"
#include "vault/wrong_places.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

class RepairStrays : public testing::Test {
protected:
    void SetUp() override {
        vault_.populate();
        Repository a = vault_.open("a");
        id_ = a.header().vault;
        last_ = a.state().n;
        id_b_ = vault_.open("b").header().vault;
        whole_ = vault_.objects("a");
    }
    Result<RepairResult> repair_a(bool from_b) {
        Repository damaged = vault_.open("a", true);
        if (!from_b) return repair(damaged, nullptr, silent_, stop_);
        Repository other = vault_.open("b");
        return repair(damaged, &other, silent_, stop_);
    }
    [[nodiscard]] fs::path at(const std::string& name) const { return fs::path(vault_.path("a")) / name; }
    [[nodiscard]] static bool has_set_aside(const RepairResult& result, const std::string& name, const std::string& why) {
        return std::any_of(result.set_aside.begin(), result.set_aside.end(), [&](const RepairResult::SetAside& one) {
            return one.object == name && one.why.find(why) != std::string::npos;
        });
    }
    // The ledger takes an entry after the last again.
    void expect_writable() {
        vault_.back_up("a", "business", "later", {{"etc/later", Bytes(100)}});
        EXPECT_GT(vault_.open("a").state().n, last_);
    }
    void start_again() {
        fs::remove_all(at("aside"));
        fs::remove_all(at(ledger_name(last_ + 1)));
        fs::remove_all(at(witness_name(id_, last_ + 1)));
        vault_.put_back("a", whole_);
        vault_.forget_heads();
        static_cast<void>(vault_.open("a"));
    }

    SmallVault vault_;
    SilentProgress silent_;
    StopFlag stop_;
    VaultId id_, id_b_;
    std::uint64_t last_ = 0;
    std::map<std::string, Bytes> whole_;
};

TEST_F(RepairStrays, WhatLiesBeyondTheLedgersEndAndIsNoEntryIsSetAside) {
    const std::string next = ledger_name(last_ + 1), far = ledger_name(last_ + 90);
    const std::vector<std::pair<std::string, std::function<void(const std::string&)>>> strays = {
        {next, [&](const std::string& name) { vault_.write_object("a", name, {}); }},
        {next, [&](const std::string& name) { vault_.write_object("a", name, as_bytes("garbage")); }},
        {next, [&](const std::string& name) { vault_.write_object("a", name, whole_.at(ledger_name(last_))); }},
        {far, [&](const std::string& name) { vault_.write_object("a", name, as_bytes("garbage")); }},
        {next, [&](const std::string& name) { fs::create_directory(at(name)); }},
        {next, [&](const std::string& name) { fs::create_symlink("/nothing/there", at(name)); }},
    };
    for (std::size_t i = 0; i < strays.size(); ++i) {
        for (const bool remembers : {true, false}) {
            for (const bool from_b : {true, false}) {
                SCOPED_TRACE(testing::Message() << "stray " << i << (remembers ? "" : ", no memory") << (from_b ? ", b" : ""));
                start_again();
                const auto& [name, leave] = strays[i];
                leave(name);
                if (!remembers) vault_.forget_heads();
                EXPECT_TRUE(fails_with(Code::corrupt, vault_.try_open("a")));
                const auto result = repair_a(from_b);
                ASSERT_TRUE(is_ok(result));
                EXPECT_TRUE(result->lost.empty());
                EXPECT_TRUE(has_set_aside(*result, name, remembers ? "no entry of this ledger" : "cannot be told"));
                EXPECT_FALSE(fs::exists(fs::symlink_status(at(name))));
                expect_writable();
            }
        }
    }
}

// The newest entry itself, damaged: whoever knows of it keeps what is left of it where it is.
TEST_F(RepairStrays, ADamagedNewestEntryIsNoStray) {
    const std::string newest = ledger_name(last_), witness = witness_name(id_, last_);
    Bytes bent = whole_.at(newest);
    bent[bent.size() / 2] ^= 1;
    const Bytes cut(bent.begin(), bent.begin() + 40);
    const auto expect_refused = [&](const Bytes& content) {
        SCOPED_TRACE(std::string(as_text(content)));
        vault_.write_object("a", newest, content);
        EXPECT_TRUE(fails_with(Code::corrupt, repair_a(false)));
        EXPECT_EQ(vault_.objects("a")[newest], content);
        EXPECT_FALSE(fs::exists(at("aside")));
        start_again();
    };
    vault_.remove_object("a", witness);
    expect_refused({});  // the keyring remembers its number
    vault_.write_object("a", witness, as_bytes("damaged too"));
    vault_.forget_heads();
    expect_refused({});  // a witness bears its number
    for (const Bytes& content : {bent, cut}) {
        vault_.remove_object("a", witness);
        vault_.forget_heads();
        expect_refused(content);  // its own bytes say what it was
    }
}

TEST_F(RepairStrays, FoldersInPlaceOfWitnessesAreNamedAndMakeWay) {
    const std::uint64_t other_last = vault_.open("b").state().n;
    for (const auto& [name, is_healed] : {std::pair{witness_name(id_b_, other_last), true},
                                          {witness_name(id_, last_), true},
                                          {witness_name(id_, last_ + 1), false}}) {
        SCOPED_TRACE(name);
        start_again();
        fs::remove(at(name));
        fs::create_directories(at(name));
        Repository a = vault_.open("a");
        const auto check = check_witnesses(a.store(), id_, a.ledger());
        ASSERT_TRUE(is_ok(check));
        ASSERT_EQ(check->problems.size(), 1U);
        EXPECT_EQ(check->problems[0].object, name);
        const auto result = repair_a(true);
        ASSERT_TRUE(is_ok(result));
        EXPECT_TRUE(result->lost.empty());
        EXPECT_TRUE(has_set_aside(*result, name, "it was no file"));
        EXPECT_EQ(fs::is_regular_file(at(name)), is_healed);
    }
}

TEST_F(RepairStrays, CopyWritesAWitnessWhereAFolderStood) {
    Repository b = vault_.open("b");
    const std::string name = witness_name(id_b_, b.state().n);
    const Bytes before = whole_.at(name);
    fs::remove(at(name));
    fs::create_directory(at(name));
    Repository a = vault_.open("a");
    ASSERT_TRUE(is_ok(copy_snapshots(b, a, {}, silent_, stop_)));
    EXPECT_EQ(vault_.objects("a").at(name), before);
}

TEST_F(RepairStrays, PruneWritesMarksAnewThatNoWriterCanRead) {
    PruneOptions options;
    options.grace_ns = 0;
    const std::vector<std::function<void()>> damages = {
        [&] { vault_.write_object("a", kMarksObject, as_bytes("x")); },
        [&] { vault_.remove_object("a", kMarksObject); },
        [&] {
            vault_.remove_object("a", kMarksObject);
            fs::create_directory(at(kMarksObject));
        },
    };
    for (const auto& damage : damages) {
        damage();
        Repository a = vault_.open("a");
        const auto result = prune(a, options, silent_, stop_);
        ASSERT_TRUE(is_ok(result));
        EXPECT_FALSE(result->warnings.empty());
        const auto marks = read_marks(a.store());
        ASSERT_TRUE(is_ok(marks));
        EXPECT_GT(marks->generation, 0U);
        EXPECT_TRUE(fs::is_regular_file(at(kMarksObject)));
        EXPECT_TRUE(is_ok(Session::begin(a.store())));
    }
}

TEST_F(RepairStrays, LinksThatLeadNowhereInPlaceOfFoldersAreNamedAndMakeWay) {
    for (const std::string folder : {"sessions", "tmp", "ledger", "witness", "gc", "packs/00"}) {
        SCOPED_TRACE(folder);
        start_again();
        fs::remove_all(at(folder));
        fs::create_directory_symlink("/nothing/there", at(folder));
        const auto store = make_local_store(vault_.files(), vault_.path("a"));
        const auto places = find_wrong_places(*store);
        ASSERT_TRUE(is_ok(places));
        ASSERT_EQ(places->size(), 1U);
        EXPECT_EQ(places->front().name, folder);
        const auto result = repair_a(true);
        ASSERT_TRUE(is_ok(result));
        EXPECT_TRUE(result->lost.empty());
        EXPECT_TRUE(has_set_aside(*result, folder, "no folder"));
        EXPECT_FALSE(fs::is_symlink(at(folder)));
        expect_writable();
    }
}

}  // namespace
}  // namespace custody::test
