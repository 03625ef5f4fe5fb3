// How long logs are kept, from logrotate's and journald's own words; duty B12.
#include "daemon/log_rotation.h"

#include "tests/support/exotic_tree.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

namespace custody::test {
namespace {

class LogRotation : public testing::Test {
protected:
    void SetUp() override {
        std::filesystem::create_directories(folder_ / "logrotate.d");
        std::filesystem::create_directories(folder_ / "etc/journald.conf.d");
        std::filesystem::create_directories(folder_ / "lib/journald.conf.d");
        std::filesystem::create_directories(folder_ / "log/journal");
        places_.logrotate = folder_ / "logrotate.conf";
        places_.journald = {folder_ / "lib", folder_ / "etc"};
        places_.journals = {folder_ / "log/journal"};
    }
    void write(const std::string& name, std::string text) const {
        for (std::size_t at = 0; (at = text.find("LOG", at)) != std::string::npos;) text.replace(at, 3, folder_ / "log");
        for (std::size_t at = 0; (at = text.find("HERE", at)) != std::string::npos;) text.replace(at, 4, folder_.path());
        write_file(folder_ / name, text);
    }
    RotationReport report(const std::string& path = "log") const {
        auto read = read_rotation(posix_file_system(), {folder_ / path}, places_);
        EXPECT_TRUE(is_ok(read));
        return read.ok() ? *read : RotationReport{};
    }
    // Days by name below the log folder; -1: no time.
    std::map<std::string, double> days(const RotationReport& report) const {
        std::map<std::string, double> all;
        for (const RotationHorizon& each : report.horizons) {
            all[each.what.substr((folder_ / "log/").size())] =
                each.horizon_ns ? static_cast<double>(*each.horizon_ns) / static_cast<double>(kDay) : -1;
        }
        return all;
    }

    const ScratchFolder folder_{"h8-rotation"};
    RotationPlaces places_;
};

TEST_F(LogRotation, GroupsTakeOverWhatIsGlobalAndSayWhatIsTheirs) {
    write("logrotate.conf",
          "# see man\nweekly\nrotate 4\ncreate\n#dateext\ninclude HERE/logrotate.d\nLOG/last {\n  missingok\n  rotate 1\n}\n");
    write(
        "logrotate.d/a",
        "LOG/syslog\nLOG/mail.log \"LOG/with blank\"\n{\n\trotate 7\n\tdaily\n\tcompress\n\tpostrotate\n\t\t/bin/x }\n\tdaily 99 "
        "unknown\n\tendscript\n}\nLOG/app/*.log {\n monthly\n maxage 10\n}\n");
    write("logrotate.d/b",
          "LOG/size { \n size=100k\n rotate 3\n}\nLOG/max {\n maxsize 1M\n}\nLOG/ever {\n rotate -1\n}\n/elsewhere/x {\n}\n");
    write("logrotate.d/c.dpkg-old", "LOG/old {\n rotate 0\n}\n");
    const RotationReport all = report();
    EXPECT_TRUE(all.not_understood.empty()) << all.not_understood.front();
    EXPECT_EQ(days(all), (std::map<std::string, double>{{"syslog", 7},
                                                        {"mail.log", 7},
                                                        {"with blank", 7},
                                                        {"app/*.log", 10},
                                                        {"size", 3},
                                                        {"max", 4},
                                                        {"ever", -1},
                                                        {"last", 7},
                                                        {"journal", -1}}));
    ASSERT_NE(shortest_horizon(all), nullptr);
    EXPECT_EQ(shortest_horizon(all)->what, folder_ / "log/size");
    EXPECT_NE(shortest_horizon(all)->from.find("logrotate.d/b:1"), std::string::npos);
    EXPECT_EQ(days(report("log/syslog")), (std::map<std::string, double>{{"syslog", 7}}));
    EXPECT_EQ(days(report("log/app/one.log")), (std::map<std::string, double>{{"app/*.log", 10}}));
}

TEST_F(LogRotation, APlanThatRunsLessOftenIsRefusedByItsDuty) {
    write("logrotate.conf", "LOG/a {\n daily\n rotate 7\n}\n");
    const RotationReport all = report();
    EXPECT_TRUE(is_ok(check_log_interval(all, "logs", 7 * kDay)));
    const Status refused = check_log_interval(all, "logs", 7 * kDay + 1);
    ASSERT_TRUE(fails_with(Code::refused, refused));
    EXPECT_TRUE(refused.error().message.starts_with("B12: "));
    EXPECT_TRUE(is_ok(check_log_interval({}, "logs", 365 * kDay)));
}

TEST_F(LogRotation, JournaldKeepsByTimeOrBySizeAlone) {
    EXPECT_EQ(days(report())["journal"], -1);
    write("lib/journald.conf", "[Journal]\nMaxRetentionSec=1month\n");
    EXPECT_EQ(days(report())["journal"], 30);
    write("etc/journald.conf", "[Journal]\n#MaxRetentionSec=5s\nMaxRetentionSec = 2week 3d\nSystemMaxUse=1G\n");
    EXPECT_EQ(days(report())["journal"], 17);
    write("lib/journald.conf.d/10-x.conf", "[Journal]\nMaxRetentionSec=86400\n");
    EXPECT_EQ(days(report())["journal"], 1);
    write("etc/journald.conf.d/10-x.conf", "[Journal]\nMaxRetentionSec=0\n");
    EXPECT_EQ(days(report())["journal"], -1) << "the drop-in of that name in /etc stands for the other";
    write("etc/journald.conf.d/20-x.conf", "[Journal]\nMaxRetentionSec=soon\n");
    EXPECT_EQ(report().not_understood.size(), 1u);
    write("etc/journald.conf.d/30-x.conf", "[Journal]\nStorage=none\n");
    EXPECT_FALSE(days(report()).contains("journal"));
}

TEST_F(LogRotation, WhatIsNotUnderstoodIsSaidWithFileAndLine) {
    write("logrotate.conf",
          "include HERE/none\nfortnightly\nLOG/a {\n rotate many\n daily\n}\ninclude HERE/logrotate.conf\nLOG/b {\n");
    const RotationReport all = report();
    ASSERT_GE(all.not_understood.size(), 4u);
    EXPECT_NE(all.not_understood[0].find("logrotate.conf:1: "), std::string::npos);
    EXPECT_NE(all.not_understood[1].find("logrotate.conf:2: "), std::string::npos);
    EXPECT_NE(all.not_understood[2].find("logrotate.conf:4: "), std::string::npos);
    std::filesystem::remove(places_.logrotate);
    EXPECT_TRUE(report().not_understood.empty()) << "no logrotate here";
    write_file(places_.logrotate, std::string(kMaxRotationConfig + 1, '#'));
    EXPECT_FALSE(read_rotation(posix_file_system(), {"/var/log"}, places_).ok());
}

}  // namespace
}  // namespace custody::test
