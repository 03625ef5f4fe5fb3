// One moment of catalogue, media and schedule, joined by plan and medium: what status, metrics and digest are made of.
//
// Ownership: refers to its inputs, which outlive it. Threads: immutable once made. Errors: those of the catalogue.
#pragma once

#include "catalog/findings.h"
#include "catalog/overview.h"
#include "daemon/work/facts.h"
#include "vault/keys/kit_state.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace custody {

enum class PlanState { protected_now, late, failing, never, waiting_for_key };
[[nodiscard]] std::string_view word_of(PlanState state);
[[nodiscard]] std::string age_of(Time then, Time now);  // "3 hours", for people

struct PlanFacts {
    const PlanConfig* plan = nullptr;
    bool important = false;
    catalog::PlanStanding standing;       // empty: the catalogue does not know the plan yet
    const PlanView* view = nullptr;       // null: the scheduler does not
    std::optional<Time> last_success;     // when its newest good backup was done
    std::optional<std::int64_t> term_ns;  // that its schedule allows between two runs
    std::optional<Time> known_since;      // when the catalogue first saw the plan
    bool is_running = false;
    bool is_late = false;       // longer ago than the schedule allows, and a day
    bool lacks_copies = false;  // more of them than media may owe for now
    std::uint64_t copies_wanted = 0;
    PlanState state = PlanState::never;
    // Never backed up, for longer than its schedule allows, and a day.
    [[nodiscard]] bool first_is_late(Time now) const;
    // Never backed up, and neither late nor failed.
    [[nodiscard]] bool awaits_first(Time now) const;
    // Everything is as it should be; what waits for a key is no backup.
    [[nodiscard]] bool is_protected() const { return state == PlanState::protected_now || state == PlanState::waiting_for_key; }
};

struct MediumFacts {
    std::string name;
    const MediumConfig* medium = nullptr;  // null: in the register only
    std::optional<catalog::RegisteredMedium> registered;
    const MediumSight* sight = nullptr;
    std::optional<catalog::MediumDebt> debt;
    bool owes_too_long = false;
    std::optional<Time> last_verified;
    std::optional<double> verified_ratio;
};

struct FactsView {
    explicit FactsView(const FactsInputs& all) : inputs(all) {}
    const FactsInputs& inputs;
    std::vector<PlanFacts> plans;    // as configured
    std::vector<MediumFacts> media;  // as configured, then others of the register that are not erased
    std::vector<catalog::Job> open_jobs;
    std::vector<catalog::Finding> findings;  // open, nobody has acknowledged them
    std::optional<KitState> kit;             // none: no keyring was found, or it cannot be read
    std::string keyring_error;               // why

    [[nodiscard]] const MediumFacts* find_medium(std::string_view name) const;
};
// `also`: asked within the same moment of the catalogue.
[[nodiscard]] Result<FactsView> look_at_facts(const FactsInputs& inputs, const std::function<Status()>& also = {});

// What needs a person, worst first, in the language of the thread.
struct PersonNeed {
    int rank = 0;  // the lower, the worse
    NeedsPerson text;
    // The alert that tells the same, where there is one.
    std::optional<AlertKind> kind{};
    std::string object{};
};
enum class StandingAlerts { added, left_out };  // left_out: with everything that one of them tells
[[nodiscard]] std::vector<PersonNeed> needs_of(const FactsView& view, StandingAlerts standing);
[[nodiscard]] StatusFacts status_of(const FactsView& view);

// "B6, plan etc: one medium (12/QĐ-UBND: one server room)", one for each that is in force.
[[nodiscard]] std::vector<std::string> exception_lines(const Config& config);

}  // namespace custody
