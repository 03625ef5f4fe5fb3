#include "base/text.h"
#include "daemon/alerts/event_text.h"
#include "daemon/jobs/own_folders.h"
#include "daemon/work/facts_view.h"

#include <algorithm>
#include <set>
#include <utility>

namespace custody {
namespace {

// The lower, the worse. What stands between two of them keeps its order.
enum Rank : int {
    kCriticalAlert,
    kUrgentFinding,
    kOfTheService,
    kNoKeyring,
    kImportantFails,
    kImportantNever,
    kImportantLate,
    kErrorAlert,
    kWaitsForMedium,
    kUndelivered,
    kOwedTooLong,
    kFewCopies,
    kNoKit,
    kWaitsForKey,
    kFails,
    kNever,
    kLate,
    kWarningAlert,
    kFinding,
    kNotCovered,
};

constexpr std::size_t kNamesShown = 5;

std::string some_of(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i)
        text.append(i == 0 ? "" : ", ").append(printable(names[i]));
    return names.size() <= kNamesShown ? text : say("{} and {} more", text, names.size() - kNamesShown);
}

class Needs {
public:
    explicit Needs(const FactsView& view) : view_(view), inputs_(view.inputs) {}

    std::vector<PersonNeed> take(StandingAlerts standing) {
        of_service();
        of_plans();
        of_copies();
        of_waiting();
        of_media();
        of_keys();
        of_findings();
        of_delivery();
        if (standing == StandingAlerts::added) {
            of_coverage();
            add_standing();
        } else {
            leave_out_standing();
        }
        std::stable_sort(needs_.begin(), needs_.end(), [](const PersonNeed& a, const PersonNeed& b) { return a.rank < b.rank; });
        return std::move(needs_);
    }

private:
    void add(int rank, NeedsPerson text, std::optional<AlertKind> kind = {}, std::string object = "") {
        needs_.push_back({rank, std::move(text), kind, std::move(object)});
    }

    void of_service() {
        for (const NeedsPerson& further : inputs_.further) add(kOfTheService, further);
        if (view_.plans.empty()) {
            add(kOfTheService, {say("no plan is configured: nothing is backed up"), "", "custody setup"});
        }
    }

    // "custody job show 12 && custody plan run etc": why, then again.
    static std::string again(const PlanFacts& facts) {
        const std::string run = "custody plan run " + facts.plan->name;
        return facts.standing.last ? fmt::format("custody job show {} && {}", facts.standing.last->id, run) : run;
    }
    std::string what_is_safe(const PlanFacts& facts) const {
        if (!facts.last_success || facts.standing.copies_present == 0) return "";
        return say("the backup of {} is untouched and can be restored", alert_time(*facts.last_success));
    }
    static std::string error_of(const PlanFacts& facts) {
        if (!facts.standing.last || !facts.standing.last->end.error) return "";
        return ": " + facts.standing.last->end.error->message;
    }

    void of_plans() {
        for (const PlanFacts& facts : view_.plans) {
            const std::string name = printable(facts.plan->name);
            const auto rank = [&](Rank important, Rank other) { return facts.important ? important : other; };
            const bool begins_soon = facts.is_running || (facts.view != nullptr && facts.view->is_due);
            if (facts.state == PlanState::failing) {
                add(rank(kImportantFails, kFails),
                    {say("the last backup of plan {} failed", name) + error_of(facts), what_is_safe(facts), again(facts)},
                    AlertKind::backup_failed, facts.plan->name);
            } else if (facts.state == PlanState::never && (facts.standing.failed_since > 0 || !begins_soon)) {
                add(rank(kImportantNever, kNever), {say("plan {} was never backed up", name) + error_of(facts), "", again(facts)},
                    AlertKind::backup_failed, facts.plan->name);
            } else if (facts.is_late) {
                add(rank(kImportantLate, kLate), {say("the newest backup of plan {} is {} old, more than its schedule allows",
                                                      name, age_of(*facts.last_success, inputs_.now)),
                                                  what_is_safe(facts), again(facts)});
            }
        }
    }

    // Where a medium owes for too long, that is what is said.
    void of_copies() {
        std::vector<std::string> few;
        for (const PlanFacts& facts : view_.plans) {
            const bool is_told = std::any_of(facts.plan->media.begin(), facts.plan->media.end(), [&](const std::string& name) {
                const MediumFacts* medium = view_.find_medium(name);
                return medium != nullptr && medium->owes_too_long;
            });
            if (facts.lacks_copies && !is_told) few.push_back(facts.plan->name);
        }
        if (few.empty()) return;
        add(kFewCopies, {say("backups that lie on fewer media than they should: {}", some_of(few)),
                         say("what was backed up can be restored from the media that hold it"), "custody media list"});
    }

    void of_waiting() {
        std::vector<std::string> waiting;
        for (const Waiting& each : inputs_.waiting) {
            if (each.what == Waiting::For::medium) waiting.push_back(each.plan);
        }
        if (waiting.empty()) return;
        add(kWaitsForMedium, {say("plans are due, and none of their media is here: {}", some_of(waiting)),
                              say("backups that were made before are on these media"), "custody media list"});
    }

    void of_media() {
        for (const MediumFacts& medium : view_.media) {
            if (!medium.owes_too_long || !medium.debt) continue;
            const bool removable = medium.medium != nullptr && medium.medium->removable;
            add(kOwedTooLong,
                {say("medium {} has owed copies for {} (snapshots: {})", printable(medium.name),
                     age_of(medium.debt->oldest_since, inputs_.now), medium.debt->snapshots),
                 say("each of these snapshots is on at least one other medium"),
                 removable ? "custody media attach " + medium.name : "custody media list"},
                AlertKind::copy_owed, medium.name);
        }
    }

    void of_keys() {
        std::set<std::string> labels;
        for (const catalog::Job& job : view_.open_jobs) {
            if (job.state == catalog::JobState::waiting_for_key) labels.insert(job.asked.label.value_or(""));
        }
        for (const std::string& label : labels) {
            const std::string safe = say("backups go on: they need no secret");
            if (label.empty()) {
                add(kWaitsForKey, {say("work is waiting for a key"), safe, "custody job list"}, AlertKind::waiting_for_key);
            } else {
                add(kWaitsForKey,
                    {say("work is waiting for the secret of label {}", printable(label)), safe,
                     fmt::format("custody key unlock --label {} --for 4h", label)},
                    AlertKind::waiting_for_key, label);
            }
        }
        of_kit();
    }

    void of_kit() {
        constexpr const char* kMake = "custody key export --recovery --output KIT && custody key import KIT --check";
        if (!view_.kit) {
            add(kNoKeyring, {view_.keyring_error, "", "custody setup"});
            return;
        }
        std::string what;
        if (*view_.kit == KitState::none) what = say("there is no recovery kit: if the keyring is lost, so is every backup");
        if (*view_.kit == KitState::unproven) what = say("the recovery kit was never read back");
        if (*view_.kit == KitState::stale) what = say("the recovery kit is older than the newest keys");
        if (what.empty()) return;
        add(kNoKit,
            {std::move(what), say("backups go on and can be restored with the keyring of this machine"),
             *view_.kit == KitState::unproven ? "custody key import KIT --check" : kMake},
            AlertKind::kit_stale);
    }

    void of_findings() {
        for (const catalog::Finding& finding : view_.findings) {
            if (finding.seen.severity == catalog::Severity::notice) continue;
            const std::string& object = finding.seen.object;
            std::string type = "custody job list";
            if (inputs_.config->find_plan(object) != nullptr) type = "custody plan show " + object;
            if (view_.find_medium(object) != nullptr) type = "custody media list";
            add(finding.seen.severity == catalog::Severity::urgent ? kUrgentFinding : kFinding,
                {printable(finding.seen.text.shown()), "", std::move(type)});
        }
    }

    void of_delivery() {
        for (const AlertTrouble& trouble : inputs_.troubles) {
            if (trouble.tries < 2) continue;  // it is tried again at once
            add(kUndelivered,
                {say("alerts do not pass to {}: {}", printable(trouble.target), trouble.why),
                 say("they are kept, and sent as soon as they pass"), "custody alert test"},
                AlertKind::alerts_undelivered, trouble.target);
        }
    }

    void of_coverage() {
        if (inputs_.not_covered.empty()) return;
        add(kNotCovered, {say("no plan covers: {}", some_of(inputs_.not_covered)), "", "custody setup"});
    }

    [[nodiscard]] static bool is_same(const PersonNeed& need, const AlertEvent& event) {
        if (!need.kind || need.object != alert_object(event)) return false;
        // An absent source is why the backup failed.
        const bool both_fail = *need.kind == AlertKind::backup_failed && event.kind == AlertKind::source_absent;
        return *need.kind == event.kind || both_fail;
    }
    [[nodiscard]] static bool needs_person(const AlertRecord& record) { return alert_kind_rule(record.event.kind).reminds; }

    void add_standing() {
        for (const AlertRecord& record : inputs_.standing) {
            const bool is_told =
                std::any_of(needs_.begin(), needs_.end(), [&](const PersonNeed& need) { return is_same(need, record.event); });
            if (is_told || !needs_person(record)) continue;
            const AlertSeverity severity = severity_of(record.event);
            const int rank = severity == AlertSeverity::critical ? kCriticalAlert
                             : severity == AlertSeverity::error  ? kErrorAlert
                                                                 : kWarningAlert;
            add(rank, {alert_title(record.event).shown(), alert_safe(record.event).shown(), commands(record.event)});
        }
    }
    void leave_out_standing() {
        std::erase_if(needs_, [&](const PersonNeed& need) {
            return std::any_of(inputs_.standing.begin(), inputs_.standing.end(),
                               [&](const AlertRecord& record) { return needs_person(record) && is_same(need, record.event); });
        });
    }
    static std::string commands(const AlertEvent& event) {
        std::string all = alert_todo(event).shown();
        for (std::size_t at = 0; (at = all.find('\n', at)) != std::string::npos; at += 2) all.replace(at, 1, "; ");
        return all;
    }

    const FactsView& view_;
    const FactsInputs& inputs_;
    std::vector<PersonNeed> needs_;
};

}  // namespace

std::string age_of(Time then, Time now) {
    return human_seconds(static_cast<double>(std::max<std::int64_t>(now.ns - then.ns, 0)) / static_cast<double>(kSecond));
}

std::vector<PersonNeed> needs_of(const FactsView& view, StandingAlerts standing) { return Needs(view).take(standing); }

}  // namespace custody
