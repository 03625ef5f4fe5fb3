#include "restore/restore_run.h"

#include "base/counts.h"
#include "base/text.h"
#include "vault/unreadable.h"

#include <cerrno>
#include <chrono>
#include <future>
#include <utility>

namespace custody {
namespace {

constexpr std::size_t kFirstBatchFiles = 1024;
constexpr std::size_t kCandidates = 1024;
constexpr std::size_t kStepsPerProgress = 256;
constexpr auto kTick = std::chrono::milliseconds(100);

}  // namespace

RestoreRun::RestoreRun(SnapshotAccess& access, TargetFolders& folders, const RestoreOptions& options, Progress& progress,
                       const StopFlag& stop)
    : access_(access),
      folders_(folders),
      options_(options),
      progress_(progress),
      stop_(stop),
      shortfalls_([this](const std::string& line) { report_.incomplete_file(line); }),
      writer_(folders, options.overwrite, powers_on(folders.root_descriptor()), shortfalls_),
      comparer_(folders, access.trees(), access.keys(), writer_.powers(), options.dry_run),
      pool_(options.threads),
      batches_(access, writer_, pool_, report_, stop),
      filling_(std::make_shared<Batch>()),
      batch_limit_(kFirstBatchFiles) {}

Status RestoreRun::run(Plan& plan) {
    Status ended = walk(plan);
    if (ended.ok()) ended = drain();
    if (!ended.ok()) report_.fail(ended.error());
    if (const auto stopped = batches_.finish([] {})) note_leaders(*stopped);  // its jobs refer to this object
    if (!options_.dry_run) set_late_flags();
    const auto how_it_ended = [&] {
        const auto fatal = report_.fatal();
        return fatal ? Status(*fatal) : stop_.check();
    };
    if (!options_.dry_run && how_it_ended().ok()) {
        for (const OpenFolder& left : late_ones_) finish_folder(left);
        const Status finished = writer_.finish_target(plan.prefix_folder());
        if (!finished.ok()) report_.failed_file(finished.error());
    }
    writer_.put_back_folders();  // not before the target has lost its mark
    report_.tell(progress_);
    TRY(how_it_ended());
    if (options_.dry_run) return done();
    progress_.update({"syncing", report_.files(), 0, report_.written(), 0, {}});
    return folders_.sync_all();
}

// Of a run that ended early too: what it placed is whole. Names that are still to come are linked all the same.
void RestoreRun::set_late_flags() {
    for (const auto& [number, leader] : leaders_) {
        if (leader.late_flags != 0) set_late_flags(leader.folder, leader.name, leader.identity, leader.late_flags);
    }
}

void RestoreRun::set_late_flags(FolderId folder, const std::string& name, Identity of, std::uint32_t flags) {
    const Status set = writer_.set_late_flags(folder, name, of, flags);
    if (!set.ok()) report_.incomplete_file(set.error().message);
}

RestoreResult RestoreRun::take_result() {
    for (const std::string& line : shortfalls_.warnings()) report_.warn(line);
    if (const std::uint64_t kept = writer_.kept_folders(); kept > 0) {
        report_.warn(say_count(kept,
                               "{} folder that was there keeps its own owner, mode and access lists: {} (--overwrite "
                               "changed gives it those of the snapshot)",
                               "{} folders that were there keep their own owner, mode and access lists, first {} "
                               "(--overwrite changed gives them those of the snapshot)",
                               printable(writer_.first_kept())));
    }
    if (kept_flags_ > 0) {
        report_.warn(say_count(kept_flags_,
                               "{} file that was there keeps its own file flags: {} (--overwrite changed gives it those of the "
                               "snapshot)",
                               "{} files that were there keep their own file flags, first {} (--overwrite changed gives them "
                               "those of the snapshot)",
                               printable(first_kept_flags_)));
    }
    if (const std::uint64_t replaced = writer_.replaced(); replaced > 0) {
        report_.warn(say_count(replaced, "{} file or link makes way for a folder, as --overwrite asks: {}",
                               "{} files or links make way for folders, as --overwrite asks, first {}",
                               printable(writer_.first_replaced())));
    }
    return report_.take();
}

Status RestoreRun::walk(Plan& plan) {
    writer_.enter_target(access_.snapshot().id.hex(), options_.dry_run, plan.prefix_folder());
    PlanStep next;
    open_.push_back({kTargetFolder, {}});
    for (std::size_t steps = 0;; ++steps) {
        TRY_ASSIGN(const bool more, plan.next(next));
        if (!more) break;
        TRY(step(next));
        if (steps % kStepsPerProgress == 0) {
            TRY(stop_.check());
            if (const auto fatal = report_.fatal()) return *fatal;
            show_progress();
        }
    }
    return judge_candidates();
}

Status RestoreRun::step(const PlanStep& step) {
    switch (step.what) {
        case PlanStep::What::enter_folder:
            enter(*step.entry);
            return done();
        case PlanStep::What::leave_folder:
            leave();
            return batch_is_full() ? roll_over() : done();
        case PlanStep::What::entry:
            return meet(*step.entry);
        case PlanStep::What::lost:
            report_.failed_file(step.loss);
            return done();
    }
    return done();
}

void RestoreRun::enter(const Entry& entry) {
    const auto entered = writer_.enter_folder(open_.back().folder, entry, options_.dry_run);
    if (entered.problem) report_.failed_file(*entered.problem);
    open_.push_back({entered.folder, entry});
}

void RestoreRun::leave() {
    filling_->left_folders.push_back({open_.back().folder, std::move(open_.back().entry)});
    open_.pop_back();
}

Status RestoreRun::meet(const Entry& entry) {
    const FolderId folder = open_.back().folder;
    const FolderState state = folders_.facts(folder).state;
    if (state == FolderState::blocked) {
        report_.failed_file(
            {Code::io, say("{} is not restored: its folder could not be made", printable(folders_.path_of(folder, entry.name)))});
        return done();
    }
    if (entry.hard_link != 0) {
        const auto [leader, is_first] = leaders_.try_emplace(entry.hard_link);
        if (!is_first) {
            filling_->links.push_back({folder, entry});
            return batch_is_full() ? roll_over() : done();
        }
        leader->second.folder = folder;
        leader->second.name = entry.name;
        folders_.pin(folder);
    }
    if (state == FolderState::existing) {
        const auto in_place = writer_.look(folder, entry.name);
        if (!in_place.ok()) {
            fail_entry(folder, entry, in_place.error());
            return done();
        }
        if (in_place->exists) {
            if (options_.overwrite == Overwrite::always) return plan_entry(folder, Entry(entry), true);
            candidates_.push_back({folder, entry, *in_place});
            return candidates_.size() >= kCandidates ? judge_candidates() : done();
        }
    }
    return plan_entry(folder, Entry(entry), false);
}

// Compared in the pool, by content; decided here, in order.
Status RestoreRun::judge_candidates() {
    if (candidates_.empty()) return done();
    std::vector<std::future<Result<Verdict>>> verdicts;
    verdicts.reserve(candidates_.size());
    for (const Candidate& candidate : candidates_) {
        verdicts.push_back(pool_.submit([this, &candidate]() -> Result<Verdict> {
            TRY(stop_.check());
            return comparer_.compare(candidate.folder, candidate.entry, candidate.in_place);
        }));
    }
    for (const auto& verdict : verdicts) {  // they refer to the candidates
        while (verdict.wait_for(kTick) != std::future_status::ready) show_progress();
    }
    const std::vector<Candidate> judged = std::exchange(candidates_, {});
    judging_ = true;
    for (std::size_t i = 0; i < judged.size(); ++i) TRY(judge(judged[i], verdicts[i].get()));
    judging_ = false;
    return done();
}

Status RestoreRun::judge(const Candidate& candidate, const Result<Verdict>& verdict) {
    if (!verdict.ok()) {
        if (verdict.error().code == Code::interrupted) return verdict.error();
        const std::string path = printable(folders_.path_of(candidate.folder, candidate.entry.name));
        fail_entry(candidate.folder, candidate.entry,
                   {verdict.error().code, say("{} cannot be compared: {}", path, verdict.error().message)});
        return done();
    }
    const char* difference = verdict->difference;
    if (difference == nullptr && is_joined(candidate)) difference = "being one inode with another file of the snapshot";
    if (difference == nullptr) {
        skip(candidate.folder, candidate.entry, candidate.in_place, *verdict);
        return done();
    }
    if (options_.overwrite != Overwrite::never) return plan_entry(candidate.folder, Entry(candidate.entry), true);
    (void)is_joined(candidate);  // it stays what it is
    leave_as_it_is(candidate.folder, candidate.entry, difference);
    if (Leader* const leader = leader_named(candidate.folder, candidate.entry)) {
        leader->identity = {candidate.in_place.status.st_dev, candidate.in_place.status.st_ino};
        leader->difference = difference;
    }
    return done();
}

// Each name that comes here is alone, or the first of its group in the snapshot: two of them are never one file.
bool RestoreRun::is_joined(const Candidate& candidate) {
    const struct stat& status = candidate.in_place.status;
    return status.st_nlink > 1 && !linked_.insert({status.st_dev, status.st_ino}).second;
}

RestoreRun::Leader* RestoreRun::leader_named(FolderId folder, const Entry& entry) {
    const auto found = entry.hard_link != 0 ? leaders_.find(entry.hard_link) : leaders_.end();
    if (found == leaders_.end() || found->second.folder != folder || found->second.name != entry.name) return nullptr;
    return &found->second;
}

void RestoreRun::skip(FolderId folder, const Entry& entry, const InPlace& in_place, const Verdict& verdict) {
    report_.skipped_file(entry.content.size);
    const ShownPath shown{folders_, folder, &entry.name};
    note_time(in_place.status, entry.attributes.modified, shown, shortfalls_);
    if (verdict.lacks_large) note_large_attributes(shown, shortfalls_);
    if (verdict.is_unread) note_unread(shown, shortfalls_);
    // What an interrupted restore of this snapshot made in a folder of its own may lack them.
    const bool may_change = options_.overwrite != Overwrite::never || folders_.facts(folder).is_ours;
    const bool sets_flags = verdict.flags_missing && may_change;
    if (verdict.flags_missing && !may_change && ++kept_flags_ == 1) first_kept_flags_ = shown.text();
    if (Leader* const leader = leader_named(folder, entry)) {
        leader->state = Leader::State::placed;
        leader->identity = {in_place.status.st_dev, in_place.status.st_ino};
        if (sets_flags) leader->late_flags = entry.attributes.flags;
        await_flags(folder, entry.attributes.flags);
    } else if (sets_flags && !options_.dry_run) {
        const Identity there{in_place.status.st_dev, in_place.status.st_ino};
        set_late_flags(folder, entry.name, there, entry.attributes.flags);
    }
}

void RestoreRun::leave_as_it_is(FolderId folder, const Entry& entry, const char* difference) {
    const Status replaceable = writer_.check_room({folder, &entry, true, false});
    if (!replaceable.ok()) return fail_entry(folder, entry, replaceable.error());
    fail_entry(folder, entry,
               {Code::exists, say("{} is left as it is: it differs in {} (--overwrite changed replaces it)",
                                  printable(folders_.path_of(folder, entry.name)), translate(difference))});
}

void RestoreRun::fail_entry(FolderId folder, const Entry& entry, const Error& error) {
    report_.failed_file(error);
    if (Leader* const leader = leader_named(folder, entry)) leader->state = Leader::State::failed;
}

bool RestoreRun::batch_is_full() const {
    return filling_->full() || filling_->files.size() >= batch_limit_ || filling_->links.size() >= kMaxBatchFiles ||
           filling_->left_folders.size() >= kMaxBatchFiles;
}

Status RestoreRun::plan_entry(FolderId folder, Entry&& entry, bool replace) {
    if (entry.changed_while_read) {
        report_.warn(say("{} was changing while it was backed up: what comes back may be neither the old nor the new state",
                         printable(folders_.path_of(folder, entry.name))));
    }
    if (options_.dry_run) {
        plan_dry(folder, entry, replace, entry.content.size);
        return done();
    }
    const bool has_content = entry.content.node || !entry.content.chunks.empty();
    const bool flags_later = entry.hard_link != 0;
    if (has_content) return plan_content(folder, std::move(entry), replace, flags_later);
    (void)filling_->add_file({folder, std::move(entry), replace, flags_later, 0, nullptr, false, {}});
    return batch_is_full() ? roll_over() : done();
}

// What the run would say and count.
void RestoreRun::plan_dry(FolderId folder, const Entry& entry, bool replace, std::uint64_t bytes) {
    const Placement place{folder, &entry, replace, false};
    Status possible = writer_.check_writable(place);
    if (possible.ok() && replace) possible = writer_.check_room(place);
    possible.ok() ? report_.done_file(bytes) : fail_entry(folder, entry, possible.error());
}

// A content that does not fit the batch goes on in the next one, as a LongFile that is held open.
Status RestoreRun::plan_content(FolderId folder, Entry&& entry, bool replace, bool flags_later) {
    const Content content = std::move(entry.content);
    entry.content = {};
    entry.content.size = content.size;
    const std::string name = entry.name;
    std::shared_ptr<LongFile> held;
    std::uint32_t file = filling_->add_file({folder, std::move(entry), replace, flags_later, 0, nullptr, false, {}});
    const Status planned = access_.trees().content(content, [&](const TreeReader::ContentPiece& piece) -> Status {
        if (filling_->full() && filling_->files[file].needs > 0) {
            if (held == nullptr) held = filling_->make_long(file, true);
            TRY(roll_over());
            file = filling_->add_file({held->folder, held->entry, replace, flags_later, 0, held, false, {}});
        }
        TRY_ASSIGN(const Location at, access_.trees().locate(piece.chunk.id.view()));
        filling_->add_need(file, piece, at);
        return stop_.check();
    });
    if (!planned.ok()) {
        if (!is_unreadable(planned.error())) return planned;
        if (held == nullptr) held = filling_->make_long(file, true);
        held->lose(folders_.path_of(folder, name), planned.error());
    }
    filling_->close_file(file);
    if (held != nullptr) batches_.let_go(held);
    return batch_is_full() ? roll_over() : done();
}

// The batch that was filled is started when the one before is through; that one is settled while this one is written.
Status RestoreRun::roll_over() {
    TRY(judge_candidates());  // before a folder of theirs is finished
    const std::shared_ptr<Batch> finished = batches_.finish([this] { show_progress(); });
    std::shared_ptr<Batch> filled = std::exchange(filling_, std::make_shared<Batch>());
    if (judging_) std::swap(filled->left_folders, filling_->left_folders);  // candidates of theirs are still to be written
    if (!filled->empty()) batches_.start(std::move(filled));
    batch_limit_ = kMaxBatchFiles;
    if (finished != nullptr) TRY(settle_batch(*finished));
    if (const auto fatal = report_.fatal()) return *fatal;
    return stop_.check();
}

Status RestoreRun::drain() {
    while (!filling_->empty() || batches_.is_running()) TRY(roll_over());
    return done();
}

Status RestoreRun::settle_batch(Batch& batch) {
    note_leaders(batch);
    if (report_.has_failed()) return done();
    bool all_linked = true;
    for (Batch::Link& link : batch.links) {
        TRY_ASSIGN(const bool linked, make_link(link));
        all_linked = all_linked && linked;
    }
    if (all_linked) {
        finish_folders(batch);
    } else {
        auto& later = filling_->left_folders;
        later.insert(later.begin(), std::make_move_iterator(batch.left_folders.begin()),
                     std::make_move_iterator(batch.left_folders.end()));
    }
    return done();
}

void RestoreRun::note_leaders(const Batch& batch) {
    for (const BatchFile& file : batch.files) {
        Leader* const leader = leader_named(file.folder, file.entry);
        if (leader == nullptr) continue;
        const LongFile* const long_file = file.long_file.get();
        if (long_file != nullptr && long_file->outstanding > 0) continue;  // goes on in the next batch
        const bool placed = long_file != nullptr ? long_file->placed : file.placed;
        leader->state = placed ? Leader::State::placed : Leader::State::failed;
        leader->identity = long_file != nullptr ? long_file->identity : file.identity;
        if (placed && protects(file.entry.attributes.flags)) leader->late_flags = file.entry.attributes.flags;
        if (placed) await_flags(file.folder, file.entry.attributes.flags);
    }
}

void RestoreRun::await_flags(FolderId folder, std::uint32_t flags) {
    const auto marked = protects(flags) ? writer_.unfinished_above(folder) : std::nullopt;
    if (marked) awaiting_.insert(*marked);
}

std::optional<InPlace> RestoreRun::clear_way_for(const Batch::Link& link, const Leader& leader) {
    if (folders_.facts(link.folder).state != FolderState::existing) return InPlace{};
    const auto in_place = writer_.look(link.folder, link.entry.name);
    if (!in_place.ok()) {
        report_.failed_file(in_place.error());
        return std::nullopt;
    }
    if (!in_place->exists) return *in_place;
    const Identity there{in_place->status.st_dev, in_place->status.st_ino};
    if (leader.state == Leader::State::placed && there == leader.identity) {
        report_.skipped_file(0);
        return std::nullopt;
    }
    if (is_good_copy(link, leader, *in_place)) return std::nullopt;
    if (options_.overwrite != Overwrite::never) return *in_place;
    leave_link(link, leader, there);
    return std::nullopt;
}

// FAT and exFAT have no hard links: the copy that a restore made there instead is as good when it runs again.
bool RestoreRun::is_good_copy(const Batch::Link& link, const Leader& leader, const InPlace& in_place) {
    const bool may_be = writer_.powers().coarse_attributes && leader.state == Leader::State::placed;
    if (!may_be || options_.overwrite == Overwrite::always) return false;
    const auto verdict = comparer_.compare(link.folder, link.entry, in_place);
    if (!verdict.ok() || verdict->difference != nullptr) return false;
    skip(link.folder, link.entry, in_place, *verdict);
    shortfalls_.note(Shortfall::hard_links, folders_.path_of(link.folder, link.entry.name), EPERM);
    return true;
}

void RestoreRun::leave_link(const Batch::Link& link, const Leader& leader, Identity there) {
    const bool is_failed = leader.state == Leader::State::failed;
    if (is_failed && leader.difference == nullptr) {
        report_.failed_file({Code::exists, say("{} is left as it is: it is another name of {}, which did not come back "
                                               "(--overwrite changed replaces it)",
                                               printable(folders_.path_of(link.folder, link.entry.name)),
                                               printable(folders_.path_of(leader.folder, leader.name)))});
        return;
    }
    const bool is_same = is_failed && there == leader.identity;  // and differs in what its first name differs in
    leave_as_it_is(link.folder, link.entry, is_same ? leader.difference : "being another inode than its other names");
}

Result<bool> RestoreRun::make_link(Batch::Link& link) {
    Leader& leader = leaders_.at(link.entry.hard_link);
    if (leader.state == Leader::State::planned && !options_.dry_run) {
        filling_->links.push_back(std::move(link));
        return false;
    }
    const auto in_place = clear_way_for(link, leader);
    if (!in_place) return true;
    if (options_.dry_run) {
        const bool is_file = leader.state == Leader::State::failed;  // no first name to link to: it would become that
        if (leader.state == Leader::State::placed && !folders_.facts(leader.folder).is_ours) {
            const Status linkable = writer_.check_linkable(leader.folder, leader.name, {link.folder, &link.entry, false, false});
            if (!linkable.ok()) {
                report_.failed_file(linkable.error());
                return true;
            }
        }
        if (is_file) leader.state = Leader::State::planned;
        plan_dry(link.folder, link.entry, in_place->exists, is_file ? link.entry.content.size : 0);
        return true;
    }
    if (leader.state == Leader::State::placed) {
        const Placement place{link.folder, &link.entry, in_place->exists, false};
        const Result<int> linked = writer_.make_hard_link(leader.folder, leader.name, leader.identity, place);
        if (linked.ok() && *linked == 0) {
            report_.done_file(0);
            return true;
        }
        if (!linked.ok()) {  // a copy would meet the same: no room for its name, another file in the leader's place
            report_.failed_file(linked.error());
            return true;
        }
        note_copy(folders_.path_of(link.folder, link.entry.name), *linked);
        if (leader.late_flags != 0) set_late_flags(leader.folder, leader.name, leader.identity, leader.late_flags);
    }
    // No first name to link to: this one becomes it.
    leader = {link.folder, link.entry.name, {}, Leader::State::planned};
    folders_.pin(link.folder);
    TRY(plan_entry(link.folder, std::move(link.entry), in_place->exists));
    return false;
}

// A file system that has no hard links, or a user who may make none, is one thing; links that only ran out are another.
void RestoreRun::note_copy(const std::string& path, int reason) {
    if (is_beyond_reach(reason)) return shortfalls_.note(Shortfall::hard_links, path, reason);
    report_.incomplete_file(
        say("{} became a separate copy of the file that it is a hard link to ({})", printable(path), reason_of(reason)));
}

void RestoreRun::finish_folders(Batch& batch) {
    for (Batch::LeftFolder& left : batch.left_folders) {
        OpenFolder folder{left.folder, std::move(left.entry)};
        if (awaiting_.erase(left.folder) > 0) {
            late_ones_.push_back(std::move(folder));
        } else {
            finish_folder(folder);
        }
    }
}

void RestoreRun::finish_folder(const OpenFolder& left) {
    if (!options_.dry_run) {
        const Status finished = writer_.finish_folder(left.folder, left.entry);
        if (!finished.ok()) report_.failed_file(finished.error());
    }
    folders_.release(left.folder);
}

void RestoreRun::show_progress() {
    report_.tell(progress_);
    progress_.update({"restoring", report_.files(), expected_files_, report_.written(), expected_bytes_, {}});
}

}  // namespace custody
