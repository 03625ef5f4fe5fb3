// The damage that a verification has found so far: one entry an object, with whom it affects.
//
// Memory: at most kMaxAffected paths an object; beyond that a count. Threads: one.
#pragma once

#include "restore/verifier.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace custody {

class DamageBook {
public:
    static constexpr std::size_t kMaxAffected = 10'000;
    static constexpr std::size_t kMaxProblems = 4;

    // Further problems of one object are joined to the first, up to kMaxProblems.
    void report(const std::string& object, const std::string& problem);
    // An object that was not reported before is reported with `problem_if_new`.
    void affect(const std::string& object, const std::string& snapshot, const std::string& path, std::string_view problem_if_new);
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] bool names(const std::string& object) const { return entries_.contains(object); }
    [[nodiscard]] bool affects_any(const std::string& object) const;
    [[nodiscard]] std::vector<std::string> objects_of_kind(std::string_view kind) const;
    // Of the objects that `is_settled` speaks of, whom they affect is entered under those snapshots, where they are live.
    void move_losses_to_snapshots(const std::function<bool(const std::string& object)>& is_settled,
                                  const std::function<bool(const std::string& snapshot)>& is_live);
    void drop_if(const std::function<bool(const std::string& object)>& is_settled);
    // Sorted by object. `notes` gets a line for each object whose list of affected paths was cut.
    [[nodiscard]] std::vector<VerifyResult::Damage> take(std::vector<std::string>& notes);

private:
    struct Entry {
        std::vector<std::string> problems;
        std::uint64_t further_problems = 0;
        std::set<std::pair<std::string, std::string>> affected;  // snapshot, path
        std::uint64_t further_affected = 0;
    };
    std::map<std::string, Entry> entries_;
};

}  // namespace custody
