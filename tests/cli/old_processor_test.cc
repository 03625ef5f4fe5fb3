// A vault of suite 1 opens on a processor without AES instructions: the real program under QEMU's user emulation with -cpu
// qemu64, which has SSE2 and no more.
#include "tests/support/program.h"
#include "tests/support/sanitizers.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace custody::test {
namespace {

const char* const kEmulator = "/usr/bin/qemu-x86_64";

TEST(OldProcessor, OpensAVaultOfSuiteOne) {
    if (kSanitized) GTEST_SKIP() << "QEMU's user emulation takes all memory there is for a sanitizer's shadow";
    if (::access(kEmulator, X_OK) != 0) GTEST_SKIP() << "qemu-x86_64 is not installed (package qemu-user)";
    const ScratchFolder scratch("old-processor");
    const Vault vault(scratch.path());
    std::filesystem::create_directories(scratch / "source");
    const std::string content(300'000, 'x');
    std::ofstream(scratch / "source/file") << content << "the end";
    ASSERT_EQ(vault({"init"}).exit, 0);
    ASSERT_EQ(vault({"backup", scratch / "source", "--label", "business", "--name", "s"}).exit, 0);

    Program emulated = vault.command({"verify", "--level", "full"});
    emulated.arguments.insert(emulated.arguments.begin(), {"-cpu", "qemu64", emulated.path});
    emulated.path = kEmulator;
    const Outcome verified = run(emulated);
    EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;

    Program cat = vault.command({"cat", "latest:s", scratch / "source/file"});
    cat.arguments.insert(cat.arguments.begin(), {"-cpu", "qemu64", cat.path});
    cat.path = kEmulator;
    const Outcome read = run(cat);
    EXPECT_EQ(read.exit, 0) << read.err;
    EXPECT_TRUE(read.out == content + "the end");
}

}  // namespace
}  // namespace custody::test
