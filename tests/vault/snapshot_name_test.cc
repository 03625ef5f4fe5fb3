#include "vault/snapshot_name.h"

#include "tests/support/results.h"

#include <vector>

namespace custody::test {
namespace {

TEST(SnapshotName, WhatAPersonMayGive) {
    std::vector<std::string> good = {"etc", "hồ sơ"};
    good.emplace_back(kMaxSnapshotName, 'x');
    for (const std::string& name : good) EXPECT_TRUE(is_ok(check_snapshot_name(name))) << name;
    std::vector<std::string> bad = {"", "latest", "a@b", "a\nb", "a\x7f", " a", "a\xE3\x80\x80", "\xff"};
    bad.emplace_back(kMaxSnapshotName + 1, 'x');
    for (const std::string& name : bad) EXPECT_TRUE(fails_with(Code::usage, check_snapshot_name(name))) << name;
}

TEST(SnapshotName, WhatIsMadeFromAPathIsAlwaysOne) {
    EXPECT_EQ(snapshot_name_from("etc"), "etc");
    EXPECT_EQ(snapshot_name_from("www@home"), "www_home");
    std::string accents;
    while (accents.size() <= kMaxSnapshotName) accents += "x\xE1\xBB\x93";
    std::vector<std::string> parts = {"", "latest", "@", "  ", "a\nb", "\xff\xfe", accents, "a" + accents, "ab" + accents};
    parts.emplace_back(255, '@');
    parts.emplace_back(kMaxSnapshotName - 1, 'x');
    parts.back() += " x";
    for (const std::string& part : parts) EXPECT_TRUE(is_ok(check_snapshot_name(snapshot_name_from(part)))) << part;
}

}  // namespace
}  // namespace custody::test
