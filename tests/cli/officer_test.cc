// Officers from the command line: their key files, and everything that opens with one instead of a passphrase.
#include "base/bytes.h"
#include "base/crypto.h"
#include "tests/cli/cli_fixture.h"

#include <sys/stat.h>

namespace custody::test {
namespace {

constexpr const char* kOfficerPassphrase = "bảy con cò trắng muốt";

struct Officers {
    explicit Officers(const std::string& purpose) : office(purpose) {
        office.fill_source();
        EXPECT_EQ(office.custody({"init"}).exit, 0);
        lan = make("lan", "Nguyễn Thị Lan");
    }
    // With the officer's passphrase, and without the keyring's.
    [[nodiscard]] Program command(std::vector<std::string> arguments) const {
        Program program = office.custody.command(std::move(arguments));
        program.environment["CUSTODY_PASSPHRASE"] = "";
        program.environment["CUSTODY_OFFICER_PASSPHRASE"] = kOfficerPassphrase;
        return program;
    }
    Outcome operator()(std::vector<std::string> arguments) const { return run(command(std::move(arguments))); }
    Outcome as_lan(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"--officer-key", lan});
        return (*this)(std::move(arguments));
    }
    std::string make(const std::string& file, const std::string& name) const {
        const std::string path = office.folder / (file + ".officer");
        const Outcome made = (*this)({"key", "officer", "--output", path, "--name", name});
        EXPECT_EQ(made.exit, 0) << made.err;
        return path;
    }
    static std::string public_key(const std::string& path) {
        return Json::parse(read_file_text(path), nullptr, false)["body"]["sealing"].get<std::string>();
    }

    Office office;
    std::string lan;
};

std::string fingerprint(const std::string& path) { return Officers::public_key(path).substr(0, 16); }

TEST(Officer, AKeyFileIsMadeOnceForItsOwnerAlone) {
    const Officers world("officer-make");
    struct stat info {};
    ASSERT_EQ(::stat(world.lan.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600u);
    const std::string before = read_file_text(world.lan);
    const Outcome again = world({"key", "officer", "--output", world.lan, "--name", "Lan"});
    EXPECT_EQ(again.exit, 1);
    EXPECT_TRUE(one_clear_line(again));
    EXPECT_EQ(read_file_text(world.lan), before);

    const std::string other = world.office.folder / "minh";
    const Json made = json_of(world({"key", "officer", "--output", other, "--name", "Minh", "--json"}));
    EXPECT_EQ(made["public"], Officers::public_key(other));
    EXPECT_EQ(made["name"], "Minh");
    EXPECT_EQ(made["signer"].get<std::string>().size(), 64u);
    Program silent = world.command({"key", "officer", "--output", other + "2", "--name", "Minh"});
    silent.environment["CUSTODY_OFFICER_PASSPHRASE"] = "";
    EXPECT_EQ(run(silent).exit, 2) << "no terminal, no passphrase";
    EXPECT_EQ(world({"key", "officer", "--output", other + "2", "--name", "a\nb"}).exit, 2);
    EXPECT_EQ(world({"key", "officer", "--output", world.office.custody.vault() + "/x", "--name", "Minh"}).exit, 5);
    EXPECT_FALSE(std::filesystem::exists(other + "2"));
}

TEST(Officer, OpensTheKeyringInsteadOfAPassphrase) {
    const Officers world("officer-slot");
    const Office& office = world.office;
    ASSERT_EQ(office.backup().exit, 0);
    const Outcome added = office.custody({"key", "slot", "add", "--officer", world.lan});
    ASSERT_EQ(added.exit, 0) << added.err;
    EXPECT_NE(added.out.find(Officers::public_key(world.lan)), std::string::npos) << added.out;
    EXPECT_EQ(office.custody({"key", "slot", "add", "--officer", Officers::public_key(world.lan)}).exit, 1) << "has one";

    const Json slot = json_of(office.custody({"key", "list", "--json"}))["slots"][1];
    EXPECT_EQ(slot["kind"], "officer");
    EXPECT_EQ(slot["note"], "Nguyễn Thị Lan");
    EXPECT_EQ(slot["officer"], Officers::public_key(world.lan));
    const std::string shown = office.custody({"key", "list"}).out;
    EXPECT_NE(shown.find("Nguyễn Thị Lan"), std::string::npos) << shown;
    EXPECT_NE(shown.find(fingerprint(world.lan)), std::string::npos) << shown;

    const std::string target = office.folder / "back";
    const Outcome restored = world.as_lan({"restore", "latest", "--target", target});
    ASSERT_EQ(restored.exit, 0) << restored.err;
    EXPECT_EQ(read_file_text(target + office.source + "/readme"), "read me\n");
    EXPECT_EQ(world.as_lan({"verify", "--level", "full"}).exit, 0);
    EXPECT_EQ(world.as_lan({"ls", "latest"}).exit, 0);
    // By variable as well, the passphrase from a file.
    const std::string passphrase = office.folder / "passphrase";
    write_file(passphrase, std::string(kOfficerPassphrase) + "\n");
    Program by_variable = world.command({"cat", "latest", office.source + "/readme"});
    by_variable.environment["CUSTODY_OFFICER_KEY"] = world.lan;
    by_variable.environment["CUSTODY_OFFICER_PASSPHRASE"] = "";
    by_variable.environment["CUSTODY_OFFICER_PASSPHRASE_FILE"] = passphrase;
    EXPECT_EQ(run(by_variable).out, "read me\n");
}

TEST(Officer, WhatDoesNotOpenNamesWhatWould) {
    const Officers world("officer-wrong");
    const Office& office = world.office;
    ASSERT_EQ(office.backup().exit, 0);
    ASSERT_EQ(office.custody({"key", "slot", "add", "--officer", world.lan}).exit, 0);
    const std::string would = "slot 1 (passphrase), slot 2 (officer Nguyễn Thị Lan, " + fingerprint(world.lan) + ")";
    const std::string stranger = world.make("stranger", "Người lạ");

    Program wrong_passphrase = world.command({"ls", "latest", "--officer-key", world.lan});
    wrong_passphrase.environment["CUSTODY_OFFICER_PASSPHRASE"] = "wrong";
    Program wrong_keyring_passphrase = world.command({"ls", "latest"});
    wrong_keyring_passphrase.environment["CUSTODY_PASSPHRASE"] = "wrong";
    for (const Outcome& outcome :
         {world({"ls", "latest", "--officer-key", stranger}), run(wrong_passphrase), run(wrong_keyring_passphrase)}) {
        EXPECT_EQ(outcome.exit, 8) << outcome.err;
        EXPECT_TRUE(one_clear_line(outcome));
        EXPECT_NE(outcome.err.find(would), std::string::npos) << outcome.err;
    }
    EXPECT_EQ(world({"ls", "latest", "--officer-key", office.folder / "nothing"}).exit, 2);
    std::string damaged = read_file_text(world.lan);
    damaged[damaged.size() / 2] ^= 1;
    write_file(office.folder / "damaged", damaged);
    EXPECT_EQ(world({"ls", "latest", "--officer-key", office.folder / "damaged"}).exit, 4);
    EXPECT_EQ(world({"key", "import", world.lan}).exit, 2);
    EXPECT_EQ(office.custody({"key", "slot", "add", "--officer", "abc"}).exit, 2);
}

TEST(Officer, AKitForOfficersIsProvenAndBringsEverythingBack) {
    const Officers world("officer-kit");
    const Office& office = world.office;
    ASSERT_EQ(office.backup().exit, 0);
    ASSERT_EQ(office.custody({"key", "slot", "add", "--officer", world.lan}).exit, 0);
    const std::string minh = world.make("minh", "Minh"), stranger = world.make("stranger", "Người lạ");
    const std::string kit = office.folder / "kit";
    const Outcome exported =
        world.as_lan({"key", "export", "--recovery", "--officer", world.lan, "--officer", minh, "--output", kit});
    ASSERT_EQ(exported.exit, 0) << exported.err;
    EXPECT_EQ(read_file_text(kit).find("Nguyễn"), std::string::npos) << "who holds it is in nobody's clear";

    const Outcome by_stranger = world({"key", "import", kit, "--check", "--officer-key", stranger});
    EXPECT_EQ(by_stranger.exit, 8);
    EXPECT_TRUE(one_clear_line(by_stranger));
    EXPECT_NE(by_stranger.err.find("officer Nguyễn Thị Lan, " + fingerprint(world.lan)), std::string::npos) << by_stranger.err;
    EXPECT_NE(by_stranger.err.find("officer " + fingerprint(minh)), std::string::npos) << by_stranger.err;
    EXPECT_EQ(world({"key", "import", kit, "--check"}).exit, 8) << "no passphrase opens it";
    EXPECT_EQ(json_of(office.custody({"status", "--json"}))["keyring"]["kit"], "unproven");
    const Outcome proven = world.as_lan({"key", "import", kit, "--check"});
    ASSERT_EQ(proven.exit, 0) << proven.err;
    EXPECT_EQ(json_of(office.custody({"status", "--json"}))["keyring"]["kit"], "proven");

    std::filesystem::remove_all(office.custody.keyring());
    std::filesystem::remove_all(office.folder / "cache");
    Program import = office.custody.command({"key", "import", kit, "--officer-key", minh});
    import.environment["CUSTODY_OFFICER_PASSPHRASE"] = kOfficerPassphrase;
    const Outcome imported = run(import);
    ASSERT_EQ(imported.exit, 0) << imported.err;
    const std::string target = office.folder / "back";
    ASSERT_EQ(office.custody({"restore", "latest", "--target", target}).exit, 0);
    EXPECT_EQ(read_file_text(target + office.source + "/readme"), "read me\n");
    EXPECT_EQ(world.as_lan({"verify", "--level", "full"}).exit, 0) << "her slot came back with the kit";
    EXPECT_EQ(world({"ls", "latest", "--officer-key", minh}).exit, 8) << "Minh had none";
}

TEST(Officer, ManagesTheKeyringWithoutItsPassphrase) {
    const Officers world("officer-manage");
    const Office& office = world.office;
    ASSERT_EQ(office.custody({"label", "add", "project"}).exit, 0);
    ASSERT_EQ(office.custody({"backup", office.source, "--label", "project"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    ASSERT_EQ(office.custody({"key", "slot", "add", "--officer", world.lan}).exit, 0);
    ASSERT_EQ(world.as_lan({"key", "rotate", "--label", "business"}).exit, 0);

    // A forgotten passphrase is replaced.
    const std::string fresh = "chín con voi xanh lam";
    Program passwd = world.command({"key", "passwd", "--officer-key", world.lan});
    passwd.environment["CUSTODY_NEW_PASSPHRASE"] = fresh;
    const Outcome changed = run(passwd);
    ASSERT_EQ(changed.exit, 0) << changed.err;
    EXPECT_EQ(office.custody({"ls", "latest"}).exit, 8);
    Program with_fresh = world.command({"ls", "latest"});
    with_fresh.environment["CUSTODY_PASSPHRASE"] = fresh;
    EXPECT_EQ(run(with_fresh).exit, 0);

    const std::string kit = office.folder / "kit";
    ASSERT_EQ(world.as_lan({"key", "export", "--recovery", "--officer", world.lan, "--output", kit}).exit, 0);
    const Outcome destroyed = world.as_lan({"key", "destroy", "--label", "project", "--confirm", "project"});
    ASSERT_EQ(destroyed.exit, 3) << destroyed.err;
    ASSERT_EQ(world.as_lan({"key", "settle", kit}).exit, 0);
    EXPECT_EQ(world.as_lan({"key", "import", kit, "--check"}).exit, 0);
    const Outcome listed = office.custody({"key", "list"});
    EXPECT_NE(listed.out.find("destroyed 20"), std::string::npos) << listed.out;

    const std::string minh = world.make("minh", "Minh");
    ASSERT_EQ(world.as_lan({"key", "slot", "add", "--officer", minh}).exit, 0);
    ASSERT_EQ(world.as_lan({"key", "slot", "remove", "1"}).exit, 0) << "the passphrase: hers is proven";
    const Outcome no_passphrase = run(with_fresh);
    EXPECT_EQ(no_passphrase.exit, 8);
    EXPECT_NE(no_passphrase.err.find("--officer-key"), std::string::npos) << no_passphrase.err;
    ASSERT_EQ(world.as_lan({"key", "slot", "remove", "3"}).exit, 0);
    EXPECT_EQ(world({"ls", "latest", "--officer-key", minh}).exit, 8);
    EXPECT_EQ(world.as_lan({"key", "slot", "remove", "2"}).exit, 5) << "the last";
    EXPECT_EQ(world.as_lan({"verify", "--level", "full"}).exit, 0);
}

TEST(Officer, AnotherFamilysVaultNamesTheFamilyThatOpensIt) {
    const Officers world("officer-family");
    const Office& office = world.office;
    ASSERT_EQ(office.backup().exit, 0);
    const std::string family = json_of(office.custody({"key", "list", "--json"}))["family"];
    const Office other("officer-family-other");
    ASSERT_EQ(other.custody({"init"}).exit, 0);
    for (const std::vector<std::string>& command : {std::vector<std::string>{"snapshots"}, {"ls", "latest"}, {"verify"}}) {
        std::vector<std::string> arguments = command;
        arguments.insert(arguments.end(), {"--vault", office.custody.vault()});
        const Outcome outcome = other.custody(arguments);
        EXPECT_EQ(outcome.exit, 8) << command[0] << outcome.err;
        EXPECT_TRUE(one_clear_line(outcome)) << command[0];
        EXPECT_NE(outcome.err.find(family), std::string::npos) << outcome.err;
    }
    EXPECT_EQ(other.custody({"verify", "--keyless", "--vault", office.custody.vault()}).exit, 0);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"copy", "--to", other.custody.vault()}, {"repair", "--from", other.custody.vault()}}) {
        const Outcome outcome = office.custody(command);
        EXPECT_EQ(outcome.exit, 5) << command[0] << outcome.err;
        EXPECT_TRUE(one_clear_line(outcome)) << command[0];
    }
}

TEST(Officer, NoSecretOfAnOfficerIsSeenFromOutside) {
    const Officers world("officer-secret");
    const Outcome made = world({"key", "officer", "--output", world.office.folder / "x", "--name", "X"});
    const Outcome used = world.as_lan({"key", "slot", "add", "--note", "x"});
    EXPECT_EQ(used.exit, 8) << "she has no slot";
    EXPECT_EQ((made.out + made.err + used.out + used.err).find(kOfficerPassphrase), std::string::npos);
    for (const auto& item : std::filesystem::recursive_directory_iterator(world.office.folder.path())) {
        if (!item.is_regular_file()) continue;
        EXPECT_EQ(read_file_text(item.path()).find(kOfficerPassphrase), std::string::npos) << item.path();
    }
}

}  // namespace
}  // namespace custody::test
