#include "cli/second_copies.h"

#include "base/counts.h"
#include "base/text.h"
#include "cli/output.h"

#include <algorithm>

namespace custody {
namespace {

// Copies are due as often as backups are at least (duty B3).
constexpr std::int64_t kDue_ns = 31 * kDay;
constexpr std::size_t kShown = 8;  // lines of one kind

void add_none_at_all(const CopiedVault& vault, CopyLines& lines) {
    lines.needs.push_back(
        vault.knows_others
            ? say("no second copy is known of (duty B6): no other vault that this one ever met with 'custody copy' "
                  "holds a snapshot of it; run 'custody copy --vault {} --to VAULT'",
                  printable(vault.location))
            : say("no second copy: important data belong on two devices or places (duty B6); make another vault with "
                  "'custody init' and fill it with 'custody copy'"));
}

void add_group(const CountedGroup& group, const CopiedVault& vault, Time now, CopyLines& lines) {
    const CopyCount& copies = group.copies;
    if (copies.waiting == 0) return;
    const std::string since = human_time(copies.waiting_since);
    if (copies.copied == 0) {
        lines.needs.push_back(say("{} lies in this vault alone (duty B6), since {}: run 'custody copy --vault {} --to VAULT'",
                                  group.what, since, printable(vault.location)));
    } else if (now.ns - copies.waiting_since.ns > kDue_ns) {
        lines.needs.push_back(
            say("{} was not copied to another vault since {} (duty B6): run 'custody copy --vault {} --to VAULT'", group.what,
                since, printable(vault.location)));
    } else {
        lines.notes.push_back(
            say_count(copies.waiting, "{} snapshot of {} since {} lies in this vault alone until the next 'custody copy'",
                      "{} snapshots of {} since {} lie in this vault alone until the next 'custody copy'", group.what, since));
    }
}

void shorten(std::vector<std::string>& lines) {
    if (lines.size() <= kShown) return;
    const std::size_t left = lines.size() - kShown;
    lines.resize(kShown);
    lines.push_back(say_count(left, "and so does {} more, which --json names", "and so do {} more, which --json names"));
}

}  // namespace

void CopyCount::count(bool is_copied, Time made) {
    if (is_copied) {
        ++copied;
        waiting = 0;
    } else if (waiting++ == 0) {
        waiting_since = made;
    }
}

CopyLines copy_lines(const CopiedVault& vault, const std::vector<CountedGroup>& groups, Time now) {
    CopyLines lines;
    const auto is_copied = [](const CountedGroup& group) { return group.copies.copied != 0; };
    if (groups.empty()) return lines;
    if (std::none_of(groups.begin(), groups.end(), is_copied)) {
        add_none_at_all(vault, lines);
    } else {
        for (const CountedGroup& group : groups) add_group(group, vault, now, lines);
        shorten(lines.needs);
        shorten(lines.notes);
    }
    if (vault.by_custodian) return lines;
    lines.notes.insert(lines.notes.begin(), lines.needs.begin(), lines.needs.end());
    lines.needs.clear();
    return lines;
}

}  // namespace custody
