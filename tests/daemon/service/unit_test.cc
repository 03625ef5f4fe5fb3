// The unit that systemd is given: no complaint of its checker, an exposure under 3.0, and every capability explained.
#include "tests/support/program.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

namespace custody {
namespace {

using test::Outcome;
using test::run;
using test::ScratchFolder;

const std::string kPackaging = CUSTODY_PACKAGING;

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    EXPECT_NE(std::string::npos, at) << what;
    return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

class Unit : public testing::Test {
protected:
    void SetUp() override {
        if (run({"systemd-analyze", {"--version"}, {}, "", std::nullopt}).exit != 0)
            GTEST_SKIP() << "systemd-analyze is not installed";
    }
    // A unit as it is installed, but naming programs and pages that are here, for those that are not are no fault of the unit.
    std::string installed() const {
        std::string text =
            replaced(content_of(kPackaging + "/custodyd.service"), "ExecStart=/usr/sbin/custodyd", "ExecStart=/bin/true");
        text = replaced(text, "Documentation=man:custodyd(8) man:custody(1)\n", "");
        const std::string path = scratch_ / "custodyd.service";
        std::ofstream(path) << text;
        return path;
    }
    void add_drop_in(const std::string& name) const {
        std::filesystem::create_directory(scratch_ / "custodyd.service.d");
        std::filesystem::copy(kPackaging + "/drop-ins/" + name, scratch_ / "custodyd.service.d/" + name);
    }
    ScratchFolder scratch_{"unit"};
};

TEST_F(Unit, TheCheckerHasNothingToSayWithAndWithoutItsDropIns) {
    const std::string path = installed();
    for (const std::string name : {"", "disks.conf", "drills.conf"}) {
        if (!name.empty()) add_drop_in(name);
        const Outcome outcome = run({"systemd-analyze", {"verify", path}, {}, "", std::nullopt});
        EXPECT_EQ(0, outcome.exit) << name;
        EXPECT_EQ("", outcome.err) << name;  // it exits 0 on keys that it does not know
    }
}

TEST_F(Unit, ItsExposureIsUnderThree) {
    const Outcome outcome = run(
        {"systemd-analyze", {"security", "--offline=true", "--threshold=30", "--no-pager", installed()}, {}, "", std::nullopt});
    EXPECT_EQ(0, outcome.exit) << outcome.out << outcome.err;
    const std::size_t at = outcome.out.find("Overall exposure level");
    ASSERT_NE(std::string::npos, at);
    EXPECT_NE(std::string::npos, outcome.out.find(": 2.", at)) << outcome.out.substr(at);
}

TEST_F(Unit, WithItsDropInsItIsNoMoreExposedThanTheDocumentationSays) {
    for (const auto& [name, tenths] : {std::pair{"disks.conf", "36"}, std::pair{"drills.conf", "33"}}) {
        const std::string path = installed();
        add_drop_in(name);
        const Outcome outcome = run({"systemd-analyze",
                                     {"security", "--offline=true", std::string("--threshold=") + tenths, "--no-pager", path},
                                     {},
                                     "",
                                     std::nullopt});
        EXPECT_EQ(0, outcome.exit) << name << outcome.out.substr(outcome.out.find("Overall"));
        std::filesystem::remove_all(scratch_ / "custodyd.service.d");
    }
}

TEST_F(Unit, EveryCapabilityHasItsReasonBesideIt) {
    for (const std::string name : {"custodyd.service", "drop-ins/disks.conf", "drop-ins/drills.conf"}) {
        std::istringstream lines(content_of(kPackaging + "/" + name));
        std::string before;
        for (std::string line; std::getline(lines, line); before = line) {
            if (line.starts_with("CapabilityBoundingSet=")) {
                EXPECT_TRUE(before.starts_with("#")) << name << ": " << line;
            }
        }
    }
}

}  // namespace
}  // namespace custody
