// The order of a run (vault decisions 6 and 8): session, marks, ledger; then the walk; packs, barrier, index, barrier; snapshot;
// ledger entry. The second look runs beside the last writes. The host cache comes last: it may only say what is in the ledger.
#include "vault/archiver.h"

#include "base/counts.h"
#include "base/file.h"
#include "base/text.h"
#include "vault/archiver_recheck.h"
#include "vault/archiver_reconcile.h"
#include "vault/archiver_walk.h"
#include "vault/closed_labels.h"

#include <algorithm>
#include <functional>
#include <future>
#include <optional>
#include <set>

namespace custody {
namespace {

constexpr std::size_t kSnapshotsAsked = 32;  // for an estimate of the time left: no more is worth reading
constexpr std::uint32_t kCacheRules = 1;     // raised when what may be taken over changes: older caches are then foreign

Digest plan_digest(const WriterKeys& keys, const Source& source, const BackupOptions& options) {
    Bytes text;
    ByteWriter out(text);
    out.u32(kCacheRules);
    out.raw(keys.label.view());
    for (const std::string& part : {options.label, options.name, source.kind()}) out.blob(as_bytes(part));
    for (const auto& list : {source.paths(), options.plan_facts}) {
        out.varint(list.size());
        for (const std::string& part : list) out.blob(as_bytes(part));
    }
    return sha256(text);
}

class Backup {
public:
    Backup(Repository& repository, Source& source, const BackupOptions& options, Progress& progress, const StopFlag& stop)
        : repository_(repository),
          source_(source),
          options_(options),
          progress_(progress),
          stop_(stop),
          clock_(repository.clock()),
          report_(result_, progress) {}

    Result<BackupResult> run() {
        began_ = clock_.now();
        began_ns_ = clock_.monotonic_ns();
        TRY(prepare());
        order_ = next_order(repository_.state(), began_);
        damage_known_ = repository_.state().last_damage;
        HostCacheWriter records(posix_file_system(), options_.dry_run ? "" : cache_path_);
        WorkerPool pool(options_.threads);
        ChunkStore store(repository_, *keys_, marks_, pool, options_);
        const auto old = usable_cache();
        const auto on_failed = [this](const std::string& path, const Error& error) { report_.fail(path, error); };
        TreeBuilder tree(store, old.get(), records, on_failed);
        uses_cache_ = old != nullptr;
        TRY(walk(pool, store, tree, old.get()));
        TRY(holds_something());
        TRY_ASSIGN(const TreeId root, tree.root());
        result_.bytes.added = store.added_bytes();
        if (options_.may_publish) TRY(options_.may_publish(result_));
        if (!options_.dry_run) TRY(complete(root, store, records, {pool, old.get()}));
        result_.seconds = static_cast<double>(clock_.monotonic_ns() - began_ns_) / 1e9;
        return std::move(result_);
    }

private:
    Status prepare() {
        Keyring* keyring = repository_.keyring();
        if (!keyring) return Error{Code::usage, say("a backup needs a keyring: name it with --keyring")};
        TRY_ASSIGN(keys_, keyring->writer_keys(options_.label));
        result_.label = options_.label;
        result_.name = options_.name;
        if (options_.dry_run) {
            TRY_ASSIGN(marks_, read_marks(repository_.store()));
        } else {
            TRY_ASSIGN(session_, Session::begin(repository_.store()));
            marks_ = session_->marks();
        }
        TRY(repository_.ledger().refresh());
        TRY(may_be_stored(repository_.state(), keys_->label, options_.label));
        plan_ = plan_digest(*keys_, source_, options_);
        if (!options_.cache_folder.empty())
            cache_path_ = cache_path(options_.cache_folder, repository_.header().vault, options_.label, options_.name);
        const ClockState clock = repository_.clock_state();
        clock_suspect_ = clock.behind_floor;
        if (clock_suspect_) report_.warn(say("the clock is behind the vault's last entry: this backup is marked; set the clock"));
        if (clock.far_ahead) {
            report_.warn(
                say("the clock says {}, more than 40 days after the vault's last entry of {}: if that is wrong, set it, "
                    "and back up again",
                    to_rfc3339_local(clock.now), to_rfc3339_local(clock.floor)));
        }
        return done();
    }

    // What may be taken over unread: nothing unless the snapshot it was stored for is live, every pack is in its place, and none
    // was found damaged since: what was in a damaged pack, also one that is gone by now, is stored anew only where it is read.
    std::unique_ptr<HostCacheReader> usable_cache() {
        if (cache_path_.empty()) return nullptr;
        auto cache = HostCacheReader::open(posix_file_system(), cache_path_, repository_.header().vault, plan_);
        if (!cache || began_ < cache->binding().written) return nullptr;
        const auto base = repository_.state().snapshots.find(cache->binding().base);
        if (base == repository_.state().snapshots.end()) return nullptr;
        if (!keys_->knows(cache->binding().key)) {
            report_.warn(
                say("everything is read again, for the last backup here was sealed to a key of label {} that this "
                    "keyring lacks: {}",
                    options_.label, why_keys_lack(repository_.keyring()->is_custodian())));
            return nullptr;
        }
        if (repository_.state().last_damage > base->second.sequence) {
            report_.warn(
                say("packs in {} were found damaged since the last backup: everything is read again, and what only they "
                    "hold is stored anew",
                    repository_.store().location()));
            return nullptr;
        }
        const auto listed = repository_.store().list("packs");
        if (!listed.ok()) return nullptr;
        std::set<std::string> damaged;  // known before the base was made, which relies on none of them
        for (const auto& [pack, n] : repository_.state().damaged_packs) damaged.insert(pack_name(pack));
        std::size_t at = 0;
        for (const auto& [name, size] : repository_.state().objects) {  // both in order of names
            if (!name.starts_with("packs/") || damaged.contains(name)) continue;
            while (at < listed->size() && (*listed)[at].name < name) ++at;
            if (at < listed->size() && (*listed)[at].name == name && (*listed)[at].size == size) continue;
            report_.warn(
                say("{} is missing or cut short in {}: everything is read again, and what only it held is stored anew; "
                    "run custody repair after this backup",
                    name, repository_.store().location()));
            return nullptr;
        }
        return cache;
    }

    Status walk(WorkerPool& pool, ChunkStore& store, TreeBuilder& tree, HostCacheReader* old) {
        BackupWalk walk({source_, *keys_, clock_, pool, store, tree, old, report_, progress_, stop_, options_.after_fill,
                         bytes_last_time(old), checks_content() ? options_.content_sample_percent : 0, long_samples_});
        const Status walked = walk.run();
        for (std::string& line : store.take_warnings()) report_.warn(std::move(line));
        if (walked.ok() || walked.error().code != Code::interrupted) return walked;
        TRY(store.finish());  // the next run finds what this one stored
        TRY(repository_.store().barrier());
        return walked;
    }

    // A snapshot of nothing would stand as the latest and hide that the source, or the program that feeds the stream, failed.
    Status holds_something() const {
        if (source_.kind() == "stream" && result_.bytes.scanned == 0 && result_.files.failed == 0) {
            return Error{Code::failed, say("no snapshot is made, for the stream was empty: look whether what feeds it failed")};
        }
        const std::uint64_t files = result_.files.added + result_.files.changed + result_.files.unchanged;
        if (files > 0 || result_.files.failed == 0) return done();
        return Error{Code::failed, say("no snapshot is made, for nothing that was named could be read: {}",
                                       result_.failed_items.empty() ? "" : result_.failed_items.front())};
    }

    // Of the last snapshot of this name, for the progress line; 0: there is none, or its source was another.
    std::uint64_t bytes_last_time(const HostCacheReader* old) {
        const auto bytes_of = [&](const ObjectId& id) -> std::uint64_t {
            const auto snapshot = repository_.read_snapshot(id);
            if (!snapshot.ok() || snapshot->clear.label != keys_->label) return 0;
            const SnapshotSummary& summary = snapshot->summary;
            return summary.name == options_.name && summary.paths == source_.paths() ? summary.bytes : 0;
        };
        if (source_.kind() != "files") return 0;
        if (old) return bytes_of(old->binding().base);
        std::vector<std::pair<Time, ObjectId>> newest;
        for (const auto& [id, listed] : repository_.state().snapshots) newest.emplace_back(listed.order, id);
        const std::size_t few = std::min(newest.size(), kSnapshotsAsked);
        std::partial_sort(newest.begin(), newest.begin() + static_cast<std::ptrdiff_t>(few), newest.end(), std::greater<>());
        for (std::size_t i = 0; i < few; ++i) {
            if (const std::uint64_t bytes = bytes_of(newest[i].second); bytes != 0) return bytes;
        }
        return 0;
    }

    struct LookMeans {
        WorkerPool& pool;
        HostCacheReader* old;
    };

    [[nodiscard]] bool checks_content() const { return options_.content_sample_percent > 0 && source_.can_read_again(); }

    Status complete(const TreeId& root, ChunkStore& store, HostCacheWriter& records, LookMeans means) {
        ContentWanted wanted;
        if (checks_content())
            wanted = {options_.content_sample_percent, options_.content_sample_bytes, &long_samples_, means.old};
        // Joined before anything it uses goes: the future is declared here and waits when dropped.
        auto second_look = std::async(std::launch::async, [&] { return reconcile(source_, records, means.pool, wanted); });
        TRY(store.finish());
        TRY(repository_.store().barrier());
        result_.bytes.stored = store.stored_bytes();
        // Beside what follows, unless that has to wait for what it finds.
        std::optional<Result<Reconciliation>> looked;
        if (checks_content()) {
            looked.emplace(second_look.get());
            if (looked->ok()) TRY(hold_content_against(**looked, records, means));
        }
        TRY(publish(root, store));
        if (!looked) looked.emplace(second_look.get());
        note_second_look(*looked);
        for (std::string& warning : repository_.take_warnings()) report_.warn(std::move(warning));
        const Status cached =
            records.finish({repository_.header().vault, plan_, result_.snapshot, key_tag(keys_->epoch_public), began_});
        if (!cached.ok()) report_.warn(say("the next backup will read everything: {}", cached.error().message));
        return done();
    }

    void note_second_look(const Result<Reconciliation>& looked) {
        if (!looked.ok()) return report_.warn(looked.error().message);  // the snapshot stands
        auto& reconciled = result_.reconciled;
        reconciled.files = looked->files;
        reconciled.bytes = looked->bytes;
        reconciled.mismatches = looked->mismatches;
        if (!checks_content()) reconciled.changed = looked->mismatches;
        for (const std::string& difference : looked->differences) report_.warn(difference);
    }

    Status hold_content_against(const Reconciliation& looked, HostCacheWriter& records, LookMeans means) {
        const Recheck with{source_,   *keys_, means.pool,          clock_,
                           progress_, stop_,  options_.after_fill, options_.content_sample_ns};
        TRY_ASSIGN(const Rechecked changed, recheck(with, looked.changed));
        std::set<std::string> counted(looked.not_listed_paths.begin(), looked.not_listed_paths.end());
        for (const FileToCheck& file : looked.changed) counted.insert(join_path(file.folder, file.name));
        std::vector<FileToCheck> sample = looked.sample;
        std::erase_if(sample, [&](const FileToCheck& file) { return counted.contains(join_path(file.folder, file.name)); });
        TRY_ASSIGN(const Rechecked sampled, recheck(with, sample));
        const auto reached = looked.changed.end() - static_cast<std::ptrdiff_t>(changed.not_reached);
        const auto is_mismatch = [](const FileToCheck& file) { return file.is_mismatch; };
        auto& reconciled = result_.reconciled;
        // Folders and the like have changed, and so has what was not read again.
        reconciled.changed =
            looked.mismatches - static_cast<std::uint64_t>(std::count_if(looked.changed.begin(), reached, is_mismatch));
        const std::uint64_t not_read = looked.not_listed + changed.not_reached;
        if (not_read > 0) {
            report_.warn(say_count(not_read, "{} file that changed within this run was not read again: it would take too long",
                                   "{} files that changed within this run were not read again: it would take too long"));
        }
        std::vector<FileToCheck> damaged;
        for (const Rechecked* part : {&changed, &sampled}) {
            reconciled.content_files += part->files;
            reconciled.content_bytes += part->bytes;
            reconciled.changed += part->changed;
            reconciled.unreadable += part->unreadable;
            for (const std::string& line : part->warnings) report_.warn(line);
            damaged.insert(damaged.end(), part->damaged.begin(), part->damaged.end());
        }
        return judge_damage(damaged, records, means.old);
    }

    static Error read_differently(const std::string& path) {
        return {Code::corrupt,
                say("no snapshot is made, for {} reads differently a second time though nobody wrote to it: its disk "
                    "or this machine's memory fails; test both, then back up again",
                    printable(path))};
    }

    // Of what this run read itself nobody can say what is right: nothing is published. What was taken over lies in older
    // snapshots, too, and may be all that is left of it, or be what is wrong: a person has to look, and both are kept.
    Status judge_damage(const std::vector<FileToCheck>& damaged, HostCacheWriter& records, HostCacheReader* old) {
        std::set<std::uint64_t> to_read_again;
        std::optional<Error> of_this_run;
        for (const FileToCheck& file : damaged) {
            const std::string path = join_path(file.folder, file.name);
            const bool is_of_this_run = !was_taken_over(old, file);
            if (options_.on_damage) options_.on_damage(path, is_of_this_run);
            if (is_of_this_run) {
                if (!of_this_run) of_this_run = read_differently(path);
                continue;
            }
            ++result_.reconciled.damaged;
            to_read_again.insert(file.stamp.inode);
            report_.warn(say(
                "{} reads differently than an earlier backup stored it, though nobody wrote to it since: its disk has damaged "
                "it, or it was read wrongly then; compare it with its older snapshots and keep those ('custody hold add'); "
                "the next backup stores what is there now",
                printable(path)));
        }
        if (of_this_run) return *of_this_run;
        return to_read_again.empty() ? done() : records.distrust(to_read_again);
    }

    Status publish(const TreeId& root, ChunkStore& store) {
        const Keyring& keyring = *repository_.keyring();
        TRY_ASSIGN(const EncodedSnapshot snapshot,
                   encode_snapshot(summary(root), *keys_, keyring.host_id(), keyring.signing_seed()));
        LedgerEntry entry;
        entry.operation = Operation::add;
        entry.snapshots = {snapshot.id};
        entry.details = {{"order", to_rfc3339_utc(order_)}, {"label", keys_->label.hex()}};
        TRY(repository_.store().put(snapshot_name(snapshot.id), snapshot.bytes));
        TRY(note_read_back({snapshot_name(snapshot.id), snapshot.bytes.size()}, store.was_read_back()));
        const auto fill_in = [&](const LedgerState& now, LedgerEntry& draft) -> Status {
            TRY(may_be_stored(now, keys_->label, options_.label));  // destroyed meanwhile
            // What was looked up is looked at below; what the cache gave lies nobody here knows where.
            if (uses_cache_ && now.last_damage > damage_known_) {
                return Error{Code::busy, say("packs in {} were found damaged while this backup ran: back up again",
                                             repository_.store().location())};
            }
            TRY_ASSIGN(draft.added, store.objects_to_list(now));
            draft.added.push_back({snapshot_name(snapshot.id), snapshot.bytes.size()});
            return done();
        };
        TRY_ASSIGN(const LedgerEntry published, repository_.publish(std::move(entry), fill_in));
        result_.snapshot = snapshot.id;
        result_.sequence = published.n;
        result_.bytes.stored += snapshot.bytes.size();
        return done();
    }

    Status note_read_back(const ObjectInfo& snapshot, ReadBack before) {
        if (!options_.read_back) return done();
        TRY(prove_written(repository_.store(), snapshot));
        before.add(snapshot);
        result_.read_back = {before.objects, before.bytes};
        return done();
    }

    SnapshotSummary summary(const TreeId& root) const {
        SnapshotSummary summary;
        summary.time = began_;
        summary.label = options_.label;
        summary.name = options_.name;
        summary.host = repository_.keyring()->host_name();
        summary.kind = source_.kind();
        summary.paths = source_.paths();
        summary.files = result_.files.added + result_.files.changed + result_.files.unchanged;
        summary.bytes = result_.bytes.scanned;
        summary.root = root;
        summary.clock_suspect = clock_suspect_;
        summary.failed = result_.files.failed;
        summary.changed_while_read = report_.changed_files();
        return summary;
    }

    Repository& repository_;
    Source& source_;
    const BackupOptions& options_;
    Progress& progress_;
    const StopFlag& stop_;
    const Clock& clock_;
    BackupResult result_;
    RunReport report_;
    std::shared_ptr<const WriterKeys> keys_;
    std::optional<Session> session_;
    Marks marks_;
    Digest plan_;
    LongSamples long_samples_;
    std::string cache_path_;
    Time began_, order_;
    std::int64_t began_ns_ = 0;
    std::uint64_t damage_known_ = 0;  // by the ledger, when this began
    bool clock_suspect_ = false, uses_cache_ = false;
};

}  // namespace

Result<BackupResult> run_backup(Repository& repository, Source& source, const BackupOptions& options, Progress& progress,
                                const StopFlag& stop) {
    Backup backup(repository, source, options, progress, stop);
    return backup.run();
}

}  // namespace custody
