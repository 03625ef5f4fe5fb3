// An office whose nights are lived through on a clock of the test, with the real service: 20 plans over small folders, three
// media of which one is away every other week, and what goes wrong in an office: a source that is not there or all at once empty,
// a medium that is full, that fails, that somebody unplugged, a service that is stopped while it works. In the morning somebody
// mends what is broken, and runs again by hand what failed.
//
// Fault model: disk-a or disk-b, or what they hold, is away for a night (renamed); every write to a medium's vault fails with
// ENOSPC or EIO for a night (RefusingFileSystem). Nothing is written to the disk for good (no fsync), for no power is cut here.
// Ownership: everything lies in two scratch folders. Threads: one test's. A failure prints the seed.
#pragma once

#include "base/records/canonical_json.h"
#include "catalog/snapshots.h"
#include "tests/support/driven_service.h"
#include "tests/support/program.h"
#include "tests/support/refusing_file_system.h"
#include "tests/support/scratch_folder.h"
#include "vault/repository.h"

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace custody::test {

class YearOfNights {
public:
    static constexpr std::array<const char*, 3> kMedia = {"disk-a", "disk-b", "disk-c"};
    // Plans that run daily and weekly; the others monthly. disk-c is away for every other `turn_days`.
    struct Size {
        int plans = 20, daily = 6, weekly = 10, turn_days = 7;
    };

    YearOfNights(unsigned seed, Size size);
    ~YearOfNights();
    YearOfNights(const YearOfNights&) = delete;
    YearOfNights& operator=(const YearOfNights&) = delete;

    // The next so many. Calm: nothing goes wrong, and no medium comes or goes.
    enum class Nights { as_they_come, calm };
    void live(int days, Nights nights = Nights::as_they_come);
    // The wall clock jumps; no time passes.
    void set_clock(std::int64_t by_ns);
    // Everything is here and mended, every plan has run once more, and all alerts had their minute.
    void come_to_rest();

    struct Plan {
        std::string name, label, schedule, retention;
        std::vector<std::string> media;
        int daily = 0, weekly = 0;  // of its own rule; 0: the label's
    };
    [[nodiscard]] const std::vector<Plan>& plans() const { return plans_; }
    [[nodiscard]] const Size& size() const { return size_; }
    [[nodiscard]] DrivenService& service() { return *service_; }
    [[nodiscard]] Time now() const { return clock_.now(); }
    // As the vaults' own ledgers have it; read without a key.
    [[nodiscard]] LedgerState ledger(const std::string& medium);
    [[nodiscard]] std::map<ObjectId, catalog::SnapshotRecord> snapshots();
    [[nodiscard]] std::set<ObjectId> live_on(const std::string& medium, const std::string& plan);
    [[nodiscard]] std::vector<catalog::Job> jobs();  // oldest first
    [[nodiscard]] std::vector<Json> messages() const;
    [[nodiscard]] std::uint64_t catalog_bytes() const;
    [[nodiscard]] const std::optional<ObjectId>& held() const { return held_; }
    // What a medium that is away owes is what the others hold of its plans and it lacks.
    void check_debts(const std::string& medium);

    struct Happened {
        int vanished = 0, emptied = 0, full = 0, failing = 0, unplugged = 0, stopped = 0, returned = 0, by_hand = 0;
    };
    [[nodiscard]] const Happened& happened() const { return happened_; }

private:
    void make_plans();
    void make_sources();
    void write_config() const;
    void live_a_day(int day, bool is_calm);
    void disturb();
    void fall_ill(const std::string& vault, Code how);
    void mend();
    void move_disk_c(int day);
    void work_in_the_office();
    void read_the_digest();
    void look_at_status();
    void stop_within_a_run();
    void hold_something();
    void at(int day, int minute);
    [[nodiscard]] bool chance(double probability);
    [[nodiscard]] std::string source(const std::string& plan) const { return folder_ / "src/" + plan; }
    [[nodiscard]] std::string place(const std::string& medium) const { return folder_ / medium; }
    void hide(const std::string& medium);
    void bring_back(const std::string& medium);
    [[nodiscard]] std::optional<Code> refuses(const std::string& path) const;

    const Size size_;
    ScratchFolder folder_{"year"};
    std::string state_;  // where there is a file system in memory it lies there: SQLite waits for the disk by itself
    FakeClock clock_;
    Time begin_;  // of day 0, by the clock as it is set
    int day_ = 0;
    std::ptrdiff_t digests_read_ = 0;
    RefusingFileSystem files_;
    std::mt19937 random_;
    std::vector<Plan> plans_;
    std::unique_ptr<DrivenService> service_;
    std::set<std::string> away_;                  // media
    std::map<std::string, std::string> missing_;  // sources: where they are
    mutable std::mutex mutex_;                    // of the next two
    std::string sick_vault_;
    Code sickness_ = Code::io;
    std::optional<ObjectId> held_;
    Happened happened_;
};

}  // namespace custody::test
