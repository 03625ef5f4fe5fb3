// Every file-system operation of every change to a keyring is made to fail, once and for good. Whatever happens, the keyring on
// disk is the one before or the one after, it opens, and the same change succeeds when it is tried again.
#include "tests/support/fake_clock.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "vault/keys/key_making.h"
#include "vault/keys/keyring_file.h"
#include "vault/keys/recovery_kit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

namespace custody {
namespace {

using test::Fault;
using test::is_ok;
using test::kCheapCost;
using test::secret_text;

class KeyringFaultsTest : public testing::TestWithParam<Fault> {
protected:
    test::ScratchFolder scratch_{"faults"};
    test::FakeClock clock_;
    test::FaultFileSystem files_{posix_file_system()};
    std::string folder_ = scratch_ / "keyring";
    Secret passphrase_ = secret_text("p");

    // Runs `work` with operation 1, 2, 3 ... failing, until one run meets no failure. `prepare` makes the state before each.
    void fail_each_operation(const std::function<void()>& prepare, const std::function<Status()>& work,
                             const std::function<void(bool succeeded)>& check) {
        for (const bool sticky : {false, true}) {
            for (std::uint64_t at = 1;; ++at) {
                files_.disarm();
                prepare();
                files_.arm(at, GetParam(), sticky);
                const Status result = work();
                const bool fired = files_.fired();
                files_.disarm();
                SCOPED_TRACE("operation " + std::to_string(at) + (sticky ? ", from then on" : ", once"));
                check(result.ok());
                if (HasFatalFailure() || at > 500) return;
                if (!fired) {
                    EXPECT_TRUE(is_ok(result));
                    break;
                }
            }
        }
    }
    void remove_all() { std::filesystem::remove_all(folder_); }
    Result<Keyring> create() { return Keyring::create(files_, clock_, folder_, Suite::standard, "h", passphrase_, kCheapCost); }
};
INSTANTIATE_TEST_SUITE_P(All, KeyringFaultsTest,
                         testing::Values(Fault::io, Fault::io_after, Fault::no_space, Fault::denied, Fault::interrupted,
                                         Fault::short_transfer),
                         [](const auto& which) { return test::fault_name(which.param); });

TEST_P(KeyringFaultsTest, CreationIsWholeOrNot) {
    fail_each_operation([&] { remove_all(); },
                        [&]() -> Status {
                            TRY(create());
                            return done();
                        },
                        [&](bool succeeded) {
                            const auto opened = Keyring::open(files_, clock_, folder_);
                            if (succeeded) {
                                ASSERT_TRUE(is_ok(opened));
                            } else if (!opened.ok()) {
                                ASSERT_EQ(opened.error().code, Code::not_found);
                                ASSERT_TRUE(is_ok(create()));
                            }
                        });
}

TEST_P(KeyringFaultsTest, AChangeIsWholeOrNot) {
    remove_all();
    ASSERT_TRUE(is_ok(create()));
    const Bytes before = read_file(files_, keyring_path(folder_), kMaxKeyringSize).value();
    const UnlockedKeyring unlocked = Keyring::open(files_, clock_, folder_).value().unlock(passphrase_).value();
    std::optional<Keyring> keyring;
    fail_each_operation(
        [&] {
            keyring.reset();
            ASSERT_TRUE(is_ok(replace_file(files_, keyring_path(folder_), before, 0600)));
            keyring.emplace(Keyring::open(files_, clock_, folder_).value());
        },
        [&] { return keyring->rotate("log"); },
        [&](bool succeeded) {
            Result<Keyring> opened = Keyring::open(files_, clock_, folder_);
            ASSERT_TRUE(is_ok(opened));
            const StoredLabel& label = opened->content().labels.back();
            ASSERT_EQ(label.name, "log");
            ASSERT_TRUE(!succeeded || label.epochs.size() == 2);
            ASSERT_EQ(keyring->writer_keys("log").value()->epoch, succeeded ? 2u : 1u);  // nothing is believed that was not done
            // Old and new epochs open, and the change can be made again.
            for (const StoredEpoch& epoch : label.epochs) {
                const auto secret = open_epoch(opened->suite(), opened->family(), label.id, epoch, unlocked.state().secret);
                ASSERT_TRUE(is_ok(secret));
                ASSERT_EQ(x25519_public(*secret), epoch.public_key);
            }
            ASSERT_TRUE(is_ok(opened->rotate("log")));
        });
}

TEST_P(KeyringFaultsTest, AHeadIsRememberedOrTheOneBefore) {
    const auto vault = random_id<VaultId>();
    const RememberedHead five{5, sha256(as_bytes("5"))}, six{6, sha256(as_bytes("6"))};
    remove_all();
    Keyring keyring = create().value();
    fail_each_operation(
        [&] {
            std::filesystem::remove(folder_ + "/heads/" + vault.hex());
            ASSERT_TRUE(is_ok(keyring.remember_head(vault, five)));
        },
        [&] { return keyring.remember_head(vault, six); },
        [&](bool succeeded) {
            const auto head = keyring.remembered_head(vault);
            ASSERT_TRUE(is_ok(head));
            ASSERT_TRUE(head->has_value());
            if (succeeded) {
                ASSERT_EQ((*head)->n, 6u);
            } else {
                ASSERT_TRUE((*head)->n == 5 || (*head)->n == 6);
            }
        });
}

TEST_P(KeyringFaultsTest, AKitIsImportedWholeOrNot) {
    const auto vault = random_id<VaultId>();
    remove_all();
    Bytes kit;
    const Secret officer = make_x25519_secret();  // cheaper to open with than a passphrase
    {
        Keyring keyring = create().value();
        ASSERT_TRUE(is_ok(keyring.remember_head(vault, {5, sha256(as_bytes("5"))})));
        kit =
            export_kit(keyring, keyring.unlock(passphrase_).value(), Secret(), {x25519_public(officer)}, kCheapCost).value().file;
    }
    const auto import = [&] {
        return import_kit(files_, clock_, folder_, kit, KitOpener::officer(officer), secret_text("new"), kCheapCost, "h2");
    };
    fail_each_operation([&] { remove_all(); },
                        [&]() -> Status {
                            TRY(import());
                            return done();
                        },
                        [&](bool succeeded) {
                            auto opened = Keyring::open(files_, clock_, folder_);
                            if (!opened.ok()) {
                                ASSERT_FALSE(succeeded);
                                ASSERT_EQ(opened.error().code, Code::not_found);
                                opened = import();
                            }
                            ASSERT_TRUE(is_ok(opened));
                            ASSERT_EQ(opened->known_vaults(), std::vector<VaultId>{vault});
                        });
}

}  // namespace
}  // namespace custody
