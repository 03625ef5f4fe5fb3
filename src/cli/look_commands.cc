// custody snapshots, ls, cat: what is in a vault and in a snapshot. find and diff have files of their own.
#include "base/text.h"
#include "cli/command_table.h"
#include "cli/entry_format.h"
#include "cli/label_view.h"
#include "cli/search_commands.h"
#include "cli/stdout_content.h"
#include "restore/restorer.h"
#include "vault/closed_labels.h"
#include "vault/unreadable.h"

namespace custody {
namespace {

struct SnapshotsFlags {
    std::string label, name, host;
};
struct LsFlags {
    std::string snapshot, path;
    bool recursive = false, long_form = false;
};
struct CatFlags {
    std::string snapshot, path;
};

bool is_wanted(const SnapshotSummary& summary, const SnapshotsFlags& flags) {
    return (flags.label.empty() || flags.label == summary.label) &&
           (flags.name.empty() || to_nfc(flags.name) == to_nfc(summary.name)) &&
           (flags.host.empty() || flags.host == summary.host);
}

// What lays a hold on it now; nothing when it is not held.
const HoldState* hold_at(const Repository::Listed& listed, Time now) {
    return is_held(listed.ledger, now) ? &*listed.ledger.hold : nullptr;
}

Json snapshot_json(const Repository::Listed& listed, Time now, bool trusted) {
    const SnapshotSummary& summary = listed.snapshot.summary;
    Json json = {{"id", listed.snapshot.id.hex()},
                 {"sequence", listed.ledger.sequence},
                 {"time", json_time(summary.time)},
                 {"label", summary.label},
                 {"name", summary.name},
                 {"host", summary.host},
                 {"kind", summary.kind}};
    put_paths(json, "paths", summary.paths);
    json["files"] = summary.files;
    json["bytes"] = summary.bytes;
    json["signed_by"] = listed.snapshot.clear.signer.hex();
    json["signer_trusted"] = trusted;
    const HoldState* hold = hold_at(listed, now);
    json["hold_until"] = hold != nullptr && hold->until ? json_time(*hold->until) : Json(nullptr);
    if (hold != nullptr) json["hold_reason"] = hold->reason;
    if (summary.failed != 0) json["failed"] = summary.failed;
    if (summary.changed_while_read != 0) json["changed_while_read"] = summary.changed_while_read;
    if (summary.clock_suspect) json["clock_suspect"] = true;
    return json;
}

std::vector<std::string> snapshot_row(const Repository::Listed& listed, Time now, bool trusted) {
    const SnapshotSummary& summary = listed.snapshot.summary;
    std::string notes;
    const auto note = [&notes](const std::string& text) { notes += (notes.empty() ? "" : ", ") + text; };
    if (const HoldState* hold = hold_at(listed, now)) {
        note(hold->until ? say("held until {}", human_time(*hold->until)) : say("held"));
    }
    if (summary.failed != 0) note(say("{} not read", summary.failed));
    if (summary.changed_while_read != 0) note(say("{} changed while read", summary.changed_while_read));
    if (summary.clock_suspect) note(say("clock in doubt"));
    if (!trusted) note(say("signer unknown"));
    std::string paths;
    for (const std::string& path : summary.paths) paths += (paths.empty() ? "" : " ") + printable(path);
    return {short_id(listed.snapshot.id),
            human_time(summary.time),
            printable(summary.label),
            printable(summary.name),
            printable(summary.host),
            std::to_string(summary.files),
            human_bytes(summary.bytes),
            paths,
            notes};
}

Result<int> run_snapshots(Context& context, const SnapshotsFlags& flags) {
    if (!flags.label.empty()) TRY(context.check_label(flags.label));  // one that nobody defined is a slip of the hand
    TRY_ASSIGN(Repository repository, context.open_vault_to_read());
    std::size_t unreadable = 0;
    std::vector<Repository::DamagedSnapshot> damaged;
    TRY_ASSIGN(const auto snapshots, repository.snapshots(&unreadable, &damaged));
    const Time now = context.clock().now();
    Output& output = context.output();
    std::vector<std::vector<std::string>> rows = {
        {say("ID"), say("Time"), say("Label"), say("Name"), say("Host"), say("Files"), say("Size"), say("Paths"), ""}};
    output.begin_list();
    for (const Repository::Listed& listed : snapshots) {
        if (!is_wanted(listed.snapshot.summary, flags)) continue;
        const bool trusted = repository.signer_trusted(listed.snapshot.clear.signer);
        output.item(snapshot_json(listed, now, trusted));
        rows.push_back(snapshot_row(listed, now, trusted));
    }
    output.end_list();
    if (rows.size() == 1) {
        output.line(say("no snapshots"));
    } else {
        for (const std::string& line : format_table(rows)) output.line(line);
    }
    if (unreadable != 0 && flags.label.empty()) {
        TRY_ASSIGN(const auto labels, closed_labels(repository));
        for (const ClosedLabel& label : labels) context.progress().note(say("note: {}", closed_line(label)));
    }
    for (const Repository::DamagedSnapshot& each : damaged) context.progress().warn(each.error.message);
    // What opening warned of counts too: this list may be shorter than it should be.
    return damaged.empty() && repository.ledger_damage().empty() ? kExitDone : kExitDamage;
}

// Prints entries as they are met, one line or one JSON element each.
class EntryPrinter {
public:
    EntryPrinter(Context& context, bool long_form) : context_(context), long_form_(long_form) {}
    Status print(const std::string& path, const Entry& entry) {
        TRY(context_.stop().check());
        if (context_.output().json()) {
            context_.output().item(entry_json(path, entry));
        } else {
            context_.output().line(long_form_ ? long_line(path, entry) : printable(path));
        }
        return done();
    }

private:
    Context& context_;
    bool long_form_;
};

Status list_below(TreeReader& tree, const Snapshot& snapshot, const std::string& path, bool recursive, EntryPrinter& printer,
                  PassedOver& passed_over) {
    TreeId folder = snapshot.summary.root;
    if (!path.empty()) {
        TRY_ASSIGN(const Entry entry, tree.find(snapshot.summary.root, path));
        if (entry.type != EntryType::folder) return printer.print("/" + path, entry);
        if (!entry.children) return done();
        folder = *entry.children;
    }
    const std::string above = path.empty() ? "/" : "/" + path + "/";
    if (!recursive) {
        const auto print = [&](const Entry& entry) { return printer.print(above + entry.name, entry); };
        return tree.entries(folder, print, [&](const Error& why) -> Status {
            passed_over.name(lost_folder("/" + path, why));
            return done();
        });
    }
    const auto print = [&](const std::string& below, const Entry& entry) -> Result<bool> {
        TRY(printer.print(above + below, entry));
        return true;
    };
    return tree.walk(folder, print, [&](const std::string& below, const Error& why) -> Status {
        passed_over.name(lost_folder(below.empty() ? "/" + path : above + below, why));
        return done();
    });
}

Result<int> run_ls(Context& context, const LsFlags& flags) {
    TRY_ASSIGN(const std::string path, tree_path(flags.path));
    TRY_ASSIGN(Repository repository, context.open_vault_to_read());
    TRY_ASSIGN(const Repository::Listed listed, context.find_snapshot(repository, flags.snapshot));
    TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock_labels({listed.snapshot.clear.label}));
    TRY_ASSIGN(const auto view, LabelView::open(repository, listed.snapshot.clear.label, unlocked));
    if (!path.empty()) TRY(view->tree().find(listed.snapshot.summary.root, path));  // before anything is printed
    EntryPrinter printer(context, flags.long_form);
    PassedOver passed_over(context);
    context.output().begin_list();
    const Status listed_all = list_below(view->tree(), listed.snapshot, path, flags.recursive, printer, passed_over);
    context.output().end_list();
    TRY(listed_all);
    return passed_over.exit();
}

Result<int> run_cat(Context& context, const CatFlags& flags) {
    if (context.output().json()) return Error{Code::usage, say("cat writes a file's bytes to standard output: leave out --json")};
    TRY_ASSIGN(const std::string path, tree_path(flags.path));
    TRY_ASSIGN(Repository repository, context.open_vault_to_read());
    TRY_ASSIGN(const Repository::Listed listed, context.find_snapshot(repository, flags.snapshot));
    TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock_labels({listed.snapshot.clear.label}));
    TRY_ASSIGN(const RestoreResult result, content_to_stdout(context, repository, listed.snapshot, unlocked, path));
    for (const std::string& line : result.warnings) context.progress().warn(line);
    if (result.damaged) return kExitDamage;
    return result.failed != 0 ? kExitFailed : kExitDone;
}

void add_snapshots(CommandTable& table) {
    auto flags = std::make_shared<SnapshotsFlags>();
    CLI::App& snapshots =
        table.add(table.root(), "snapshots", say("Lists snapshots, oldest first"),
                  {"snapshots [--label L] [--name N] [--host H]",
                   {"custody snapshots", "custody snapshots --label config --name etc", "custody snapshots --json"},
                   say("Needs no passphrase. Ends with exit code 4 when the vault is damaged or was rolled back: what is left is "
                       "listed.")});
    add_value(snapshots, "--label", flags->label, "L", say("Only those of this label"));
    add_value(snapshots, "--name", flags->name, "N", say("Only those of this name"));
    add_value(snapshots, "--host", flags->host, "H", say("Only those that this host made"));
    table.runs(snapshots, flags, run_snapshots);
}

void add_ls(CommandTable& table) {
    auto flags = std::make_shared<LsFlags>();
    CLI::App& ls = table.add(
        table.root(), "ls", say("Lists what is in a snapshot"),
        {"ls SNAPSHOT [PATH] [--recursive] [--long]",
         {"custody ls latest", "custody ls latest:etc /etc/ssh --long", "custody ls 3f9a1c --recursive"},
         say("SNAPSHOT is an id, 6 or more of its first digits, latest, latest:NAME, or NAME@2026-11-03[T02:00[:00[+07:00]]]: "
             "the "
             "newest of that day, or up to the end of that minute or second. Where several labels have snapshots of NAME, the "
             "newest of all is taken and the other labels are named.")});
    add_operand(ls, "SNAPSHOT", flags->snapshot, say("The snapshot"))->required();
    add_operand(ls, "PATH", flags->path, say("A folder or file in it; default: the root"));
    ls.add_flag("-r,--recursive", flags->recursive, say("Goes into folders"));
    ls.add_flag("-l,--long", flags->long_form, say("Shows mode, owner, size and time"));
    table.runs(ls, flags, run_ls);
}

void add_cat(CommandTable& table) {
    auto flags = std::make_shared<CatFlags>();
    CLI::App& cat = table.add(table.root(), "cat", say("Writes a file of a snapshot to standard output"),
                              {"cat SNAPSHOT PATH",
                               {"custody cat latest:etc /etc/fstab", "custody cat latest:etc /etc/passwd | diff - /etc/passwd"},
                               ""});
    add_operand(cat, "SNAPSHOT", flags->snapshot, say("The snapshot"))->required();
    add_operand(cat, "PATH", flags->path, say("The file"))->required();
    table.runs(cat, flags, run_cat);
}

}  // namespace

void add_look_commands(CommandTable& table) {
    add_snapshots(table);
    add_ls(table);
    add_cat(table);
    add_find_command(table);
    add_diff_command(table);
}

}  // namespace custody
