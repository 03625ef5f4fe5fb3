// docs/COMMANDS.md is true: the help of every command is the one that is printed, --json has the fields that are listed, and no
// others.
#include "tests/cli/cli_fixture.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace custody::test {
namespace {

using Fields = std::set<std::string>;
constexpr const char* kKitPassphrase = "năm con gà vàng ngoài sân";

// "verify" -> {"ok", "damaged[].object", "dry_run?" ...}: the bullets of the section "JSON fields".
std::map<std::string, Fields> documented_fields() {
    std::istringstream text(read_file_text(CUSTODY_TESTS "/../docs/COMMANDS.md"));
    std::map<std::string, Fields> all;
    std::string line, bullet;
    bool inside = false;
    const auto take = [&] {
        if (bullet.empty()) return;
        const std::size_t colon = bullet.find("`:") != std::string::npos ? bullet.find("`:") + 1 : bullet.find(": ");
        const std::string head = bullet.substr(0, colon), rest = bullet.substr(colon);
        static const std::regex quoted("`([^`]+)`"), field("(\\[\\]\\.)?[a-z_]+(\\[\\])?(\\.[a-z_]+(\\[\\])?)*\\??");
        Fields fields;
        for (std::sregex_iterator at(rest.begin(), rest.end(), quoted), end; at != end; ++at) {
            if (std::regex_match((*at)[1].str(), field)) fields.insert((*at)[1]);
        }
        for (std::sregex_iterator at(head.begin(), head.end(), quoted), end; at != end; ++at) {
            std::string name = (*at)[1];
            if (head.find("of public keys") != std::string::npos) name += " PUBLIC";
            all[name].insert(fields.begin(), fields.end());
        }
        bullet.clear();
    };
    while (std::getline(text, line)) {
        if (line.starts_with("## ")) inside = line == "## JSON fields";
        if (!inside || line.empty() || line.starts_with("- ")) take();
        if (!inside) continue;
        if (line.starts_with("- "))
            bullet = line.substr(2);
        else if (!bullet.empty())
            bullet += " " + line;
    }
    take();
    for (const char* more : {"find", "diff"}) {  // "as `ls`, and ..."
        all[more].insert(all["ls"].begin(), all["ls"].end());
        all[more].erase("ls");
    }
    return all;
}

void collect(const Json& value, const std::string& path, Fields& into) {
    if (value.is_object()) {
        for (const auto& [key, below] : value.items()) collect(below, path.empty() ? key : path + "." + key, into);
        if (value.empty()) into.insert(path);
    } else if (value.is_array()) {
        for (const Json& below : value) collect(below, path + "[]", into);
        if (value.empty()) into.insert(path + "[]");
    } else {
        into.insert(path);
    }
}

// What is printed, without the options that all commands have.
std::string own_help(const Vault& custody, const std::string& command) {
    std::istringstream words(command);
    std::vector<std::string> arguments;
    for (std::string word; words >> word;) arguments.push_back(word);
    arguments.insert(arguments.end(), {"--help", "--lang", "en"});
    std::istringstream printed(custody(arguments).out);
    std::string help;
    bool common = false;
    for (std::string line; std::getline(printed, line);) {
        if (line == "Common options:") {
            common = true;
            help.pop_back();  // the empty line before
        }
        if (common && line.empty()) common = false;
        if (!common) help += line + "\n";
    }
    while (help.ends_with("\n\n")) help.pop_back();
    return help;
}

TEST(Documentation, HoldsTheHelpOfEveryCommandAsItIsPrinted) {
    const Vault& custody = shared_office().custody;
    const std::string text = read_file_text(CUSTODY_TESTS "/../docs/COMMANDS.md");
    const std::string head = "\n## custody ", fence = "\n```\n";
    std::size_t commands = 0;
    for (std::size_t at = text.find(head); at != std::string::npos; at = text.find(head, at + 1)) {
        const std::size_t name = at + head.size(), begin = text.find(fence, at) + fence.size();
        const std::string command = text.substr(name, text.find('\n', name) - name);
        EXPECT_EQ(text.substr(begin, text.find("\n```", begin) + 1 - begin), own_help(custody, command)) << command;
        ++commands;
    }
    EXPECT_GE(commands, 32u);
}

class JsonFields : public ::testing::Test {
protected:
    static Json run_json(Program program, int exit) {
        program.arguments.emplace_back("--json");
        const Outcome outcome = run(program);
        EXPECT_EQ(outcome.exit, exit) << program.arguments[0] << ": " << outcome.err;
        return json_of(outcome);
    }
    // Runs it, remembers the fields under `name`.
    Json met(const std::string& name, std::vector<std::string> arguments, int exit = 0) {
        return met_by(office.custody.command(std::move(arguments)), name, exit);
    }
    Json met_by(Program program, const std::string& name, int exit = 0) {
        program.environment["CUSTODY_KIT_PASSPHRASE"] = kKitPassphrase;
        program.environment.try_emplace("CUSTODY_NEW_PASSPHRASE", "chín con voi xanh");
        program.environment["CUSTODY_OFFICER_PASSPHRASE"] = "tám con hổ đen";
        const Json document = run_json(std::move(program), exit);
        collect(document, "", fields[name]);
        return document;
    }
    void fill_exotic_source() const {
        office.fill_source();
        EXPECT_EQ(::link((office.source + "/readme").c_str(), (office.source + "/hard").c_str()), 0);
        write_file(office.source + "/raw\xFF", "raw");
        std::filesystem::create_symlink("to\xFF", office.source + "/raw link");
        if (::geteuid() != 0) return;
        EXPECT_EQ(::mknod((office.source + "/null").c_str(), S_IFCHR | 0600, makedev(1, 3)), 0);
    }
    void look_inside() {
        met("ls", {"ls", "latest", "--recursive"});
        met("find", {"find", "*"});
        met("diff", {"diff", first, second});
        met("restore", {"restore", "latest:srv", "--target", office.folder / "back"});
        met("export", {"export", "latest:srv", "--output", office.folder / "x.tar"});
        met("completion", {"completion", "bash"});
        met("error", {"ls", "ffffffffff"}, 7);
        met("--help", {"ls", "--help"});
        met("--version", {"--version"});
    }
    void use_keys();
    void end_things();
    void damage_and_heal();

    Office office{"cli-json"};
    std::string first, second, kit = office.folder / "kit", other = office.folder / "second";
    std::map<std::string, Fields> fields;
};

void JsonFields::use_keys() {
    met("label list", {"label", "list"});
    met("label add", {"label", "add", "project"});
    met("key add", {"key", "add", "--label", "short"});
    met("key rotate", {"key", "rotate", "--label", "log"});
    met("key unlock", {"key", "unlock", "--label", "log", "--for", "4h"});
    met("key lock", {"key", "lock", "--label", "log"});
    met("key officer", {"key", "officer", "--output", office.folder / "lan.officer", "--name", "Lan"});
    met("key slot add", {"key", "slot", "add", "--officer", office.folder / "lan.officer"});
    met("key slot remove", {"key", "slot", "remove", "2"});
    met("key export", {"key", "export", "--recovery", "--output", kit});
    met("key export", {"key", "export", "--writer", "--host", "web", "--output", office.folder / "web.keys"});
    met("key export", {"key", "export", "--public", "--output", office.folder / "public"});
    met("key import --check", {"key", "import", kit, "--check"});
    Program elsewhere = office.custody.command({"key", "import", kit});
    elsewhere.environment["CUSTODY_KEYRING"] = office.folder / "elsewhere";
    met_by(elsewhere, "key import");
    met("key import PUBLIC", {"key", "import", office.folder / "public"});
}

void JsonFields::end_things() {
    met("hold add", {"hold", "add", first, "--reason", "x"});
    met("hold list", {"hold", "list"});
    met("snapshots", {"snapshots"});
    ASSERT_EQ(office.backup().exit, 0);
    met("forget", {"forget", "--label", "business", "--keep-last", "1"});
    met("hold release", {"hold", "release", first, "--reason", "x"});
    ASSERT_EQ(office.custody({"backup", office.source, "--label", "project"}).exit, 0);
    met("copy", {"copy", "--to", other});
    ASSERT_EQ(office.custody({"backup", office.source, "--label", "project"}).exit, 0);  // which is still to be copied
    met("key destroy", {"key", "destroy", "--label", "project", "--confirm", "project", "--also", other}, 3);
    const std::string lost = json_of(office.custody({"backup", office.source, "--label", "config", "--json"}))["snapshot"];
    ASSERT_TRUE(std::filesystem::remove(office.custody.vault() + "/snapshots/" + lost));
    met("forget", {"forget", lost});
    met("status", {"status"});
    met("key list", {"key", "list"});
    met("copy", {"copy", "--to", other}, 3);
    met("key settle", {"key", "settle", kit});
    met("prune", {"prune", "--grace", "0s"});
}

void JsonFields::damage_and_heal() {
    ASSERT_EQ(office.custody({"backup", office.source, "--label", "image"}).exit, 0);  // of which nothing was copied
    std::set<std::filesystem::path> packs;
    for (const auto& item : std::filesystem::recursive_directory_iterator(office.custody.vault() + "/packs")) {
        if (item.is_regular_file()) packs.insert(item.path());
    }
    for (const std::filesystem::path& pack : packs) {
        std::string bytes = read_file_text(pack);
        bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
        std::filesystem::permissions(pack, std::filesystem::perms::owner_all);
        write_file(pack, bytes);
    }
    met("verify", {"verify", "--level", "full"}, 4);
    std::filesystem::remove(*packs.begin());
    std::filesystem::create_directory(*packs.begin());  // no file: repair sets it aside
    met("status", {"status"});
    met("repair", {"repair", "--from", other}, 4);
    met("key passwd", {"key", "passwd"});
}

TEST_F(JsonFields, AreThoseThatTheDocumentationLists) {
    met("init", {"init"});
    fill_exotic_source();
    first = met("backup", {"backup", office.source, "--label", "business", "--name", "srv"})["snapshot"];
    write_file(office.source + "/readme", "another\n");
    second = met("backup", {"backup", office.source, "--label", "business", "--name", "srv", "--read-back"})["snapshot"];
    met("backup", {"backup", office.source, "--label", "business", "--dry-run"});
    look_inside();
    use_keys();
    met("init", {"init", "--vault", other});
    end_things();
    damage_and_heal();

    const auto documented = documented_fields();
    EXPECT_GE(documented.size(), 37u) << "the section was not understood";
    for (const auto& [command, expected] : documented) {
        if (command == "--progress json") continue;
        ASSERT_TRUE(fields.contains(command)) << command << " is documented and was not run";
        const Fields& there = fields.at(command);
        for (const std::string& field : expected) {
            if (field.ends_with('?')) continue;
            EXPECT_TRUE(there.contains(field)) << command << " has no " << field;
        }
        for (const std::string& field : there) {
            const std::string list = field + ".";  // an empty list of objects
            const bool is_list =
                std::any_of(expected.begin(), expected.end(), [&](const std::string& one) { return one.starts_with(list); });
            EXPECT_TRUE(is_list || expected.contains(field) || expected.contains(field + "?"))
                << command << " has " << field << ", which is not documented";
        }
    }
    for (const auto& [command, met_fields] : fields) EXPECT_TRUE(documented.contains(command)) << command << " is not documented";
}

}  // namespace
}  // namespace custody::test
