// The small parts of the command line that a user cannot reach in a test: devices, mount points, terminals.
#include "base/text.h"
#include "cli/advice.h"
#include "cli/device_target.h"
#include "cli/key_file.h"
#include "cli/label_view.h"
#include "cli/output.h"
#include "cli/passphrase.h"
#include "cli/progress_line.h"
#include "tests/support/fake_clock.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <unistd.h>
#include <filesystem>

namespace custody::test {
namespace {

DeviceInfo usb_disk() {
    DeviceInfo device;
    device.path = "/dev/sdc";
    device.kernel_name = "sdc";
    device.model = "Ultra Fit";
    device.serial = "4C530001230405";
    device.bytes = 1000;
    return device;
}

TEST(DeviceTarget, RefusesWhatMustNotBeOverwritten) {
    EXPECT_EQ(reason_to_refuse(usb_disk(), 1000), "");
    DeviceInfo system = usb_disk();
    system.holds_running_system = true;
    EXPECT_NE(reason_to_refuse(system, 1), "");
    system.uses = {"swap"};
    EXPECT_NE(reason_to_refuse(system, 1).find("swap"), std::string::npos);
    EXPECT_EQ(reason_to_refuse(system, 1).find("running system"), std::string::npos) << "what uses it is closer to it";
    DeviceInfo used = usb_disk();
    used.uses = {"mounted read-only on /media/usb"};
    EXPECT_NE(reason_to_refuse(used, 1).find("/media/usb"), std::string::npos);
    DeviceInfo locked = usb_disk();
    locked.read_only = true;
    EXPECT_NE(reason_to_refuse(locked, 1), "");
    EXPECT_NE(reason_to_refuse(usb_disk(), 1001), "") << "too small by one byte";
}

TEST(DeviceTarget, IsConfirmedByTheEndOfTheSerialOnly) {
    EXPECT_EQ(confirmation_digits(usb_disk()), "0405");
    EXPECT_TRUE(is_confirmed(usb_disk(), "0405"));
    EXPECT_TRUE(is_confirmed(usb_disk(), "4C530001230405"));
    EXPECT_FALSE(is_confirmed(usb_disk(), "405")) << "too few";
    EXPECT_FALSE(is_confirmed(usb_disk(), "4C53")) << "the beginning is often the same for a whole batch";
    EXPECT_FALSE(is_confirmed(usb_disk(), ""));
    EXPECT_FALSE(is_confirmed(usb_disk(), "yes"));
    DeviceInfo nameless = usb_disk();
    nameless.serial.clear();
    EXPECT_TRUE(is_confirmed(nameless, "/dev/sdc"));
    EXPECT_FALSE(is_confirmed(nameless, ""));
}

TEST(Passphrase, WeaknessIsCountedInCharactersNotBytes) {
    EXPECT_NE(passphrase_weakness(Secret::copy_of(as_bytes("ốốốốốốố"))), "");
    EXPECT_NE(passphrase_weakness(Secret::copy_of(as_bytes("aaaaaaaaaaaaaaaaaaaa"))), "");
    EXPECT_EQ(passphrase_weakness(Secret::copy_of(as_bytes("bốn con mèo đen"))), "");
}

TEST(TreePath, IsCleanAndNeverLeadsUp) {
    EXPECT_EQ(*tree_path("/srv//data/"), "srv/data");
    EXPECT_EQ(*tree_path("./srv"), "srv");
    EXPECT_EQ(*tree_path("/"), "");
    EXPECT_TRUE(fails_with(Code::usage, tree_path("/srv/../etc")));
}

TEST(Output, TablesAlignByCharacters) {
    const auto lines = format_table({{"Tên", "x"}, {"cấu hình", "y"}});
    EXPECT_EQ(lines[0].find('x'), std::string("Tên").size() + 5 + 2);
    EXPECT_EQ(lines[1], "cấu hình  y");
}

// What a ProgressLine wrote to a pipe.
std::string written_by(ProgressMode mode, FakeClock& clock, const std::function<void(ProgressLine&)>& use) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    {
        ProgressLine line(mode, clock, ends[1]);
        use(line);
    }
    ::close(ends[1]);
    std::string text(65536, '\0');
    const ssize_t got = ::read(ends[0], text.data(), text.size());
    ::close(ends[0]);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

TEST(Output, TimesOfFilesFarAwayAreStillRead) {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
    EXPECT_EQ(human_time(FileTime{-1, 500'000'000}), "1969-12-31 23:59:59");
    EXPECT_EQ(json_time(FileTime{-1, 500'000'000}), "1969-12-31T23:59:59.500000000+00:00");
    EXPECT_EQ(human_time(FileTime{253'402'300'800, 1}), "+010000-01-01 00:00:00");
    EXPECT_EQ(human_time(FileTime{-62'167'219'201, 0}), "-000001-12-31 23:59:59");
    EXPECT_EQ(human_time(FileTime{INT64_MIN, 0}), "@-9223372036854775808");
    ::unsetenv("TZ");
    ::tzset();
}

TEST(ProgressLine, ShowsRateAndTimeLeft) {
    FakeClock clock;
    const std::string text = written_by(ProgressMode::plain, clock, [&](ProgressLine& line) {
        line.update({"backing up", 0, 0, 0, 100 << 20, ""});
        clock.advance(20 * kSecond);
        line.update({"backing up", 10, 0, 50 << 20, 100 << 20, ""});
    });
    EXPECT_NE(text.find(" 50%"), std::string::npos) << text;
    EXPECT_NE(text.find("2.5 MiB/s"), std::string::npos) << text;
    EXPECT_NE(text.find("20 s left"), std::string::npos) << text;
}

TEST(ProgressLine, JsonIsOneObjectALine) {
    FakeClock clock;
    const std::string text = written_by(ProgressMode::json, clock, [&](ProgressLine& line) {
        line.update({"restoring", 1, 2, 3, 4, "a\nb"});
    });
    const Json object = Json::parse(text, nullptr, false);
    ASSERT_FALSE(object.is_discarded()) << text;
    EXPECT_EQ(object["phase"], "restoring");
    EXPECT_EQ(object["bytes_total"], 4);
    EXPECT_EQ(object["current"], "a\nb");
}

TEST(ProgressLine, AWarningIsShownOnceAndNoneSaysNothingElse) {
    FakeClock clock;
    const std::string text = written_by(ProgressMode::none, clock, [&](ProgressLine& line) {
        line.update({"restoring", 1, 2, 3, 4, ""});
        line.warn("x");
        line.warn("x");
    });
    EXPECT_EQ(text, "warning: x\n");
}

TEST(KeyFile, TellsKitsFromExports) {
    EXPECT_EQ(kind_of_key_file(as_bytes("custody recovery kit 1\n...")), KeyFile::Kind::kit);
    EXPECT_EQ(kind_of_key_file(as_bytes(R"({"body":{"signing_seed":"00"},"checksum":"11"})")), KeyFile::Kind::writer);
    EXPECT_EQ(kind_of_key_file(as_bytes(R"({"body":{},"signature":"00","signer":"11"})")), KeyFile::Kind::public_keys);
    EXPECT_EQ(kind_of_key_file(as_bytes(R"({"body":3})")), KeyFile::Kind::kit);
    EXPECT_EQ(kind_of_key_file({}), KeyFile::Kind::kit);
}

}  // namespace
}  // namespace custody::test
