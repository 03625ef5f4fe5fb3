// The unit that systemd is given: no complaint of its checker, an exposure under 3.0, and every capability explained, there and
// in the documentation.
#include "tests/support/program.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace custody {
namespace {

using test::Outcome;
using test::run;
using test::ScratchFolder;

const std::string kPackaging = CUSTODY_PACKAGING;
const std::string kDocumentation = kPackaging + "/../docs/SERVICE.md";

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    EXPECT_NE(std::string::npos, at) << what;
    return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

// The first line that begins so.
std::string line_of(const std::string& text, const std::string& beginning) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(beginning)) return line;
    }
    return "";
}

// In tenths; 0: systemd-analyze says none.
int exposure_of(const std::string& unit) {
    const Outcome outcome = run({"systemd-analyze", {"security", "--offline=true", "--no-pager", unit}, {}, "", std::nullopt});
    static const std::regex overall("Overall exposure level for [^:]*: ([0-9]+)\\.([0-9])");
    std::smatch found;
    EXPECT_TRUE(std::regex_search(outcome.out, found, overall)) << outcome.out << outcome.err;
    return found.empty() ? 0 : std::stoi(found[1]) * 10 + std::stoi(found[2]);
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
    const int tenths = exposure_of(installed());
    EXPECT_GT(tenths, 0);
    EXPECT_LT(tenths, 30);
}

TEST_F(Unit, ItsExposureIsWhatTheDocumentationSays) {
    struct Row {
        std::string documented;
        std::vector<std::string> drop_ins;
    };
    for (const auto& [documented, drop_ins] :
         {Row{"| none |", {}}, Row{"| `disks.conf` |", {"disks.conf"}}, Row{"| `drills.conf` |", {"drills.conf"}},
          Row{"| both |", {"disks.conf", "drills.conf"}}}) {
        const std::string path = installed();
        for (const std::string& name : drop_ins) add_drop_in(name);
        const int tenths = exposure_of(path);
        const std::string row = line_of(content_of(kDocumentation), documented);
        EXPECT_TRUE(row.ends_with(fmt::format(" {}.{} |", tenths / 10, tenths % 10))) << row << " and it is " << tenths;
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

// systemd keeps the last line of each name: the one drop-in would take from the other.
TEST_F(Unit, NoTwoDropInsGrantDevicesUnderOneName) {
    std::set<std::string> names;
    for (const std::string name : {"disks.conf", "drills.conf"}) {
        std::istringstream lines(content_of(kPackaging + "/drop-ins/" + name));
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with("DeviceAllow=")) continue;
            EXPECT_TRUE(names.insert(line.substr(0, line.rfind(' '))).second) << name << ": " << line;
        }
    }
    EXPECT_GE(names.size(), 3U);
}

// "CAP_CHOWN" -> "unit", "disks.conf", "drills.conf": as given, and as the table in the documentation says.
TEST_F(Unit, EveryCapabilityIsInTheDocumentationAndNoOther) {
    std::set<std::pair<std::string, std::string>> given, documented;
    for (const std::string name : {"custodyd.service", "drop-ins/disks.conf", "drop-ins/drills.conf"}) {
        const std::string where = name.starts_with("drop-ins/") ? name.substr(9) : "unit";
        std::istringstream lines(content_of(kPackaging + "/" + name));
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with("CapabilityBoundingSet=")) continue;
            std::istringstream words(line.substr(line.find('=') + 1));
            for (std::string word; words >> word;) given.emplace(word, where);
        }
    }
    const std::string text = content_of(kDocumentation);
    static const std::regex row("\\| `(CAP_[A-Z_]+)` \\| `?(unit|[a-z]+\\.conf)`? \\| [^|]+ \\|");
    for (std::sregex_iterator at(text.begin(), text.end(), row), end; at != end; ++at) documented.emplace((*at)[1], (*at)[2]);
    EXPECT_EQ(given, documented);
    EXPECT_GE(given.size(), 12U);
}

}  // namespace
}  // namespace custody
