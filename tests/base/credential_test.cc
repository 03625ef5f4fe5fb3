// Secrets from systemd's folder, and secrets that the kernel keeps for a time.
#include "base/credential.h"
#include "base/kernel_keys.h"
#include "base/text.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace custody::test {
namespace {

void put(const std::string& path, const std::string& text, mode_t mode) {
    std::ofstream(path) << text;
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

std::string text_of(const Secret& secret) { return std::string(as_text(secret.view())); }

TEST(Credential, IsReadWhenOnlyItsOwnerMay) {
    const ScratchFolder folder("h8-credential");
    put(folder / "pass", "năm con gà\r\nnot this\n", 0400);
    const auto read = read_credential(folder.path(), "pass");
    ASSERT_TRUE(is_ok(read));
    ASSERT_TRUE(read->has_value());
    EXPECT_EQ(text_of(first_line_of(**read)), "năm con gà");
    const auto none = read_credential(folder.path(), "other");
    ASSERT_TRUE(is_ok(none));
    EXPECT_FALSE(none->has_value());
    const auto nowhere = read_credential("", "pass");
    ASSERT_TRUE(is_ok(nowhere));
    EXPECT_FALSE(nowhere->has_value());
}

TEST(Credential, IsRefusedWhereOthersReadItOrItIsNoPlainFile) {
    const ScratchFolder folder("h8-credential");
    put(folder / "open", "secret", 0444);
    EXPECT_TRUE(fails_with(Code::refused, read_credential(folder.path(), "open")));
    put(folder / "plain", "secret", 0400);
    std::filesystem::create_symlink("plain", folder / "link");
    EXPECT_FALSE(read_credential(folder.path(), "link").ok());
    std::filesystem::create_directory(folder / "folder");
    EXPECT_FALSE(read_credential(folder.path(), "folder").ok());
    put(folder / "long", std::string(kMaxCredentialSize + 1, 'x'), 0400);
    EXPECT_TRUE(fails_with(Code::corrupt, read_credential(folder.path(), "long")));
    for (const char* name : {"", ".", "..", "../plain"}) {
        EXPECT_TRUE(fails_with(Code::usage, read_credential(folder.path(), name))) << name;
    }
}

// The kernel here may have none (a container's filter): then that is said.
class KernelKeyUnlock : public testing::Test {
protected:
    void SetUp() override {
        const Status put_one = put_kernel_key(name_, Secret::copy_of(as_bytes("first")), 60);
        if (!put_one.ok()) GTEST_SKIP() << put_one.error().message;
    }
    void TearDown() override { (void)drop_kernel_key(name_); }
    const std::string name_ = "custody:test:" + std::to_string(::getpid());
};

TEST_F(KernelKeyUnlock, IsReadReplacedAndTakenBack) {
    auto read = get_kernel_key(name_);
    ASSERT_TRUE(is_ok(read));
    ASSERT_TRUE(read->has_value());
    EXPECT_EQ(text_of(**read), "first");
    const std::string longest(kMaxKernelKeySize, 'x');
    ASSERT_TRUE(is_ok(put_kernel_key(name_, Secret::copy_of(as_bytes(longest)), 60)));
    read = get_kernel_key(name_);
    ASSERT_TRUE(is_ok(read));
    ASSERT_TRUE(read->has_value());
    EXPECT_EQ(text_of(**read), longest);
    const auto dropped = drop_kernel_key(name_);
    ASSERT_TRUE(is_ok(dropped));
    EXPECT_TRUE(*dropped);
    read = get_kernel_key(name_);
    ASSERT_TRUE(is_ok(read));
    EXPECT_FALSE(read->has_value());
    const auto again = drop_kernel_key(name_);
    ASSERT_TRUE(is_ok(again));
    EXPECT_FALSE(*again);
    EXPECT_TRUE(fails_with(Code::usage, put_kernel_key(name_, Secret::copy_of(as_bytes(longest + "x")), 60)));
    EXPECT_TRUE(fails_with(Code::usage, put_kernel_key(name_, Secret::copy_of(as_bytes("x")), 0)));
}

TEST_F(KernelKeyUnlock, IsGoneWhenItsTimeIsOver) {
    ASSERT_TRUE(is_ok(put_kernel_key(name_, Secret::copy_of(as_bytes("short")), 1)));
    bool is_there = true;
    for (int i = 0; i < 200 && is_there; ++i) {  // a deadline of 10 s for a hang
        ::usleep(50'000);
        const auto read = get_kernel_key(name_);
        ASSERT_TRUE(is_ok(read));
        is_there = read->has_value();
    }
    EXPECT_FALSE(is_there);
}

TEST_F(KernelKeyUnlock, IsNotFoundByAnotherUser) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
    const pid_t child = ::fork();
    if (child == 0) {
        if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) ::_exit(9);
        const auto read = get_kernel_key(name_);
        ::_exit(read.ok() && !read->has_value() ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace custody::test
