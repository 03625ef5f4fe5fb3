// custody diff: what differs between two snapshots of one label.
//
// Both trees are walked side by side in name order; folders whose node is the same are skipped unread. Memory: the entries of
// one folder of A at each level, and a pair of numbers for each inode with several names that was met.
#include "base/text.h"
#include "cli/entry_format.h"
#include "cli/label_view.h"
#include "cli/search_commands.h"
#include "vault/unreadable.h"

#include <unordered_map>

namespace custody {
namespace {

struct DiffFlags {
    std::string before, after;
};

struct Counts {
    std::uint64_t added = 0, removed = 0, modified = 0;
};

bool same_content(const Content& a, const Content& b) {
    return a.size == b.size && a.holes == b.holes && a.chunks == b.chunks && a.node == b.node;
}

// Words for JSON: what differs between two entries of one name and type. A folder's time alone is no difference: it changes with
// whatever lies in it.
std::vector<std::string> differences(const Entry& a, const Entry& b) {
    std::vector<std::string> words;
    const auto note = [&words](bool differs, const char* word) {
        if (differs) words.emplace_back(word);
    };
    note(a.type != b.type, "type");
    note(!same_content(a.content, b.content), "content");
    note(a.target != b.target, "target");
    note(a.device != b.device, "device");
    note(a.attributes.mode != b.attributes.mode, "mode");
    note(a.attributes.uid != b.attributes.uid || a.attributes.gid != b.attributes.gid, "owner");
    note(a.attributes.flags != b.attributes.flags, "flags");
    note(a.attributes.xattrs != b.attributes.xattrs, "xattrs");
    note(a.attributes.modified != b.attributes.modified && a.type != EntryType::folder, "modified");
    return words;
}

// Whether names are one inode is told by their ids, which a snapshot has for itself: what was joined in A has to be in B.
class LinkPairs {
public:
    // True: what the name is joined with is not the same.
    bool differ(std::uint64_t a, std::uint64_t b) {
        if (a == 0 || b == 0) return a != b;
        const std::uint64_t in_b = to_b_.try_emplace(a, b).first->second, in_a = to_a_.try_emplace(b, a).first->second;
        return in_b != b || in_a != a;
    }

private:
    std::unordered_map<std::uint64_t, std::uint64_t> to_b_, to_a_;
};

class Comparer {
public:
    Comparer(Context& context, TreeReader& tree) : context_(context), tree_(tree), passed_over_(context) {}

    Status folders(const std::string& path, const std::optional<TreeId>& a, const std::optional<TreeId>& b) {
        if (a == b) return done();
        std::vector<Entry> before;
        const auto collect = [&](const Entry& entry) {
            before.push_back(entry);
            return done();
        };
        // A name that only one side seems to have may stand in what the other side lost: nothing is said of such a folder.
        std::optional<Error> lost;
        const auto lose = [&](const Error& why) {
            if (!lost) lost = why;
            return done();
        };
        const auto skip = [](const Entry&) { return done(); };
        if (a) TRY(tree_.entries(*a, collect, lose));
        if (b) TRY(tree_.entries(*b, skip, lose));  // its nodes are in the reader's memory when they are merged
        if (lost) return pass_over(path, *lost);
        std::size_t at = 0;
        const auto merge = [&](const Entry& entry) -> Status {
            for (; at < before.size() && before[at].name < entry.name; ++at) TRY(whole("-", path, before[at]));
            if (at == before.size() || before[at].name != entry.name) return whole("+", path, entry);
            return pair(path, before[at++], entry);
        };
        if (b) TRY(tree_.entries(*b, merge));
        for (; at < before.size(); ++at) TRY(whole("-", path, before[at]));
        return done();
    }
    [[nodiscard]] const Counts& counts() const { return counts_; }
    [[nodiscard]] int exit_of_passed_over() const { return passed_over_.exit(); }

private:
    Status pair(const std::string& path, const Entry& a, const Entry& b) {
        if ((a.type == EntryType::folder) != (b.type == EntryType::folder)) {
            TRY(whole("-", path, a));
            return whole("+", path, b);
        }
        std::vector<std::string> words = differences(a, b);
        if (links_.differ(a.hard_link, b.hard_link)) words.emplace_back("links");
        if (!words.empty()) show("M", path + "/" + b.name, b, words);
        TRY(context_.stop().check());
        return b.type == EntryType::folder ? folders(path + "/" + b.name, a.children, b.children) : done();
    }
    // An entry that only one side has, with everything below it.
    Status whole(const char* sign, const std::string& path, const Entry& entry) {
        TRY(context_.stop().check());
        const std::string here = path + "/" + entry.name;
        show(sign, here, entry, {});
        if (!entry.children) return done();
        const auto show_below = [&](const Entry& child) { return whole(sign, here, child); };
        return tree_.entries(*entry.children, show_below, [&](const Error& why) { return pass_over(here, why); });
    }
    Status pass_over(const std::string& path, const Error& why) {
        passed_over_.name(with_way_out(
            say("folder {} cannot be compared: {}", path.empty() ? std::string("/") : printable(path), why.message), why.code));
        return done();
    }
    void show(const std::string& sign, const std::string& path, const Entry& entry, const std::vector<std::string>& words) {
        ++(sign == "+" ? counts_.added : sign == "-" ? counts_.removed : counts_.modified);
        Output& output = context_.output();
        if (output.json()) {
            Json json = entry_json(path, entry);
            json["change"] = sign;
            if (!words.empty()) json["differs"] = words;
            output.item(json);
        } else {
            output.line(sign + " " + printable(path));
        }
    }

    Context& context_;
    TreeReader& tree_;
    PassedOver passed_over_;
    Counts counts_;
    LinkPairs links_;
};

Result<int> run_diff(Context& context, const DiffFlags& flags) {
    TRY_ASSIGN(Repository repository, context.open_vault_to_read());
    TRY_ASSIGN(const Repository::Listed a, context.find_snapshot(repository, flags.before));
    TRY_ASSIGN(const Repository::Listed b, context.find_snapshot(repository, flags.after));
    if (a.snapshot.clear.label != b.snapshot.clear.label) {
        return Error{Code::usage,
                     say("{} and {} are of different labels ({} and {}): only snapshots of one label can be compared",
                         short_id(a.snapshot.id), short_id(b.snapshot.id), a.snapshot.summary.label, b.snapshot.summary.label)};
    }
    TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock_labels({a.snapshot.clear.label}));
    TRY_ASSIGN(const auto view, LabelView::open(repository, a.snapshot.clear.label, unlocked));
    Comparer comparer(context, view->tree());
    context.output().begin_list();
    const Status compared = comparer.folders("", a.snapshot.summary.root, b.snapshot.summary.root);
    context.output().end_list();
    TRY(compared);
    const Counts& counts = comparer.counts();
    context.progress().note(say("{} added, {} removed, {} modified", counts.added, counts.removed, counts.modified));
    return comparer.exit_of_passed_over();
}

}  // namespace

void add_diff_command(CommandTable& table) {
    auto flags = std::make_shared<DiffFlags>();
    CLI::App& diff = table.add(
        table.root(), "diff", say("Shows what differs between two snapshots of one label"),
        {"diff A B",
         {"custody diff etc@2026-11-03 latest:etc", "custody diff 3f9a1c 77b0de --json"},
         say("+ only in B, - only in A, M in both but not the same (content, owner, mode, time, attributes, hard links). A "
             "folder's time alone does not count: it changes with whatever lies in it.")});
    add_operand(diff, "A", flags->before, say("The earlier snapshot"))->required();
    add_operand(diff, "B", flags->after, say("The later snapshot"))->required();
    table.runs(diff, flags, run_diff);
}

}  // namespace custody
