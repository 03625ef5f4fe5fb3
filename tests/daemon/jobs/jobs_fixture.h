// Jobs over real vaults in folders of the test's own: a keyring, vaults "a" and "b" (more on demand) as the media disk-a, disk-b,
// a catalogue, a media keeper that looks when it is told to, and alerts that are kept.
//
// Every failure fails the test. Threads: none but those of a test.
#pragma once

#include "catalog/media.h"
#include "catalog/snapshots.h"
#include "daemon/jobs/catalog_sync.h"
#include "daemon/jobs/job_context.h"
#include "daemon/jobs/medium_vault.h"
#include "tests/support/recording_alerts.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace custody::test {

class JobsTest : public testing::Test {
protected:
    using Names = std::vector<std::string>;

    void SetUp() override {
        auto opened = catalog::Catalog::open(state(), world_.clock());
        ASSERT_TRUE(is_ok(opened));
        catalog_ = std::move(*opened);
        config_.service.state_folder = state();
        config_.keys.keyring = world_.scratch() / "keyring";
        for (const char* label : {"config", "business", "log"}) {
            LabelConfig settings;
            settings.name = label;
            settings.retention.daily = 14;
            config_.labels.push_back(settings);
        }
        keeper_ = std::make_unique<MediaKeeper>(world_.files(), world_.clock(), *catalog_, alerts_, log_);
        add_medium("a");
        add_medium("b");
    }

    [[nodiscard]] std::string state() const { return world_.scratch() / "state"; }
    // Vault "c" as medium disk-c.
    void add_medium(const std::string& vault) {
        if (!std::filesystem::exists(world_.path(vault))) world_.make_vault(vault);
        MediumConfig medium;
        medium.name = "disk-" + vault;
        medium.vault = world_.path(vault);
        medium.mount_point = world_.scratch().path();
        config_.media.push_back(medium);
    }
    void add_plan(const std::string& name, const std::string& label, const Names& media) {
        PlanConfig plan;
        plan.name = name;
        plan.label = label;
        plan.media = media;
        config_.plans.push_back(plan);
    }
    // The configuration so far is that of jobs from now on; media are looked at, and registered where they are new.
    void configure() {
        shared_ = std::make_shared<const Config>(config_);
        keeper_->configure(shared_);
        look();
    }
    void look() { ASSERT_TRUE(is_ok(keeper_->look())); }
    void take_away(const std::string& vault) {
        std::filesystem::rename(world_.path(vault), world_.path(vault) + ".away");
        look();
    }
    void bring_back(const std::string& vault) {
        std::filesystem::rename(world_.path(vault) + ".away", world_.path(vault));
        look();
    }

    // A job of its own, begun.
    LiveJob& new_job(catalog::JobKind kind = catalog::JobKind::copy, const std::string& plan = "") {
        catalog::NewJob asked;
        asked.kind = kind;
        if (!plan.empty()) asked.plan = plan;
        asked.reason = "schedule";
        asked.asked_by = "service";
        const auto id = catalog::Jobs(*catalog_).add(asked);
        EXPECT_TRUE(is_ok(id));
        jobs_.push_back(std::make_unique<LiveJob>(*catalog_, log_, id.ok() ? *id : 0, "a job of a test"));
        EXPECT_TRUE(is_ok(jobs_.back()->begin()));
        return *jobs_.back();
    }
    JobContext context(LiveJob& job) {
        return {world_.files(), world_.clock(), *catalog_, alerts_, *keeper_, secrets_, log_, shared_, job};
    }
    // Of a job with no care for which.
    JobContext context() { return context(new_job()); }

    MediumVault open(const std::string& vault) {
        const JobContext job = context();
        auto opened = MediumVault::open(job, *shared_->find_medium("disk-" + vault));
        EXPECT_TRUE(is_ok(opened));
        return std::move(opened).value();
    }
    // The job's record, when its end was entered.
    catalog::JobDetails end(LiveJob& job, const catalog::JobEnd& end) {
        EXPECT_TRUE(is_ok(job.end(end)));
        const auto details = catalog::Jobs(*catalog_).details(job.id());
        EXPECT_TRUE(is_ok(details));
        return details.ok() ? *details : catalog::JobDetails();
    }
    static Names phases(const catalog::JobDetails& details) {
        Names names;
        for (const catalog::JobPhase& phase : details.phases) names.push_back(phase.name);
        return names;
    }

    catalog::MediumKey key(const std::string& vault) {
        const auto found = catalog::Media(*catalog_).find("disk-" + vault);
        EXPECT_TRUE(is_ok(found));
        return found.ok() ? found->key : 0;
    }
    std::size_t owed(const std::string& vault) {
        const auto copies = catalog::Snapshots(*catalog_).owed_to(key(vault));
        EXPECT_TRUE(is_ok(copies));
        return copies.ok() ? copies->size() : 0;
    }
    // What the catalogue says: 'p' present, 'o' owed, '-' neither.
    char copy(const ObjectId& snapshot, const std::string& vault) {
        const auto copies = catalog::Snapshots(*catalog_).copies_of(snapshot);
        EXPECT_TRUE(is_ok(copies));
        const catalog::MediumKey medium = key(vault);
        for (const catalog::CopyRecord& each : copies.ok() ? *copies : std::vector<catalog::CopyRecord>()) {
            if (each.medium == medium) return each.state == catalog::CopyState::present ? 'p' : 'o';
        }
        return '-';
    }
    std::optional<catalog::SnapshotRecord> record(const ObjectId& snapshot) {
        const auto found = catalog::Snapshots(*catalog_).find(snapshot);
        EXPECT_TRUE(is_ok(found));
        return found.ok() ? *found : std::nullopt;
    }
    // Live in the vault itself.
    bool lives(const std::string& vault, const ObjectId& snapshot) {
        return world_.open(vault).state().snapshots.contains(snapshot);
    }
    // As jobs leave it: every medium's ledger entered, debts settled.
    void enter_all(const Names& vaults) {
        for (const std::string& vault : vaults) {
            MediumVault medium = open(vault);
            EXPECT_TRUE(is_ok(enter_ledger(*catalog_, medium)));
        }
        EXPECT_TRUE(is_ok(enter_debts(*catalog_, *shared_)));
    }
    ObjectId back_up(const std::string& vault, const std::string& plan, std::uint64_t seed) {
        const std::string text = "content " + std::to_string(seed);
        const ByteView bytes = as_bytes(text);
        return world_.back_up(vault, "config", plan, {{"etc/file", Bytes(bytes.begin(), bytes.end())}});
    }
    // A bit of the largest pack is another now: one of content, of which a look at the structure knows nothing.
    std::string damage_a_pack(const std::string& vault) {
        std::pair<std::string, Bytes> largest;
        for (const auto& [name, content] : world_.objects(vault)) {
            if (name.starts_with("packs/") && content.size() > largest.second.size()) largest = {name, content};
        }
        if (largest.first.empty()) {
            ADD_FAILURE() << "no pack";
            return {};
        }
        largest.second[largest.second.size() / 2] ^= 1;
        world_.write_object(vault, largest.first, largest.second);
        return largest.first;
    }

    SmallVault world_;
    RecordingAlerts alerts_;
    const ServiceLog log_ = ServiceLog::to_standard_error();
    LabelSecretsDoor secrets_{world_.scratch() / "credentials"};
    Config config_;
    std::shared_ptr<const Config> shared_;
    std::unique_ptr<catalog::Catalog> catalog_;
    std::unique_ptr<MediaKeeper> keeper_;
    std::vector<std::unique_ptr<LiveJob>> jobs_;
};

}  // namespace custody::test
