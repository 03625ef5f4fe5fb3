#include "daemon/jobs/plan_backup.h"

#include "base/counts.h"
#include "base/text.h"
#include "catalog/overview.h"
#include "daemon/jobs/catalog_sync.h"
#include "daemon/jobs/medium_vault.h"
#include "daemon/jobs/own_folders.h"
#include "daemon/jobs/plan_retention.h"
#include "daemon/jobs/plan_source.h"
#include "daemon/jobs/priority.h"
#include "daemon/jobs/replication.h"
#include "daemon/jobs/run_alerts.h"
#include "daemon/media/register_actions.h"
#include "vault/archiver.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace custody {
namespace {

// What was stored is held against the source again by its content (duty B8): all of it where that is little, else as much as
// these bounds allow, drawn by chance, so that many nights see all.
constexpr unsigned kContentSamplePercent = 100;
constexpr std::uint64_t kContentSampleBytes = std::uint64_t{256} << 20;
constexpr std::int64_t kContentSampleTime = 2 * kMinute;

class PlanBackup {
public:
    PlanBackup(const JobContext& context, const PlanRun& run, const PlanConfig& plan)
        : context_(context), run_(run), plan_(plan), medium_(context.config->find_medium(run.medium)) {}

    PlanRunEnd run() {
        for (const std::string& line : lower_priority(plan_.limits)) context_.job.warn(line);
        const Status ended = work();
        if (!ended.ok()) fail(ended.error());
        return std::move(end_);
    }

private:
    Status work() {
        if (medium_ == nullptr) {
            stage_ = Stage::medium;
            return Error{Code::not_found, say("plan '{}': the configuration has no medium '{}'", plan_.name, run_.medium)};
        }
        TRY(context_.job.begin_phase("probe"));
        stage_ = Stage::medium;
        TRY(probe());
        TRY_ASSIGN(MediumVault vault, MediumVault::open(context_, *medium_));
        TRY(catalog::Jobs(context_.catalog).use_medium(context_.job.id(), vault.key(), vault.repository().header().vault));
        TRY(catalog::Media(context_.catalog).used(vault.key()));
        stage_ = Stage::other;
        TRY_ASSIGN(const std::optional<BackupResult> result, back_up(vault));
        if (result) TRY(enter(vault, *result));
        end_.end = Scheduler::End::success;
        resolve_alerts();
        if (result && result->reconciled.damaged == 0) context_.alerts.resolve(AlertKind::reconcile_damage, plan_.name);
        // The backup stands from here on: what fails now is told, and the run goes on to what can still be done.
        copy_to_others(vault);
        keep_rules(vault);
        end_.record.state = state_of_end();
        return done();
    }

    Status probe() {
        std::optional<catalog::RegisteredMedium> registered;
        auto found = catalog::Media(context_.catalog).find(medium_->name);
        if (found.ok()) {
            registered = std::move(found).value();
        } else if (found.error().code != Code::not_found) {
            return found.error();
        }
        ProbeRequest request;
        request.medium = expected_medium(medium_->name, medium_->vault, medium_->uuid, medium_->exception.text,
                                         registered ? &*registered : nullptr);
        request.sources = places_of(plan_.source);
        const std::set<std::string> present = context_.media.present();
        for (const MediumConfig& other : context_.config->media) {
            if (other.name != medium_->name && present.contains(other.name)) request.others.push_back({other.name, other.vault});
        }
        request.needed_bytes = last_new_bytes();
        TRY_ASSIGN(const MediumProbe probed, probe_medium(context_.files, request));
        tell_probe(context_, medium_->name, probed);
        return probed.usable() ? done() : Status(probed.why_not());
    }

    // What the next run stores is taken to be like what the last one stored.
    [[nodiscard]] std::uint64_t last_new_bytes() const {
        catalog::JobFilter filter;
        filter.plan = plan_.name;
        filter.kind = catalog::JobKind::backup;
        filter.state = catalog::JobState::done;
        filter.limit = 1;
        const auto jobs = catalog::Jobs(context_.catalog).list(filter);
        return jobs.ok() && !jobs->empty() ? jobs->front().end.counts.bytes_stored : 0;
    }

    Result<std::optional<BackupResult>> back_up(MediumVault& vault) {
        TRY(context_.job.begin_phase("source"));
        PlanSourceNotes notes;
        auto result =
            back_up_plan_source(context_, vault.repository(), {plan_, own_folders(*context_.config), run_.source_changed}, notes,
                                [&](OpenedPlanSource& opened) { return store(vault, opened); });
        for (const std::string& line : notes.warnings) context_.job.warn(line);
        if (notes.stage == Stage::source_server && stage_ != Stage::medium) stage_ = Stage::source_server;
        server_answered_ = notes.server_answered;
        source_absent_ = notes.source_absent;
        // A hook that fails afterwards fails the run; the snapshot stands, and is this job's.
        if (!result.ok() && stored_) TRY(enter(vault, *stored_));
        return result;
    }

    Result<BackupResult> store(MediumVault& vault, OpenedPlanSource& opened) {
        TRY(context_.job.begin_phase("backup"));
        BackupOptions options;
        options.label = plan_.label;
        options.name = plan_.name;
        options.plan_facts = opened.plan_facts;
        options.cache_folder = context_.config->service.cache_folder;
        options.read_back = true;
        options.content_sample_percent = kContentSamplePercent;
        options.content_sample_bytes = kContentSampleBytes;
        options.content_sample_ns = kContentSampleTime;
        options.on_damage = [this](const std::string& path, bool is_of_this_run) { tell_damage(path, is_of_this_run); };
        options.may_publish = opened.may_publish;
        auto result = run_backup(vault.repository(), opened.source, options, context_.progress(), context_.stop());
        for (const std::string& line : vault.repository().take_warnings()) context_.job.warn(line);
        if (result.ok()) {
            stored_ = *result;
        } else if (const Error& error = result.error(); is_of_medium(error)) {
            stage_ = Stage::medium;  // pulled out, it may come back
            tell_medium_error(context_, medium_->name, error);
        }
        return result;
    }

    // Not of the source, and not of the disk that holds keyring, cache or the copy of a database.
    [[nodiscard]] bool is_of_medium(const Error& error) const {
        const bool is_damage = error.code == Code::corrupt && !is_source_damaged_;
        return is_damage || error.message.find(medium_->vault) != std::string::npos;
    }

    Status enter(MediumVault& vault, const BackupResult& result) {
        catalog::JobEnd& record = end_.record;
        record.snapshot = result.snapshot;
        record.sequence = result.sequence;
        record.counts = {result.files.added,   result.files.changed, result.files.unchanged, result.files.failed,
                         result.bytes.scanned, result.bytes.read,    result.bytes.added,     result.bytes.stored};
        record.reconciled = catalog::ReconcileResult{result.reconciled.files, result.reconciled.bytes, result.reconciled.changed,
                                                     result.reconciled.unreadable, result.reconciled.damaged};
        record.read_back = catalog::ReadBackResult{result.read_back.objects, result.read_back.bytes, 0};
        record.warnings.insert(record.warnings.end(), result.warnings.begin(), result.warnings.end());
        catalog::SnapshotRecord snapshot;
        snapshot.id = result.snapshot;
        snapshot.label = result.label;
        snapshot.plan = result.name;
        snapshot.host = vault.keyring().host_name();  // as the snapshot itself has it
        snapshot.kind = std::string(kind_of(plan_.source));
        snapshot.made_at = context_.clock.now();
        snapshot.files = result.files.added + result.files.changed + result.files.unchanged;
        snapshot.bytes = result.bytes.scanned;
        snapshot.job = context_.job.id();
        TRY(catalog::Snapshots(context_.catalog).add(snapshot));
        TRY(catalog::Snapshots(context_.catalog).present(result.snapshot, vault.key(), result.sequence));
        if (result.files.failed > 0) {
            context_.alerts.raise(
                event_of(context_, AlertKind::source_unreadable, plan_.name, "",
                         say_count(result.files.failed, "{} item could not be read", "{} items could not be read")));
        } else {
            context_.alerts.resolve(AlertKind::source_unreadable, plan_.name);
        }
        return done();
    }

    void tell_damage(const std::string& path, bool is_of_this_run) {
        is_source_damaged_ = is_source_damaged_ || is_of_this_run;
        const std::string name = printable(path);
        context_.alerts.raise(event_of(
            context_, AlertKind::reconcile_damage, plan_.name, "",
            is_of_this_run
                ? say("{} reads otherwise a second time although nobody wrote to it: its disk or this machine's memory "
                      "is not to be trusted; no snapshot was made",
                      name)
                : say("{} has other content than an earlier backup stored although nobody wrote to it: compare both; the "
                      "next backup stores what is there now, older ones keep the other",
                      name)));
    }

    void copy_to_others(MediumVault& vault) {
        note(enter_debts(context_.catalog, *context_.config));
        for (const std::string& name : plan_.media) {
            const MediumConfig* other = context_.config->find_medium(name);
            if (name == run_.medium || other == nullptr || is_cut_short()) continue;
            if (!context_.media.present().contains(name)) continue;  // it owes, and is brought into step when it is back
            note(context_.job.begin_phase("copy " + name));
            const auto copied = bring_into_step(context_, vault, *other);
            if (!copied.ok()) {
                tell_medium_error(context_, blamed(copied.error(), *medium_, *other).name, copied.error());
                note(copied.error());
                continue;
            }
            if (const auto damage = tell_copy_damage(context_, *medium_, *other, *copied)) note(*damage);
        }
    }

    void keep_rules(MediumVault& vault) {
        if (is_cut_short()) return;
        note(context_.job.begin_phase("retention"));
        const auto kept = apply_plan_retention(context_, vault, plan_);
        if (!kept.ok()) note(kept.error());
        for (const std::string& name : plan_.media) {
            const MediumConfig* other = context_.config->find_medium(name);
            if (name == run_.medium || other == nullptr || !context_.media.present().contains(name)) continue;
            auto opened = MediumVault::open(context_, *other);
            if (!opened.ok()) {
                note(opened.error());
                continue;
            }
            const auto there = apply_plan_retention(context_, *opened, plan_);
            if (!there.ok()) note(there.error());
        }
    }

    [[nodiscard]] catalog::JobState state_of_end() const {
        // The snapshot stands, what was to follow does not.
        const StopReason why = cut_short_ ? context_.job.stop_reason() : StopReason::none;
        if (why == StopReason::cancelled) return catalog::JobState::cancelled;
        if (why == StopReason::service_ends) return catalog::JobState::interrupted;
        if (why == StopReason::time_over) {
            context_.job.warn(say("the backup stands; its time limit ended the run before all that was to follow was done"));
            return catalog::JobState::done_with_failures;
        }
        const bool whole = end_.record.counts.items_failed == 0 && !lost_something_;
        return whole ? catalog::JobState::done : catalog::JobState::done_with_failures;
    }

    // With something still to be done.
    bool is_cut_short() {
        cut_short_ = cut_short_ || context_.stop().requested();
        return cut_short_;
    }

    // What failed after the backup stood.
    void note(const Status& status) {
        if (status.ok()) return;
        if (status.error().code == Code::interrupted && is_cut_short()) return;
        context_.job.warn(status.error().message);
        lost_something_ = true;
    }

    void resolve_alerts() const {
        for (const AlertKind kind : {AlertKind::backup_failed, AlertKind::source_absent})
            context_.alerts.resolve(kind, plan_.name);
    }

    void fail(const Error& error) {
        end_.record.error = error;
        const StopReason why = context_.job.stop_reason();
        if (error.code == Code::interrupted && why != StopReason::none) return end_stopped(why);
        end_.record.state = catalog::JobState::failed;
        end_.end = Scheduler::End::failure;
        end_.setback = setback_of(error, stage_, server_answered_);
        end_.source_absent = source_absent_;
    }

    void end_stopped(StopReason why) {
        if (why == StopReason::cancelled) {
            end_.record.state = catalog::JobState::cancelled;
            end_.end = Scheduler::End::cancelled;
            return;
        }
        end_.end = Scheduler::End::failure;
        end_.record.state = why == StopReason::service_ends ? catalog::JobState::interrupted : catalog::JobState::failed;
        end_.setback = why == StopReason::service_ends ? Setback::interrupted : Setback::permanent;
        if (why == StopReason::time_over) {
            end_.record.error =
                Error{Code::failed, say("the run took longer than its time limit and was ended; what it stored is "
                                        "used by the next one")};
        }
    }

    const JobContext& context_;
    const PlanRun& run_;
    const PlanConfig& plan_;
    const MediumConfig* medium_;
    Stage stage_ = Stage::other;
    std::optional<BackupResult> stored_;  // published
    bool server_answered_ = false, source_absent_ = false;
    bool is_source_damaged_ = false, lost_something_ = false, cut_short_ = false;
    PlanRunEnd end_;
};

}  // namespace

PlanRunEnd run_plan_backup(const JobContext& context, const PlanRun& run) {
    const PlanConfig* plan = context.config->find_plan(run.plan);
    if (plan == nullptr) {
        PlanRunEnd end;
        end.record.state = catalog::JobState::failed;
        end.record.error = Error{Code::not_found, say("no plan '{}' in the configuration", printable(run.plan))};
        return end;
    }
    return PlanBackup(context, run, *plan).run();
}

}  // namespace custody
