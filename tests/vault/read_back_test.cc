// What was written is read from the medium again, and hashed, before anything is published: by a backup and by a copy.
#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/lying_store.h"
#include "tests/support/results.h"
#include "vault/object_check.h"
#include "vault/replicator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;
using test::noise;
using test::write_file;
using ::testing::HasSubstr;

class ReadBackTest : public ::testing::Test, public test::BackupFixture {
protected:
    // Objects that bear the hash of what they hold as their name, and were not in `before`.
    static ReadBack new_in(const std::map<std::string, Bytes>& now, const std::map<std::string, Bytes>& before) {
        ReadBack found;
        for (const auto& [name, content] : now) {
            const bool is_named_so = name.starts_with("packs/") || name.starts_with("index/") || name.starts_with("snapshots/");
            if (is_named_so && !before.contains(name)) found.add({name, content.size()});
        }
        return found;
    }
};

TEST_F(ReadBackTest, ABackupNoticesAMediumThatLies) {
    write_file(at("f"), noise(3'000'000, 13));
    options.read_back = true;
    const auto lying = [&](const std::string& prefix) {
        return std::move(Repository::open_store(std::make_unique<test::LyingStore>(store, prefix), clock, &*keyring).value());
    };
    Repository on_bad_medium = lying("packs/");
    SilentProgress progress;
    const auto source = open_file_tree(tree_options, notes).value();
    const auto refused = run_backup(on_bad_medium, *source, options, progress, stop);
    EXPECT_TRUE(fails_with(Code::corrupt, refused));
    EXPECT_NE(refused.error().message.find("packs/"), std::string::npos) << refused.error().message;
    EXPECT_EQ(count("snapshots/"), 0u);
    EXPECT_EQ(count("index/"), 0u) << "nothing may rely on what reads back otherwise";
    ASSERT_TRUE(is_ok(repository->ledger().refresh()));
    EXPECT_TRUE(repository->state().snapshots.empty());
    for (const std::string other : {"index/", "snapshots/"}) {
        Repository bad = lying(other);
        const auto once_more = open_file_tree(tree_options, notes).value();
        const auto refused_too = run_backup(bad, *once_more, options, progress, stop);
        EXPECT_TRUE(fails_with(Code::corrupt, refused_too));
        EXPECT_NE(refused_too.error().message.find(other), std::string::npos) << refused_too.error().message;
        ASSERT_TRUE(is_ok(repository->ledger().refresh()));
        EXPECT_TRUE(repository->state().snapshots.empty());
    }
    // What lies elsewhere is none of its business, and a medium that tells the truth is believed.
    write_file(at("g"), noise(3'000'000, 14));
    Repository on_good_packs = lying("reserve");
    const auto again = open_file_tree(tree_options, notes).value();
    const auto before = store.objects();
    const auto good = run_backup(on_good_packs, *again, options, progress, stop);
    ASSERT_TRUE(is_ok(good));
    const ReadBack found = new_in(store.objects(), before);
    EXPECT_GE(found.objects, 4u);
    EXPECT_EQ(good->read_back.objects, found.objects);
    EXPECT_EQ(good->read_back.bytes, found.bytes);
}

// The target's medium takes what it is given and gives back something else.
TEST_F(ReadBackTest, ACopyOntoAMediumThatLiesFailsAndIsNotPublished) {
    write_file(at("deeds"), noise(3'000'000, 1));
    backup();
    write_file(at("deeds"), noise(3'000'000, 2));
    backup();
    for (const std::string lied_about : {"packs/", "index/", "snapshots/"}) {
        test::MemoryStore second;
        ASSERT_TRUE(is_ok(Repository::create_in(std::make_unique<test::MemoryStore>(second), clock, *keyring)));
        Repository target =
            std::move(Repository::open_store(std::make_unique<test::LyingStore>(second, lied_about), clock, &*keyring).value());
        SilentProgress progress;
        const auto failed = copy_snapshots(*repository, target, {}, progress, stop, {.read_back = true});
        ASSERT_TRUE(fails_with(Code::corrupt, failed)) << lied_about;
        EXPECT_THAT(failed.error().message, HasSubstr(lied_about));
        EXPECT_THAT(failed.error().message, HasSubstr(second.location()));
        ASSERT_TRUE(is_ok(target.ledger().refresh()));
        EXPECT_TRUE(target.state().snapshots.empty()) << lied_about;
    }
}

TEST_F(ReadBackTest, ACopyCountsWhatItReadBackAndReadsNothingTwice) {
    write_file(at("deeds"), noise(3'000'000, 3));
    backup();
    test::MemoryStore second;
    ASSERT_TRUE(is_ok(Repository::create_in(std::make_unique<test::MemoryStore>(second), clock, *keyring)));
    Repository target = std::move(Repository::open_store(std::make_unique<test::MemoryStore>(second), clock, &*keyring).value());
    const auto before = second.objects();
    SilentProgress progress;
    const auto copied = copy_snapshots(*repository, target, {}, progress, stop, {.read_back = true});
    ASSERT_TRUE(is_ok(copied));
    EXPECT_EQ(copied->snapshots_copied, 1u);
    const ReadBack found = new_in(second.objects(), before);
    EXPECT_GE(found.objects, 4u) << "two packs, an index segment, a snapshot";
    EXPECT_EQ(copied->objects_read_back, found.objects);
    EXPECT_EQ(copied->bytes_read_back, found.bytes);
    const auto again = copy_snapshots(*repository, target, {}, progress, stop, {.read_back = true});
    ASSERT_TRUE(is_ok(again));
    EXPECT_EQ(again->objects_read_back, 0u);
    write_file(at("deeds"), noise(3'000'000, 4));
    backup();
    const auto unproven = copy_snapshots(*repository, target, {}, progress, stop);
    ASSERT_TRUE(is_ok(unproven));
    EXPECT_EQ(unproven->snapshots_copied, 1u);
    EXPECT_EQ(unproven->objects_read_back, 0u);
}

}  // namespace
}  // namespace custody
