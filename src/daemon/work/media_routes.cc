#include "daemon/work/media_routes.h"

#include "base/text.h"
#include "catalog/media.h"
#include "daemon/jobs/job_json.h"
#include "daemon/jobs/own_folders.h"
#include "daemon/jobs/replication.h"
#include "daemon/media/register_actions.h"
#include "daemon/media/registration.h"
#include "daemon/work/media_views.h"
#include "daemon/work/media_work.h"
#include "daemon/work/request_fields.h"
#include "vault/repository.h"

#include <fmt/format.h>

namespace custody {
namespace {

using catalog::MediumState;

const std::string& name_in(const ApiRequest& request) { return request.parameters.at("name"); }

// A job's record, or its stream where the request says "follow".
ApiReply started(ServiceControl& control, const ApiRequest& request, catalog::JobId job) {
    TRY_ASSIGN(const bool follow, request.flag("follow", false));
    if (follow) {
        TRY_ASSIGN(auto stream, control.watch(job));
        return stream;
    }
    TRY_ASSIGN(Json document, job_document(control.catalog(), job));
    return ApiDocument{std::move(document), 202};
}

Result<catalog::JobId> start(ServiceControl& control, const ApiRequest& request, catalog::JobKind kind, const std::string& medium,
                             const std::string& reason, ServiceControl::Work work) {
    catalog::NewJob job;
    job.kind = kind;
    job.reason = reason;
    job.asked_by = account_of(request.peer);
    const auto registered = catalog::Media(control.catalog()).find(medium);
    if (registered.ok()) {
        job.medium = registered->key;
        job.vault = registered->entry.facts.vault;
    }
    return control.start_job(job, "media/" + medium, std::move(work));
}

// The copy job that brings this medium into step just now.
Result<std::optional<catalog::JobId>> copying_to(ServiceControl& control, const std::string& medium) {
    TRY_ASSIGN(const auto registered, catalog::Media(control.catalog()).find(medium));
    TRY_ASSIGN(const std::vector<catalog::Job> open, catalog::Jobs(control.catalog()).open());
    for (const catalog::Job& job : open) {
        if (job.asked.kind == catalog::JobKind::copy && job.asked.medium == registered.key) return std::optional(job.id);
    }
    return std::optional<catalog::JobId>();
}

ApiReply attach(ServiceControl& control, const ApiRequest& request) {
    const std::string name = name_in(request);
    TRY_ASSIGN(const bool keep, request.flag("keep", false));
    TRY(control.media().attach(name, keep));
    control.poke();
    const auto job = start(control, request, catalog::JobKind::copy, name, "attached",
                           [name](const JobContext& context) { return bring_medium_into_step(context, name); });
    if (job.ok()) return started(control, request, *job);
    if (job.error().code != Code::busy) return job.error();
    // The service has seen it come, and was faster.
    TRY_ASSIGN(const auto running, copying_to(control, name));
    return running ? started(control, request, *running) : ApiReply(job.error());
}

ApiReply detach(ServiceControl& control, const ApiRequest& request) {
    TRY_ASSIGN(const std::string words, control.media().detach(name_in(request)));
    control.poke();
    TRY_ASSIGN(Json medium, medium_view(control, name_in(request)));
    medium["message"] = words;
    return medium;
}

// Who takes back what was retired changes what counts as a copy: root alone.
Result<MediumState> state_after(const ApiRequest& request, const catalog::RegisteredMedium& medium) {
    TRY_ASSIGN(const auto word, optional_text(request, "state"));
    if (!word) return medium.entry.state;
    const auto state = catalog::from_word<MediumState>(*word);
    if (!state || (*state != MediumState::in_use && *state != MediumState::off_site))
        return Error{Code::usage, say("state is in_use or off_site; 'custody media retire' retires a medium")};
    if (medium.entry.state == MediumState::retired && !request.peer.is_root)
        return Error{Code::denied, say("only root takes back a medium that was retired")};
    return *state;
}

ApiReply move(ServiceControl& control, const ApiRequest& request) {
    catalog::Media media(control.catalog());
    TRY_ASSIGN(const auto before, media.find(name_in(request)));
    catalog::MediumMove after;
    TRY_ASSIGN(after.state, state_after(request, before));
    TRY_ASSIGN(const auto place, optional_text(request, "place"));
    TRY_ASSIGN(const auto custodian, optional_text(request, "custodian"));
    TRY_ASSIGN(const auto note, optional_text(request, "note"));
    if (!place && !custodian) return Error{Code::usage, say("a hand-over names the new place, the new custodian, or both")};
    after.place = place.value_or(before.entry.place);
    after.custodian = custodian.value_or(before.entry.custodian);
    after.note = note.value_or("");
    after.entered_by = account_of(request.peer);
    TRY(move_medium(control.catalog(), name_in(request), after));
    control.media().look_soon();
    control.poke();
    TRY_ASSIGN(const auto now, media.find(name_in(request)));
    TRY_ASSIGN(const auto moves, media.moves(now.key));
    return Json{{"name", now.entry.name},
                {"place", now.entry.place},
                {"custodian", now.entry.custodian},
                {"state", catalog::word_of(now.entry.state)},
                {"moved", moves.empty() ? Json(nullptr) : Json(to_rfc3339_local(moves.back().moved_at))}};
}

ApiReply retire(ServiceControl& control, const ApiRequest& request) {
    TRY_ASSIGN(const std::string reason, request.text("reason"));
    TRY_ASSIGN(const bool accept_loss, request.flag("accept_loss", false));
    TRY(retire_medium(control.catalog(), name_in(request), account_of(request.peer), reason, accept_loss));
    control.media().look_soon();
    control.poke();
    TRY_ASSIGN(Json medium, medium_view(control, name_in(request)));
    return medium;
}

// ---- replace --------------------------------------------------------------------------------------------------------------

// "disk-a-2026-11-21", or with a number where there was one that day.
Result<std::string> name_for_old(catalog::Catalog& catalog, const std::string& name, Time now) {
    const std::string day = name + "-" + to_rfc3339_local(now).substr(0, 10);
    for (int number = 1; number < 1000; ++number) {
        const std::string tried = number == 1 ? day : fmt::format("{}-{}", day, number);
        const auto found = catalog::Media(catalog).find(tried);
        if (!found.ok() && found.error().code == Code::not_found) return tried;
        TRY(found);
    }
    return Error{Code::exists, say("give keep_as: the name under which the old medium stays registered")};
}

ApiReply replace(ServiceControl& control, const ApiRequest& request) {
    Replacement replacement;
    replacement.old_name = name_in(request);
    TRY_ASSIGN(replacement.new_name, request.text("by"));
    TRY_ASSIGN(const auto keep_as, optional_text(request, "keep_as"));
    replacement.entered_by = account_of(request.peer);
    if (replacement.old_name == replacement.new_name) return Error{Code::usage, say("a medium is not replaced by itself")};
    for (const std::string& name : {replacement.old_name, replacement.new_name}) {
        TRY(catalog::Media(control.catalog()).find(name));
        if (control.media().present().contains(name)) continue;
        return Error{Code::not_found,
                     say("the medium {} is not here, and both are needed: attach it with 'custody media attach {}'",
                         printable(name), printable(name))};
    }
    replacement.kept_as = keep_as.value_or("");
    if (!keep_as) {
        TRY_ASSIGN(replacement.kept_as, name_for_old(control.catalog(), replacement.old_name, control.clock().now()));
    }
    TRY_ASSIGN(const catalog::JobId job,
               start(control, request, catalog::JobKind::media, replacement.new_name, "replaces " + replacement.old_name,
                     [replacement](const JobContext& context) { return replace_work(context, replacement); }));
    return started(control, request, job);
}

// ---- register -------------------------------------------------------------------------------------------------------------

struct Registration {
    OwnVault medium;  // `original` for own_identity alone
    bool same_medium = false, own_identity = false, new_identity = false;
};

Result<Registration> registration_of(ServiceControl& control, const ApiRequest& request) {
    Registration asked;
    OwnVault& medium = asked.medium;
    medium.name = name_in(request);
    for (const auto& [field, into] : {std::pair("vault", &medium.vault), std::pair("place", &medium.place),
                                      std::pair("custodian", &medium.custodian), std::pair("kind", &medium.kind)}) {
        TRY_ASSIGN(const auto given, optional_text(request, field));
        *into = given.value_or("");
    }
    TRY_ASSIGN(medium.original, optional_text(request, "original"));
    TRY_ASSIGN(asked.same_medium, request.flag("same_medium", false));
    TRY_ASSIGN(asked.own_identity, request.flag("own_identity", false));
    TRY_ASSIGN(asked.new_identity, request.flag("new_identity", false));
    if (const auto config = control.config(); const MediumConfig* known = config->find_medium(medium.name)) {
        if (medium.vault.empty()) medium.vault = known->vault;
        if (medium.place.empty()) medium.place = known->place;
        if (medium.custodian.empty()) medium.custodian = known->custodian;
        if (medium.kind.empty() && known->removable) medium.kind = "removable";
        medium.rotation = known->rotation;
    }
    if (medium.kind.empty()) medium.kind = "disk";
    if (int{asked.same_medium} + int{asked.own_identity} + int{asked.new_identity} > 1)
        return Error{Code::usage, say("of --same-medium, --own-identity and --new-identity only one can be meant")};
    if (medium.original && !asked.own_identity)
        return Error{Code::usage, say("--original goes with --own-identity alone: the vault that was copied")};
    if (medium.vault.starts_with('/')) return asked;
    return Error{Code::usage, say("the configuration names no medium {}: give vault, the absolute path of the vault on it",
                                  printable(medium.name))};
}

// What `custody media prepare` left, and no vault was made yet.
Status make_vault_if_prepared(ServiceControl& control, FileSystem& files, Keyring& keyring, const std::string& folder) {
    const auto store = make_local_store(files, folder);
    TRY_ASSIGN(const auto identity, read_medium_identity(*store));
    if (!identity || identity->vault) return done();
    if (open_local_store(files, folder).ok()) return done();
    const auto made = Repository::create(files, control.clock(), folder, keyring);
    return made.ok() ? done() : Status(made.error());
}

Status check_name_is_free(ServiceControl& control, const Registration& asked) {
    const auto known = catalog::Media(control.catalog()).find(asked.medium.name);
    if (!known.ok()) return known.error().code == Code::not_found ? done() : Status(known.error());
    if (!known->entry.facts.identity) return done();
    return Error{
        Code::exists,
        say("a medium {} is registered already: give the copy a name of its own, or say --same-medium if this is that very "
            "medium",
            printable(asked.medium.name))};
}

ApiReply enter_now(ServiceControl& control, const Registration& asked) {
    FileSystem& files = posix_file_system();
    const OwnVault& medium = asked.medium;
    TRY_ASSIGN(Keyring keyring, Keyring::open(files, control.clock(), keyring_folder(*control.config())));
    if (!asked.new_identity) TRY(make_vault_if_prepared(control, files, keyring, medium.vault));
    const IdentityChoice choice = asked.same_medium    ? IdentityChoice::same_medium
                                  : asked.new_identity ? IdentityChoice::new_one
                                                       : IdentityChoice::new_or_same;
    TRY_ASSIGN(const IdentityOnMedium identity,
               write_identity(files, control.clock(), keyring, medium.vault, medium.name, choice));
    TRY(enter_medium(control.catalog(),
                     {identity, medium.kind, medium.place, medium.custodian, medium.rotation, asked.new_identity}));
    TRY(control.media().look());
    control.poke();
    TRY_ASSIGN(Json view, medium_view(control, medium.name));
    return ApiDocument{std::move(view), 201};
}

ApiReply register_medium(ServiceControl& control, const ApiRequest& request) {
    TRY_ASSIGN(const Registration asked, registration_of(control, request));
    if (!asked.own_identity) return enter_now(control, asked);
    TRY(check_name_is_free(control, asked));
    TRY_ASSIGN(const catalog::JobId job,
               start(control, request, catalog::JobKind::media, asked.medium.name, "own identity",
                     [medium = asked.medium](const JobContext& context) { return own_identity_work(context, medium); }));
    return started(control, request, job);
}

}  // namespace

void add_media_routes(RouteTable& routes, ServiceControl& control) {
    const auto add = [&](ApiMethod method, const std::string& pattern, ApiAccess access,
                         ApiReply (*handler)(ServiceControl&, const ApiRequest&)) {
        routes.add(
            {method, pattern, access, [&control, handler](const ApiRequest& request) { return handler(control, request); }});
    };
    add(ApiMethod::get, "/v1/media", ApiAccess::group, [](ServiceControl& with, const ApiRequest&) -> ApiReply {
        TRY_ASSIGN(Json list, media_list(with));
        return list;
    });
    add(ApiMethod::get, "/v1/media/{name}", ApiAccess::group, [](ServiceControl& with, const ApiRequest& request) -> ApiReply {
        TRY_ASSIGN(Json medium, medium_view(with, name_in(request)));
        return medium;
    });
    add(ApiMethod::post, "/v1/media/{name}/attach", ApiAccess::root_only, attach);
    add(ApiMethod::post, "/v1/media/{name}/detach", ApiAccess::root_only, detach);
    add(ApiMethod::post, "/v1/media/{name}/move", ApiAccess::group, move);
    add(ApiMethod::post, "/v1/media/{name}/register", ApiAccess::root_only, register_medium);
    add(ApiMethod::post, "/v1/media/{name}/replace", ApiAccess::root_only, replace);
    add(ApiMethod::post, "/v1/media/{name}/retire", ApiAccess::root_only, retire);
}

}  // namespace custody
