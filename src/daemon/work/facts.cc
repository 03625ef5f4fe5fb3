#include "daemon/work/facts.h"

#include "base/text.h"
#include "catalog/plans.h"
#include "daemon/config/judge.h"
#include "daemon/jobs/own_folders.h"
#include "daemon/media/lifecycle.h"
#include "daemon/work/facts_view.h"

#include <algorithm>
#include <set>
#include <utility>

namespace custody {
namespace {

using catalog::JobState;

template <class Item>
std::map<std::string, const Item*, std::less<>> by_name(const std::vector<Item>& items) {
    std::map<std::string, const Item*, std::less<>> found;
    for (const Item& item : items) found.emplace(item.name, &item);
    return found;
}

// Everything that the catalogue is asked, of one moment.
struct Asked {
    std::map<std::string, catalog::PlanStanding, std::less<>> plans;
    std::map<std::string, Time, std::less<>> first_seen;  // plans
    std::vector<catalog::RegisteredMedium> media;
    std::map<catalog::MediumKey, catalog::MediumDebt> debts;
    std::vector<catalog::Verification> verifications;
};

Status ask(catalog::Catalog& catalog, FactsView& view, Asked& asked) {
    catalog::Overview overview(catalog);
    TRY_ASSIGN(auto plans, overview.plans());
    for (catalog::PlanStanding& standing : plans) asked.plans.emplace(standing.plan, std::move(standing));
    TRY_ASSIGN(const auto entered, catalog::Plans(catalog).list());
    for (const catalog::PlanRecord& plan : entered) asked.first_seen.emplace(plan.entry.name, plan.first_seen_at);
    TRY_ASSIGN(asked.media, catalog::Media(catalog).list());
    TRY_ASSIGN(const auto debts, overview.debts());
    for (const catalog::MediumDebt& debt : debts) asked.debts.emplace(debt.medium, debt);
    TRY_ASSIGN(asked.verifications, overview.verifications());
    TRY_ASSIGN(view.open_jobs, catalog::Jobs(catalog).open());
    TRY_ASSIGN(view.findings, catalog::Findings(catalog).open());
    std::erase_if(view.findings, [](const catalog::Finding& finding) { return finding.acknowledged_at.has_value(); });
    return done();
}

// The longest that a proof of this medium may be old and still count for the part of it that was read.
std::int64_t verify_period(const Config& config, const std::string& medium) {
    std::int64_t longest = 0;
    for (const PlanConfig& plan : config.plans) {
        if (std::find(plan.media.begin(), plan.media.end(), medium) != plan.media.end())
            longest = std::max(longest, plan.verify.every_ns);
    }
    return longest == 0 ? 31 * kDay : longest;
}

void take_verifications(MediumFacts& medium, const Asked& asked, const FactsInputs& inputs) {
    if (!medium.registered) return;
    const std::int64_t period = verify_period(*inputs.config, medium.name);
    for (const catalog::Verification& each : asked.verifications) {
        if (each.medium != medium.registered->key) continue;
        medium.last_verified = std::max(medium.last_verified.value_or(each.ended_at), each.ended_at);
        // Structure reads references and no content.
        if (each.level == "structure" || each.objects_all == 0 || inputs.now.ns - each.ended_at.ns > period) continue;
        const double ratio = static_cast<double>(each.objects_checked) / static_cast<double>(each.objects_all);
        medium.verified_ratio = std::max(medium.verified_ratio.value_or(0), std::min(ratio, 1.0));
    }
}

void join_media(FactsView& view, const Asked& asked) {
    const FactsInputs& inputs = view.inputs;
    const auto sights = by_name(inputs.media);
    for (const MediumConfig& medium : inputs.config->media) {
        MediumFacts& facts = view.media.emplace_back();
        facts.name = medium.name;
        facts.medium = &medium;
    }
    for (const catalog::RegisteredMedium& registered : asked.media) {
        auto found = std::find_if(view.media.begin(), view.media.end(),
                                  [&](const MediumFacts& medium) { return medium.name == registered.entry.name; });
        if (found == view.media.end()) {
            if (registered.entry.state == catalog::MediumState::erased) continue;
            view.media.emplace_back().name = registered.entry.name;
            found = view.media.end() - 1;
        }
        found->registered = registered;
        const auto debt = asked.debts.find(registered.key);
        if (debt != asked.debts.end()) found->debt = debt->second;
    }
    for (MediumFacts& medium : view.media) {
        const auto sight = sights.find(medium.name);
        if (sight != sights.end()) medium.sight = sight->second;
        const auto since = medium.debt ? std::optional<Time>(medium.debt->oldest_since) : std::nullopt;
        medium.owes_too_long =
            owes_too_long(since, medium.medium != nullptr ? medium.medium->owed_after_ns : 8 * kDay, inputs.now);
        take_verifications(medium, asked, inputs);
    }
}

bool gets_copies(const MediumFacts* medium) {
    if (medium == nullptr || !medium->registered) return true;
    const catalog::MediumState state = medium->registered->entry.state;
    return state != catalog::MediumState::retired && state != catalog::MediumState::erased;
}

// Two of what is important (B6), unless a document says otherwise.
std::uint64_t wanted_copies(const FactsView& view, const PlanFacts& facts) {
    const PlanConfig& plan = *facts.plan;
    const auto count = static_cast<std::uint64_t>(std::count_if(
        plan.media.begin(), plan.media.end(), [&](const std::string& name) { return gets_copies(view.find_medium(name)); }));
    const LabelConfig* label = view.inputs.config->find_label(plan.label);
    const bool excepted = plan.exception.given() || (label != nullptr && label->exception.given());
    return std::max<std::uint64_t>(count, facts.important && !excepted ? 2 : 1);
}

// Copies that may be missing for now: owed to media that may owe for longer.
std::uint64_t owed_in_time(const FactsView& view, const PlanFacts& facts) {
    const auto media = static_cast<std::uint64_t>(
        std::count_if(facts.plan->media.begin(), facts.plan->media.end(), [&](const std::string& name) {
            const MediumFacts* medium = view.find_medium(name);
            return medium != nullptr && medium->debt && !medium->owes_too_long;
        }));
    return std::min(media, facts.standing.copies_owed);
}

std::optional<Time> last_success(const catalog::PlanStanding& standing) {
    std::optional<Time> last;
    if (standing.last_done) {
        const catalog::Job& job = *standing.last_done;
        last = job.ended_at ? job.ended_at : job.begun_at ? job.begun_at : job.asked_at;
    }
    // Of a catalogue that was rebuilt, and of backups that a person made, no job says so.
    if (standing.snapshot_made_at && (!last || *last < *standing.snapshot_made_at)) last = standing.snapshot_made_at;
    return last;
}

void judge_plan(const FactsView& view, const PlanTerms& terms, PlanFacts& facts) {
    facts.last_success = last_success(facts.standing);
    facts.copies_wanted = wanted_copies(view, facts);
    const auto term = terms.longest_ns.find(facts.plan->name);
    if (term != terms.longest_ns.end()) facts.term_ns = term->second;
    facts.is_late = facts.last_success && facts.term_ns && view.inputs.now.ns - facts.last_success->ns - kDay > *facts.term_ns;
    const std::uint64_t copies = facts.standing.copies_present;
    facts.lacks_copies = facts.last_success && (copies == 0 || copies + owed_in_time(view, facts) < facts.copies_wanted);
    const bool waits = std::any_of(view.open_jobs.begin(), view.open_jobs.end(), [&](const catalog::Job& job) {
        return job.asked.plan == facts.plan->name && job.state == JobState::waiting_for_key;
    });
    if (!facts.last_success) {
        facts.state = PlanState::never;
    } else if (facts.standing.failed_since > 0) {
        facts.state = PlanState::failing;
    } else if (facts.is_late || facts.lacks_copies) {
        facts.state = PlanState::late;
    } else {
        facts.state = waits ? PlanState::waiting_for_key : PlanState::protected_now;
    }
}

void join_plans(FactsView& view, Asked& asked) {
    const FactsInputs& inputs = view.inputs;
    std::shared_ptr<const PlanTerms> terms = inputs.terms;
    if (terms == nullptr) {
        const auto zone = system_zone(posix_file_system());
        terms = plan_terms(*inputs.config, zone.ok() ? *zone : ZoneRules());  // else UTC, as the scheduler takes it
    }
    const auto views = by_name(inputs.plans);
    std::set<std::string, std::less<>> running;
    for (const catalog::Job& job : view.open_jobs) {
        if (job.state == JobState::running && job.asked.plan && job.asked.kind == catalog::JobKind::backup)
            running.insert(*job.asked.plan);
    }
    for (const PlanConfig& plan : inputs.config->plans) {
        PlanFacts& facts = view.plans.emplace_back();
        facts.plan = &plan;
        facts.important = inputs.config->is_important(plan);
        const auto first_seen = asked.first_seen.find(plan.name);
        if (first_seen != asked.first_seen.end()) facts.known_since = first_seen->second;
        const auto known = asked.plans.find(plan.name);
        if (known != asked.plans.end()) facts.standing = std::move(known->second);
        const auto seen = views.find(plan.name);
        if (seen != views.end()) facts.view = seen->second;
        facts.is_running = running.contains(plan.name) || (facts.view != nullptr && facts.view->is_running);
        judge_plan(view, *terms, facts);
    }
}

void look_at_keyring(FactsView& view) {
    const auto keyring = Keyring::open(posix_file_system(), system_clock(), keyring_folder(*view.inputs.config));
    if (keyring.ok()) {
        view.kit = keyring->is_custodian() ? kit_state(*keyring) : KitState::proven;
    } else {
        view.keyring_error = keyring.error().message;
    }
}

}  // namespace

std::string_view word_of(PlanState state) {
    switch (state) {
        case PlanState::protected_now:
            return "protected";
        case PlanState::late:
            return "late";
        case PlanState::failing:
            return "failing";
        case PlanState::never:
            return "never";
        case PlanState::waiting_for_key:
            return "waiting_for_key";
    }
    return "never";
}

bool PlanFacts::first_is_late(Time now) const {
    return state == PlanState::never && known_since && now.ns - known_since->ns > term_ns.value_or(0) + kDay;
}

bool PlanFacts::awaits_first(Time now) const {
    return state == PlanState::never && standing.failed_since == 0 && !first_is_late(now);
}

const MediumFacts* FactsView::find_medium(std::string_view name) const {
    const auto found = std::find_if(media.begin(), media.end(), [&](const MediumFacts& medium) { return medium.name == name; });
    return found == media.end() ? nullptr : &*found;
}

Result<FactsView> look_at_facts(const FactsInputs& inputs, const std::function<Status()>& also) {
    FactsView view(inputs);
    Asked asked;
    const auto look = [&](sqlite::Database&) -> Status {
        TRY(ask(inputs.catalog, view, asked));
        return also ? also() : done();
    };
    TRY(inputs.catalog.read(look));
    join_media(view, asked);
    join_plans(view, asked);
    look_at_keyring(view);
    return view;
}

std::shared_ptr<const PlanTerms> plan_terms(const Config& config, const ZoneRules& zone) {
    auto terms = std::make_shared<PlanTerms>();
    std::map<std::string, std::optional<std::int64_t>> known;  // many plans have one schedule
    for (const PlanConfig& plan : config.plans) {
        const auto* command = std::get_if<CommandSource>(&plan.source);
        const std::string schedule = fmt::format("{} / {}", plan.schedule, command != nullptr ? command->every_ns : 0);
        auto found = known.find(schedule);
        if (found == known.end()) found = known.emplace(schedule, longest_interval(plan, zone)).first;
        if (found->second) terms->longest_ns.emplace(plan.name, *found->second);
    }
    return terms;
}

}  // namespace custody
