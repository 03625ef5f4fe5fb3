// A vault of many backups where a process may have few files open: it works, and where not even that is to be had, the command
// ends in one line that speaks of files, never of damage, and nothing is entered in the ledger.
#include "tests/cli/cli_fixture.h"
#include "tests/support/sanitizers.h"

namespace custody::test {
namespace {

constexpr int kBackups = 60;

// One label with an index segment for each backup of one small file; made once.
const Office& many_backups() {
    static const std::unique_ptr<const Office> office = [] {
        auto made = std::make_unique<const Office>("open-files");
        std::filesystem::create_directories(made->source);
        EXPECT_EQ(made->custody({"init"}).exit, 0);
        for (int i = 0; i < kBackups; ++i) {
            write_file(made->source + "/f", std::to_string(i));
            const Outcome backup = made->backup();
            EXPECT_EQ(backup.exit, 0) << backup.err;
        }
        return made;
    }();
    return *office;
}

// Run by a shell that sets a limit first: "-Hn 24".
Outcome limited(const Office& office, const std::string& limit, std::vector<std::string> arguments) {
    Program program = office.custody.command({"-c", "ulimit " + limit + "; exec \"$0\" \"$@\""});
    program.arguments.push_back(program.path);
    program.arguments.insert(program.arguments.end(), arguments.begin(), arguments.end());
    program.path = "/bin/sh";
    std::filesystem::remove(office.folder / "srv.tar");  // an export replaces nothing
    return run(program);
}

std::vector<std::vector<std::string>> reading_commands(const Office& office) {
    const std::string file = office.source + "/f";
    return {{"verify", "--level", "full"},
            {"verify"},
            {"cat", "latest", file},
            {"ls", "latest"},
            {"find", "f"},
            {"diff", "latest", "latest"},
            {"restore", "latest", "--target", office.folder / "restored", "--overwrite", "changed"},
            {"export", "latest", "--output", office.folder / "srv.tar"},
            {"prune", "--dry-run"},
            {"repair"}};
}

std::size_t ledger_entries(const Office& office) {
    const auto entries = std::filesystem::directory_iterator(office.custody.vault() + "/ledger");
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

bool speaks_of_damage(const Outcome& outcome) {
    const std::string all = outcome.out + outcome.err;
    return all.find("DAMAGED") != std::string::npos || all.find("is damaged") != std::string::npos ||
           all.find("are damaged") != std::string::npos || all.find("missing") != std::string::npos ||
           all.find("cannot be had") != std::string::npos || all.find("repair --from") != std::string::npos;
}

TEST(OpenFiles, ALowSoftLimitIsRaisedAndALowHardLimitSuffices) {
    const Office& office = many_backups();
    for (const std::string limit : {"-Sn 12", "-Sn 40; ulimit -Hn 40"}) {
        for (const auto& command : reading_commands(office)) {
            const Outcome outcome = limited(office, limit, command);
            EXPECT_EQ(outcome.exit, 0) << limit << ": " << command.front() << "\n" << outcome.out << outcome.err;
            EXPECT_FALSE(speaks_of_damage(outcome)) << limit << ": " << command.front() << "\n" << outcome.out << outcome.err;
        }
        EXPECT_FALSE(speaks_of_damage(limited(office, limit, {"status", "--check"})));
    }
}

TEST(OpenFiles, WithoutEnoughACommandEndsInOneLineAndNothingIsDamaged) {
    if (kSanitizerNeedsDescriptors) GTEST_SKIP() << "this sanitizer cannot do without descriptors";
    const Office& office = many_backups();
    const std::size_t entries = ledger_entries(office);
    std::size_t ended = 0;
    for (const int files : {7, 8, 9, 10, 12}) {
        const std::string limit = "-Sn " + std::to_string(files) + "; ulimit -Hn " + std::to_string(files);
        for (const auto& command : reading_commands(office)) {
            const Outcome outcome = limited(office, limit, command);
            EXPECT_FALSE(speaks_of_damage(outcome)) << files << ": " << command.front() << "\n" << outcome.out << outcome.err;
            if (outcome.exit == 0 || outcome.exit == 127) continue;  // 127: not even the program's libraries could be opened
            ++ended;
            EXPECT_EQ(outcome.exit, 1) << files << ": " << command.front() << "\n" << outcome.out << outcome.err;
            EXPECT_TRUE(one_clear_line(outcome)) << files << ": " << command.front();
            EXPECT_NE(outcome.err.find("Too many open files; raise the limit (`ulimit -n`)"), std::string::npos) << outcome.err;
        }
        EXPECT_FALSE(speaks_of_damage(limited(office, limit, {"status", "--check"})));
    }
    EXPECT_GT(ended, 10u) << "else nothing was proven";
    EXPECT_EQ(ledger_entries(office), entries);
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
}

}  // namespace
}  // namespace custody::test
