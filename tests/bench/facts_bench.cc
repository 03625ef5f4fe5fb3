// What `custody status`, a scrape of the metrics, a digest, a page of `custody job list` and what each job does to the debts
// cost, with a catalogue of many jobs, made synthetically.
//   facts_bench [--jobs N (100000)] [--plans N (200)] [--folder DIR (/tmp)]
// The catalogue is left in a new folder below DIR and removed at the end.
//   facts_bench --fill STATE-FOLDER [--jobs N] [--plans N]
// Only makes the catalogue there, for a service with plans plan0 to plan199 on the media disk-a, disk-b and disk-c.
#include "catalog/database.h"
#include "catalog/media.h"
#include "catalog/plans.h"
#include "catalog/rows.h"
#include "daemon/jobs/catalog_sync.h"
#include "daemon/work/facts.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace custody;

constexpr int kRuns = 20;
constexpr std::uint64_t kSnapshotEvery = 5;  // jobs
constexpr const char* kMedia[] = {"disk-a", "disk-b", "disk-c"};

std::string plan_name(std::uint64_t number) { return "plan" + std::to_string(number); }

std::shared_ptr<const Config> configuration(std::uint64_t plans) {
    auto config = std::make_shared<Config>();
    for (const char* name : kMedia) {
        MediumConfig medium;
        medium.name = name;
        config->media.push_back(medium);
    }
    for (std::uint64_t i = 0; i < plans; ++i) {
        PlanConfig plan;
        plan.name = plan_name(i);
        plan.label = "config";
        plan.schedule = std::to_string(i % 60) + " " + std::to_string(i % 24) + " * * *";
        plan.media = {kMedia[0], kMedia[1]};
        config->plans.push_back(plan);
    }
    return config;
}

ObjectId snapshot_id(std::uint64_t number) {
    ObjectId id;
    store_le(id.bytes.data(), number + 1);
    return id;
}

Status fill(catalog::Catalog& catalog, const Config& config, std::uint64_t jobs, Time now) {
    std::vector<catalog::PlanEntry> entries;
    for (const PlanConfig& plan : config.plans) entries.push_back({plan.name, plan.label, "files", plan.schedule, {}});
    TRY(catalog::Plans(catalog).enter(entries));
    for (const char* name : kMedia) {
        catalog::NewMedium medium;
        medium.name = name;
        medium.facts.kind = "disk";
        TRY(catalog::Media(catalog).add(medium));
    }
    const auto enter = [&](sqlite::Database& database) -> Status {
        for (std::uint64_t i = 0; i < jobs; ++i) {
            const std::string plan = plan_name(i % config.plans.size());
            const std::int64_t at = now.ns - static_cast<std::int64_t>(jobs - i) * kMinute;
            const char* state = i % 50 == 7 ? "failed" : "done";
            TRY(catalog::run_sql(database,
                                 "INSERT INTO jobs(plan, label, kind, reason, asked_by, attempt, state, asked_at, begun_at, "
                                 "ended_at, bytes_scanned, bytes_stored) VALUES(?, 'config', 'backup', 'schedule', 'service', 1, "
                                 "?, ?, ?, ?, 1000, 100)",
                                 plan, state, at, at, at));
            if (i % kSnapshotEvery != 0) continue;
            TRY(catalog::run_sql(database,
                                 "INSERT INTO snapshots(id, label, plan, host, kind, made_at, files, bytes, rebuilt) VALUES(?, "
                                 "'config', ?, 'srv1', 'files', ?, 10, 1000, 0)",
                                 snapshot_id(i).view(), plan, at));
            for (std::int64_t medium = 1; medium <= 2; ++medium) {
                TRY(catalog::run_sql(database, "INSERT INTO copies(snapshot, medium, state, since_at) VALUES(?, ?, ?, ?)",
                                     snapshot_id(i).view(), medium, medium == 2 && i % 3 == 0 ? "owed" : "present", at));
            }
        }
        return done();
    };
    return catalog.write(enter);
}

bool measure(const char* what, const std::function<Status()>& work) {
    std::vector<double> took, processor;  // ms; the second is what counts on a busy machine
    for (int run = 0; run < kRuns; ++run) {
        const auto start = std::chrono::steady_clock::now();
        const std::clock_t began = std::clock();
        const Status status = work();
        processor.push_back(static_cast<double>(std::clock() - began) * 1000 / CLOCKS_PER_SEC);
        took.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
        if (!status.ok()) {
            std::fprintf(stderr, "%s: %s\n", what, status.error().message.c_str());
            return false;
        }
    }
    std::sort(took.begin(), took.end());
    std::sort(processor.begin(), processor.end());
    std::printf("%-8s median %7.1f ms, worst %7.1f ms of %d; processor median %7.1f ms\n", what, took[took.size() / 2],
                took.back(), kRuns, processor[processor.size() / 2]);
    return true;
}

// The last run of each plan, as it is asked for at the start of the service.
Status ask_histories(catalog::Catalog& catalog, const Config& config) {
    for (const PlanConfig& plan : config.plans) {
        catalog::JobFilter filter;
        filter.plan = plan.name;
        filter.kind = catalog::JobKind::backup;
        filter.limit = 1;
        TRY(catalog::Jobs(catalog).list(filter));
        filter.state = catalog::JobState::done;
        TRY(catalog::Jobs(catalog).list(filter));
    }
    return done();
}

// A state that no job is in: the most that a page can cost.
Status ask_page(catalog::Catalog& catalog) {
    catalog::JobFilter filter;
    filter.state = catalog::JobState::cancelled;
    TRY(catalog::Jobs(catalog).list(filter));
    return done();
}

int run(std::uint64_t jobs, std::uint64_t plans, const std::string& folder, bool only_fill) {
    const Time now = system_clock().now();
    auto catalog = catalog::Catalog::open(folder, system_clock());
    if (!catalog.ok()) {
        std::fprintf(stderr, "%s\n", catalog.error().message.c_str());
        return 1;
    }
    const auto config = configuration(plans);
    const Status filled = fill(**catalog, *config, jobs, now);
    if (!filled.ok()) {
        std::fprintf(stderr, "%s\n", filled.error().message.c_str());
        return 1;
    }
    if (only_fill) return 0;
    FactsInputs inputs{config, **catalog, now, now, {}, {}, {}, {}, {}, {}, {}, {}, {}};
    const bool terms = measure("terms", [&]() -> Status {
        inputs.terms = plan_terms(*config, ZoneRules());
        return done();
    });
    const auto of = [&inputs](auto facts) {
        return [&inputs, facts]() -> Status {
            TRY(facts(inputs));
            return done();
        };
    };
    const bool ok = terms && measure("status", of(status_facts)) && measure("metrics", of(metrics_facts)) &&
                    measure("digest", of(digest_facts)) && measure("page", [&] { return ask_page(**catalog); }) &&
                    measure("start", [&] { return ask_histories(**catalog, *config); }) &&
                    measure("debts", [&] { return enter_debts(**catalog, *config); });
    return ok ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t jobs = 100'000, plans = 200;
    std::string below = "/tmp", fill_only;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string flag = argv[i];
        if (flag == "--jobs") jobs = std::strtoull(argv[i + 1], nullptr, 10);
        if (flag == "--plans") plans = std::max<std::uint64_t>(std::strtoull(argv[i + 1], nullptr, 10), 1);
        if (flag == "--folder") below = argv[i + 1];
        if (flag == "--fill") fill_only = argv[i + 1];
    }
    if (!fill_only.empty()) return run(jobs, plans, fill_only, true);
    std::string folder = below + "/facts-bench-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) {
        std::perror(folder.c_str());
        return 1;
    }
    const int exit = run(jobs, plans, folder, false);
    std::error_code ignored;  // what is left there says it
    std::filesystem::remove_all(folder, ignored);
    return exit;
}
