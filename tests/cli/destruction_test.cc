// Where a label's keys are destroyed and not everything is at hand: vaults that are lost, kits that are old.
#include "tests/cli/cli_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace custody::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Outcome with_kit(const Vault& custody, std::vector<std::string> arguments) {
    Program program = custody.command(std::move(arguments));
    program.environment["CUSTODY_KIT_PASSPHRASE"] = "năm con gà vàng ngoài sân";
    return run(program);
}

TEST(Destruction, AVaultThatIsLostIsDeclaredByItsId) {
    Office office("cli-lost-vault");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string other = office.folder / "second";
    const std::string lost = json_of(office.custody({"init", "--vault", other, "--json"}))["vault"];
    ASSERT_EQ(office.custody({"label", "add", "project"}).exit, 0);
    ASSERT_EQ(office.custody({"backup", office.source, "--label", "project"}).exit, 0);
    ASSERT_EQ(office.custody({"copy", "--to", other}).exit, 0);
    std::filesystem::remove_all(other);

    const std::vector<std::string> destroy = {"key", "destroy", "--label", "project", "--confirm", "project", "--json"};
    const auto and_lost = [&](const std::string& id) {
        std::vector<std::string> arguments = destroy;
        arguments.insert(arguments.end(), {"--vault-lost", id});
        return office.custody(arguments);
    };
    const Outcome refused = office.custody(destroy);
    EXPECT_EQ(refused.exit, 5) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr(lost));
    EXPECT_THAT(refused.err, HasSubstr("--vault-lost"));
    for (const std::string& wrong : {std::string("second"), lost.substr(0, 12), std::string(32, '0')}) {
        const Outcome unknown = and_lost(wrong);
        EXPECT_EQ(unknown.exit, 2) << unknown.err;
        EXPECT_THAT(unknown.err, HasSubstr(wrong));
    }
    EXPECT_EQ(office.custody({"ls", "latest:srv"}).exit, 0) << "nothing was destroyed so far";

    const Outcome destroyed = and_lost(lost);
    ASSERT_EQ(destroyed.exit, 0) << destroyed.err;
    EXPECT_EQ(json_of(destroyed)["vaults_not_reached"], Json::array({lost}));
    EXPECT_THAT(destroyed.err, Not(HasSubstr("run this again with --also"))) << "it was declared lost";
    EXPECT_EQ(office.custody({"ls", "latest:srv"}).exit, 7);
    EXPECT_EQ(json_of(office.custody({"verify", "--json"}))["destroyed_snapshots"], 1);
    EXPECT_EQ(json_of(office.custody({"key", "list", "--json"}))["destroyed"][0]["name"], "project");
}

TEST(Destruction, AKitThatIsOlderThanTheKeysIsNamedWhenItIsSettled) {
    Office office("cli-old-kit");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.custody({"label", "add", "project"}).exit, 0);
    const std::string kit = office.folder / "kit";
    ASSERT_EQ(with_kit(office.custody, {"key", "export", "--recovery", "--output", kit}).exit, 0);
    ASSERT_EQ(office.custody({"key", "destroy", "--label", "project", "--confirm", "project"}).exit, 0);
    const Outcome settled = with_kit(office.custody, {"key", "settle", kit});
    EXPECT_EQ(settled.exit, 0) << settled.err;
    EXPECT_EQ(settled.err, "") << "as new as the keyring, and read back";
    EXPECT_EQ(json_of(office.custody({"status", "--json"}))["keyring"]["kit"], "proven");

    ASSERT_EQ(office.custody({"key", "rotate", "--label", "log"}).exit, 0);
    const Outcome old = with_kit(office.custody, {"key", "settle", kit});
    EXPECT_EQ(old.exit, 0) << "it holds no destroyed key: " << old.err;
    EXPECT_THAT(old.err, HasSubstr(kit));
    EXPECT_THAT(old.err, HasSubstr("is stale: it lacks epoch 2 of label 'log'; export a new one"));
}

TEST(Destruction, AFileThatIsNoKitIsCalledSo) {
    const Office& office = shared_office();
    const std::string text = office.folder / "no-kit.txt", bytes = office.folder / "no-kit.bin";
    write_file(text, "Kính gửi\n1 báo cáo\n2026-11-03 danh mục thiết bị của phòng họp\n");
    write_file(bytes, noise(5000, 3));
    for (const std::string& file : {text, bytes}) {
        for (const std::vector<std::string>& command : {std::vector<std::string>{"key", "import", file},
                                                        {"key", "import", file, "--check"},
                                                        {"key", "import", file, "--check", "--lines"},
                                                        {"key", "settle", file}}) {
            const Outcome outcome = with_kit(office.custody, command);
            EXPECT_EQ(outcome.exit, 2) << outcome.err;
            EXPECT_TRUE(one_clear_line(outcome));
            EXPECT_THAT(outcome.err, HasSubstr(file + " is no recovery kit"));
        }
    }
    const std::string typed = office.folder / "typed.txt";
    write_file(typed, "001 ABCDE FGHJK MNPQR STVWX YZ012 34567 89ABC DEFGH AAAAA\n");
    const Outcome amiss = with_kit(office.custody, {"key", "import", typed, "--check"});
    EXPECT_EQ(amiss.exit, 2);
    EXPECT_THAT(amiss.err, HasSubstr(typed + ": line 1 of the recovery kit does not check"));
}

}  // namespace
}  // namespace custody::test
