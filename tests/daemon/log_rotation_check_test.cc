// Duty B12 on the machine that the configuration is of: a log plan that runs less often than its files are rotated away is
// refused.
#include "daemon/config/check.h"
#include "daemon/config/load.h"
#include "daemon/discover/setup_draft.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace custody::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RotationCheck : public testing::Test {
protected:
    RotationCheck() {
        places_.logrotate = folder_ / "logrotate.conf";
        places_.journald = {folder_ / "none"};
        places_.journals = {folder_ / "none"};
    }
    void rotate(const std::string& how) { write_file(places_.logrotate, "/var/log/syslog {\n" + how + "\n}\n"); }
    LoadedConfig load(const std::string& more = "", const std::string& schedule = "0 1 * * 0") {
        const std::string text =
            "[[plan]]\nname = \"logs\"\nlabel = \"log\"\nsource = { files = [\"/var/log\"] }\nschedule = \"" + schedule + "\"\n" +
            more;
        return load_config_text(posix_file_system(), folder_ / "c.toml", text, ZoneRules(), {}, &places_);
    }
    ScratchFolder folder_{"rotation-check"};
    RotationPlaces places_;
};

TEST_F(RotationCheck, AWeekWithTheFilesOfTwoDaysIsRefusedWithItsLine) {
    rotate("daily\nrotate 2");
    EXPECT_THAT(load().faults, ElementsAre(AllOf(HasSubstr("c.toml:5:"), HasSubstr("B12"), HasSubstr("/var/log/syslog"))));
    EXPECT_THAT(load("", "0 */4 * * *").faults, IsEmpty());
    rotate("weekly\nrotate 4");
    EXPECT_THAT(load().faults, IsEmpty());
    const LoadedConfig elsewhere = load_config_text(posix_file_system(), "c.toml", "", ZoneRules(), {});
    EXPECT_TRUE(elsewhere.sound());
}

TEST_F(RotationCheck, AnExceptionIsRecordedAndCountsAsNeeded) {
    rotate("daily\nrotate 2");
    const LoadedConfig loaded = load("exception = \"12/QD-UBND: kept on the syslog server as well\"\n");
    EXPECT_THAT(loaded.faults, IsEmpty());
    ASSERT_EQ(1u, loaded.config.exceptions.size());
    EXPECT_EQ("B12", loaded.config.exceptions[0].duty);
    for (const std::string& note : loaded.notes) EXPECT_THAT(note, testing::Not(HasSubstr("not needed")));
}

TEST_F(RotationCheck, WhatIsNotUnderstoodIsANoteAndTheCheckSaysAll) {
    rotate("daily\nrotate 2\nfrobnicate 3");
    EXPECT_THAT(load("", "0 */4 * * *").notes, testing::Contains(HasSubstr("frobnicate")));
    write_file(folder_ / "c.toml",
               "[[plan]]\nname = \"logs\"\nlabel = \"log\"\nsource = { files = [\"/var/log\"] }\nschedule = \"@weekly\"\n");
    EXPECT_EQ(2, check_config(posix_file_system(), folder_ / "c.toml", ZoneRules(), {}, &places_).exit);
    EXPECT_EQ(0, check_config(posix_file_system(), folder_ / "c.toml", ZoneRules(), {}).exit) << "of another machine";
}

TEST_F(RotationCheck, SetupChoosesAScheduleThatLosesNothing) {
    EXPECT_EQ("0 */4 * * *", choose_log_schedule(posix_file_system(), ZoneRules(), places_));
    rotate("daily\nrotate 7");
    EXPECT_EQ("0 */4 * * *", choose_log_schedule(posix_file_system(), ZoneRules(), places_));
    rotate("hourly\nrotate 2");
    EXPECT_EQ("5 * * * *", choose_log_schedule(posix_file_system(), ZoneRules(), places_));
    rotate("hourly\nrotate 0");
    EXPECT_EQ("*/15 * * * *", choose_log_schedule(posix_file_system(), ZoneRules(), places_));
}

}  // namespace
}  // namespace custody::test
