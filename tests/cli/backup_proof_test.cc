// What a backup and a copy prove before they count: content held against the source again, objects read back from the medium.
#include "tests/cli/cli_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace custody::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(BackupProof, ContentIsReadAgainWhenAskedForAndIsCounted) {
    Office office("cli-proof");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Json proven = json_of(office.backup({"--reconcile-content", "100", "--read-back", "--json"}));
    EXPECT_EQ(proven["reconciled"]["content_files"], 4) << proven.dump();
    EXPECT_GT(proven["reconciled"]["content_bytes"], 700'000);
    for (const char* none : {"mismatches", "changed", "unreadable", "damaged"}) EXPECT_EQ(proven["reconciled"][none], 0) << none;
    EXPECT_GE(proven["read_back"]["objects"], 4) << "packs, index segment, snapshot";
    EXPECT_GT(proven["read_back"]["bytes"], 700'000);
    const Json cheap = json_of(office.backup({"--json"}));
    EXPECT_EQ(cheap["reconciled"]["content_files"], 0) << "off unless asked for";
    EXPECT_FALSE(cheap.contains("read_back"));
    EXPECT_THAT(office.backup({"--reconcile-content", "100"}).out, HasSubstr("content read again: 4 files"));
    EXPECT_THAT(office.backup().out, Not(HasSubstr("content read again")));
    for (const char* wrong : {"101", "-1", "half"}) EXPECT_EQ(office.backup({"--reconcile-content", wrong}).exit, 2) << wrong;
}

TEST(BackupProof, ACopyReadsBackWhatItWroteWhenAskedTo) {
    Office office("cli-proof-copy");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const std::string second = office.folder / "second", third = office.folder / "third";
    for (const std::string& vault : {second, third}) ASSERT_EQ(office.custody({"init", "--vault", vault}).exit, 0);
    const Json proven = json_of(office.custody({"copy", "--to", second, "--read-back", "--json"}));
    EXPECT_EQ(proven["snapshots_copied"], 1);
    EXPECT_GE(proven["objects_read_back"], 4) << "packs, index segment, snapshot";
    EXPECT_GT(proven["bytes_read_back"], proven["bytes_copied"]) << "the packs, and what names them";
    EXPECT_EQ(json_of(office.custody({"copy", "--to", third, "--json"}))["objects_read_back"], 0);
    EXPECT_THAT(office.custody({"copy", "--to", second, "--read-back"}).out, HasSubstr("read back from the medium: 0 objects"));
}

}  // namespace
}  // namespace custody::test
