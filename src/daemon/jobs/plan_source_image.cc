// An image of a disk, a partition or a disk-image file: what is mounted out of it is held still until the last byte was read and
// stored, and the snapshot is published only when it was held still to the end.
#include "base/block_device.h"
#include "base/text.h"
#include "daemon/jobs/held_image.h"
#include "daemon/jobs/own_folders.h"
#include "daemon/jobs/plan_guard.h"
#include "daemon/jobs/plan_source_kinds.h"
#include "vault/sources/block_image.h"
#include "vault/sources/image_keys.h"

#include <utility>

namespace custody {
namespace {

Result<BackupResult> read_image(PlanSourceRun& run, const ImageSource& source, const PlanGuard& guard) {
    FileTreeOptions own;
    exclude_own(run, own);
    TRY(check_is_not_own(source.path, own));
    HoldOptions hold;
    hold.image = source.path;
    hold.may_freeze = source.freeze;
    hold.needed = run.request.own_folders;
    hold.needed.push_back(run.context.catalog.folder());
    TRY_ASSIGN(HeldImage held, HeldImage::hold(hold));
    ImageOptions options;
    options.path = source.path;
    options.frozen = held.is_frozen();
    options.watch = {&run.context.stop(), &run.context.progress()};
    ImageNotes looked;
    auto image = open_block_image(options, looked);
    if (!image.ok()) {
        note_absence(image.error(), run.notes);
        return std::move(image).error();
    }
    run.notes.warnings.insert(run.notes.warnings.end(), looked.warnings.begin(), looked.warnings.end());
    if (!looked.description.empty()) run.notes.remarks.push_back(printable(looked.description));
    PassedOn with;
    with.unlimited = held.is_frozen();  // who writes there waits
    with.may_publish = [&](const BackupResult& so_far) -> Status {
        TRY(held.thaw());
        return guard.may_publish(so_far);
    };
    return pass_on(run, **image, std::move(with));
}

// The keyring's own disk was in it.
void register_keys(PlanSourceRun& run, const ImageSource& source) {
    Keyring* keyring = run.repository.keyring();
    if (keyring == nullptr || !may_be_in_image(source.path, keyring_folder(*run.context.config))) return;
    run.notes.warnings.push_back(image_keys_warning(source.path));
    const Status registered = register_image_as_copy(*keyring, source.path, run.request.plan.label);
    if (!registered.ok()) run.notes.warnings.push_back(registered.error().message);
}

}  // namespace

PlanSourceResult back_up_image(PlanSourceRun& run, const ImageSource& source) {
    std::optional<PlanGuard> guard;
    auto result = with_hooks(run, source.hooks, [&]() -> Result<BackupResult> {
        TRY_ASSIGN(guard, PlanGuard::look(run.context, run.request, run.notes, {}, {source.path}, false));
        auto stored = read_image(run, source, *guard);
        if (stored.ok()) register_keys(run, source);
        return stored;
    });
    if (result.ok() && guard) guard->remember(**result);
    return result;
}

}  // namespace custody
