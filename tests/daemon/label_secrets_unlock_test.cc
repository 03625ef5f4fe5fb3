// The service's way to a label's secret: a systemd credential, else what a person unlocked, else words.
#include "base/text.h"
#include "daemon/label_secrets.h"
#include "tests/support/kernel_features.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "vault/keys/unlocked_labels.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace custody::test {
namespace {

Keyring new_keyring(const ScratchFolder& folder) {
    auto made = Keyring::create(posix_file_system(), system_clock(), folder / "keyring", Suite::standard, "host",
                                secret_text("năm con gà"), kCheapCost);
    EXPECT_TRUE(is_ok(made));
    return std::move(*made);
}

void put_credential(const ScratchFolder& folder, const std::string& text) {
    const std::string path = folder / kPassphraseCredential;
    std::ofstream(path) << text;
    ASSERT_EQ(::chmod(path.c_str(), 0400), 0);
}

TEST(LabelSecretsUnlock, ACredentialOpensTheLabelsThatAreAskedForOnly) {
    const ScratchFolder folder("h8-door");
    const Keyring keyring = new_keyring(folder);
    put_credential(folder, "na\xCC\x86m con ga\xCC\x80\n");  // decomposed letters
    const LabelSecretsDoor door(folder.path());
    const auto answer = door.keys_for(keyring, {"database", "config"});
    ASSERT_TRUE(is_ok(answer));
    ASSERT_TRUE(answer->keys.has_value());
    const auto wanted = answer->keys->secrets((*keyring.writer_keys("config"))->label);
    ASSERT_TRUE(is_ok(wanted));
    EXPECT_NE(*wanted, nullptr);
    const auto other = answer->keys->secrets((*keyring.writer_keys("image"))->label);
    ASSERT_TRUE(is_ok(other));
    EXPECT_EQ(*other, nullptr);
    EXPECT_TRUE(fails_with(Code::usage, door.keys_for(keyring, {"nonesuch"})));
}

TEST(LabelSecretsUnlock, AWrongCredentialIsAFaultAndNamesItself) {
    const ScratchFolder folder("h8-door");
    const Keyring keyring = new_keyring(folder);
    put_credential(folder, "wrong\n");
    const auto answer = LabelSecretsDoor(folder.path()).keys_for(keyring, {"database"});
    ASSERT_TRUE(fails_with(Code::wrong_key, answer));
    EXPECT_NE(answer.error().message.find(kPassphraseCredential), std::string::npos);
}

TEST(LabelSecretsUnlock, WithoutAnythingItWaitsInWordsUntilSomebodyUnlocks) {
    const ScratchFolder folder("h8-door");
    const Keyring keyring = new_keyring(folder);
    const LabelSecretsDoor door("");
    auto answer = door.keys_for(keyring, {"database"});
    ASSERT_TRUE(is_ok(answer));
    EXPECT_FALSE(answer->keys.has_value());
    EXPECT_NE(answer->waiting.find("key unlock --label database"), std::string::npos) << answer->waiting;
    const auto whole = keyring.unlock(secret_text("năm con gà"));
    ASSERT_TRUE(is_ok(whole));
    Time until;
    const Status unlocked = unlock_label(keyring, *whole, "database", kHour, until);
    if (const std::string why = test::why_no_kernel_keys(); !why.empty()) GTEST_SKIP() << why;
    ASSERT_TRUE(is_ok(unlocked));
    answer = door.keys_for(keyring, {"database"});
    EXPECT_TRUE(is_ok(lock_label(keyring.family(), (*keyring.writer_keys("database"))->label)));
    ASSERT_TRUE(is_ok(answer));
    EXPECT_TRUE(answer->keys.has_value());
}

}  // namespace
}  // namespace custody::test
