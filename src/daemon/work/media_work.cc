#include "daemon/work/media_work.h"

#include "base/text.h"
#include "catalog/media.h"
#include "daemon/jobs/catalog_sync.h"
#include "daemon/jobs/job_end.h"
#include "daemon/jobs/medium_vault.h"
#include "daemon/jobs/own_folders.h"
#include "daemon/media/bring_over.h"
#include "daemon/media/register_actions.h"
#include "daemon/media/registration.h"

namespace custody {
namespace {

using catalog::JobEnd;

Result<const MediumConfig*> configured(const JobContext& context, const std::string& name) {
    const MediumConfig* medium = context.config->find_medium(name);
    if (medium != nullptr) return medium;
    return Error{Code::not_found, say("no medium {} stands in the configuration", printable(name))};
}

Status swap_names(const JobContext& context, const Replacement& replacement, const MediumVault& from, const MediumVault& to) {
    TRY(context.job.begin_phase("register"));
    TRY(replace_in_register(context.catalog, replacement.old_name, replacement.new_name, replacement.kept_as,
                            replacement.entered_by));
    // From here on it is done; a name on a medium is for people, and the register's counts.
    const auto rename = [&](const MediumVault& vault, const Keyring& keyring, const std::string& name) {
        const auto written =
            write_identity(context.files, context.clock, keyring, vault.medium().vault, name, IdentityChoice::new_or_same);
        if (!written.ok()) context.job.warn(written.error().message);
    };
    TRY_ASSIGN(const Keyring keyring, Keyring::open(context.files, context.clock, keyring_folder(*context.config)));
    rename(to, keyring, replacement.old_name);
    rename(from, keyring, replacement.kept_as);
    context.job.warn(
        say("now change the configuration: give [[medium]] {} the vault {} (and mount and uuid, where they are set), "
            "take out [[medium]] {}, then 'systemctl reload custodyd'; the old disk is registered as {}, retired",
            printable(replacement.old_name), printable(to.medium().vault), printable(replacement.new_name),
            printable(replacement.kept_as)));
    return done();
}

Status replace(const JobContext& context, const Replacement& replacement) {
    TRY_ASSIGN(const MediumConfig* old_medium, configured(context, replacement.old_name));
    TRY_ASSIGN(const MediumConfig* new_medium, configured(context, replacement.new_name));
    TRY_ASSIGN(MediumVault from, MediumVault::open(context, *old_medium));
    TRY_ASSIGN(MediumVault to, MediumVault::open(context, *new_medium));
    TRY(context.job.begin_phase("copy " + replacement.new_name));
    TRY_ASSIGN(const BroughtOver brought, bring_over(from.repository(), to.repository(), context.progress(), context.stop()));
    for (const std::string& line : brought.lacking) context.job.warn(line);
    TRY(enter_ledger(context.catalog, to));
    if (!brought.is_complete())
        return Error{Code::failed,
                     say("{} does not stand for {} yet: {}; the register is as it was, and the command can be run again",
                         printable(replacement.new_name), printable(replacement.old_name), brought.lacking.front())};
    TRY(swap_names(context, replacement, from, to));
    return enter_debts(context.catalog, *context.config);
}

Status make_own(const JobContext& context, const OwnVault& request) {
    TRY(context.job.begin_phase("copy " + request.name));
    TRY_ASSIGN(Keyring keyring, Keyring::open(context.files, context.clock, keyring_folder(*context.config)));
    TRY_ASSIGN(const OwnIdentity own, give_own_identity(context.files, context.clock, keyring, request.vault, request.name,
                                                        request.original, context.progress(), context.stop()));
    TRY(context.job.begin_phase("register"));
    TRY(enter_medium(context.catalog, {own.identity, request.kind, request.place, request.custodian, request.rotation, false}));
    if (!own.left_at.empty())
        context.job.warn(
            say("the copied vault was left at {}: remove it when nothing of it is needed any more", printable(own.left_at)));
    return done();
}

JobEnd end_of(const JobContext& context, const Status& status) {
    return status.ok() ? JobEnd{} : failed_end(context.job, status.error());
}

}  // namespace

JobEnd replace_work(const JobContext& context, const Replacement& replacement) {
    JobEnd end = end_of(context, replace(context, replacement));
    context.media.look_soon();
    return end;
}

JobEnd own_identity_work(const JobContext& context, const OwnVault& request) {
    JobEnd end = end_of(context, make_own(context, request));
    context.media.look_soon();
    return end;
}

}  // namespace custody
