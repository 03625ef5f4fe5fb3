// One plan's source, opened and backed up by the very calls of a job: a catalogue, a job in it, a configuration, a vault in
// memory.
#pragma once

#include "catalog/jobs.h"
#include "catalog/settings.h"
#include "daemon/jobs/plan_source.h"
#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/recording_alerts.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace custody::test {

class PlanSourceTest : public testing::Test, public BackupFixture {
protected:
    PlanSourceTest() {
        config.service.state_folder = state;
        config.service.cache_folder = scratch / "cache";
        config.keys.keyring = scratch / "keyring";
        plan.name = "plan";
        plan.label = options.label;
        options.name = plan.name;
        own = {scratch / "keyring", scratch / "cache", state};
    }

    void SetUp() override {
        auto opened = catalog::Catalog::open(state, clock);
        ASSERT_TRUE(is_ok(opened));
        catalog = std::move(*opened);
        media = std::make_unique<MediaKeeper>(posix_file_system(), clock, *catalog, alerts, log);
    }

    // One run. `within`: called when the source is open, before it is read.
    Result<std::optional<BackupResult>> run(const std::function<void(OpenedPlanSource&)>& within = {}) {
        config.plans.clear();
        config.plans.push_back(plan);
        config.plans.insert(config.plans.end(), other_plans.begin(), other_plans.end());
        const auto shared = std::make_shared<const Config>(config);
        catalog::NewJob asked;
        asked.plan = plan.name;
        asked.reason = "schedule";
        asked.asked_by = "service";
        const auto id = catalog::Jobs(*catalog).add(asked);
        EXPECT_TRUE(is_ok(id));
        job = std::make_unique<LiveJob>(*catalog, log, id.ok() ? *id : 0, "backup of plan");
        const JobContext context{posix_file_system(), clock, *catalog, alerts, *media, LabelSecretsDoor(""), log, shared, *job};
        notes = {};
        snapshots_before = repository->state().snapshots.size();
        const PlanSourceRequest request{*shared->find_plan(plan.name), own, may_have_moved};
        return back_up_plan_source(context, *repository, request, notes, [&](OpenedPlanSource& opened) -> Result<BackupResult> {
            if (within) within(opened);
            BackupOptions chosen = options;
            chosen.plan_facts = opened.plan_facts;
            chosen.may_publish = opened.may_publish;
            chosen.content_sample_percent = 100;
            return run_backup(*repository, opened.source, chosen, context.progress(), context.stop());
        });
    }
    // A run that must store something: what it stored.
    StoredTree stored(const std::function<void(OpenedPlanSource&)>& within = {}) {
        const auto result = run(within);
        EXPECT_TRUE(is_ok(result));
        if (!result.ok() || !*result) return {};
        last = **result;
        return read(last.snapshot);
    }
    [[nodiscard]] bool published_nothing() { return repository->state().snapshots.size() == snapshots_before; }
    [[nodiscard]] bool remembers() {
        const auto value = catalog::Settings(*catalog).get("source-memory/" + plan.name);
        EXPECT_TRUE(is_ok(value));
        return value.ok() && value->has_value();
    }
    static bool says(const std::vector<std::string>& lines, const std::string& part) {
        return std::any_of(lines.begin(), lines.end(),
                           [&](const std::string& line) { return line.find(part) != std::string::npos; });
    }
    FilesSource& files_source() {
        if (!std::holds_alternative<FilesSource>(plan.source)) plan.source = FilesSource{};
        return std::get<FilesSource>(plan.source);
    }
    // Whether another process finds this one's POSIX locks on a file.
    static bool is_locked(const std::string& path) {
        const pid_t child = ::fork();
        if (child == 0) {
            const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
            struct flock lock {};
            lock.l_type = F_WRLCK;
            lock.l_whence = SEEK_SET;
            ::_exit(fd >= 0 && ::fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 1 : 0);
        }
        int status = -1;
        return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 1;
    }

    std::string state = scratch / "state";
    Config config;
    PlanConfig plan;
    std::vector<PlanConfig> other_plans;
    std::vector<std::string> own;
    bool may_have_moved = false;
    ServiceLog log = ServiceLog::to_standard_error();
    RecordingAlerts alerts;
    std::unique_ptr<catalog::Catalog> catalog;
    std::unique_ptr<MediaKeeper> media;
    std::unique_ptr<LiveJob> job;  // of the last run
    PlanSourceNotes notes;
    BackupResult last;
    std::size_t snapshots_before = 0;
};

}  // namespace custody::test
