// What runs that were killed leave beside what they wrote, and what of it the next run takes away.
#include "restore/leftovers.h"

#include "restore/exporter.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "vault/sources/block_image.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace custody::test {
namespace {

// A process that has ended; `is_asked` false: nobody has asked how, as where nothing takes care of orphans.
class DeadProcess {
public:
    explicit DeadProcess(bool is_asked) : process_(::fork()) {
        if (process_ == 0) ::_exit(0);
        siginfo_t how = {};
        (void)::waitid(P_PID, static_cast<id_t>(process_), &how, WEXITED | (is_asked ? 0 : WNOWAIT));
        is_asked_ = is_asked;
    }
    ~DeadProcess() {
        if (!is_asked_) (void)::waitpid(process_, nullptr, 0);
    }
    DeadProcess(const DeadProcess&) = delete;
    DeadProcess& operator=(const DeadProcess&) = delete;
    [[nodiscard]] std::string number() const { return std::to_string(process_); }

private:
    pid_t process_;
    bool is_asked_ = true;
};

class LeftoversTest : public ::testing::Test, protected RestoreFixture {
protected:
    static std::string name_of(const std::string& process) { return ".custody-restore-" + process + "-0123456789abcdef-3"; }
    // As if the process with that number had written beside `output`.
    static std::string beside(const std::string& output, const std::string& process) {
        const std::string own = temporary_beside(output);
        const std::string number = "-" + std::to_string(::getpid()) + "-";
        return std::string(own).replace(own.rfind(number), number.size(), "-" + process + "-");
    }
};

TEST_F(LeftoversTest, AProcessThatEndedUnnoticedIsGone) {
    write_file(source + "/file", "file");
    const Snapshot snapshot = back_up();
    (void)restore(snapshot);
    const DeadProcess unnoticed(false), noticed(true);
    for (const DeadProcess* process : {&unnoticed, &noticed}) write_file(restored(name_of(process->number())), "half");
    (void)restore(snapshot);
    for (const DeadProcess* process : {&unnoticed, &noticed}) {
        EXPECT_FALSE(std::filesystem::exists(restored(name_of(process->number()))));
    }
}

TEST_F(LeftoversTest, AProcessThatBeganAfterTheFileNeverMadeIt) {
    write_file(scratch / "made before", "half");
    ::usleep(300'000);
    const pid_t later = ::fork();
    if (later == 0) {
        ::pause();
        ::_exit(0);
    }
    const std::string before = name_of(std::to_string(later));
    std::filesystem::rename(scratch / "made before", scratch / before);
    const std::string after = ".custody-restore-" + std::to_string(later) + "-fedcba9876543210-3";
    write_file(scratch / after, "being written");
    const int folder = ::open(scratch.path().c_str(), O_PATH | O_DIRECTORY);
    Leftovers leftovers;
    EXPECT_TRUE(leftovers.is_one(folder, before));
    EXPECT_FALSE(leftovers.is_one(folder, after));
    EXPECT_FALSE(leftovers.is_one(folder, temporary_beside("/x").substr(1)));
    ::close(folder);
    ::kill(later, SIGKILL);
    (void)::waitpid(later, nullptr, 0);
}

TEST_F(LeftoversTest, AnExportTakesAwayWhatADeadOneLeftOfTheSameOutput) {
    write_file(source + "/file", "file");
    const Snapshot snapshot = back_up();
    const DeadProcess dead(true);
    const std::string output = scratch / "all.tar";
    const std::string left = beside(output, dead.number()), of_another = beside(scratch / "other.tar", dead.number());
    const std::string alive = beside(output, std::to_string(::getppid())), held = left.substr(0, left.size() - 1) + "1";
    for (const std::string& name : {left, of_another, alive, held}) write_file(name, "half");
    const int holder = ::open(held.c_str(), O_RDONLY);  // of another machine, on a network file system
    ASSERT_EQ(::flock(holder, LOCK_EX), 0);
    SilentProgress progress;
    ASSERT_TRUE(is_ok(export_snapshot(*repository, snapshot, *unlocked, {}, output, progress, stop)));
    EXPECT_FALSE(std::filesystem::exists(left));
    for (const std::string& name : {of_another, alive, held}) EXPECT_TRUE(std::filesystem::exists(name)) << name;
    ::close(holder);
}

TEST_F(LeftoversTest, AnImageTakesAwayWhatADeadRunLeftOfTheSameFile) {
    write_file(scratch / "disk", noise(100'000, 1));
    ImageOptions image;
    image.path = scratch / "disk";
    ImageNotes notes;
    auto disk = open_block_image(image, notes);
    ASSERT_TRUE(is_ok(disk));
    const Snapshot snapshot = back_up_from(**disk, "image", "disk");
    const DeadProcess dead(false);
    const std::string output = scratch / "back", left = beside(output, dead.number());
    write_file(left, "half");
    SilentProgress progress;
    ASSERT_TRUE(is_ok(restore_image(*repository, snapshot, *unlocked, {output, false, "", false}, progress, stop)));
    EXPECT_FALSE(std::filesystem::exists(left));
    EXPECT_EQ(read_file_text(output), read_file_text(scratch / "disk"));
}

}  // namespace
}  // namespace custody::test
