// One backup: source -> chunks -> blocks -> packs -> index -> snapshot -> ledger entry, then reconciled (DESIGN.md "The way of
// data").
//
// Threads: run() uses the calling thread as sequencer, a worker pool for reading, hashing, compressing and sealing, and the
// pack writer's I/O thread. Memory is bounded whatever the source. Interrupted or failed: what checkpoints stored is reused next
// time. Durable: when run() returns a snapshot, it is in the ledger and restorable.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "base/stop.h"
#include "vault/repository.h"
#include "vault/sources/source.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace custody {

struct BackupResult;

struct BackupOptions {
    std::string label;
    std::string name;                     // default chosen by the caller: base name of the first path
    std::vector<std::string> plan_facts;  // excludes, one_file_system ...: part of the cache binding
    std::string cache_folder;             // empty: no cache
    bool dry_run = false;                 // reads and counts, stores nothing
    bool read_back = false;  // every object written is read from the medium again and hashed before the snapshot is published
    // Duty B8: content is read from the source a second time and held against what was stored, before anything is published:
    // of everything that changed within the run, and of a random sample of the rest (archiver_recheck.h). 0: not at all; else of
    // this many in a hundred files, of long ones chunks, new and unchanged ones alike.
    unsigned content_sample_percent = 0;
    // Bounds of the sample, and as much again of what changed within the run.
    std::uint64_t content_sample_bytes = 1024ull * 1024 * 1024;
    std::int64_t content_sample_ns = 10 * kMinute;
    unsigned threads = 0;  // 0: one per processor
    std::uint64_t checkpoint_bytes = 256ull * 1024 * 1024;
    std::int64_t checkpoint_ns = 30 * kSecond;
    // Opens the keyring, when somebody gave the passphrase; asked at most once, and only where index segments of other signers
    // are there to be used. Empty: those are not used (docs/COMMANDS.md, backup).
    std::function<Result<UnlockedKeyring>()> unlock;
    // Asked when everything was read and stored, with the counts so far, before the snapshot is published: an error ends the run
    // without one (a source that was full last time and is empty now). What was stored is reused by the next run.
    std::function<Status(const BackupResult&)> may_publish;
    // Told, on the calling thread, of each file that reads otherwise a second time though nobody wrote to it, before the run ends
    // for it (`is_of_this_run`: this run had read it) or goes on (an earlier one had).
    std::function<void(const std::string& path, bool is_of_this_run)> on_damage;
    // Of tests: called with every read buffer once its checksum was taken, from the thread that works with it.
    std::function<void(MutableByteView)> after_fill;
};
struct BackupResult {
    ObjectId snapshot;
    std::uint64_t sequence = 0;
    std::string label, name;
    struct {
        std::uint64_t added = 0, changed = 0, unchanged = 0, failed = 0;
    } files;
    struct {
        std::uint64_t scanned = 0, read = 0, added = 0, stored = 0;
    } bytes;  // added: new raw; stored: grown in the vault
    double seconds = 0;
    struct {
        // By their stamps (size, times, inode): as they were stored, and not.
        std::uint64_t files = 0, bytes = 0, mismatches = 0;
        std::uint64_t content_files = 0, content_bytes = 0;  // read again and held against what was stored
        // What differs: changed since (normal), not to be read any more, and damage of the source or of an earlier backup: other
        // content although nobody wrote to it. Damage of what this run read itself ends it (corrupt).
        std::uint64_t changed = 0, unreadable = 0, damaged = 0;
    } reconciled;
    struct {
        std::uint64_t objects = 0, bytes = 0;  // from the medium, each hashed to its name
    } read_back;
    std::vector<std::string> warnings;      // one line each; every failed and changed item among them, of the first 1000
    std::uint64_t unlisted_warnings = 0;    // beyond the first 1000: Progress was told of each
    std::vector<std::string> failed_items;  // "path: reason", first 1000
};
// failed items do not fail the run: files.failed counts them (exit 3). corrupt (also: the source reads differently a second
// time, or the medium), io, no_space, memory, interrupted end it.
[[nodiscard]] Result<BackupResult> run_backup(Repository& repository, Source& source, const BackupOptions& options,
                                              Progress& progress, const StopFlag& stop);

}  // namespace custody
