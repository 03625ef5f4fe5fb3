#include "tests/daemon/work/year_of_nights.h"

#include "catalog/media.h"
#include "catalog/snapshots.h"
#include "tests/support/results.h"
#include "tests/support/wait_for.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <utility>

namespace custody::test {
namespace {

constexpr std::array<const char*, 4> kLabels = {"config", "business", "database", "log"};
constexpr int kFilesOfAPlan = 4;
constexpr int kHourMinutes = 60;

Time next_midnight(Time now) { return Time{(now.ns / kDay + 1) * kDay}; }

std::string memory_folder() {
    std::string pattern = std::filesystem::is_directory("/dev/shm") ? "/dev/shm/custody-year-XXXXXX" : "/tmp/custody-year-XXXXXX";
    return ::mkdtemp(pattern.data()) == nullptr ? std::string() : pattern;
}

std::string quoted_list(const std::vector<std::string>& items) {
    std::string list;
    for (const std::string& item : items) list += (list.empty() ? "\"" : ", \"") + item + "\"";
    return "[" + list + "]";
}

}  // namespace

YearOfNights::YearOfNights(unsigned seed, Size size)
    : size_(size),
      state_(memory_folder()),
      clock_(next_midnight(system_clock().now())),
      begin_(clock_.now()),
      files_([this](RefusingFileSystem::Deed deed, const std::string& path, std::uint64_t) -> std::optional<Code> {
          return deed == RefusingFileSystem::Deed::write ? refuses(path) : std::nullopt;
      }),
      random_(seed) {
    ::setenv("TZ", "UTC", 1);  // the hours of the days below
    ::tzset();
    for (const char* medium : kMedia) {
        std::filesystem::create_directory(place(medium));
        EXPECT_EQ(Vault(folder_.path(), place(medium) + "/vault")({"init"}).exit, 0);
    }
    make_plans();
    make_sources();
    write_config();
    service_ = std::make_unique<DrivenService>(files_, clock_, folder_ / "custody.toml");
    service_->start();
}

YearOfNights::~YearOfNights() {
    service_.reset();
    remove_tree(state_);
    ::unsetenv("TZ");
    ::tzset();
}

void YearOfNights::make_plans() {
    for (int i = 0; i < size_.plans; ++i) {
        const std::string minute = std::to_string(3 * i % 60);
        Plan plan;
        plan.name = "plan-" + std::to_string(10 + i);
        plan.label = kLabels.at(static_cast<std::size_t>(i) % kLabels.size());
        plan.schedule = minute + " 3 " + std::to_string(1 + i) + " * *";
        if (i < size_.daily + size_.weekly) plan.schedule = minute + " 2 * * " + std::to_string(i % 7);
        if (i < size_.daily) plan.schedule = minute + " 1 * * *";
        plan.media = {kMedia.at(static_cast<std::size_t>(i) % 3), kMedia.at(static_cast<std::size_t>(i + 1) % 3)};
        if (i == 4) plan.media.emplace_back(kMedia[0]);  // all three
        if (plan.media.front() == "disk-c") std::swap(plan.media.front(), plan.media.back());
        if (i < 2) {
            plan.daily = 4 + i;
            plan.weekly = 3;
            plan.retention = "daily " + std::to_string(plan.daily) + ", weekly 3";
        }
        plans_.push_back(plan);
    }
}

void YearOfNights::make_sources() {
    for (const Plan& plan : plans_) {
        std::filesystem::create_directories(source(plan.name));
        for (int i = 0; i < kFilesOfAPlan; ++i) std::ofstream(source(plan.name) + "/" + std::to_string(i)) << plan.name << i;
    }
}

void YearOfNights::write_config() const {
    std::ofstream file(folder_ / "custody.toml");
    file << "language = \"en\"\n[keys]\nkeyring = \"" << folder_ / "keyring"
         << "\"\n[service]\njobs = 3\njobs_per_medium = 2\n"
         << "socket = \"" << folder_ / "socket"
         << "\"\nstate_folder = \"" << state_ << "/state\"\ncache_folder = \"" << state_
         << "/cache\"\n[alert]\ncommand = [\"/bin/sh\", \"-c\", \"cat >> " << folder_ / "told"
         << "; echo >> " << folder_ / "told"
         << "\"]\n";
    for (const char* medium : kMedia)
        file << "[[medium]]\nname = \"" << medium << "\"\nvault = \"" << place(medium)
             << "/vault\"\nplace = \"test\"\nexception = \"QĐ 1/QĐ-UBND: one disk in this test\"\n";
    for (const Plan& plan : plans_) {
        file << "[[plan]]\nname = \"" << plan.name << "\"\nlabel = \"" << plan.label << "\"\nschedule = \"" << plan.schedule
             << "\"\nsource = { files = [\"" << source(plan.name) << "\"] }\nmedia = " << quoted_list(plan.media) << "\n";
        if (!plan.retention.empty()) file << "retention = \"" << plan.retention << "\"\n";
    }
}

// ---- what happens -----------------------------------------------------------------------------------------------------------

bool YearOfNights::chance(double probability) {
    return static_cast<double>(random_()) / static_cast<double>(std::mt19937::max()) < probability;
}

std::optional<Code> YearOfNights::refuses(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return !sick_vault_.empty() && path.starts_with(sick_vault_) ? std::optional(sickness_) : std::nullopt;
}

void YearOfNights::at(int day, int minute) {
    const Time then{begin_.ns + day * kDay + minute * kMinute};
    if (then > clock_.now()) clock_.advance(then.ns - clock_.now().ns);
    service_->settle();
}

void YearOfNights::hide(const std::string& medium) {
    std::filesystem::rename(place(medium), place(medium) + ".away");
    away_.insert(medium);
    EXPECT_TRUE(is_ok(service_->work().media().look()));
}

void YearOfNights::bring_back(const std::string& medium) {
    std::filesystem::rename(place(medium) + ".away", place(medium));
    away_.erase(medium);
    EXPECT_TRUE(is_ok(service_->work().media().look()));
    ++happened_.returned;
}

void YearOfNights::fall_ill(const std::string& vault, Code how) {
    const std::lock_guard lock(mutex_);
    sick_vault_ = vault;
    sickness_ = how;
}

void YearOfNights::disturb() {
    if (chance(0.15)) {
        const std::string plan =
            plans_.at(random_() % (chance(0.6) ? static_cast<std::size_t>(size_.daily) : plans_.size())).name;
        missing_[source(plan)] = folder_ / "src/." + plan;
        std::filesystem::rename(source(plan), missing_[source(plan)]);
        const bool is_emptied = chance(0.5);
        if (is_emptied) std::filesystem::create_directory(source(plan));
        ++(is_emptied ? happened_.emptied : happened_.vanished);
    }
    if (chance(0.12)) {
        const Code how = chance(0.5) ? Code::no_space : Code::io;
        fall_ill(place(kMedia.at(random_() % 2)) + "/vault/", how);
        ++(how == Code::io ? happened_.failing : happened_.full);
    } else if (chance(0.06)) {
        hide(kMedia.at(random_() % 2));
        ++happened_.unplugged;
    }
}

void YearOfNights::mend() {
    for (const auto& [where, is] : missing_) {
        remove_tree(where);
        std::filesystem::rename(is, where);
    }
    missing_.clear();
    fall_ill("", Code::io);
    for (const char* medium : {kMedia[0], kMedia[1]}) {
        if (away_.contains(medium)) bring_back(medium);
    }
}

void YearOfNights::move_disk_c(int day) {
    const bool is_to_be_away = day / size_.turn_days % 2 == 1;
    if (is_to_be_away == away_.contains(kMedia[2])) return;
    if (is_to_be_away) return hide(kMedia[2]);
    check_debts(kMedia[2]);
    bring_back(kMedia[2]);
}

// It comes by a thread and a program of its own: the day goes on when it is here.
void YearOfNights::read_the_digest() {
    const auto digests = [this] {
        const auto all = messages();
        return std::count_if(all.begin(), all.end(), [](const Json& each) { return each["kind"] == "digest"; });
    };
    const auto before = digests_read_;
    EXPECT_TRUE(wait_until([&] { return (digests_read_ = digests()) > before; })) << "no digest this morning";
}

// Somebody looks at what failed, and runs it again by hand.
void YearOfNights::look_at_status() {
    for (const Plan& plan : plans_) {
        catalog::JobFilter filter;
        filter.plan = plan.name;
        filter.kind = catalog::JobKind::backup;
        filter.limit = 1;
        const auto last = catalog::Jobs(service_->work().catalog()).list(filter);
        ASSERT_TRUE(is_ok(last));
        if (last->empty() || last->front().state != catalog::JobState::failed) continue;
        RunRequest request;
        request.reason = "it failed in the night";
        request.asked_by = "admin";
        EXPECT_TRUE(is_ok(service_->work().run_plan(plan.name, request)));
        ++happened_.by_hand;
    }
}

void YearOfNights::work_in_the_office() {
    for (const Plan& plan : plans_) {
        if (!chance(0.5)) continue;
        std::ofstream(source(plan.name) + "/" + std::to_string(random_() % kFilesOfAPlan)) << plan.name << random_() << '\n';
    }
}

void YearOfNights::stop_within_a_run() {
    EXPECT_TRUE(is_ok(service_->work().run_plan(plans_[0].name, {"before the machine is restarted", "admin"})));
    service_->poke();
    service_->stop();
    service_->start();
    ++happened_.stopped;
}

void YearOfNights::hold_something() {
    auto keyring = Keyring::open(files_, clock_, folder_ / "keyring");
    ASSERT_TRUE(is_ok(keyring));
    auto vault = Repository::open(files_, clock_, place(plans_[0].media[0]) + "/vault", &*keyring);
    ASSERT_TRUE(is_ok(vault));
    for (const auto& [id, record] : snapshots()) {
        if (record.plan != plans_[0].name || !vault->state().snapshots.contains(id)) continue;
        LedgerEntry draft;
        draft.operation = Operation::hold;
        draft.snapshots = {id};
        draft.details = {{"reason", "inspection"}};
        ASSERT_TRUE(is_ok(vault->publish(std::move(draft), [](const LedgerState&, LedgerEntry&) { return done(); })));
        held_ = id;
        return;
    }
}

void YearOfNights::live_a_day(int day, bool is_calm) {
    at(day, 30);
    if (!is_calm) move_disk_c(day);
    if (day > 0 && !is_calm) disturb();
    for (const int hour : {1, 2, 3}) {
        const bool stops = day > 0 && !is_calm && chance(0.02);
        if (stops) {
            clock_.advance(begin_.ns + day * kDay + (hour + 1) * kHour - clock_.now().ns);
            stop_within_a_run();
        }
        at(day, (hour + 1) * kHourMinutes);
    }
    at(day, 5 * kHourMinutes);
    mend();
    at(day, 6 * kHourMinutes);
    at(day, 7 * kHourMinutes + 5);
    if (day > 0) read_the_digest();  // the very first waits for the first backups
    look_at_status();
    at(day, 9 * kHourMinutes);
    work_in_the_office();
    at(day, 17 * kHourMinutes);
    if (day == 2) hold_something();
}

void YearOfNights::live(int days, Nights nights) {
    for (const int end = day_ + days; day_ < end && !testing::Test::HasFailure(); ++day_) {
        SCOPED_TRACE("day " + std::to_string(day_));
        live_a_day(day_, nights == Nights::calm);
    }
}

void YearOfNights::set_clock(std::int64_t by_ns) {
    clock_.set(Time{clock_.now().ns + by_ns});
    begin_.ns += by_ns;
}

void YearOfNights::come_to_rest() {
    mend();
    if (away_.contains(kMedia[2])) bring_back(kMedia[2]);
    service_->settle();
    // A second run of all: what was ended on one medium while the other was sick is then ended on both.
    for (int round = 0; round < 2; ++round) {
        clock_.advance(25 * kHour);
        EXPECT_TRUE(is_ok(service_->work().run_all({"the year is over", "admin"})));
        service_->settle();
    }
    EXPECT_TRUE(wait_until([this] {
        clock_.advance(kMinute);
        service_->settle();
        return service_->work().alerts().outbox().pending == 0;
    }));
}

// ---- what is found ----------------------------------------------------------------------------------------------------------

LedgerState YearOfNights::ledger(const std::string& medium) {
    auto vault = Repository::open(files_, clock_, place(medium) + (away_.contains(medium) ? ".away/vault" : "/vault"), nullptr);
    EXPECT_TRUE(is_ok(vault));
    return vault.ok() ? vault->state() : LedgerState();
}

std::map<ObjectId, catalog::SnapshotRecord> YearOfNights::snapshots() {
    catalog::SnapshotFilter filter;
    filter.ended = true;
    filter.limit = 1'000'000;
    const auto all = catalog::Snapshots(service_->work().catalog()).list(filter);
    EXPECT_TRUE(is_ok(all));
    std::map<ObjectId, catalog::SnapshotRecord> by_id;
    for (const catalog::SnapshotRecord& each : *all) by_id.emplace(each.id, each);
    return by_id;
}

std::set<ObjectId> YearOfNights::live_on(const std::string& medium, const std::string& plan) {
    const LedgerState there = ledger(medium);
    std::set<ObjectId> live;
    for (const auto& [id, record] : snapshots()) {
        if (record.plan == plan && there.snapshots.contains(id)) live.insert(id);
    }
    return live;
}

std::vector<catalog::Job> YearOfNights::jobs() {
    std::vector<catalog::Job> all;
    catalog::JobFilter filter;
    filter.limit = 1000;
    for (;;) {
        const auto page = catalog::Jobs(service_->work().catalog()).list(filter);
        EXPECT_TRUE(is_ok(page));
        if (!page.ok() || page->empty()) break;
        all.insert(all.end(), page->begin(), page->end());
        filter.before = all.back().id;
    }
    return {all.rbegin(), all.rend()};
}

std::vector<Json> YearOfNights::messages() const {
    std::vector<Json> all;
    std::ifstream file(folder_ / "told");
    for (std::string line; std::getline(file, line);) {
        Json message = Json::parse(line, nullptr, false);  // of one that is being written: not yet
        if (message.is_object()) all.push_back(std::move(message));
    }
    return all;
}

std::uint64_t YearOfNights::catalog_bytes() const {
    const std::filesystem::path file = state_ + "/state/catalog.db";
    const std::filesystem::path log = state_ + "/state/catalog.db-wal";
    return std::filesystem::file_size(file) + (std::filesystem::exists(log) ? std::filesystem::file_size(log) : 0);
}

void YearOfNights::check_debts(const std::string& medium) {
    const LedgerState there = ledger(medium);
    const auto known = snapshots();
    std::set<ObjectId> live, forgotten = there.forgotten, lacking, owed;
    for (const char* other : kMedia) {
        if (other == medium) continue;
        const LedgerState state = ledger(other);
        for (const auto& [id, at_other] : state.snapshots) live.insert(id);
        forgotten.insert(state.forgotten.begin(), state.forgotten.end());
    }
    for (const ObjectId& id : live) {
        const auto record = known.find(id);
        ASSERT_NE(known.end(), record) << "a snapshot that the catalogue does not know";
        bool is_wanted = record->second.plan == "custody-records";
        for (const Plan& plan : plans_) {
            const bool is_here = std::find(plan.media.begin(), plan.media.end(), medium) != plan.media.end();
            is_wanted = is_wanted || (plan.name == record->second.plan && is_here);
        }
        if (is_wanted && !there.snapshots.contains(id) && !forgotten.contains(id)) lacking.insert(id);
    }
    const auto registered = catalog::Media(service_->work().catalog()).find(medium);
    ASSERT_TRUE(is_ok(registered));
    const auto debts = catalog::Snapshots(service_->work().catalog()).owed_to(registered->key);
    ASSERT_TRUE(is_ok(debts));
    for (const catalog::CopyRecord& debt : *debts) owed.insert(debt.snapshot);
    EXPECT_EQ(lacking, owed) << medium;
}

}  // namespace custody::test
