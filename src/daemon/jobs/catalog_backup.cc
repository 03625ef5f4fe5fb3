#include "daemon/jobs/catalog_backup.h"

#include "base/text.h"
#include "daemon/jobs/job_end.h"
#include "daemon/jobs/medium_vault.h"
#include "daemon/jobs/plan_retention.h"
#include "daemon/jobs/records_source.h"
#include "daemon/jobs/replication.h"
#include "daemon/jobs/run_alerts.h"
#include "vault/archiver.h"

#include <optional>
#include <set>

namespace custody {
namespace {

constexpr const char* kLabel = "log";  // for the lawful term of records, and for the keys that every host has

class RecordsBackup {
public:
    explicit RecordsBackup(const JobContext& context) : context_(context) {}

    catalog::JobEnd run() {
        const Status stored = store_everywhere();
        if (!stored.ok()) {
            catalog::JobEnd end = failed_end(context_.job, stored.error());
            end.snapshot = end_.snapshot;
            end.sequence = end_.sequence;
            end.counts = end_.counts;
            return end;
        }
        if (failure_) end_.state = catalog::JobState::done_with_failures;
        end_.error = failure_;
        return end_;
    }

private:
    Status store_everywhere() {
        TRY(context_.job.begin_phase("records"));
        TRY_ASSIGN(const std::vector<const MediumConfig*> media, media_here());
        const std::string scratch = join_path(context_.config->service.state_folder, "scratch");
        TRY_ASSIGN(const RecordsSource records,
                   open_records(context_.files, context_.clock, context_.catalog, *context_.config, scratch, context_.stop()));
        TRY(context_.job.begin_phase("backup"));
        TRY_ASSIGN(MediumVault first, open_first(media));
        TRY(store(first, *records.source));
        TRY(copy_to_others(first, media));
        TRY(context_.job.begin_phase("retention"));
        TRY(retain(first));
        for (const MediumConfig* medium : media) {
            if (medium->name != first.medium().name) TRY(retain_on(*medium));
        }
        return enter_debts(context_.catalog, *context_.config);
    }

    // In the order of the configuration.
    Result<std::vector<const MediumConfig*>> media_here() {
        TRY_ASSIGN(const std::vector<catalog::RegisteredMedium> registered, catalog::Media(context_.catalog).list());
        std::set<std::string> ended;
        for (const auto& medium : registered) {
            using catalog::MediumState;
            const MediumState state = medium.entry.state;
            if (state == MediumState::retired || state == MediumState::erased) ended.insert(medium.entry.name);
        }
        const std::set<std::string> present = context_.media.present();
        std::vector<const MediumConfig*> here;
        for (const MediumConfig& medium : context_.config->media) {
            if (present.contains(medium.name) && !ended.contains(medium.name)) here.push_back(&medium);
        }
        if (here.empty())
            return Error{Code::not_found, say("no medium is here that the service's own records could be stored on: attach one")};
        return here;
    }

    // One that cannot be opened must not keep the records from the others.
    Result<MediumVault> open_first(const std::vector<const MediumConfig*>& media) {
        std::optional<Error> first_error;
        for (const MediumConfig* medium : media) {
            auto opened = MediumVault::open(context_, *medium);
            if (opened.ok() || opened.error().code == Code::interrupted) return opened;
            note_failure(*medium, opened.error());
            first_error = first_error.value_or(opened.error());
        }
        return *first_error;  // media is not empty
    }

    Status store(MediumVault& vault, Source& source) {
        TRY(catalog::Jobs(context_.catalog).use_medium(context_.job.id(), vault.key(), vault.repository().header().vault));
        BackupOptions options;
        options.label = kLabel;
        options.name = kRecordsName;
        options.read_back = true;
        auto stored = run_backup(vault.repository(), source, options, context_.progress(), context_.stop());
        if (!stored.ok()) {
            tell_medium_error(context_, vault.medium().name, stored.error());
            return std::move(stored).error();
        }
        for (const std::string& line : stored->warnings) context_.job.warn(line);
        take(*stored);
        return enter(vault, *stored);
    }

    void take(const BackupResult& stored) {
        end_.snapshot = stored.snapshot;
        end_.sequence = stored.sequence;
        end_.counts.items_new = stored.files.added;
        end_.counts.items_changed = stored.files.changed;
        end_.counts.items_unchanged = stored.files.unchanged;
        end_.counts.items_failed = stored.files.failed;
        end_.counts.bytes_scanned = stored.bytes.scanned;
        end_.counts.bytes_read = stored.bytes.read;
        end_.counts.bytes_new = stored.bytes.added;
        end_.counts.bytes_stored = stored.bytes.stored;
    }

    Status enter(MediumVault& vault, const BackupResult& stored) {
        TRY(vault.repository().ledger().refresh());
        TRY_ASSIGN(const Snapshot snapshot, vault.repository().read_snapshot(stored.snapshot));
        catalog::SnapshotRecord record = record_of(snapshot);
        record.job = context_.job.id();
        record.rebuilt = false;
        const auto change = [&](sqlite::Database&) -> Status {
            catalog::Snapshots snapshots(context_.catalog);
            TRY(snapshots.add(record));
            return snapshots.present(record.id, vault.key(), stored.sequence);
        };
        TRY(context_.catalog.write(change));
        TRY(enter_ledger(context_.catalog, vault));
        return enter_debts(context_.catalog, *context_.config);
    }

    Status copy_to_others(MediumVault& first, const std::vector<const MediumConfig*>& media) {
        for (const MediumConfig* medium : media) {
            if (medium->name == first.medium().name || untouchable_.contains(medium->name)) continue;
            TRY(context_.job.begin_phase("copy " + medium->name));
            const auto copied = bring_snapshot(context_, first, *medium, *end_.snapshot);
            if (!copied.ok() && copied.error().code == Code::interrupted) return copied.error();
            if (!copied.ok()) {
                note_failure(blamed(copied.error(), first.medium(), *medium), copied.error());
            } else if (const auto damage = tell_copy_damage(context_, first.medium(), *medium, *copied)) {
                context_.job.warn(damage->message);
                failure_ = failure_.value_or(*damage);
            }
        }
        return done();
    }

    // By the label's rule, and never below its lawful term.
    Status retain(MediumVault& vault) {
        PlanConfig records;
        records.name = kRecordsName;
        records.label = kLabel;
        const auto retained = apply_plan_retention(context_, vault, records);
        if (!retained.ok() && retained.error().code == Code::interrupted) return retained.error();
        if (!retained.ok()) note_failure(vault.medium(), retained.error());
        return done();
    }

    Status retain_on(const MediumConfig& medium) {
        if (untouchable_.contains(medium.name)) return done();
        auto vault = MediumVault::open(context_, medium);
        if (vault.ok()) return retain(*vault);
        if (vault.error().code == Code::interrupted) return std::move(vault).error();
        note_failure(medium, vault.error());
        return done();
    }

    void note_failure(const MediumConfig& medium, const Error& error) {
        untouchable_.insert(medium.name);
        context_.job.warn(error.message);
        tell_medium_error(context_, medium.name, error);
        failure_ = failure_.value_or(error);
    }

    const JobContext& context_;
    catalog::JobEnd end_;
    std::optional<Error> failure_;       // the first that did not end the job
    std::set<std::string> untouchable_;  // media that failed
};

}  // namespace

catalog::JobEnd back_up_records(const JobContext& context) { return RecordsBackup(context).run(); }

}  // namespace custody
