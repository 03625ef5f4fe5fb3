#include "daemon/config/judge.h"

#include "base/counts.h"
#include "base/nearest.h"
#include "base/text.h"
#include "daemon/config/values.h"
#include "daemon/schedule/cron.h"
#include "vault/history/lawful_term.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

#include <fmt/ranges.h>

namespace custody {
namespace {

constexpr Time kJudgedFrom{1'735'689'600 * kSecond};  // 2025-01-01: four years with a leap day
constexpr int kJudgedYears = 4;
constexpr LawSpan kMonth{1, LawSpan::Unit::months};
constexpr std::uint32_t kCopies = 2;
constexpr std::int64_t kClockChange = 2 * kHour;  // a month over a change of clocks is still a month
constexpr std::string_view kLog = "log";

// Says in the language of the moment: a fault at once, an exception to whoever asks for it later.
using Speak = std::function<std::string()>;

// What a duty asks here, and where it stands.
struct Asked {
    std::string cite;   // "BK 11.3, DS 10.5c"; empty: no regulation that applies
    std::string words;  // of the strictest
};

class Judge {
public:
    Judge(const Config& config, const LawBook& book, const ZoneRules& zone)
        : config_(config), book_(book), zone_(zone), applying_(book.applying(config.law.apply)) {}

    Judgement run() {
        faults_.enter("law");
        notes_.enter("law");
        judge_law();
        faults_.enter("label");
        notes_.enter("label");
        for (const LabelConfig& label : config_.labels) judge_label(label);
        faults_.enter("plan");
        notes_.enter("plan");
        for (const PlanConfig& plan : config_.plans) judge_plan(plan);
        judge_media();
        judge_alerts();
        result_.faults = std::move(faults_).sorted();
        result_.notes = std::move(notes_).sorted();
        return std::move(result_);
    }

private:
    void judge_law() {
        for (std::size_t i = 0; i < config_.law.apply.size(); ++i) {
            const std::string& id = config_.law.apply[i];
            const Position at = config_.law.at.of(fmt::format("apply[{}]", i));
            const Regulation* regulation = book_.find(id);
            if (regulation == nullptr) {
                const std::vector<std::string_view> ids = book_.ids();
                const std::string_view near = nearest(id, ids);
                const std::string meant =
                    near.empty() ? say("known are {}", fmt::format("{}", fmt::join(ids, ", "))) : say("is '{}' meant?", near);
                faults_.add(at, say("there is no regulation '{}': {}", printable(id), meant));
            } else if (regulation->status == LawStatus::draft) {
                notes_.add(at, say("{} is a draft: {}", id, regulation->title));
            } else if (regulation->status == LawStatus::ended) {
                notes_.add(at, say("{} is no longer in force: {}", id, regulation->title));
            }
        }
        if (config_.law.apply.empty()) {
            notes_.add(config_.law.at.section, say("[law] apply names no regulation: only Custody's own floor is judged"));
        }
    }

    // The strictest value of a duty among the regulations that apply, and the articles of those that ask for it.
    template <class Value, class Of>
    Value strictest(std::string_view duty, Value floor, Of of, Asked& asked) const {
        std::vector<std::string> cites;
        for (const Regulation* regulation : applying_) {
            const LawDuty* found = regulation->find(duty);
            if (found == nullptr || !of(*found)) continue;
            for (const std::string& cite : found->cite) cites.push_back(regulation->id + " " + cite);
            if (asked.words.empty() || *of(*found) > floor) asked.words = found->words;
            floor = std::max(floor, *of(*found));
        }
        asked.cite = printable_list(cites);
        return floor;
    }

    // "DS 24.1b: “...”", or that it is the house's own.
    static std::string basis(const Asked& asked) {
        return asked.cite.empty() ? say("Custody's own floor") : asked.cite + ": “" + asked.words + "”";
    }

    // Refused, or recorded where an exception was given.
    void below(std::string_view duty, Position at, const Speak& about, const Speak& what, const std::string& remedy,
               const ExceptionText* exception) {
        if (exception != nullptr && exception->given()) {
            used_.insert(exception);
            result_.exceptions.push_back({std::string(duty), in_both(about), in_both(what), exception->text, at});
            return;
        }
        faults_.add(at, say("{}: {} {}; {}, or set exception = \"document number and reason\"", duty, about(), what(), remedy));
    }

    // ---- labels

    void judge_label(const LabelConfig& label) {
        const Speak about = [&label] { return say("label {}", label.name); };
        if (label.built_in && label.name != kLog && label.importance == Importance::ordinary) {
            Asked asked;
            (void)longest_allowed("B3", asked);  // for which rules ask it
            below(
                "B3", label.at.of("importance"), about,
                [&] { return say("holds important data and is called ordinary ({})", basis(asked)); },
                say("leave 'importance' out"), &label.exception);
        }
        if (label.name == kLog) judge_log_retention(label.retention, label.at.of("retention"), about, &label.exception);
        if (label.importance == Importance::important && label.drill_every_ns == 0) {
            Asked asked;
            asked.cite = citation(config_, book_, "I2");
            below(
                "I2", label.at.of("drill_every"), about,
                [&] {
                    return say("is never restored as a trial ({})", asked.cite.empty() ? say("Custody's own floor") : asked.cite);
                },
                say("give 'drill_every' a time, as \"31d\""), &label.exception);
        }
        note_unused(label.exception, label.at, about, covers_a_plan(label));
    }

    // A label's exception also covers its plans, which are judged later.
    bool covers_a_plan(const LabelConfig& label) const {
        return std::any_of(config_.plans.begin(), config_.plans.end(),
                           [&](const PlanConfig& plan) { return plan.label == label.name; });
    }

    void judge_log_retention(const RetentionRule& rule, Position at, const Speak& about, const ExceptionText* exception) {
        Asked asked;
        const std::int64_t floor = lawful_term(kLog).length_ns;
        const auto keep = [](const LawDuty& duty) -> std::optional<std::int64_t> {
            return duty.keep ? std::optional(duty.keep->longest_ns()) : std::nullopt;
        };
        const std::int64_t asked_ns = std::max(strictest("B12", floor, keep, asked), floor);
        if (reach_of(rule) >= asked_ns) return;
        below(
            "B12", at, about,
            [&] {
                return say("keeps logs for {} (\"{}\"), where {} at least are asked ({})", describe_duration(reach_of(rule)),
                           describe(rule), describe_duration(asked_ns), basis(asked));
            },
            say("write \"within {}\"", describe_duration(asked_ns)), exception);
    }

    // ---- plans

    const ExceptionText* exception_of(const PlanConfig& plan) const {
        if (plan.exception.given()) return &plan.exception;
        const LabelConfig* label = config_.find_label(plan.label);
        return label == nullptr ? nullptr : &label->exception;
    }

    void judge_plan(const PlanConfig& plan) {
        const Speak about = [&plan] { return say("plan {}", printable(plan.name)); };
        const bool important = config_.is_important(plan);
        if (important) judge_copies(plan, about);
        if (important) judge_interval("B3", plan, about);
        if (plan.label == kLog) judge_interval("B12", plan, about);
        if (plan.label == kLog && plan.retention) {
            judge_log_retention(*plan.retention, plan.at.of("retention"), about, exception_of(plan));
        }
        note_unused(plan.exception, plan.at, about, false);
    }

    void judge_copies(const PlanConfig& plan, const Speak& about) {
        if (config_.media.empty()) return;  // a first configuration: noted for all plans at once
        Asked asked;
        const auto copies = [](const LawDuty& duty) { return duty.copies; };
        const std::uint32_t wanted = strictest("B6", kCopies, copies, asked);
        const std::size_t has = std::set<std::string>(plan.media.begin(), plan.media.end()).size();
        if (has >= wanted) return;
        below(
            "B6", plan.at.of("media"), about,
            [&] {
                return say("keeps important data on {} of {} devices or places that are asked at least ({})", has, wanted,
                           basis(asked));
            },
            say("name more media in 'media'"), exception_of(plan));
    }

    std::int64_t longest_allowed(std::string_view duty, Asked& asked) const {
        // The strictest interval is the shortest: the largest of the negative ones.
        const auto every = [](const LawDuty& law) -> std::optional<std::int64_t> {
            return law.every ? std::optional(-law.every->longest_ns()) : std::nullopt;
        };
        return -strictest(duty, -kMonth.longest_ns(), every, asked);
    }

    void judge_interval(std::string_view duty, const PlanConfig& plan, const Speak& about) {
        Asked asked;
        const std::int64_t allowed = longest_allowed(duty, asked);
        const auto interval = longest_interval(plan, zone_);
        if (interval && *interval <= allowed + kClockChange) return;
        if (!interval && !(plan.schedule.empty() && plan.on_change)) return;  // a fault of its own already
        const Speak what = [&] {
            return !interval ? say("runs only when something changes, where {} at most may pass between two runs ({})",
                                   describe_duration(allowed), basis(asked))
                             : say("can leave {} between two runs (schedule \"{}\"), where {} at most are allowed ({})",
                                   describe_duration(*interval / kDay * kDay), printable(plan.schedule),
                                   describe_duration(allowed), basis(asked));
        };
        below(duty, plan.at.of("schedule"), about, what, say("let it run at least every month, as \"30 1 1 * *\""),
              exception_of(plan));
    }

    // ---- media and alerts

    void judge_media() {
        notes_.enter("medium");
        for (const MediumConfig& medium : config_.media) {
            if (!medium.exception.given()) continue;
            result_.exceptions.push_back(
                {"B1", in_both([&] { return say("medium {}", printable(medium.name)); }),
                 in_both([] { return say("the medium may lie on a disk that holds a source or the running system"); }),
                 medium.exception.text, medium.at.of("exception")});
        }
        if (config_.media.empty()) {
            notes_.add({}, say("no medium is configured: nothing is backed up until a [[medium]] is there; 'custody setup' or "
                               "'custody media prepare DEVICE' makes one"));
        }
    }

    void judge_alerts() {
        notes_.enter("alert");
        const AlertSettings& alert = config_.alert.settings;
        for (const std::string& line : alert_exceptions(alert)) {
            const std::size_t colon = line.find(": ");
            const bool smtp = line.starts_with("smtp");
            const std::string about = smtp ? "[alert] smtp" : "[alert] syslog", where = line.substr(0, colon);
            result_.exceptions.push_back(
                {"E6", Bilingual{about, about}, in_both([&] { return say("alerts go to {} without encryption", where); }),
                 line.substr(colon + 2), config_.alert.at.of(smtp ? "smtp.exception" : "syslog.exception")});
        }
        if (!alert.smtp && !alert.syslog && !alert.command) {
            notes_.add(config_.alert.at.section,
                       say("L3: [alert] names nobody to be told; failures show in 'custody status' alone"));
        }
    }

    void note_unused(const ExceptionText& exception, const Places& at, const Speak& about, bool may_serve_later) {
        if (!exception.given() || may_serve_later || used_.count(&exception) != 0) return;
        notes_.add(at.of("exception"), say("the exception of {} is not needed: nothing of it is below what is asked", about()));
    }

    const Config& config_;
    const LawBook& book_;
    const ZoneRules& zone_;
    std::vector<const Regulation*> applying_;
    std::set<const ExceptionText*> used_;
    ConfigFaults faults_, notes_;
    Judgement result_;
};

}  // namespace

Judgement judge(const Config& config, const LawBook& book, const ZoneRules& zone) { return Judge(config, book, zone).run(); }

std::int64_t reach_of(const RetentionRule& rule) {
    if (rule.empty()) return std::numeric_limits<std::int64_t>::max();
    const auto months = [](std::uint32_t count) {
        return LawSpan{count == 0 ? 0 : count - 1, LawSpan::Unit::months}.longest_ns();
    };
    const std::int64_t weekly = rule.weekly == 0 ? 0 : (static_cast<std::int64_t>(rule.weekly) - 1) * 7 * kDay + kDay;
    const std::int64_t yearly = rule.yearly == 0 ? 0 : (static_cast<std::int64_t>(rule.yearly) - 1) * 366 * kDay;
    return std::max(
        {rule.within_ns.value_or(0), static_cast<std::int64_t>(rule.daily) * kDay, weekly, months(rule.monthly), yearly});
}

std::optional<std::int64_t> longest_interval(const PlanConfig& plan, const ZoneRules& zone) {
    std::optional<std::int64_t> longest;
    if (!plan.schedule.empty()) {
        const auto cron = Cron::parse(plan.schedule);
        if (!cron.ok()) return std::nullopt;
        longest = worst_gap(*cron, zone, kJudgedFrom, kJudgedYears);
    }
    const auto* command = std::get_if<CommandSource>(&plan.source);
    if (command != nullptr && command->every_ns != 0) longest = std::min(longest.value_or(command->every_ns), command->every_ns);
    return longest;
}

std::string citation(const Config& config, const LawBook& book, std::string_view duty) {
    std::vector<std::string> cites;
    for (const Regulation* regulation : book.applying(config.law.apply)) {
        const LawDuty* found = regulation->find(duty);
        if (found == nullptr) continue;
        for (const std::string& cite : found->cite) cites.push_back(regulation->id + " " + cite);
    }
    return printable_list(cites);
}

}  // namespace custody
