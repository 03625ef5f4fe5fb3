// Printed pages of recovery kits, which no program can rewrite; and exports that fail.
#include "base/file.h"
#include "tests/cli/cli_fixture.h"
#include "vault/keys/recovery_kit.h"

#include <gmock/gmock.h>

namespace custody::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Program with_kit_passphrase(Program program) {
    program.environment["CUSTODY_KIT_PASSPHRASE"] = "năm con gà vàng ngoài sân";
    return program;
}

// What a person gets who types a page's lines.
void type_lines_of(const std::string& kit, const std::string& into) {
    const auto file = read_file(posix_file_system(), kit, 1 << 20);
    ASSERT_TRUE(file.ok());
    std::string text;
    for (const std::string& line : kit_to_lines(*file)) text += line + "\n";
    write_file(into, text);
}

struct PagesOffice : Office {
    explicit PagesOffice(const std::string& purpose) : Office(purpose) {
        fill_source();
        EXPECT_EQ(custody({"init"}).exit, 0);
    }
    Outcome key(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), "key");
        return run(with_kit_passphrase(custody.command(std::move(arguments))));
    }
    Json list() const { return json_of(key({"list", "--json"})); }
    Json copies() const { return list()["copies"]; }

    std::string kit = folder / "kit", page = folder / "kit.pdf", typed = folder / "typed.txt";
};

struct DestroyedOffice : PagesOffice {
    explicit DestroyedOffice(const std::string& purpose) : PagesOffice(purpose) {
        EXPECT_EQ(custody({"label", "add", "px"}).exit, 0);
        EXPECT_EQ(custody({"backup", source, "--label", "px", "--name", "p"}).exit, 0);
        EXPECT_EQ(key({"export", "--recovery", "--output", kit, "--page", page}).exit, 0);
        type_lines_of(kit, typed);
        const Outcome destroyed = key({"destroy", "--label", "px", "--confirm", "px", "--json"});
        EXPECT_EQ(destroyed.exit, 3) << destroyed.err;
        EXPECT_EQ(json_of(destroyed)["outstanding_copies"], Json::array({1, 2}));
        EXPECT_THAT(destroyed.err, HasSubstr("copy 2 of the keys, the printed page of recovery kit 1"));
    }
};

TEST(Pages, AnExportedPageIsACopyOfItsOwn) {
    const PagesOffice office("cli-page");
    const Outcome exported = office.key({"export", "--recovery", "--output", office.kit, "--page", office.page, "--json"});
    ASSERT_EQ(exported.exit, 0) << exported.err;
    EXPECT_EQ(json_of(exported)["number"], 1);
    EXPECT_EQ(json_of(exported)["page_number"], 2);
    const Json copies = office.copies();
    ASSERT_EQ(copies.size(), 2u);
    EXPECT_EQ(copies[0]["kind"], "kit");
    EXPECT_EQ(copies[1]["kind"], "page");
    EXPECT_EQ(copies[1]["note"], "kit 1");
    EXPECT_THAT(office.key({"list"}).out, HasSubstr("2  page"));
    const Outcome next = office.key({"export", "--recovery", "--output", office.kit + "2", "--json"});
    EXPECT_EQ(json_of(next)["number"], 3);
    EXPECT_EQ(json_of(next)["page_number"], nullptr);

    EXPECT_EQ(office.custody({"label", "add", "later"}).exit, 0);
    EXPECT_EQ(office.copies()[1]["stale"], true);
}

TEST(Pages, WhatWasReadIsWhatIsProven) {
    const PagesOffice office("cli-page-proven");
    ASSERT_EQ(office.key({"export", "--recovery", "--output", office.kit, "--page", office.page}).exit, 0);
    type_lines_of(office.kit, office.typed);
    ASSERT_EQ(office.key({"import", office.typed, "--check"}).exit, 0);
    EXPECT_EQ(office.copies()[0]["proven"], nullptr) << "nobody read the file";
    EXPECT_NE(office.copies()[1]["proven"], nullptr);
    EXPECT_EQ(json_of(office.custody({"status", "--json"}))["keyring"]["kit"], "proven") << "the page brings everything back";
    ASSERT_EQ(office.key({"import", office.kit, "--check"}).exit, 0);
    EXPECT_NE(office.copies()[0]["proven"], nullptr);

    const Outcome pdf = office.key({"import", office.page, "--check"});
    EXPECT_EQ(pdf.exit, 2);
    EXPECT_THAT(pdf.err, HasSubstr("type its lines"));
    // On a bare machine: the keyring knows both copies, and which of them it came from.
    const std::string elsewhere = office.folder / "elsewhere";
    Program import = with_kit_passphrase(office.custody.command({"key", "import", office.typed, "--keyring", elsewhere}));
    ASSERT_EQ(run(import).exit, 0);
    const Json there = json_of(office.custody({"key", "list", "--keyring", elsewhere, "--json"}))["copies"];
    ASSERT_EQ(there.size(), 2u);
    EXPECT_EQ(there[0]["proven"], nullptr);
    EXPECT_NE(there[1]["proven"], nullptr);
}

TEST(Pages, RewritingTheKitLeavesThePaperAsItIs) {
    const DestroyedOffice office("cli-page-owes");
    const Outcome settled = office.key({"settle", office.kit});
    ASSERT_EQ(settled.exit, 0) << settled.err;
    EXPECT_EQ(office.list()["destroyed"][0]["state"], "pending");
    EXPECT_EQ(office.list()["destroyed"][0]["outstanding_copies"], Json::array({2}));
    EXPECT_EQ(office.key({"destroy", "--label", "px"}).exit, 3);
    EXPECT_THAT(office.custody({"status"}).out,
                AllOf(HasSubstr("the printed page of recovery kit 1, still opens the destroyed label px"),
                      HasSubstr("--declared-destroyed 2")));

    ASSERT_EQ(office.key({"settle", "--declared-destroyed", "2", "--reason", "shredded"}).exit, 0);
    EXPECT_EQ(office.key({"destroy", "--label", "px"}).exit, 0);
    EXPECT_EQ(office.list()["destroyed"][0]["state"], "passed with exceptions");
    EXPECT_EQ(office.copies()[1]["note"], "kit 1: shredded");
}

TEST(Pages, NeitherAPageNorWhatWasTypedFromItIsSettledAsAFile) {
    const DestroyedOffice office("cli-page-settle");
    for (const std::string& file : {office.page, office.typed}) {
        const std::string before = read_file_text(file);
        const Outcome refused = office.key({"settle", file});
        EXPECT_EQ(refused.exit, 5) << refused.err;
        EXPECT_TRUE(one_clear_line(refused));
        EXPECT_THAT(refused.err, AllOf(HasSubstr(file), HasSubstr("destroy the paper"), HasSubstr("--declared-destroyed 2")));
        EXPECT_TRUE(read_file_text(file) == before);
    }
    EXPECT_EQ(office.list()["destroyed"][0]["outstanding_copies"], Json::array({1, 2}));
    const Outcome old = office.key({"import", office.typed, "--check"});
    EXPECT_EQ(old.exit, 5);
    EXPECT_THAT(old.err, AllOf(HasSubstr("this page of the recovery kit still holds the destroyed label 'px'"),
                               Not(HasSubstr("custody key settle KIT"))));
}

TEST(Exports, ThatCannotBeWrittenRegisterNothing) {
    const PagesOffice office("cli-export-nowhere");
    const std::string nowhere = office.folder / "nodir";
    const std::vector<std::vector<std::string>> exports = {
        {"export", "--recovery", "--output", nowhere + "/kit"},
        {"export", "--recovery", "--output", office.kit, "--page", nowhere + "/kit.pdf"},
        {"export", "--writer", "--host", "web01", "--output", nowhere + "/web01.keys"},
    };
    for (const auto& arguments : exports) {
        const Outcome outcome = office.key(arguments);
        EXPECT_EQ(outcome.exit, 7) << outcome.err;
        EXPECT_TRUE(one_clear_line(outcome));
        EXPECT_THAT(outcome.err, HasSubstr("there is no folder " + nowhere));
    }
    // One name for both: found out only when the second of the files is made.
    EXPECT_EQ(office.key({"export", "--recovery", "--output", office.kit, "--page", office.kit}).exit, 1);
    EXPECT_FALSE(std::filesystem::exists(office.kit));
    EXPECT_THAT(office.copies(), IsEmpty());
    EXPECT_EQ(office.list()["signers"].size(), 1u);
    const Outcome written = office.key({"export", "--recovery", "--output", office.kit, "--json"});
    EXPECT_EQ(json_of(written)["number"], 1) << "no number was given";
}

// The page does not fit any more when the kit is written already.
TEST(Exports, ThatFailHalfwayAreTakenBack) {
    const PagesOffice office("cli-export-halfway");
    Program limited = with_kit_passphrase(
        office.custody.command({"key", "export", "--recovery", "--output", office.kit, "--page", office.page}));
    limited.arguments.insert(limited.arguments.begin(), {"-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh", limited.path});
    limited.path = "sh";
    const Outcome halfway = run(limited);
    EXPECT_EQ(halfway.exit, 1) << halfway.err;
    EXPECT_TRUE(one_clear_line(halfway));
    EXPECT_THAT(halfway.err, AllOf(HasSubstr(office.page), Not(HasSubstr("stays registered"))));
    EXPECT_FALSE(std::filesystem::exists(office.kit));
    EXPECT_FALSE(std::filesystem::exists(office.page));
    EXPECT_THAT(office.copies(), IsEmpty());
    const Outcome written = office.key({"export", "--recovery", "--output", office.kit, "--page", office.page, "--json"});
    EXPECT_EQ(json_of(written)["number"], 3) << "numbers that were given are not given again";
}

}  // namespace
}  // namespace custody::test
