// One run of restore_files(): walks the plan, decides about what is already there, fills batches and has them written.
//
// Threads: its own pool; run() uses the calling thread for walking and planning while the pool writes the batch before.
#pragma once

#include "restore/batch_writer.h"
#include "restore/comparer.h"
#include "restore/plan.h"
#include "restore/report.h"
#include "restore/restorer.h"
#include "restore/snapshot_access.h"
#include "restore/tree_writer.h"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace custody {

class RestoreRun {
public:
    RestoreRun(SnapshotAccess& access, TargetFolders& folders, const RestoreOptions& options, Progress& progress,
               const StopFlag& stop);
    // For the progress line, where not everything is restored; 0: not known.
    void expect(std::uint64_t files, std::uint64_t bytes) {
        expected_files_ = files;
        expected_bytes_ = bytes;
    }
    // Everything the plan holds; failures of single items are in the report, what ends the run is the Status.
    [[nodiscard]] Status run(Plan& plan);
    [[nodiscard]] RestoreResult take_result();

private:
    // The first name of an inode with several; the others are linked to it.
    struct Leader {
        FolderId folder = 0;
        std::string name;
        Identity identity;
        enum class State { planned, placed, failed } state = State::planned;
        std::uint32_t late_flags = 0;      // placed: to be set when no more names come
        const char* difference = nullptr;  // failed: what `identity` is left for, which was there before
    };
    // Something that was there before, to be compared.
    struct Candidate {
        FolderId folder = 0;
        Entry entry;
        InPlace in_place;
    };
    struct OpenFolder {
        FolderId folder = 0;
        Entry entry;
    };

    Status walk(Plan& plan);
    Status step(const PlanStep& step);
    void enter(const Entry& entry);
    void leave();
    Status meet(const Entry& entry);
    Status plan_entry(FolderId folder, Entry&& entry, bool replace);
    Status plan_content(FolderId folder, Entry&& entry, bool replace, bool flags_later);
    void plan_dry(FolderId folder, const Entry& entry, bool replace, std::uint64_t bytes);
    Status judge_candidates();
    Status judge(const Candidate& candidate, const Result<Verdict>& verdict);
    void skip(FolderId folder, const Entry& entry, const InPlace& in_place, const Verdict& verdict);
    bool is_joined(const Candidate& candidate);
    bool is_good_copy(const Batch::Link& link, const Leader& leader, const InPlace& in_place);
    void leave_link(const Batch::Link& link, const Leader& leader, Identity there);
    void leave_as_it_is(FolderId folder, const Entry& entry, const char* difference);

    // Hands the filled batch to the pool, after the one before is through.
    Status roll_over();
    Status drain();
    Status settle_batch(Batch& batch);
    void note_leaders(const Batch& batch);
    // False: not yet, its folder is not done.
    Result<bool> make_link(Batch::Link& link);
    // What there is under the link's name; nullopt: the link needs no more work.
    std::optional<InPlace> clear_way_for(const Batch::Link& link, const Leader& leader);
    void note_copy(const std::string& path, int reason);
    void set_late_flags();
    void set_late_flags(FolderId folder, const std::string& name, Identity of, std::uint32_t flags);
    void finish_folders(Batch& batch);
    void finish_folder(const OpenFolder& left);
    // The next run would not give them to what lies in a folder without a mark.
    void await_flags(FolderId folder, std::uint32_t flags);
    Leader* leader_named(FolderId folder, const Entry& entry);
    void fail_entry(FolderId folder, const Entry& entry, const Error& error);
    [[nodiscard]] bool batch_is_full() const;
    void show_progress();

    SnapshotAccess& access_;
    TargetFolders& folders_;
    const RestoreOptions& options_;
    Progress& progress_;
    const StopFlag& stop_;
    Report report_;
    Shortfalls shortfalls_;
    TreeWriter writer_;
    Comparer comparer_;
    WorkerPool pool_;
    BatchWriter batches_;
    std::shared_ptr<Batch> filling_;
    std::size_t batch_limit_;  // the first is small, so that the pool starts early
    std::vector<OpenFolder> open_;
    std::vector<Candidate> candidates_;
    bool judging_ = false;
    std::uint64_t expected_files_ = 0, expected_bytes_ = 0;
    std::uint64_t kept_flags_ = 0;  // identical files whose flags were not to be touched
    std::string first_kept_flags_;
    std::unordered_map<std::uint64_t, Leader> leaders_;
    std::set<FolderId> awaiting_;        // marked folders in which the flags of leaders are to be set, or may be lifted
    std::vector<OpenFolder> late_ones_;  // of these, those that are to be finished after that
    std::set<Identity> linked_;          // inodes with several names in the target that stay: only these have to be remembered
};

}  // namespace custody
