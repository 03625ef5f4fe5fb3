#include "daemon/scan.h"
#include "tests/support/fake_clock.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

// Finds what holds the word "worm", as clamdscan tells it.
class Scanning : public testing::Test {
protected:
    void SetUp() override {
        std::ofstream(scratch_ / "scanner") << "#!/bin/sh\n"
                                               "found=$(grep -rl worm \"$1\") || exit 0\n"
                                               "echo \"$found\" | sed 's/$/: Test.Worm-1 FOUND/'\nexit 1\n";
        fs::permissions(scratch_ / "scanner", fs::perms::owner_all);
        fs::create_directories(scratch_ / "in/sub");
        write("in/good", "hello");
    }
    void write(const std::string& name, const std::string& text) { std::ofstream(scratch_ / name) << text; }
    Result<ScanResult> scan(const std::string& command, const std::string& name = "in") {
        const ScanOptions options{{command}, kMinute, scratch_ / "quarantine"};
        return scan_path(options, scratch_ / name, FakeClock(), StopFlag());
    }
    ScratchFolder scratch_{"scan"};
};

TEST_F(Scanning, AFindingIsNamedMovedAwayAndRecorded) {
    const auto clean = scan(scratch_ / "scanner");
    ASSERT_TRUE(is_ok(clean));
    EXPECT_EQ(ScanVerdict::clean, clean->verdict);
    EXPECT_FALSE(fs::exists(scratch_ / "quarantine"));
    write("in/sub/bad one", "a worm");
    const auto found = scan(scratch_ / "scanner");
    ASSERT_TRUE(is_ok(found));
    EXPECT_EQ(ScanVerdict::found, found->verdict);
    ASSERT_EQ(1u, found->findings.size());
    const ScanFinding& finding = found->findings.front();
    EXPECT_EQ(scratch_ / "in/sub/bad one", finding.path);
    EXPECT_EQ("Test.Worm-1", finding.threat);
    EXPECT_FALSE(fs::exists(finding.path));
    struct stat info {};
    ASSERT_EQ(0, ::stat(finding.quarantined.c_str(), &info));
    EXPECT_EQ(0u, info.st_mode & 07777u);
    ASSERT_EQ(0, ::stat((scratch_ / "quarantine").c_str(), &info));
    EXPECT_EQ(0700u, info.st_mode & 07777u);
    std::ifstream record(finding.quarantined + ".json");
    const std::string text{std::istreambuf_iterator<char>(record), {}};
    EXPECT_NE(std::string::npos, text.find("bad one")) << text;
    EXPECT_TRUE(fs::exists(scratch_ / "in/good"));
    EXPECT_EQ(ScanVerdict::clean, scan(scratch_ / "scanner")->verdict);
}

TEST_F(Scanning, WithoutNamesTheWholeIsMovedAway) {
    write("silent", "#!/bin/sh\nexit 1\n");
    fs::permissions(scratch_ / "silent", fs::perms::owner_all);
    const auto found = scan(scratch_ / "silent");
    ASSERT_TRUE(is_ok(found));
    EXPECT_EQ(ScanVerdict::found, found->verdict);
    EXPECT_FALSE(fs::exists(scratch_ / "in"));
    EXPECT_TRUE(fs::exists(found->findings.at(0).quarantined + "/good"));
}

TEST_F(Scanning, WhatWasNotScannedIsNotClean) {
    write("broken", "#!/bin/sh\necho no daemon >&2\nexit 2\n");
    fs::permissions(scratch_ / "broken", fs::perms::owner_all);
    const auto broken = scan(scratch_ / "broken");
    ASSERT_TRUE(is_ok(broken));
    EXPECT_EQ(ScanVerdict::not_scanned, broken->verdict);
    EXPECT_NE(std::string::npos, broken->words.find("no daemon")) << broken->words;
    EXPECT_TRUE(fs::exists(scratch_ / "in/good"));
    EXPECT_FALSE(scan(scratch_ / "no-such-scanner").ok());
    EXPECT_TRUE(fails_with(Code::not_found, scan(scratch_ / "scanner", "none")));
    EXPECT_EQ(ScanVerdict::not_set, scan_path({}, scratch_ / "in", FakeClock(), StopFlag())->verdict);
}

TEST(Scan, OnlyPathsThatWereScannedAreBelieved) {
    const auto found =
        parse_findings("/in/a: X FOUND\n/etc/passwd: X FOUND\n/inside: X FOUND\n/in/b: c: Y FOUND\n/in/ok: OK\n", "/in");
    ASSERT_EQ(2u, found.size());
    EXPECT_EQ("/in/a", found[0].path);
    EXPECT_EQ("/in/b: c", found[1].path);
}

}  // namespace
}  // namespace custody::test
