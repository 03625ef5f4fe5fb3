// Several change one keyring at once, each with its own view of the file, as processes do (locks belong to the open file, so
// threads are as good). Whoever is told that a change was made finds it in the file; the file is whole at every moment.
#include "tests/support/fake_clock.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "vault/keys/keyring_file.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

namespace custody {
namespace {

using test::is_ok;
using test::kCheapCost;
using test::secret_text;

constexpr int kThreads = 6, kTries = 40;

class KeyringConcurrencyTest : public testing::Test {
protected:
    test::ScratchFolder scratch_{"keyring-at-once"};
    test::FakeClock clock_;
    FileSystem& files_ = posix_file_system();
    std::string folder_ = scratch_ / "keyring";
    Keyring keyring_ =
        Keyring::create(files_, clock_, folder_, Suite::standard, "server-1", secret_text("p"), kCheapCost).value();

    Result<Keyring> open() { return Keyring::open(files_, clock_, folder_); }
};

TEST_F(KeyringConcurrencyTest, NoChangeDestroysTheFileOrAnothersChange) {
    std::atomic<int> made = 0, refused = 0, broken = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 0; i < kTries; ++i) {
                auto keyring = open();
                if (!keyring.ok()) {
                    ++broken;
                    return;
                }
                const Status added = keyring->add_label("l" + std::to_string(thread) + "-" + std::to_string(i));
                if (added.ok()) {
                    ++made;
                } else {
                    ++(added.error().code == Code::busy ? refused : broken);
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(broken, 0);
    EXPECT_GT(made, 0);
    EXPECT_EQ(made + refused, kThreads * kTries);
    const auto after = open();
    ASSERT_TRUE(is_ok(after));
    EXPECT_EQ(after->labels().size(), std::size(kBuiltInLabels) + static_cast<std::size_t>(made));
}

TEST_F(KeyringConcurrencyTest, AReaderNeverSeesAFileThatIsBeingOverwritten) {
    std::atomic<bool> over = false;
    std::atomic<int> broken = 0;
    std::thread reader([&] {
        while (!over) broken += open().ok() ? 0 : 1;
    });
    for (int i = 0; i < kTries; ++i) ASSERT_TRUE(is_ok(keyring_.add_label("l" + std::to_string(i))));
    over = true;
    reader.join();
    EXPECT_EQ(broken, 0);
}

TEST_F(KeyringConcurrencyTest, ALockOnAFileThatLostItsNameGuardsNothing) {
    // Another process's change that leaves the same bytes under the name, while this one holds the file from before.
    const Bytes before = read_file(files_, keyring_path(folder_), kMaxKeyringSize).value();
    Keyring other = open().value();
    const auto held = files_.open_writable(keyring_path(folder_)).value();
    ASSERT_TRUE(held->try_lock(true).value());
    EXPECT_EQ(other.add_label("x").error().code, Code::busy);
    ASSERT_TRUE(is_ok(replace_file(files_, keyring_path(folder_), before, 0600)));
    EXPECT_TRUE(is_ok(other.add_label("x")));  // the name's file is free, whoever holds the old one
}

TEST_F(KeyringConcurrencyTest, ASecondNameOfTheKeyringIsRemovedAndItsBytesStay) {
    // As a crash between link and unlink leaves it, on a file system without an exclusive rename.
    const std::string second = folder_ + "/keyring.tmp-0123456789abcdef";
    std::filesystem::create_hard_link(keyring_path(folder_), second);
    test::FaultFileSystem full(files_);
    Keyring keyring = Keyring::open(full, clock_, folder_).value();
    full.arm(1, test::Fault::no_space, true);  // the sweep passes, the new file cannot be written
    ASSERT_FALSE(keyring.add_label("x").ok());
    full.disarm();
    EXPECT_FALSE(std::filesystem::exists(second));
    ASSERT_TRUE(is_ok(open()));
    EXPECT_TRUE(is_ok(keyring.add_label("x")));
}

}  // namespace
}  // namespace custody
