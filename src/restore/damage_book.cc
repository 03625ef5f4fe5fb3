#include "restore/damage_book.h"

#include "base/counts.h"
#include "base/text.h"
#include "vault/object_check.h"

#include <algorithm>

namespace custody {

void DamageBook::report(const std::string& object, const std::string& problem) {
    Entry& entry = entries_[object];
    if (std::find(entry.problems.begin(), entry.problems.end(), problem) != entry.problems.end()) return;
    if (entry.problems.size() < kMaxProblems) {
        entry.problems.push_back(problem);
    } else {
        ++entry.further_problems;
    }
}

void DamageBook::affect(const std::string& object, const std::string& snapshot, const std::string& path,
                        std::string_view problem_if_new) {
    Entry& entry = entries_[object];
    if (entry.problems.empty()) entry.problems.emplace_back(problem_if_new);
    if (entry.affected.contains({snapshot, path})) return;
    if (entry.affected.size() < kMaxAffected) {
        entry.affected.emplace(snapshot, path);
    } else {
        ++entry.further_affected;
    }
}

bool DamageBook::affects_any(const std::string& object) const {
    const auto entry = entries_.find(object);
    return entry != entries_.end() && !entry->second.affected.empty();
}

std::vector<std::string> DamageBook::objects_of_kind(std::string_view kind) const {
    std::vector<std::string> objects;
    for (const auto& [object, entry] : entries_) {
        if (object_kind(object) == kind) objects.push_back(object);
    }
    return objects;
}

void DamageBook::move_losses_to_snapshots(const std::function<bool(const std::string& object)>& is_settled,
                                          const std::function<bool(const std::string& snapshot)>& is_live) {
    std::vector<std::pair<std::string, Entry>> settled;
    for (const auto& [object, entry] : entries_) {
        if (object_kind(object) != "snapshot" && !entry.affected.empty() && is_settled(object))
            settled.emplace_back(object, entry);
    }
    for (const auto& [object, entry] : settled) {
        for (const auto& [snapshot, path] : entry.affected) {
            if (is_live(snapshot))
                affect("snapshots/" + snapshot, snapshot, path, say("needs {}, which the ledger does not name", object));
        }
    }
}

void DamageBook::drop_if(const std::function<bool(const std::string& object)>& is_settled) {
    std::erase_if(entries_, [&](const auto& each) { return is_settled(each.first); });
}

std::vector<VerifyResult::Damage> DamageBook::take(std::vector<std::string>& notes) {
    std::vector<VerifyResult::Damage> all;
    for (auto& [object, entry] : entries_) {
        VerifyResult::Damage damage;
        damage.object = object;
        damage.kind = object_kind(object);
        for (const std::string& problem : entry.problems) damage.problem += (damage.problem.empty() ? "" : "; ") + problem;
        if (entry.further_problems > 0) damage.problem += "; " + say("and {} more", entry.further_problems);
        for (const auto& [snapshot, path] : entry.affected) damage.affects.push_back({snapshot, path});
        if (entry.further_affected > 0) {
            notes.push_back(say_count(entry.further_affected, "{1} affects {0} more path that is not listed",
                                      "{1} affects {0} more paths that are not listed", object));
        }
        all.push_back(std::move(damage));
    }
    entries_.clear();
    return all;
}

}  // namespace custody
