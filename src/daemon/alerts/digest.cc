#include "daemon/alerts/digest.h"

#include <algorithm>

namespace custody {
namespace {

using Language2 = std::string Bilingual::*;

struct Counts {
    std::size_t done = 0, awaited = 0, plans = 0, owed = 0, person = 0;
    std::uint64_t new_bytes = 0;
};

Counts counted(const DigestFacts& facts) {
    Counts counts;
    counts.plans = facts.plans.size();
    counts.done =
        static_cast<std::size_t>(std::count_if(facts.plans.begin(), facts.plans.end(), [](const auto& p) { return p.done; }));
    for (const DigestPlan& plan : facts.plans) counts.awaited += !plan.done && plan.awaits_first ? 1 : 0;
    counts.owed = facts.owed.size();
    counts.person = facts.needs_person.size() + (facts.alerts_lost > 0 ? 1 : 0) + (facts.not_covered > 0 ? 1 : 0);
    for (const DigestPlan& plan : facts.plans) counts.new_bytes += plan.new_bytes;
    return counts;
}

// A heading and at most `most` lines below it.
void section(std::string& out, const std::string& heading, const std::vector<std::string>& lines, std::size_t most,
             const std::string& more) {
    out += heading + "\n";
    const std::size_t shown = lines.size() <= most ? lines.size() : most - 1;
    for (std::size_t i = 0; i < shown; ++i) out += "  - " + one_line(lines[i], 200) + "\n";
    if (shown < lines.size()) out += "  - " + more + "\n";
}

class DigestPage {
public:
    DigestPage(const DigestFacts& facts, Language2 language) : facts_(facts), language_(language) {}

    std::string text(Time now, const AlertSender& sender) {
        const Counts counts = counted(facts_);
        const std::string host = sender.organisation.empty() ? sender.host : sender.host + " (" + sender.organisation + ")";
        out_ = host + ", " + alert_time(now) + "\n\n";
        add(say_both("DONE: {}/{} plans, {} new", counts.done, counts.plans, human_bytes(counts.new_bytes)), plan_lines(), 6);
        add(say_both("OWED (media): {}", counts.owed), owed_lines(), 4);
        add(say_both("NEEDS A PERSON: {}", counts.person), person_lines(), 6);
        if (!facts_.may_be_taken_out.empty()) add(say_both("CAN BE TAKEN OUT"), facts_.may_be_taken_out, 2);
        if (!facts_.exceptions.empty()) add(say_both("EXCEPTIONS IN FORCE: {}", facts_.exceptions.size()), exception_lines(), 3);
        if (facts_.next_run) out_ += say_both("Next run: {}", alert_time(*facts_.next_run)).*language_ + "\n";
        out_ += say_both("More: custody status").*language_ + "\n";
        return std::move(out_);
    }

private:
    void add(const Bilingual& heading, const std::vector<std::string>& lines, std::size_t most) {
        const std::size_t hidden = lines.size() < most ? 0 : lines.size() - (most - 1);
        section(out_, heading.*language_, lines, most, say_both("and {} more (custody status)", hidden).*language_);
    }

    std::vector<std::string> plan_lines() const {
        std::vector<std::string> not_done, not_yet, few_copies;
        for (const DigestPlan& plan : facts_.plans) {
            const Bilingual since =
                plan.last_success ? say_both("last success {}", alert_time(*plan.last_success)) : say_both("never backed up");
            if (!plan.done && plan.awaits_first) {
                not_yet.push_back((plan.first_run ? say_both("NOT YET {}: first run {}", plan.name, alert_time(*plan.first_run))
                                                  : say_both("NOT YET {}: its first backup goes on or waits", plan.name)).*
                                  language_);
            } else if (!plan.done) {
                not_done.push_back(say_both("NOT DONE {}: {}", plan.name, since.*language_).*language_);
            } else if (plan.copies < plan.copies_wanted) {
                few_copies.push_back(say_both("{}: {} of {} copies", plan.name, plan.copies, plan.copies_wanted).*language_);
            }
        }
        for (std::vector<std::string>* more : {&not_yet, &few_copies})
            not_done.insert(not_done.end(), more->begin(), more->end());
        return not_done;
    }

    std::vector<std::string> exception_lines() const {
        std::vector<std::string> lines;
        for (const Bilingual& line : facts_.exceptions) lines.push_back(line.*language_);
        return lines;
    }

    std::vector<std::string> owed_lines() const {
        std::vector<std::string> lines;
        for (const DigestOwed& owed : facts_.owed) {
            const std::string where = owed.place.empty() ? owed.medium : owed.medium + " (" + owed.place + ")";
            lines.push_back(owed.since
                                ? say_both("{}: snapshots owed {}, since {}", where, owed.snapshots, alert_time(*owed.since)).*
                                      language_
                                : say_both("{}: snapshots owed {}", where, owed.snapshots).*language_);
        }
        return lines;
    }

    std::vector<std::string> person_lines() const {
        std::vector<std::string> lines;
        if (facts_.alerts_lost > 0)
            lines.push_back(say_both("alerts that could not be delivered: {}", facts_.alerts_lost).*language_);
        for (const Bilingual& line : facts_.needs_person) lines.push_back(line.*language_);
        if (facts_.not_covered > 0) {
            lines.push_back(say_both("file systems or databases that no plan covers: {}", facts_.not_covered).*language_);
        }
        return lines;
    }

    const DigestFacts& facts_;
    const Language2 language_;
    std::string out_;
};

}  // namespace

AlertMessage render_digest(const DigestFacts& facts, Time now, const AlertSender& sender) {
    const Counts counts = counted(facts);
    AlertMessage message;
    message.key = "digest";
    message.kind = "digest";
    message.which = AlertClass::digest;
    message.severity =
        counts.person > 0 || counts.done + counts.awaited < counts.plans ? AlertSeverity::warning : AlertSeverity::notice;
    message.made = now;
    message.host = sender.host;
    const Bilingual summary =
        say_both("done {}/{}, owed {}, needs a person {}", counts.done, counts.plans, counts.owed, counts.person);
    message.subject = one_line("[Custody " + sender.host + "] " + summary.vi, 300);
    message.text = DigestPage(facts, &Bilingual::vi).text(now, sender) + "\n---- English ----\n\n" +
                   DigestPage(facts, &Bilingual::en).text(now, sender);
    message.line = one_line(summary.vi + " / " + summary.en, 1400);
    message.fields = {{"done", std::to_string(counts.done)},
                      {"needs_person", std::to_string(counts.person)},
                      {"owed", std::to_string(counts.owed)},
                      {"plans", std::to_string(counts.plans)}};
    return message;
}

}  // namespace custody
