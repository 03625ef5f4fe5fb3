// Labels unlocked for a time: only their own secrets, only as long, never after a rotation or with a clock that was set back.
#include "vault/keys/unlocked_labels.h"

#include "base/text.h"
#include "tests/support/kernel_features.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "vault/keys/key_destruction.h"
#include "vault/keys/keyring_file.h"
#include "vault/keys/recovery_kit.h"

#include <gtest/gtest.h>

namespace custody::test {
namespace {

class UnlockedLabels : public testing::Test {
protected:
    void SetUp() override {
        auto made = Keyring::create(posix_file_system(), system_clock(), folder_ / "keyring", Suite::standard, "host",
                                    secret_text("passphrase"), kCheapCost);
        ASSERT_TRUE(is_ok(made));
        keyring_ = std::make_unique<Keyring>(std::move(*made));
        auto opened = keyring_->unlock(secret_text("passphrase"));
        ASSERT_TRUE(is_ok(opened));
        whole_ = std::make_unique<UnlockedKeyring>(std::move(*opened));
        Time until;
        const Status put = unlock_label(*keyring_, *whole_, "database", kHour, until);
        if (const std::string why = test::why_no_kernel_keys(); !why.empty()) GTEST_SKIP() << why;
        ASSERT_TRUE(is_ok(put));
    }
    void TearDown() override {
        if (!keyring_) return;
        for (const LabelInfo& label : keyring_->labels()) (void)lock_label(keyring_->family(), label.id);
    }
    LabelId id(std::string_view label) { return (*keyring_->writer_keys(label))->label; }
    bool opens(const std::vector<LabelId>& labels) {
        const auto opened = open_with_unlocked(*keyring_, labels);
        EXPECT_TRUE(is_ok(opened));
        return opened.ok() && opened->has_value();
    }

    const ScratchFolder folder_{"h8-unlocked"};
    std::unique_ptr<Keyring> keyring_;
    std::unique_ptr<UnlockedKeyring> whole_;
};

TEST_F(UnlockedLabels, OpenWhatTheKeyringWouldAndNothingElse) {
    const auto opened = open_with_unlocked(*keyring_, {id("database")});
    ASSERT_TRUE(is_ok(opened));
    ASSERT_TRUE(opened->has_value());
    const UnlockedKeyring& unlocked = **opened;
    const auto here = unlocked.secrets(id("database")), there = whole_->secrets(id("database"));
    ASSERT_TRUE(is_ok(here));
    ASSERT_TRUE(is_ok(there));
    ASSERT_NE(*here, nullptr);
    EXPECT_TRUE(equal_in_constant_time((*here)->by_epoch.at(1).view(), (*there)->by_epoch.at(1).view()));
    const auto other = unlocked.secrets(id("config"));
    ASSERT_TRUE(is_ok(other));
    EXPECT_EQ(*other, nullptr);
    EXPECT_FALSE(opens({id("config")}));
    EXPECT_FALSE(opens({id("database"), id("config")}));
    // It is no key to the keyring.
    EXPECT_TRUE(fails_with(Code::wrong_key, keyring_->add_passphrase_slot(unlocked, secret_text("mine"), kCheapCost, "")));
    EXPECT_TRUE(fails_with(Code::wrong_key, keyring_->destroy_label(unlocked, "database")));
    EXPECT_TRUE(
        fails_with(Code::wrong_key, export_kit(*keyring_, unlocked, secret_text("kit passphrase"), {}, kCheapCost, false)));
}

TEST_F(UnlockedLabels, AreLockedAgainByHandAndByDestruction) {
    const auto locked = lock_label(keyring_->family(), id("database"));
    ASSERT_TRUE(is_ok(locked));
    EXPECT_TRUE(*locked);
    EXPECT_FALSE(opens({id("database")}));
    Time until;
    ASSERT_TRUE(is_ok(unlock_label(*keyring_, *whole_, "database", kHour, until)));
    const LabelId label = id("database");
    ASSERT_TRUE(is_ok(destroy_label(*keyring_, *whole_, "database", {})));
    const auto left = unlocked_label(keyring_->family(), label);
    ASSERT_TRUE(is_ok(left));
    EXPECT_FALSE(left->has_value());
}

TEST_F(UnlockedLabels, OpenNoMoreAfterARotationUntilUnlockedAnew) {
    ASSERT_TRUE(is_ok(keyring_->rotate("database")));
    EXPECT_FALSE(opens({id("database")}));
    auto again = keyring_->unlock(secret_text("passphrase"));
    ASSERT_TRUE(is_ok(again));
    Time until;
    ASSERT_TRUE(is_ok(unlock_label(*keyring_, *again, "database", kHour, until)));
    EXPECT_TRUE(opens({id("database")}));
}

TEST_F(UnlockedLabels, TimesOutOfBoundsAndUnknownLabelsAreRefused) {
    Time until;
    for (const std::int64_t ns : {std::int64_t{0}, kSecond - 1, kMaxUnlock_ns + 1}) {
        EXPECT_TRUE(fails_with(Code::usage, unlock_label(*keyring_, *whole_, "database", ns, until))) << ns;
    }
    EXPECT_TRUE(fails_with(Code::usage, unlock_label(*keyring_, *whole_, "nonesuch", kHour, until)));
}

TEST_F(UnlockedLabels, WhatTheKernelKeepsIsBelievedOnlyWholeAndInTime) {
    const auto secrets = whole_->secrets(id("database"));
    ASSERT_TRUE(is_ok(secrets));
    const FamilyId family = keyring_->family();
    const Secret payload = encode_unlocked(family, **secrets, Time{5}, 1000);
    const auto in_time = decode_unlocked(payload.view(), family, id("database"), 400);
    ASSERT_TRUE(is_ok(in_time));
    ASSERT_TRUE(in_time->has_value());
    EXPECT_EQ((*in_time)->left_ns, 600);
    const auto over = decode_unlocked(payload.view(), family, id("database"), 1000);
    ASSERT_TRUE(is_ok(over));
    EXPECT_FALSE(over->has_value());
    EXPECT_TRUE(fails_with(Code::corrupt, decode_unlocked(payload.view(), family, id("config"), 400)));
    EXPECT_TRUE(fails_with(Code::corrupt, decode_unlocked(payload.view(), FamilyId{}, id("database"), 400)));
    for (std::size_t size = 0; size < payload.size(); ++size) {
        EXPECT_TRUE(fails_with(Code::corrupt, decode_unlocked(payload.view().first(size), family, id("database"), 400))) << size;
    }
}

}  // namespace
}  // namespace custody::test
