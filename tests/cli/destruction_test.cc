// Where a label's keys are destroyed and not everything is at hand: vaults that are lost, kits that are old.
#include "tests/cli/cli_fixture.h"
#include "vault/packs/format.h"
#include "vault/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>
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
    ASSERT_EQ(office.custody({"key", "destroy", "--label", "project", "--confirm", "project"}).exit, 3);
    const Outcome settled = with_kit(office.custody, {"key", "settle", kit});
    EXPECT_EQ(settled.exit, 0) << settled.err;
    EXPECT_EQ(settled.err, "") << "as new as the keyring, and read back";
    EXPECT_EQ(json_of(office.custody({"status", "--json"}))["keyring"]["kit"], "proven");

    ASSERT_EQ(office.custody({"key", "rotate", "--label", "log"}).exit, 0);
    const Outcome old = with_kit(office.custody, {"key", "settle", kit});
    EXPECT_EQ(old.exit, 0) << "it holds no destroyed key: " << old.err;
    EXPECT_THAT(old.err, HasSubstr(kit));
    EXPECT_THAT(old.err, HasSubstr("is stale: it lacks epoch 2 of label 'log'; export a new one"));
    const Outcome status = office.custody({"status"});
    EXPECT_THAT(status.out, HasSubstr("kit      stale")) << "settling it made it no newer";
    EXPECT_THAT(status.out, HasSubstr("make a new one with 'custody key export --recovery"));
}

// A keyring that was made from the kit, on another machine.
struct TwoKeyrings : Office {
    explicit TwoKeyrings(const std::string& purpose) : Office(purpose) {
        fill_source();
        EXPECT_EQ(custody({"init"}).exit, 0);
        EXPECT_EQ(custody({"label", "add", "project"}).exit, 0);
        EXPECT_EQ(custody({"backup", source, "--label", "project"}).exit, 0);
        EXPECT_EQ(backup().exit, 0);
        EXPECT_EQ(with_kit(custody, {"key", "export", "--recovery", "--output", kit}).exit, 0);
        EXPECT_EQ(with_kit(custody, {"key", "import", kit, "--keyring", elsewhere}).exit, 0);
    }
    Outcome second(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"--keyring", elsewhere});
        return with_kit(custody, std::move(arguments));
    }
    Json destroyed_label() const { return json_of(custody({"key", "list", "--json"}))["destroyed"][0]; }
    std::string project() const {
        for (const Json& snapshot : json_of(custody({"snapshots", "--json"}))) {
            if (snapshot["label"] == "project") return snapshot["id"];
        }
        return {};
    }
    std::string kit = folder / "kit", elsewhere = folder / "elsewhere";
    std::vector<std::string> destroy = {"key", "destroy", "--label", "project", "--confirm", "project"};
};

TEST(Destruction, AnotherKeyringThatStillReadsTheLabelKeepsItPending) {
    const TwoKeyrings office("cli-two-keyrings");
    const std::string snapshot = office.project();
    // It writes, so that the vault's ledger knows of it.
    ASSERT_EQ(office.second({"backup", office.source, "--label", "config", "--name", "second"}).exit, 0);
    ASSERT_EQ(office.second({"ls", snapshot}).exit, 0);

    const Outcome destroyed = office.custody(office.destroy);
    EXPECT_EQ(destroyed.exit, 3) << destroyed.err;
    EXPECT_THAT(destroyed.out, HasSubstr("state: pending"));
    const std::string signer = json_of(office.second({"key", "list", "--json"}))["signer"];
    EXPECT_THAT(destroyed.err, HasSubstr("another keyring (signer " + signer));
    EXPECT_THAT(destroyed.err, HasSubstr("custody key destroy --label project"));
    ASSERT_EQ(with_kit(office.custody, {"key", "settle", office.kit}).exit, 0);
    EXPECT_EQ(office.destroyed_label()["state"], "pending") << "the kit is settled, the keyring made from it is not";
    EXPECT_THAT(office.custody({"status"}).out, HasSubstr(signer));

    // The second keyring: told, reads nothing of it, carries it nowhere.
    const Outcome status = office.second({"status", "--check"});
    EXPECT_EQ(status.exit, 1);
    EXPECT_THAT(status.out, HasSubstr("this keyring still holds its secret"));
    EXPECT_THAT(status.out, HasSubstr("'custody key destroy --label project'"));
    const Outcome read = office.second({"ls", snapshot});
    EXPECT_EQ(read.exit, 8) << read.out;
    EXPECT_THAT(read.err, HasSubstr("custody key destroy --label project"));
    EXPECT_EQ(office.second({"restore", snapshot, "--target", office.folder / "back"}).exit, 8);
    for (const std::vector<std::string>& carried : {std::vector<std::string>{"--recovery"},
                                                    {"--writer", "--host", "web"},
                                                    {"--writer", "--host", "web", "--label", "project"}}) {
        std::vector<std::string> arguments = {"key", "export", "--output", office.folder / "carried"};
        arguments.insert(arguments.end(), carried.begin(), carried.end());
        const Outcome refused = office.second(arguments);
        EXPECT_EQ(refused.exit, 5) << refused.out;
        EXPECT_TRUE(one_clear_line(refused)) << refused.err;
    }
    Program far = office.custody.command(
        {"key", "export", "--recovery", "--output", office.folder / "carried", "--keyring", office.elsewhere});
    far.environment["CUSTODY_VAULT"] = "";
    EXPECT_EQ(run(far).exit, 5) << "it remembers, also where no vault is";
    EXPECT_EQ(
        office.second({"key", "export", "--writer", "--host", "web", "--label", "log", "--output", office.folder / "log"}).exit,
        0)
        << "of another label";
}

// Somebody who reaches the vault's folder enters it, with a key that he made just now.
TEST(Destruction, AStrangersEntryIsNamedAndChangesNothing) {
    const TwoKeyrings office("cli-stranger-destroys");
    const std::string snapshot = office.project();
    ASSERT_EQ(office.custody({"hold", "add", snapshot, "--reason", "court"}).exit, 0);
    const Secret stranger = Secret::random(kKeySize);
    {
        auto vault = Repository::open(posix_file_system(), system_clock(), office.custody.vault(), nullptr);
        ASSERT_TRUE(vault.ok());
        LedgerEntry entry;
        entry.operation = Operation::destroy_label;
        entry.time = system_clock().now();
        const auto id = ObjectId::from_hex(snapshot);
        ASSERT_TRUE(id);
        const auto bytes = vault->store().get(snapshot_name(*id), kMaxSnapshotSize);
        ASSERT_TRUE(bytes.ok());
        entry.details = {{"label", decode_snapshot_clear(*id, *bytes).value().label.hex()}};
        ASSERT_TRUE(vault->ledger().publish(std::move(entry), stranger, nullptr).ok());
    }
    const Outcome status = office.custody({"status"});
    EXPECT_THAT(status.out + status.err, HasSubstr(signer_id(stranger).hex()));
    EXPECT_THAT(status.out, Not(HasSubstr("key destroy")));
    EXPECT_EQ(office.custody({"restore", snapshot, "--target", office.folder / "back"}).exit, 0);
    const Outcome verified = office.custody({"verify"});
    EXPECT_EQ(verified.exit, 0) << verified.err;
    EXPECT_THAT(verified.out + verified.err, HasSubstr("has no say in that"));
    EXPECT_EQ(with_kit(office.custody, {"key", "export", "--recovery", "--output", office.folder / "kit2"}).exit, 0);
    const Outcome refused = office.custody(office.destroy);
    EXPECT_EQ(refused.exit, 5);
    EXPECT_THAT(refused.err, HasSubstr("court"));
    EXPECT_EQ(office.custody({"prune", "--grace", "0s"}).exit, 0);
    EXPECT_EQ(office.custody({"ls", snapshot}).exit, 0);
    EXPECT_FALSE(std::filesystem::exists(office.custody.keyring() + "/condemned"));
}

TEST(Destruction, TheSecondKeyringFinishesIt) {
    const TwoKeyrings office("cli-second-destroys");
    ASSERT_EQ(office.second({"backup", office.source, "--label", "config", "--name", "second"}).exit, 0);
    ASSERT_EQ(office.custody(office.destroy).exit, 3);
    ASSERT_EQ(with_kit(office.custody, {"key", "settle", office.kit}).exit, 0);

    const Outcome finished = office.second(office.destroy);
    EXPECT_EQ(finished.exit, 3) << "it knows of the kit that it was made from: " << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("it says: 1 copy outstanding")) << "the first one settled the kit, and did not tell";
    EXPECT_THAT(office.custody({"status"}).out, HasSubstr("has changed since this keyring entered it"));
    EXPECT_EQ(office.custody(office.destroy).exit, 3);
    EXPECT_EQ(office.second({"key", "settle", office.kit}).exit, 0);
    EXPECT_THAT(office.second({"key", "list"}).out, HasSubstr("pending"));
    EXPECT_EQ(office.second(office.destroy).exit, 0);
    EXPECT_THAT(office.second({"status"}).out, Not(HasSubstr("key destroy")));

    EXPECT_THAT(office.custody({"status"}).out, Not(HasSubstr("another keyring"))) << "its entry in the ledger says so";
    EXPECT_EQ(office.destroyed_label()["state"], "passed with exceptions");
    EXPECT_EQ(office.custody(office.destroy).exit, 0);
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
}

// Its kit opens the label, and nobody but it knows of that kit.
TEST(Destruction, AKeyringWhoseOwnCopiesAreOutstandingKeepsItPending) {
    const TwoKeyrings office("cli-second-kit");
    ASSERT_EQ(office.second({"backup", office.source, "--label", "config", "--name", "second"}).exit, 0);
    const std::string kit = office.folder / "second.kit";
    ASSERT_EQ(office.second({"key", "export", "--recovery", "--output", kit}).exit, 0);
    ASSERT_EQ(office.custody(office.destroy).exit, 3);
    const Outcome closed = office.second({"snapshots"});
    EXPECT_THAT(closed.err, Not(HasSubstr("nothing opens it any more"))) << "kits do";
    ASSERT_EQ(office.second(office.destroy).exit, 3);
    ASSERT_EQ(with_kit(office.custody, {"key", "settle", office.kit}).exit, 0);

    const std::string signer = json_of(office.second({"key", "list", "--json"}))["signer"];
    const auto expect_pending = [&](const std::string& says) {
        const Outcome pending = office.custody(office.destroy);
        EXPECT_EQ(pending.exit, 3) << pending.out;
        EXPECT_THAT(pending.out, HasSubstr("state: pending"));
        EXPECT_THAT(pending.err, HasSubstr(signer));
        EXPECT_THAT(pending.err, HasSubstr(says));
        EXPECT_THAT(office.custody({"status"}).out, HasSubstr(says));
        EXPECT_THAT(office.custody({"snapshots"}).err, Not(HasSubstr("nothing opens it any more")));
    };
    expect_pending("it says: 2 copies outstanding");
    ASSERT_EQ(office.second({"key", "settle", office.kit, kit}).exit, 0);
    expect_pending("it says: 2 copies outstanding");
    EXPECT_EQ(office.second(office.destroy).exit, 0) << "the first has told that it waits for this one alone";
    EXPECT_EQ(office.custody(office.destroy).exit, 0);
    EXPECT_THAT(office.custody({"snapshots"}).err, HasSubstr("nothing opens it any more"));
}

TEST(Destruction, AKeyringThatNeverWroteIsNamedAsAnException) {
    const TwoKeyrings office("cli-silent-keyring");
    ASSERT_EQ(office.custody(office.destroy).exit, 3) << "the kit";
    ASSERT_EQ(with_kit(office.custody, {"key", "settle", office.kit}).exit, 0);
    const Outcome again = office.custody(office.destroy);
    EXPECT_EQ(again.exit, 0) << again.err;
    EXPECT_THAT(again.err, HasSubstr("a keyring that was made from a recovery kit (1)"));
    EXPECT_EQ(office.second({"status", "--check"}).exit, 1);
}

TEST(Destruction, AKeyringThatWritesAfterwardsMakesItPendingAgain) {
    const TwoKeyrings office("cli-late-keyring");
    ASSERT_EQ(office.custody(office.destroy).exit, 3) << "the kit";
    ASSERT_EQ(with_kit(office.custody, {"key", "settle", office.kit}).exit, 0);
    ASSERT_EQ(office.custody(office.destroy).exit, 0);
    ASSERT_EQ(office.second({"backup", office.source, "--label", "config", "--name", "second"}).exit, 0);

    const std::string signer = json_of(office.second({"key", "list", "--json"}))["signer"];
    const Outcome again = office.custody(office.destroy);
    EXPECT_EQ(again.exit, 3) << again.out;
    EXPECT_THAT(again.err, HasSubstr(signer));
    EXPECT_EQ(office.destroyed_label()["state"], "pending");

    EXPECT_EQ(office.second(office.destroy).exit, 3) << "the kit that it knows of";
    EXPECT_THAT(office.custody({"status"}).out, HasSubstr("it says: 1 copy outstanding"));
    EXPECT_EQ(office.second({"key", "settle", office.kit}).exit, 0);
    EXPECT_EQ(office.second(office.destroy).exit, 0);
    EXPECT_THAT(office.custody({"status"}).out, Not(HasSubstr(signer)));
    EXPECT_EQ(office.custody(office.destroy).exit, 0);
}

TEST(Destruction, StatusFindsAKeyringThatWritesAfterwards) {
    const TwoKeyrings office("cli-late-keyring-status");
    ASSERT_EQ(office.custody(office.destroy).exit, 3);
    ASSERT_EQ(with_kit(office.custody, {"key", "settle", office.kit}).exit, 0);
    EXPECT_THAT(office.custody({"status"}).out, Not(HasSubstr("another keyring")));
    ASSERT_EQ(office.second({"backup", office.source, "--label", "config", "--name", "second"}).exit, 0);
    // Its signer being trusted meanwhile, because verify named it, changes nothing.
    ASSERT_EQ(office.second({"key", "export", "--public", "--output", office.folder / "second.pub"}).exit, 0);
    ASSERT_EQ(office.custody({"key", "import", office.folder / "second.pub"}).exit, 0);

    const std::string signer = json_of(office.second({"key", "list", "--json"}))["signer"];
    const Outcome status = office.custody({"status", "--check"});
    EXPECT_EQ(status.exit, 1);
    EXPECT_THAT(status.out, HasSubstr("another keyring (signer " + signer));
    EXPECT_EQ(office.destroyed_label()["state"], "pending");
}

TEST(Destruction, AWriterThatThisKeyringDidNotExportIsSettledWithItsKeysOrItsPublicExport) {
    const TwoKeyrings office("cli-unknown-writer");
    for (const std::string& name : {std::string("web"), std::string("db")}) {
        const std::string file = office.folder / (name + ".keys"), keyring = office.folder / name;
        ASSERT_EQ(office.custody({"key", "export", "--writer", "--host", name, "--output", file}).exit, 0);
        ASSERT_EQ(office.custody({"key", "import", file, "--keyring", keyring}).exit, 0);
        const Outcome written =
            office.custody({"backup", office.source, "--label", "config", "--name", name, "--keyring", keyring});
        ASSERT_EQ(written.exit, 0) << written.err;
    }
    const auto signer_of = [&](const std::string& name) -> std::string {
        return json_of(office.custody({"key", "list", "--json", "--keyring", office.folder / name}))["signer"];
    };
    // The second keyring came out of a kit from before: to it both are strangers.
    const Outcome destroyed = office.second(office.destroy);
    EXPECT_EQ(destroyed.exit, 3);
    EXPECT_THAT(destroyed.err, HasSubstr(signer_of("web")));
    EXPECT_THAT(destroyed.err, HasSubstr(signer_of("db")));
    EXPECT_THAT(destroyed.err, HasSubstr("where it is a writer's, which opens nothing, 'custody key settle' its keys file"));

    const Outcome settled = office.second({"key", "settle", office.folder / "web.keys"});
    EXPECT_EQ(settled.exit, 0) << settled.err;
    EXPECT_THAT(office.second({"status"}).out, Not(HasSubstr(signer_of("web"))));
    ASSERT_EQ(
        office.custody({"key", "export", "--public", "--output", office.folder / "db.pub", "--keyring", office.folder / "db"})
            .exit,
        0);
    EXPECT_THAT(office.second({"status"}).out, HasSubstr(signer_of("db")));
    EXPECT_EQ(office.second({"key", "import", office.folder / "db.pub"}).exit, 0);
    EXPECT_THAT(office.second({"status"}).out, Not(HasSubstr(signer_of("db"))));
    EXPECT_THAT(office.second(office.destroy).err, Not(HasSubstr(signer_of("web"))));
    // A copy of another number in this keyring is not taken for the writer's.
    EXPECT_THAT(office.second({"status"}).out, HasSubstr("copy 1 of the keys still opens the destroyed label project"));
}

TEST(Destruction, AVaultOnAReadOnlyMediumKeepsEveryOtherOneUntouched) {
    Office office("cli-read-only-vault");
    std::filesystem::permissions(office.folder.path(), std::filesystem::perms::all);
    const auto custody = [&](std::vector<std::string> arguments) {
        Program program = office.custody.command(std::move(arguments));
        if (::geteuid() == 0) program.as_user = 65534;  // whom modes hold back
        return run(program);
    };
    const std::string other = office.folder / "second";
    ASSERT_EQ(custody({"init"}).exit, 0);
    ASSERT_EQ(custody({"init", "--vault", other}).exit, 0);
    const auto may_write = [&](bool yes) {
        for (const auto& item : std::filesystem::recursive_directory_iterator(other)) {
            if (!item.is_directory()) continue;
            ASSERT_EQ(::chmod(item.path().c_str(), yes ? 0755 : 0555), 0);
        }
    };
    may_write(false);
    const std::vector<std::string> destroy = {"key", "destroy", "--label", "config", "--confirm", "config", "--also", other};
    const Outcome refused = custody(destroy);
    EXPECT_EQ(refused.exit, 1) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("nothing was entered in any vault"));
    EXPECT_THAT(refused.err, HasSubstr(other));
    EXPECT_TRUE(one_clear_line(refused)) << refused.err;
    EXPECT_EQ(json_of(custody({"status", "--json"}))["vault"]["ledger_entries"], 1);
    may_write(true);
    EXPECT_EQ(custody(destroy).exit, 0);
}

TEST(Destruction, AKeyringThatIsGoneIsDeclaredDestroyed) {
    const TwoKeyrings office("cli-declared-keyring");
    ASSERT_EQ(office.second({"backup", office.source, "--label", "config", "--name", "second"}).exit, 0);
    const Outcome destroyed = office.custody([&] {
        std::vector<std::string> arguments = office.destroy;
        arguments.emplace_back("--json");
        return arguments;
    }());
    ASSERT_EQ(destroyed.exit, 3);
    const Json copies = json_of(destroyed)["outstanding_copies"];
    ASSERT_EQ(copies.size(), 2U) << copies;
    for (const Json& number : copies) {
        EXPECT_EQ(office.custody({"key", "settle", "--declared-destroyed", number.dump(), "--reason", "shredded"}).exit, 0);
    }
    EXPECT_EQ(office.destroyed_label()["state"], "passed with exceptions");
    EXPECT_EQ(office.custody({"status", "--json"}).exit, 0);
    ASSERT_EQ(office.custody({"label", "add", "other"}).exit, 0);
    EXPECT_EQ(office.custody({"key", "destroy", "--label", "other", "--confirm", "other"}).exit, 0)
        << "what was declared destroyed owes nothing of later labels";
}

TEST(Destruction, AKitThatWasDeclaredDestroyedAndTurnsUpIsToldAndPendingAgain) {
    const TwoKeyrings office("cli-declared-kit");
    ASSERT_EQ(office.custody(office.destroy).exit, 3);
    ASSERT_EQ(office.custody({"key", "settle", "--declared-destroyed", "1", "--reason", "burnt"}).exit, 0);
    ASSERT_EQ(office.custody(office.destroy).exit, 0);

    const Outcome found = with_kit(office.custody, {"key", "import", "--check", office.kit});
    EXPECT_EQ(found.exit, 5) << found.out;
    EXPECT_TRUE(one_clear_line(found)) << found.err;
    EXPECT_THAT(found.err, HasSubstr("was declared destroyed on "));
    EXPECT_THAT(found.err, HasSubstr("custody key settle"));
    EXPECT_EQ(office.destroyed_label()["state"], "pending");
    EXPECT_EQ(office.custody(office.destroy).exit, 3);
    ASSERT_EQ(with_kit(office.custody, {"key", "settle", office.kit}).exit, 0);
    EXPECT_EQ(office.destroyed_label()["state"], "passed with exceptions");
    const Outcome rewritten = with_kit(office.custody, {"key", "import", "--check", office.kit});
    EXPECT_EQ(rewritten.exit, 0) << rewritten.err;
    EXPECT_THAT(rewritten.err, HasSubstr("was declared destroyed on "));
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
