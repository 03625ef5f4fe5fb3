// custody find: every version of the files whose name or path matches, newest snapshot first.
#include "base/counts.h"
#include "base/crypto.h"
#include "base/text.h"
#include "cli/entry_format.h"
#include "cli/label_view.h"
#include "cli/search_commands.h"
#include "vault/closed_labels.h"
#include "vault/unreadable.h"

#include <map>
#include <set>
#include <unordered_set>

namespace custody {
namespace {

struct FindFlags {
    std::string pattern, snapshot, label, name, host;
    bool ignore_case = false, ignore_marks = false, all = false, long_form = false;
};

// The same thing at the same path, so that an unchanged file of many snapshots is shown once. The key is a digest: 16 bytes for
// each folder and match.
using Seen = std::unordered_set<Digest, IdHash>;

Digest digest_of(const std::string& path, ByteView what) {
    Sha256 hash;
    hash.update(as_bytes(path));
    hash.update(as_bytes(std::string_view("\0", 1)));
    hash.update(what);
    return hash.finish();
}

Digest digest_of(const std::string& path, const Entry& entry) {
    return digest_of(path, as_bytes(json_text_of(entry_json(path, entry))));
}

class Finder {
public:
    Finder(Context& context, const FindFlags& flags)
        : context_(context),
          flags_(flags),
          passed_over_(context),
          pattern_(fold_for_match(flags.pattern, flags.ignore_case, flags.ignore_marks)),
          whole_path_(pattern_.find('/') != std::string::npos) {}

    Status search(TreeReader& tree, const Repository::Listed& listed) {
        const auto look_at = [&](const std::string& below, const Entry& entry) -> Result<bool> {
            TRY(context_.stop().check());
            const std::string path = "/" + below;
            if (matches(path, entry.name)) show(listed.snapshot, path, entry);
            if (flags_.all || !entry.children) return true;
            return seen_.insert(digest_of(path, entry.children->view())).second;  // the same folder was looked through before
        };
        return tree.walk(listed.snapshot.summary.root, look_at, [&](const std::string& below, const Error& why) -> Status {
            const Error lost = lost_folder("/" + below, why);
            passed_over_.name({lost.code, say("snapshot {}: {}", short_id(listed.snapshot.id), lost.message)});
            return done();
        });
    }
    [[nodiscard]] int exit_of_passed_over() const { return passed_over_.exit(); }
    [[nodiscard]] std::uint64_t found() const { return found_; }
    // Snapshots that were not searched for want of a key, by the reason; and whether damage kept any from being searched.
    std::map<std::string, std::uint64_t> closed;
    bool met_damage = false;

private:
    [[nodiscard]] bool matches(const std::string& path, const std::string& name) const {
        return glob_matches(pattern_, fold_for_match(whole_path_ ? path : name, flags_.ignore_case, flags_.ignore_marks));
    }
    void show(const Snapshot& snapshot, const std::string& path, const Entry& entry) {
        if (!flags_.all && !seen_.insert(digest_of(path, entry)).second) return;
        ++found_;
        Output& output = context_.output();
        if (output.json()) {
            Json json = entry_json(path, entry);
            json["snapshot"] = snapshot.id.hex();
            json["time"] = json_time(snapshot.summary.time);
            json["label"] = snapshot.summary.label;
            json["name"] = snapshot.summary.name;
            output.item(json);
        } else {
            output.line(short_id(snapshot.id) + "  " + human_time(snapshot.summary.time) + "  " +
                        (flags_.long_form ? long_line(path, entry) : printable(path)));
        }
    }

    Context& context_;
    const FindFlags& flags_;
    PassedOver passed_over_;
    std::string pattern_;
    bool whole_path_;
    Seen seen_;
    std::uint64_t found_ = 0;
};

bool is_wanted(const SnapshotSummary& summary, const FindFlags& flags) {
    return (flags.label.empty() || flags.label == summary.label) &&
           (flags.name.empty() || to_nfc(flags.name) == to_nfc(summary.name)) &&
           (flags.host.empty() || flags.host == summary.host);
}

// Names and hosts of these snapshots cannot be read: only a filter by label leaves them out.
Status note_closed(Repository& repository, const FindFlags& flags, Finder& finder) {
    if (!flags.label.empty()) return done();
    TRY_ASSIGN(const auto labels, closed_labels(repository));
    for (const ClosedLabel& label : labels) finder.closed[why_closed(label)] += label.snapshots.size();
    return done();
}

constexpr std::string_view kLatestOf = "latest:";

// Newest first. With --snapshot one: of `latest` and `latest:NAME` the newest that the other options leave.
Result<std::vector<Repository::Listed>> chosen_snapshots(Context& context, Repository& repository, const FindFlags& flags,
                                                         Finder& finder) {
    std::vector<Repository::Listed> chosen;
    const bool narrows = !flags.label.empty() || !flags.name.empty() || !flags.host.empty();
    const bool newest = flags.snapshot == "latest" || flags.snapshot.starts_with(kLatestOf);
    if (!flags.snapshot.empty() && !(narrows && newest)) {
        TRY_ASSIGN(Repository::Listed listed, context.find_snapshot(repository, flags.snapshot));
        if (!is_wanted(listed.snapshot.summary, flags)) {
            return Error{Code::usage, say("--snapshot {} is {}, which --label, --name or --host leaves out",
                                          printable(flags.snapshot), title_of(listed.snapshot))};
        }
        chosen.push_back(std::move(listed));
        return chosen;
    }
    std::vector<Repository::DamagedSnapshot> damaged;
    TRY_ASSIGN(auto all, repository.snapshots(nullptr, &damaged));
    for (const Repository::DamagedSnapshot& each : damaged) context.progress().warn(each.error.message);
    finder.met_damage = !damaged.empty();
    TRY(note_closed(repository, flags, finder));
    const std::string name =
        to_nfc(flags.snapshot.starts_with(kLatestOf) ? flags.snapshot.substr(kLatestOf.size()) : std::string());
    for (auto listed = all.rbegin(); listed != all.rend(); ++listed) {
        const SnapshotSummary& summary = listed->snapshot.summary;
        if (!is_wanted(summary, flags) || (!name.empty() && to_nfc(summary.name) != name)) continue;
        chosen.push_back(std::move(*listed));
        if (!newest) continue;
        const Snapshot& found = chosen.front().snapshot;
        context.progress().note(say("{} is snapshot {}: {}", printable(flags.snapshot), short_id(found.id), title_of(found)));
        return chosen;
    }
    if (newest) {
        return Error{Code::not_found, say("no snapshot is {} with that --label, --name or --host; 'custody snapshots' lists them",
                                          printable(flags.snapshot))};
    }
    return chosen;
}

Status search_all(Context& context, Repository& repository, const std::vector<Repository::Listed>& snapshots,
                  const UnlockedKeyring& unlocked, const FindFlags& flags, Finder& finder) {
    LabelViews views(repository, unlocked);
    for (const Repository::Listed& listed : snapshots) {
        const auto tree = views.tree_of(listed.snapshot);
        const Status searched = tree.ok() ? finder.search(*tree.value(), listed) : Status(tree.error());
        if (searched.ok()) continue;
        const Error& error = searched.error();
        if (!flags.snapshot.empty()) return error;  // the one that was asked for
        if (error.code == Code::wrong_key || error.code == Code::refused) {
            ++finder.closed[error.message];
        } else if (error.code == Code::corrupt) {
            finder.met_damage = true;
            context.progress().warn(say("snapshot {}: {}", short_id(listed.snapshot.id), error.message));
        } else {
            return error;
        }
    }
    return done();
}

// What was found is printed; that not everything was looked through is the exit code, in one line that names the labels.
int report_unsearched(Context& context, const Finder& finder) {
    if (!finder.closed.empty()) {
        std::uint64_t count = 0;
        std::string reasons;
        for (const auto& [reason, snapshots] : finder.closed) {
            count += snapshots;
            reasons += "; " + reason;
        }
        context.progress().error(say_count(count, "{} snapshot was not searched", "{} snapshots were not searched") + reasons);
    }
    const int passed_over = finder.exit_of_passed_over();
    if (finder.met_damage || passed_over == kExitDamage) return kExitDamage;
    return finder.closed.empty() ? passed_over : kExitWrongKey;
}

Result<int> run_find(Context& context, const FindFlags& flags) {
    if (!flags.label.empty()) TRY(context.check_label(flags.label));
    TRY_ASSIGN(Repository repository, context.open_vault_to_read());
    Finder finder(context, flags);
    TRY_ASSIGN(const auto snapshots, chosen_snapshots(context, repository, flags, finder));
    std::set<LabelId> labels;
    for (const Repository::Listed& listed : snapshots) labels.insert(listed.snapshot.clear.label);
    TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock_labels({labels.begin(), labels.end()}));
    context.output().begin_list();
    const Status searched = search_all(context, repository, snapshots, unlocked, flags, finder);
    context.output().end_list();
    TRY(searched);
    if (finder.found() == 0) {
        context.progress().note(say_count(snapshots.size(), "nothing in {} snapshot matches '{}'",
                                          "nothing in {} snapshots matches '{}'", printable(flags.pattern)));
    }
    return report_unsearched(context, finder);
}

}  // namespace

void add_find_command(CommandTable& table) {
    auto flags = std::make_shared<FindFlags>();
    CLI::App& find =
        table.add(table.root(), "find", say("Finds files in all snapshots by name or path"),
                  {"find GLOB [--ignore-case] [--ignore-marks] [OPTIONS]",
                   {"custody find '*.docx'", "custody find '*bao cao*' --ignore-case --ignore-marks",
                    "custody find '/srv/**/2026/*.pdf' --snapshot latest:data"},
                   say("A GLOB with '/' is matched against whole paths: * stays within a folder, ** crosses folders. Each "
                       "version of a file is shown once, with the newest snapshot that holds it. Snapshots that no key here "
                       "opens are passed over "
                       "and named at the end (exit code 8), as are damaged ones (4).")});
    add_operand(find, "GLOB", flags->pattern, say("What to look for, in quotes"))->required();
    find.add_flag("-i,--ignore-case", flags->ignore_case, say("Takes upper and lower case as equal"));
    find.add_flag("--ignore-marks", flags->ignore_marks,
                  say("Takes letters with and without marks as equal (ho so finds hồ sơ)"));
    find.add_flag("--all", flags->all, say("Shows a file in every snapshot that holds it, not only in the newest"));
    find.add_flag("-l,--long", flags->long_form, say("Shows mode, owner, size and time"));
    add_value(find, "--snapshot", flags->snapshot, "SNAPSHOT", say("Only in this snapshot"));
    add_value(find, "--label", flags->label, "L", say("Only in snapshots of this label"));
    add_value(find, "--name", flags->name, "N", say("Only in snapshots of this name"));
    add_value(find, "--host", flags->host, "H", say("Only in snapshots of this host"));
    table.runs(find, flags, run_find);
}

}  // namespace custody
