// Every file-system operation of every change to a keyring is made to fail, once and for good. Whatever happens, the keyring on
// disk is the one before or the one after, it opens, and the same change succeeds when it is tried again.
#include "tests/support/fake_clock.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
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
    std::optional<Keyring> keyring;
    fail_each_operation(
        [&] {
            remove_all();
            keyring.reset();
            keyring.emplace(create().value());
        },
        [&] { return keyring->rotate("log"); },
        [&](bool succeeded) {
            Result<Keyring> opened = Keyring::open(files_, clock_, folder_);
            ASSERT_TRUE(is_ok(opened));
            const auto keys = opened->writer_keys("log").value();
            ASSERT_TRUE(!succeeded || keys->epoch == 2);
            ASSERT_EQ(keyring->writer_keys("log").value()->epoch, succeeded ? 2u : 1u);  // nothing is believed that was not done
            // Old and new epochs open, and the change can be made again.
            const auto secrets = opened->unlock(passphrase_).value().secrets(keys->label).value();
            ASSERT_EQ(secrets->by_epoch.size(), keys->epoch);
            ASSERT_EQ(x25519_public(secrets->by_epoch.at(keys->epoch)), keys->epoch_public);
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
    {
        Keyring keyring = create().value();
        ASSERT_TRUE(is_ok(keyring.remember_head(vault, {5, sha256(as_bytes("5"))})));
        kit = export_kit(keyring, keyring.unlock(passphrase_).value(), secret_text("k"), {}, kCheapCost).value().file;
    }
    const auto import = [&] {
        return import_kit(files_, clock_, folder_, kit, secret_text("k"), secret_text("new"), kCheapCost, "h2");
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
                            ASSERT_TRUE(is_ok(opened->unlock(secret_text("new"))));
                        });
}

}  // namespace
}  // namespace custody
