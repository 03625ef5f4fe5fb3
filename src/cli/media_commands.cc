// custody media: the register of media, hand-overs, and disks that come and go. All but `prepare` is asked of the service.
#include "cli/media_commands.h"

#include "base/counts.h"
#include "base/text.h"
#include "cli/job_view.h"
#include "cli/service_answer.h"
#include "daemon/api/route.h"

namespace custody {
namespace {

struct MediaNoFlags {};
struct NameFlags {
    std::string name;
};
struct AttachFlags {
    std::string name;
    bool keep = false, follow = false;
};
struct MoveFlags {
    std::string name, place, custodian, note, state;
};
struct RegisterFlags {
    std::string name, vault, place, custodian, kind, original;
    bool same_medium = false, own_identity = false, new_identity = false, follow = false;
};
struct ReplaceFlags {
    std::string old_name, new_name, keep_as;
    bool follow = false;
};
struct RetireFlags {
    std::string name, reason;
    bool accept_loss = false;
};

constexpr std::int64_t kDiskWithin_ns = 15 * kMinute;  // mounting replays a journal, unmounting writes back what is left

ApiClient keeper_of(const Context& context) { return ApiClient(context.settings().socket, kDiskWithin_ns); }

std::string medium_path(const std::string& name, const std::string& action = "") {
    return "/v1/media/" + encode_percent(name) + (action.empty() ? "" : "/" + action);
}

std::string size_text(const Json& medium, const char* key) {
    const auto found = medium.find(key);
    return found != medium.end() && found->is_number_unsigned() ? human_bytes(found->get<std::uint64_t>()) : "-";
}

std::string here_text(const Json& medium) {
    if (flag_field(medium, "present")) return say("here");
    if (flag_field(medium, "may_be_removed")) return say("can be taken out");
    return say("away");
}

std::string medium_state(const Json& medium) {
    const std::string state = text_field(medium, "state");
    return state.empty() ? say("never seen") : state_text(state);
}

std::string owed_text(const Json& medium) {
    const std::uint64_t owed = number_field(medium, "owed_snapshots");
    return owed == 0 ? "-" : say("{} since {}", owed, minute_field(medium, "owed_since"));
}

void print(Output& output, const std::vector<std::vector<std::string>>& rows) {
    for (const std::string& line : format_table(rows)) output.line(line);
}

Result<int> run_list(Context& context, const MediaNoFlags&) {
    TRY_ASSIGN(const Json answer, keeper_of(context).get("/v1/media", &context.stop()));
    context.output().document(answer);
    std::vector<std::vector<std::string>> rows = {
        {say("Medium"), say("Now"), say("State"), say("Copies"), say("Owes"), say("Free"), say("Place"), say("Custodian")}};
    for (const Json& medium : list_field(answer, "media")) {
        rows.push_back({text_field(medium, "name"), here_text(medium), medium_state(medium),
                        std::to_string(number_field(medium, "copies")), owed_text(medium), size_text(medium, "free_bytes"),
                        text_field(medium, "place"), text_field(medium, "custodian")});
    }
    if (rows.size() == 1) context.output().line(say("no medium is registered or configured"));
    if (rows.size() > 1) print(context.output(), rows);
    return kExitDone;
}

void print_moves(Output& output, const Json& moves) {
    output.line("");
    if (moves.empty()) return output.line(say("no hand-over is recorded"));
    std::vector<std::vector<std::string>> rows = {
        {say("When"), say("State"), say("Place"), say("Custodian"), say("Entered by"), say("Note")}};
    for (const Json& move : moves) {
        rows.push_back({minute_field(move, "time"), state_text(text_field(move, "state")), text_field(move, "place"),
                        text_field(move, "custodian"), text_field(move, "entered_by"), text_field(move, "note")});
    }
    print(output, rows);
}

void print_medium(Output& output, const Json& medium) {
    output.line(say("medium {}: {}, {}", text_field(medium, "name"), medium_state(medium), here_text(medium)));
    if (const std::string why = text_field(medium, "why_not"); !why.empty()) output.line(why);
    output.line(say("place: {}; custodian: {}", text_field(medium, "place"), text_field(medium, "custodian")));
    output.line(say("kind: {}; serial: {}; file system: {}", text_field(medium, "kind"), text_field(medium, "serial"),
                    text_field(medium, "file_system_uuid")));
    output.line(say("vault: {} ({})", text_field(medium, "vault"), text_field(medium, "vault_id")));
    output.line(say("free {} of {}", size_text(medium, "free_bytes"), size_text(medium, "size_bytes")));
    output.line(say("copies {}; owes {}", number_field(medium, "copies"), owed_text(medium)));
    output.line(say("first used {}, last used {}, last verified {}", minute_field(medium, "first_use"),
                    minute_field(medium, "last_use"), minute_field(medium, "last_verified")));
}

Result<int> run_show(Context& context, const NameFlags& flags) {
    TRY_ASSIGN(const Json medium, keeper_of(context).get(medium_path(flags.name), &context.stop()));
    context.output().document(medium);
    print_medium(context.output(), medium);
    if (!context.output().json()) print_moves(context.output(), list_field(medium, "moves"));
    return kExitDone;
}

// A job was started: looked on to, or named.
Result<int> after_start(Context& context, const ApiClient& service, const Json& job, bool follow) {
    const std::uint64_t id = number_field(job, "id");
    if (follow) return look_on(context, service, id);
    context.output().document(job);
    context.output().line(say("job {0}: {1}; 'custody job watch {0}' looks on", id, job_title(job)));
    return kExitDone;
}

Result<int> run_attach(Context& context, const AttachFlags& flags) {
    const ApiClient service = keeper_of(context);
    TRY_ASSIGN(const Json job, service.post(medium_path(flags.name, "attach"), {{"keep", flags.keep}}, &context.stop()));
    context.progress().note(say("the medium {} is mounted, and is being brought up to date", printable(flags.name)));
    return after_start(context, service, job, flags.follow);
}

Result<int> run_detach(Context& context, const NameFlags& flags) {
    context.progress().note(
        say("what is not yet on the medium {} is written to it before it is unmounted ...", printable(flags.name)));
    TRY_ASSIGN(const Json medium, keeper_of(context).post(medium_path(flags.name, "detach"), Json::object(), &context.stop()));
    context.output().document(medium);
    context.output().line(text_field(medium, "message"));
    return kExitDone;
}

void put(Json& body, const char* field, const std::string& value) {
    if (!value.empty()) body[field] = value;
}

Result<int> run_move(Context& context, const MoveFlags& flags) {
    Json body = Json::object();
    put(body, "place", flags.place);
    put(body, "custodian", flags.custodian);
    put(body, "note", flags.note);
    put(body, "state", flags.state);
    TRY_ASSIGN(const Json moved, keeper_of(context).post(medium_path(flags.name, "move"), body, &context.stop()));
    context.output().document(moved);
    context.output().line(say("the medium {} is now at: {}; in the hands of: {}", text_field(moved, "name"),
                              text_field(moved, "place"), text_field(moved, "custodian")));
    return kExitDone;
}

Result<int> run_register(Context& context, const RegisterFlags& flags) {
    Json body = {{"same_medium", flags.same_medium}, {"own_identity", flags.own_identity}, {"new_identity", flags.new_identity}};
    if (!flags.vault.empty()) {
        TRY_ASSIGN(body["vault"], absolute_path(flags.vault));
    }
    if (!flags.original.empty()) {
        TRY_ASSIGN(body["original"], absolute_path(flags.original));
    }
    put(body, "place", flags.place);
    put(body, "custodian", flags.custodian);
    put(body, "kind", flags.kind);
    const ApiClient service = keeper_of(context);
    TRY_ASSIGN(const Json answer, service.post(medium_path(flags.name, "register"), body, &context.stop()));
    if (flags.own_identity) return after_start(context, service, answer, flags.follow);
    context.output().document(answer);
    context.output().line(say("the medium {} is registered", text_field(answer, "name")));
    if (!flag_field(answer, "configured"))
        context.output().line(
            say("the configuration does not name it yet: add a [[medium]] with its vault, then 'systemctl reload "
                "custodyd'"));
    return kExitDone;
}

Result<int> run_replace(Context& context, const ReplaceFlags& flags) {
    Json body = {{"by", flags.new_name}};
    put(body, "keep_as", flags.keep_as);
    const ApiClient service = keeper_of(context);
    TRY_ASSIGN(const Json job, service.post(medium_path(flags.old_name, "replace"), body, &context.stop()));
    return after_start(context, service, job, flags.follow);
}

Result<int> run_retire(Context& context, const RetireFlags& flags) {
    const Json body = {{"reason", flags.reason}, {"accept_loss", flags.accept_loss}};
    TRY_ASSIGN(const Json medium, keeper_of(context).post(medium_path(flags.name, "retire"), body, &context.stop()));
    context.output().document(medium);
    context.output().line(
        say("the medium {} is retired: it keeps what it holds and counts no more as a copy", text_field(medium, "name")));
    return kExitDone;
}

// ---- declarations ---------------------------------------------------------------------------------------------------------

CLI::Option* add_name(CLI::App& command, std::string& into) {
    return add_operand(command, "NAME", into, say("The medium"))->required();
}

void add_follow(CLI::App& command, bool& into) { command.add_flag("--follow", into, say("Looks on until it has ended")); }

void add_looks(CommandTable& table, CLI::App& family) {
    CLI::App& list = table.add(family, "list", say("Lists the media: which are here, what they hold and owe, who has them"),
                               {"media list", {"custody media list", "custody media list --json"}, ""});
    table.runs(list, std::make_shared<MediaNoFlags>(), run_list);
    auto flags = std::make_shared<NameFlags>();
    CLI::App& show = table.add(family, "show", say("Shows one medium, with the record of its hand-overs"),
                               {"media show NAME", {"custody media show disk-b"}, ""});
    add_name(show, flags->name);
    table.runs(show, flags, run_show);
}

void add_register(CommandTable& table, CLI::App& family) {
    auto flags = std::make_shared<RegisterFlags>();
    CLI::App& command = table.add(
        family, "register", say("Enters a medium that is mounted, or says what one is that was not recognised"),
        {"media register NAME [--vault DIR] [--place P] [--custodian C] [--kind K] [--same-medium | --own-identity [--original "
         "V] | "
         "--new-identity]",
         {"custody media register disk-b", "custody media register disk-b --same-medium",
          "custody media register disk-c --own-identity --follow"},
         say("Media of the configuration are entered by themselves when they are first seen. Needs root. A prepared disk gets "
             "its "
             "vault. A vault that was copied with cp or dd is made one of its own by --own-identity, a job that reads everything "
             "back; where the copy is older than its original, --original names that one. --same-medium says that this is the "
             "very "
             "medium, in another enclosure or moved to another folder.")});
    add_name(command, flags->name);
    add_value(command, "--vault", flags->vault, "DIR", say("The vault on it; default: as configured"));
    add_value(command, "--place", flags->place, "P", say("Where it is kept"));
    add_value(command, "--custodian", flags->custodian, "C", say("Who has it"));
    add_value(command, "--kind", flags->kind, "K", say("disk, removable, folder, remote"));
    command.add_flag("--same-medium", flags->same_medium, say("It is the very medium, though it looks different"));
    command.add_flag("--own-identity", flags->own_identity, say("It is a copy: make it a vault of its own"));
    add_value(command, "--original", flags->original, "V", say("With --own-identity: the vault that it was copied from"));
    command.add_flag("--new-identity", flags->new_identity, say("Its medium.json is damaged: write a new one"));
    add_follow(command, flags->follow);
    table.runs(command, flags, run_register);
}

void add_coming_and_going(CommandTable& table, CLI::App& family) {
    auto attach_flags = std::make_shared<AttachFlags>();
    CLI::App& attach = table.add(
        family, "attach", say("Mounts a medium at its place and brings it up to date"),
        {"media attach NAME [--keep] [--follow]",
         {"custody media attach disk-b --follow", "custody media attach disk-b --keep"},
         say("Needs root. The disk is found by its UUID, whichever device it is. A removable one is unmounted when it is up to "
             "date; with --keep it stays until 'custody media detach', for a restore from it. A disk that is plugged in while "
             "the "
             "service runs needs no command.")});
    add_name(attach, attach_flags->name);
    attach.add_flag("--keep", attach_flags->keep, say("Stays mounted when it is up to date"));
    add_follow(attach, attach_flags->follow);
    table.runs(attach, attach_flags, run_attach);

    auto detach_flags = std::make_shared<NameFlags>();
    CLI::App& detach =
        table.add(family, "detach", say("Unmounts a removable medium, and says whether it can be taken out"),
                  {"media detach NAME", {"custody media detach disk-b"}, say("Needs root. Exit code 6 while a job uses it.")});
    add_name(detach, detach_flags->name);
    table.runs(detach, detach_flags, run_detach);

    auto move_flags = std::make_shared<MoveFlags>();
    CLI::App& move = table.add(
        family, "move", say("Enters a hand-over: where the medium is now, and in whose hands"),
        {"media move NAME [--place P] [--custodian C] [--note N] [--state in_use|off_site]",
         {"custody media move disk-b --place \"Archive, second building\" --custodian \"Nguyễn Văn A\""},
         say("What is not given stays as it was. Who entered it, and when, stands in the record ('custody media show').")});
    add_name(move, move_flags->name);
    add_value(move, "--place", move_flags->place, "P", say("Where it is kept now"));
    add_value(move, "--custodian", move_flags->custodian, "C", say("Who has it now"));
    add_value(move, "--note", move_flags->note, "N", say("For the record: the number of the minutes, say"));
    add_value(move, "--state", move_flags->state, "in_use|off_site", say("Takes a retired medium back (root)"));
    table.runs(move, move_flags, run_move);
}

void add_endings(CommandTable& table, CLI::App& family) {
    auto replace_flags = std::make_shared<ReplaceFlags>();
    CLI::App& replace = table.add(
        family, "replace", say("Moves everything to another disk, which takes the old one's name"),
        {"media replace OLD NEW [--keep-as NAME] [--follow]",
         {"custody media replace disk-a disk-a-new --follow"},
         say("Needs root. Both are configured and here. Snapshots keep their ids and order, holds and history go along; the new "
             "disk is read back, and only then the register changes. The old one stays registered, retired. What to change in "
             "the "
             "configuration is told at the end.")});
    add_operand(replace, "OLD", replace_flags->old_name, say("The medium that is replaced"))->required();
    add_operand(replace, "NEW", replace_flags->new_name, say("The medium that takes its place"))->required();
    add_value(replace, "--keep-as", replace_flags->keep_as, "NAME",
              say("What the old one is called then; default: OLD and the day"));
    add_follow(replace, replace_flags->follow);
    table.runs(replace, replace_flags, run_replace);

    auto retire_flags = std::make_shared<RetireFlags>();
    CLI::App& retire = table.add(
        family, "retire", say("Takes a medium out of use: it gets nothing more and counts no more as a copy"),
        {"media retire NAME --reason R [--accept-loss]",
         {"custody media retire disk-b --reason \"worn out, minutes 12/BB\""},
         say("Needs root. Refused (exit code 5) while it holds the last copy of something; where it can be read no more, "
             "--accept-loss enters that in the record.")});
    add_name(retire, retire_flags->name);
    add_value(retire, "--reason", retire_flags->reason, "R", say("Why; stands in the hand-over record"))->required();
    retire.add_flag("--accept-loss", retire_flags->accept_loss, say("Also with the last copies that there are"));
    table.runs(retire, retire_flags, run_retire);
}

}  // namespace

void add_media_commands(CommandTable& table) {
    CLI::App& family = table.add_family(table.root(), "media", say("Disks and other media: where they are, and what they hold"));
    add_looks(table, family);
    add_media_prepare_command(table, family);
    add_register(table, family);
    add_coming_and_going(table, family);
    add_endings(table, family);
}

}  // namespace custody
