// Holds are in the ledger, which is not encrypted: who may not read what is held still sees that it is.
#include "tests/cli/cli_fixture.h"

namespace custody::test {
namespace {

TEST(Hold, AWriterSeesThatIsHeldWhatItCannotRead) {
    const Office office("cli-hold-writer");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Json stored = json_of(office.backup({"--json"}));
    const std::string id = stored["snapshot"];
    ASSERT_EQ(office.custody({"hold", "add", id, "--reason", "case 17", "--until", "2099-01-01"}).exit, 0);
    const std::string keys = office.folder / "web01.keys";
    ASSERT_EQ(office.custody({"key", "export", "--writer", "--host", "web01", "--label", "log", "--output", keys}).exit, 0);
    const auto writer = [&](std::vector<std::string> arguments) {
        Program program = office.custody.command(std::move(arguments));
        program.environment["CUSTODY_KEYRING"] = office.folder / "there";
        return run(program);
    };
    ASSERT_EQ(writer({"key", "import", keys}).exit, 0);
    const Outcome listed = writer({"hold", "list"});
    EXPECT_EQ(listed.exit, 0);
    EXPECT_NE(listed.out.find(id.substr(0, 8)), std::string::npos) << listed.out;
    EXPECT_NE(listed.out.find("case 17"), std::string::npos) << listed.out;
    EXPECT_NE(listed.out.find("name not known here"), std::string::npos) << listed.out;
    EXPECT_NE(listed.err.find("1 snapshot cannot be read"), std::string::npos) << listed.err;
    const Json held = json_of(writer({"hold", "list", "--json"}));
    ASSERT_EQ(held.size(), 1U);
    EXPECT_EQ(held[0]["snapshot"], id);
    EXPECT_EQ(held[0]["reason"], "case 17");
    EXPECT_TRUE(held[0]["label"].is_null());
    EXPECT_TRUE(held[0]["name"].is_null());
    EXPECT_TRUE(held[0]["until"].is_string());
    ASSERT_EQ(office.custody({"hold", "release", id, "--reason", "closed"}).exit, 0);
    EXPECT_EQ(json_of(writer({"hold", "list", "--json"})).size(), 0U);
}

}  // namespace
}  // namespace custody::test
