// What a crash may do to the catalogue.
//
// Fault model. kill -9: the process ends between any two instructions; what it gave to the kernel stays. It is tried for real,
// many times, on one catalogue that grows. Power cut: SQLite's own guarantee is relied upon (WAL, synchronous FULL: the log is
// synced before COMMIT returns, each frame of it carries a salted checksum, and the database file is only written from a synced
// log), and that disks keep what they reported as synced; what had not been synced may be lost from any byte of the log on, which
// is tried at many of them.
#include "base/sqlite.h"
#include "tests/catalog/catalog_fixture.h"
#include "tests/support/program.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <random>

namespace custody::catalog {
namespace {

using test::is_ok;

// What the writer tells when a call has returned: 'a' added, 'p' phase, 'e' ended, each with the job's id.
struct Word {
    char what = 0;
    JobId id = 0;
};

class Crash : public CatalogTest {
protected:
    // A process that works until it is killed; reading end of what it tells.
    pid_t start_writer(int& words) {
        int ends[2];
        EXPECT_EQ(0, pipe(ends));
        const pid_t child = fork();
        if (child == 0) {
            ::close(ends[0]);
            write_jobs(ends[1]);
            _exit(3);
        }
        ::close(ends[1]);
        words = ends[0];
        return child;
    }

    void write_jobs(int out) {
        const auto tell = [out](char what, JobId id) {
            const Word word{what, id};
            if (::write(out, &word, sizeof word) != static_cast<ssize_t>(sizeof word)) _exit(4);
        };
        auto opened = Catalog::open(folder(), clock_);
        if (!opened.ok()) _exit(5);
        Jobs jobs(**opened);
        if (!jobs.close_interrupted().ok()) _exit(6);
        for (;;) {
            NewJob asked;
            asked.plan = "etc";
            asked.reason = "schedule";
            const auto id = jobs.add(asked);
            if (!id.ok()) _exit(7);
            tell('a', *id);
            if (!jobs.start(*id).ok() || !jobs.begin_phase(*id, "backing up").ok()) _exit(8);
            tell('p', *id);
            JobEnd end;
            end.state = *id % 3 == 0 ? JobState::failed : JobState::done;
            end.sequence = static_cast<std::uint64_t>(*id);
            end.warnings = {"w1", "w2"};
            if (!jobs.end(*id, end).ok()) _exit(9);
            tell('e', *id);
        }
    }

    // Reads `count` words, then kills the writer, and reads what it had still told.
    void kill_after(int count, pid_t child, int words) {
        Word word;
        for (int at = 0; at < count && ::read(words, &word, sizeof word) == sizeof word; ++at) heard(word);
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(child, waitpid(child, &status, 0));
        ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << WEXITSTATUS(status);
        while (::read(words, &word, sizeof word) == sizeof word) heard(word);
        ::close(words);
    }
    void heard(const Word& word) {
        char& stage = told_[word.id];
        stage = word.what;
    }

    // One step may have become durable that was not told any more: the one that was under way.
    void compare_with_what_was_told() {
        Jobs jobs(catalog());
        std::size_t beyond = 0;
        for (JobFilter filter{{}, {}, {}, {}, 1000};;) {
            const auto page = jobs.list(filter);
            ASSERT_TRUE(is_ok(page));
            for (const Job& job : *page) {
                const auto told = told_.find(job.id);
                if (told == told_.end() || (told->second != 'e' && !is_open(job.state) && job.state != JobState::interrupted)) {
                    ++beyond;
                    told_[job.id] = is_open(job.state) ? 'a' : 'e';  // from now on it must stay
                } else if (told->second == 'e') {
                    EXPECT_EQ(job.id % 3 == 0 ? JobState::failed : JobState::done, job.state) << job.id;
                    EXPECT_EQ(static_cast<std::uint64_t>(job.id), job.end.sequence);
                    EXPECT_EQ(2u, job.warnings);
                }
            }
            if (page->size() < 1000) break;
            filter.before = page->back().id;
        }
        EXPECT_LE(beyond, 1u);
        EXPECT_EQ(static_cast<std::int64_t>(told_.size()), number("SELECT count(*) FROM jobs"));
    }

    std::map<JobId, char> told_;
};

TEST_F(Crash, KilledAtAnyTimeNothingIsLostOrInvented) {
    std::mt19937 random(test::test_seed());
    const int rounds = test::long_run() ? 200 : 8;
    for (int round = 0; round < rounds; ++round) {
        SCOPED_TRACE("seed " + std::to_string(test::test_seed()) + " round " + std::to_string(round));
        int words = -1;
        const pid_t child = start_writer(words);
        ASSERT_NO_FATAL_FAILURE(kill_after(1 + static_cast<int>(random() % 25), child, words));
        ASSERT_NO_FATAL_FAILURE(compare_with_what_was_told());
        // What was left open is closed by the next writer; every second time by this one.
        const std::size_t open = Jobs(catalog()).open()->size();
        EXPECT_LE(open, 1u);
        if (round % 2 == 0) {
            EXPECT_EQ(open, Jobs(catalog()).close_interrupted()->size());
        }
        EXPECT_TRUE(catalog().check(StopFlag{})->empty());
        close();
    }
}

TEST_F(Crash, WhereverTheUnsyncedLogIsCutOffTheRestIsWhole) {
    {
        ended("before", JobState::done);  // in the database file already, once it is closed
        close();
    }
    int words = -1;
    const pid_t child = start_writer(words);
    ASSERT_NO_FATAL_FAILURE(kill_after(15, child, words));
    const std::string log = file("catalog.db-wal");
    const auto whole = read_file(posix_file_system(), log, 64 << 20);
    ASSERT_TRUE(is_ok(whole));
    const auto database = read_file(posix_file_system(), file(), 64 << 20);
    ASSERT_TRUE(is_ok(database));
    ASSERT_GT(whole->size(), 32u + 4 * 4120u);
    std::mt19937 random(test::test_seed());
    std::int64_t last = -1;
    for (std::size_t cut = whole->size();; cut = cut > 61000 ? cut - 1 - random() % 60000 : 0) {
        SCOPED_TRACE("seed " + std::to_string(test::test_seed()) + " cut at " + std::to_string(cut));
        ASSERT_TRUE(is_ok(replace_file(posix_file_system(), file(), *database, 0600)));
        ASSERT_TRUE(is_ok(replace_file(posix_file_system(), log, ByteView(*whole).first(cut), 0600)));
        const std::int64_t jobs = number("SELECT count(*) FROM jobs");
        EXPECT_EQ(jobs, number("SELECT coalesce(max(id), 0) FROM jobs"));  // no gap: whole transactions from the first on
        if (last >= 0) {
            EXPECT_LE(jobs, last);
        }
        last = jobs;
        EXPECT_TRUE(catalog().check(StopFlag{})->empty());
        close();
        if (cut == 0) break;
    }
    EXPECT_EQ(1, last);
}

}  // namespace
}  // namespace custody::catalog
