#include "daemon/jobs/plan_guard.h"

#include "base/text.h"
#include "catalog/settings.h"

#include <utility>

namespace custody {
namespace {

std::string key_of(const PlanConfig& plan) { return "source-memory/" + plan.name; }

std::uint64_t files_in(const BackupResult& result) {
    return result.files.added + result.files.changed + result.files.unchanged + result.files.failed;
}

}  // namespace

Result<PlanGuard> PlanGuard::look(const JobContext& context, const PlanSourceRequest& request, PlanSourceNotes& notes,
                                  std::vector<std::string> mounts, const std::vector<std::string>& paths, bool counts_files) {
    PlanGuard guard(context, request, notes);
    guard.counts_files_ = counts_files;
    guard.settings_.mounts = std::move(mounts);
    guard.settings_.may_have_moved = request.may_have_moved;
    TRY(guard.recall());
    Status present = check_mounts(guard.settings_);
    if (present.ok()) {
        TRY_ASSIGN(guard.places_, look_at_places(paths));
        present = check_places(guard.last_, guard.places_, guard.settings_, notes.warnings);
    }
    if (!present.ok()) note_absence(present.error(), notes);
    TRY(present);
    return guard;
}

Status PlanGuard::recall() {
    TRY_ASSIGN(const auto text, catalog::Settings(context_->catalog).get(key_of(request_->plan)));
    if (!text) return done();
    auto memory = decode_source_memory(*text);
    if (memory.ok()) {
        last_ = std::move(*memory);
    } else {
        notes_->warnings.push_back(
            say("what was remembered of the source is not believed, and this run is its first: {}", memory.error().message));
    }
    return done();
}

Status PlanGuard::may_publish(const BackupResult& so_far) const {
    if (!counts_files_) return done();
    Status judged = check_content(last_, files_in(so_far), settings_);
    if (!judged.ok()) note_absence(judged.error(), *notes_);
    return judged;
}

void PlanGuard::remember(const BackupResult& result) const {
    const auto text = encode_source_memory({places_, files_in(result), result.bytes.scanned});
    const Status kept =
        text.ok() ? catalog::Settings(context_->catalog).set(key_of(request_->plan), *text) : Status(text.error());
    if (kept.ok()) return;
    notes_->warnings.push_back(say(
        "where the source lies is not remembered, so that the next run cannot tell when it is absent: {}", kept.error().message));
}

}  // namespace custody
