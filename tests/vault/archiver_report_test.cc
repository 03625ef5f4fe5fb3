// What a backup says of what it could not read: all of it as it comes, the first of it afterwards.
#include "vault/archiver_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace custody::test {
namespace {

class Hearer final : public Progress {
public:
    void update(const ProgressState&) override {}
    void warn(std::string_view line) override { lines.emplace_back(line); }
    std::vector<std::string> lines;
};

TEST(RunReport, TellsOfEveryItemAndKeepsTheFirstThousand) {
    BackupResult result;
    Hearer hearer;
    RunReport report(result, hearer);
    for (int i = 0; i < 1500; ++i) report.fail("/srv/file" + std::to_string(i), {Code::denied, "not allowed"});
    EXPECT_EQ(result.files.failed, 1500u);
    ASSERT_EQ(hearer.lines.size(), 1500u);
    EXPECT_THAT(hearer.lines.back(), ::testing::HasSubstr("/srv/file1499"));
    EXPECT_EQ(result.warnings.size(), 1000u);
    EXPECT_EQ(result.unlisted_warnings, 500u);
}

}  // namespace
}  // namespace custody::test
