// Holds are in the ledger, which is not encrypted: who may not read what is held still sees that it is.
#include "tests/cli/cli_fixture.h"
#include "vault/repository.h"

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

TEST(Hold, AWriterReleasesOnlyWhatItHoldsItself) {
    const Office office("cli-hold-release");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const std::string keys = office.folder / "web01.keys", there = office.folder / "there";
    ASSERT_EQ(office.custody({"key", "export", "--writer", "--host", "web01", "--output", keys}).exit, 0);
    ASSERT_EQ(office.custody({"key", "import", keys, "--keyring", there}).exit, 0);
    const auto writer = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--keyring", there});
        return office.custody(arguments);
    };
    ASSERT_EQ(writer({"hold", "add", "latest:srv", "--reason", "mine"}).exit, 0);
    EXPECT_EQ(writer({"hold", "release", "latest:srv", "--reason", "done"}).exit, 0);

    ASSERT_EQ(office.custody({"hold", "add", "latest:srv", "--reason", "case 17"}).exit, 0);
    const auto expect_refused = [&] {
        const Outcome refused = writer({"hold", "release", "latest:srv", "--reason", "x"});
        EXPECT_EQ(refused.exit, 5) << refused.out;
        EXPECT_NE(refused.err.find("only a custodian's keyring releases it"), std::string::npos) << refused.err;
    };
    expect_refused();
    ASSERT_EQ(writer({"hold", "add", "latest:srv", "--reason", "mine"}).exit, 0);
    expect_refused();  // it laid a part of it
    EXPECT_EQ(writer({"forget", "latest:srv"}).exit, 5);
    EXPECT_EQ(json_of(office.custody({"hold", "list", "--json"})).size(), 1U);
    EXPECT_EQ(office.custody({"hold", "release", "latest:srv", "--reason", "closed"}).exit, 0);
    EXPECT_EQ(office.custody({"snapshots"}).err.find("ended the hold"), std::string::npos) << "a custodian did";
}

// Another program than this one asks nobody.
TEST(Hold, AReleaseByAWritersSignatureIsNamed) {
    const Office office("cli-hold-forged");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Json stored = json_of(office.backup({"--json"}));
    const auto id = ObjectId::from_hex(stored["snapshot"].get<std::string>());
    ASSERT_TRUE(id);
    ASSERT_EQ(office.custody({"hold", "add", id->hex(), "--reason", "case 17"}).exit, 0);
    const Secret seed = Secret::random(kKeySize);
    {
        auto vault = Repository::open(posix_file_system(), system_clock(), office.custody.vault(), nullptr);
        ASSERT_TRUE(vault.ok());
        LedgerEntry entry;
        entry.operation = Operation::release;
        entry.time = system_clock().now();
        entry.snapshots = {*id};
        entry.details = {{"reason", "x"}};
        ASSERT_TRUE(vault->ledger().publish(std::move(entry), seed, nullptr).ok());
    }
    const Outcome named = office.custody({"snapshots"});
    EXPECT_NE(named.err.find("ended the hold of snapshot " + id->hex().substr(0, 12)), std::string::npos) << named.err;
    EXPECT_NE(named.err.find(signer_id(seed).hex()), std::string::npos) << named.err;
    ASSERT_EQ(office.custody({"hold", "add", id->hex(), "--reason", "case 17"}).exit, 0);
    EXPECT_EQ(office.custody({"snapshots"}).err.find("ended the hold"), std::string::npos);
}

TEST(Hold, EveryCopyNamesWhatIsHeldInOneVaultOnly) {
    const Office office("cli-hold-copy");
    office.fill_source();
    const std::string second = office.folder / "second";
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.custody({"init", "--vault", second}).exit, 0);
    const std::string id = json_of(office.backup({"--json"}))["snapshot"];
    const std::string prefix = id.substr(0, 12);
    const auto copy = [&] {
        const Outcome copied = office.custody({"copy", "--to", second});
        EXPECT_EQ(copied.exit, 0) << copied.err;
        return copied.err;
    };
    EXPECT_EQ(copy().find("held"), std::string::npos);
    ASSERT_EQ(office.custody({"hold", "add", id, "--reason", "the court's"}).exit, 0);
    for (int run = 0; run < 2; ++run) {
        const std::string told = copy();
        EXPECT_NE(told.find("snapshot " + prefix + " is held at " + office.custody.vault() + " and not at " + second),
                  std::string::npos)
            << told;
        EXPECT_NE(told.find("custody hold add " + prefix + " --vault '" + second + "' --reason 'the court'\\''s'"),
                  std::string::npos)
            << told;
    }
    ASSERT_EQ(office.custody({"hold", "add", prefix, "--vault", second, "--reason", "x", "--until", "2099-01-01"}).exit, 0);
    EXPECT_NE(copy().find("for longer than at " + second), std::string::npos);
    ASSERT_EQ(office.custody({"hold", "add", prefix, "--vault", second, "--reason", "x"}).exit, 0);
    EXPECT_EQ(copy().find("held"), std::string::npos);
    ASSERT_EQ(office.custody({"hold", "release", id, "--reason", "x"}).exit, 0);
    EXPECT_NE(copy().find("is held at " + second + " and not at " + office.custody.vault()), std::string::npos);
}

TEST(Hold, ATimeThatIsTooLateIsCalledSo) {
    const Office& office = shared_office();
    const Outcome late = office.custody({"hold", "add", "latest:srv", "--reason", "x", "--until", "2300-01-01"});
    EXPECT_EQ(late.exit, 2);
    EXPECT_NE(late.err.find("the latest time possible is 2262-"), std::string::npos) << late.err;
}

}  // namespace
}  // namespace custody::test
