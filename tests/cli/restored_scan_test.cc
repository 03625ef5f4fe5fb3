// Duty I5: what was restored passes the [scan] command; what it finds is named and moved out of reach.
#include "cli/restored_scan.h"
#include "tests/cli/cli_fixture.h"

#include <sys/stat.h>

namespace custody::test {
namespace {

// A scanner as clamscan is one: names what it found, exit 1; 0 when clean.
void write_scanner(const std::string& path) {
    write_file(path,
               "#!/bin/sh\nfound=$(grep -rl MALWARE \"$1\") || exit 0\n"
               "echo \"$found\" | while read -r line; do echo \"$line: Test.Malware FOUND\"; done\nexit 1\n");
    ASSERT_EQ(0, ::chmod(path.c_str(), 0755));
}

struct ScannedOffice {
    explicit ScannedOffice(const std::string& purpose) : office(purpose) {
        office.fill_source();
        EXPECT_EQ(office.custody({"init"}).exit, 0);
        write_scanner(office.folder / "scanner");
        write_file(office.folder / "custody.toml", "[scan]\ncommand = [\"" + (office.folder / "scanner") +
                                                       "\"]\n[service]\nsocket = \"" + (office.folder / "none.sock") +
                                                       "\"\nstate_folder = \"" + (office.folder / "state") + "\"\n");
    }
    [[nodiscard]] Outcome restore(const std::string& target) const {
        return office.custody({"restore", "latest", "--target", target, "--config", office.folder / "custody.toml", "--json"});
    }
    Office office;
};

TEST(RestoredScan, WhatIsFoundIsNamedAndMovedAwayAndTheRestSays) {
    const ScannedOffice scanned("scan-found");
    const Office& office = scanned.office;
    write_file(office.source + "/hồ sơ/xấu.doc", "MALWARE\n");
    ASSERT_EQ(office.backup().exit, 0);
    const std::string target = office.folder / "back";
    const Outcome outcome = scanned.restore(target);
    EXPECT_EQ(1, outcome.exit) << outcome.err;
    const Json document = json_of(outcome);
    EXPECT_EQ("found", document["scan"]["verdict"]) << document.dump(1);
    ASSERT_EQ(1U, document["scan"]["findings"].size());
    const std::string where = target + office.source + "/hồ sơ/xấu.doc";
    EXPECT_EQ(where, document["scan"]["findings"][0]["path"]);
    EXPECT_EQ("Test.Malware", document["scan"]["findings"][0]["threat"]);
    EXPECT_FALSE(std::filesystem::exists(where));
    EXPECT_TRUE(std::filesystem::exists(target + office.source + "/readme"));
    EXPECT_TRUE(std::filesystem::exists(document["scan"]["findings"][0]["quarantined"].get<std::string>()));
    EXPECT_NE(std::string::npos, outcome.err.find("the service was not told")) << outcome.err;
}

TEST(RestoredScan, WhatIsCleanIsSaidToBe) {
    const ScannedOffice scanned("scan-clean");
    ASSERT_EQ(scanned.office.backup().exit, 0);
    const Outcome outcome = scanned.restore(scanned.office.folder / "back");
    EXPECT_EQ(0, outcome.exit) << outcome.err;
    EXPECT_EQ("clean", json_of(outcome)["scan"]["verdict"]);
}

TEST(RestoredScan, AScannerThatFailsIsNeverTakenForClean) {
    const ScannedOffice scanned("scan-fails");
    ASSERT_EQ(scanned.office.backup().exit, 0);
    write_file(scanned.office.folder / "scanner", "#!/bin/sh\nexit 2\n");
    const Outcome outcome = scanned.restore(scanned.office.folder / "back");
    EXPECT_EQ(1, outcome.exit) << outcome.err;
    EXPECT_EQ("not_scanned", json_of(outcome)["scan"]["verdict"]);
}

TEST(RestoredScan, OnlyWhatWasBroughtBackIsScanned) {
    using Places = std::vector<std::string>;
    EXPECT_EQ((Places{"/t/srv/a", "/t/etc"}), places_to_scan({"/t", {"/srv/a", "/etc"}, ""}));
    EXPECT_EQ((Places{"/t/a"}), places_to_scan({"/t", {"/srv/a"}, "/srv"}));
    EXPECT_EQ((Places{"/t"}), places_to_scan({"/t", {"/srv"}, "/srv"}));
    EXPECT_EQ((Places{"/t"}), places_to_scan({"/t", {"/srv"}, "/srv/deeper"}));
    EXPECT_EQ((Places{"/etc/ssh"}), places_to_scan({"/", {"/etc/ssh"}, ""}));
}

}  // namespace
}  // namespace custody::test
