#include "daemon/alerts/event_text.h"

#include <array>

namespace custody {
namespace {

using K = AlertKind;

// The words of a kind. {plan}, {medium}, {place}, {label}, {object} come from the event; {job} is the command that shows the job.
struct KindText {
    AlertKind kind;
    std::string_view title, safe, todo;
};

constexpr std::string_view kOthersSafe = "All other plans and media go on as before.";
constexpr std::string_view kEarlierSafe = "Earlier snapshots of the plan are untouched and can be restored.";
constexpr std::string_view kOtherMediaSafe = "Copies on other media are untouched; the runs go there meanwhile.";

constexpr std::array kTexts = {
    KindText{K::backup_failed, "Backup of plan {plan} failed", kEarlierSafe, "{job}\ncustody plan run {plan}"},
    KindText{K::source_absent, "The source of plan {plan} is absent or empty; nothing was backed up", kEarlierSafe,
             "findmnt\ncustody plan run {plan}"},
    KindText{K::source_unreadable, "Plan {plan} was backed up, but some items could not be read",
             "All that could be read is in the new snapshot; earlier snapshots are untouched.", "{job}\ncustody plan run {plan}"},
    KindText{K::reconcile_damage, "The new snapshot of plan {plan} on medium {medium} does not match its source",
             "Earlier snapshots of the plan are untouched; the new one is marked as failed and is not counted on.",
             "{job}\ncustody verify --vault VAULT-OF-{medium} --level full\ncustody plan run {plan}"},
    KindText{K::scan_finding, "The scan of restored files found something: {object}",
             "The file was moved to quarantine and does not lie where it was to be restored.", "{job}"},
    KindText{K::medium_absent, "Medium {medium}{place} is not attached", kOtherMediaSafe, "custody media list"},
    KindText{K::medium_wrong, "What is attached as medium {medium}{place} is not it, or not independent",
             "Nothing was written to it; copies on other media are untouched.", "custody media list\nlsblk -f"},
    KindText{K::medium_full, "Medium {medium}{place} is full", "What is on it can be restored; nothing was deleted to make room.",
             "custody prune --vault VAULT-OF-{medium}\ncustody media list"},
    KindText{K::medium_failed, "Medium {medium}{place} failed while it was used", kOtherMediaSafe,
             "dmesg | tail -n 50\ncustody media list\ncustody verify --vault VAULT-OF-{medium}"},
    KindText{K::copy_owed, "Medium {medium}{place} has owed copies for too long",
             "Each snapshot is on at least one other medium; only the second copy is missing.",
             "custody media list\ncustody media attach {medium}"},
    KindText{K::can_be_taken_out, "Medium {medium} is up to date and unmounted: it can be taken out now",
             "All that it is to hold is on it, written and read back.", "custody media move {medium}"},
    KindText{K::waiting_for_key, "Work is waiting for the secret of label {label}",
             "Backups go on: they need no secret. Restore drills and full checks of the label stand still.",
             "custody key unlock --label {label} --for 4h"},
    KindText{K::drill_overdue, "The restore drill of plan {plan} is overdue",
             "The snapshots are there and were written whole; that they restore was not proven for too long.",
             "custody drill run {plan}"},
    KindText{K::drill_failed, "The restore drill of plan {plan} failed",
             "The running system was not touched; snapshots on other media may be good.",
             "custody drill list\ncustody verify --level full\ncustody drill run {plan}"},
    KindText{
        K::verify_damage, "Damage found on medium {medium}{place}", "Copies on other media were not touched by it.",
        "custody verify --vault VAULT-OF-{medium} --level full\ncustody repair --vault VAULT-OF-{medium} --from OTHER-VAULT"},
    KindText{K::kit_stale, "There is no proven recovery kit for all present keys",
             "Backups go on and can be restored with the keyring of this machine.",
             "custody key export --recovery KIT-FILE\ncustody key import KIT-FILE --check"},
    KindText{K::clock_jump, "The clock of this machine is wrong or has jumped",
             "Backups go on and are marked; nothing is deleted by its age until the clock is right.",
             "timedatectl\ncustody status"},
    KindText{K::catalog_damaged, "The catalogue was damaged or lost",
             "All backups are in the vaults and do not depend on the catalogue.", "custody catalog rebuild\ncustody status"},
    KindText{K::configuration_refused, "The configuration was refused",
             "The service goes on with the configuration that it had; where it has none, nothing is backed up.",
             "custodyd --check-config\nsystemctl reload custodyd"},
    KindText{K::service_interrupted, "The service was interrupted and has started again",
             "What was reported as done before is done; interrupted jobs are recorded as such and run again.",
             "custody status\ncustody job list"},
    KindText{K::peer_silent, "The service on {object} gives no valid sign of life", "This service goes on as before.",
             "ssh {object} custody status"},
    KindText{K::alerts_undelivered, "Alerts could not be brought to {object}", kOthersSafe, "custody alert test\ncustody status"},
    KindText{K::test, "Test of the alerts", "Nothing happened; this only shows that alerts arrive.", "custody status"},
};

const KindText& words_of(AlertKind kind) {
    for (const KindText& text : kTexts) {
        if (text.kind == kind) return text;
    }
    return kTexts.back();
}

Bilingual filled(std::string_view english, const AlertEvent& event) {
    const auto name = [](const std::string& text) { return text.empty() ? std::string("?") : text; };
    const std::string plan = name(event.plan), medium = name(event.medium), label = name(event.label),
                      object = name(event.object);
    const std::string place = event.place.empty() ? "" : " (" + event.place + ")";
    const std::string job = event.job.empty() ? "custody job list" : "custody job show " + event.job;
    return say_both(english, fmt::arg("plan", plan), fmt::arg("medium", medium), fmt::arg("label", label),
                    fmt::arg("object", object), fmt::arg("place", place), fmt::arg("job", job));
}

// One language of the text, line by line.
class Page {
public:
    void line(std::string_view label, std::string_view text) {
        if (!text.empty()) out_.append(label).append(": ").append(text).append("\n");
    }
    void indented(std::string_view label, std::string_view lines) {
        if (lines.empty()) return;
        out_.append(label).append(":\n");
        while (!lines.empty()) {
            const std::size_t end = lines.find('\n');
            out_.append("    ").append(lines.substr(0, end)).append("\n");
            lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
        }
    }
    void plain(std::string_view text) { out_.append(text).append("\n"); }
    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    std::string out_;
};

Bilingual class_prefix(AlertClass which) {
    if (which == AlertClass::reminder) return say_both("still so");
    if (which == AlertClass::end) return say_both("it is over");
    return {};
}

Bilingual seen(const AlertStanding& standing) {
    if (standing.count <= 1) return {alert_time(standing.first), alert_time(standing.first)};
    return say_both("{}, first {}, {} times", alert_time(standing.last), alert_time(standing.first), standing.count);
}

// `vi` chooses the member of every Bilingual.
std::string page(const AlertEvent& event, AlertClass which, const AlertStanding& standing, const AlertSender& sender,
                 std::string Bilingual::*language) {
    Page page;
    const auto word = [&](std::string_view english) { return say_both(english).*language; };
    const std::string host = sender.organisation.empty() ? sender.host : sender.host + " (" + sender.organisation + ")";
    page.plain(severity_text(severity_of(event)).*language + ": " + alert_headline(event, which).*language);
    page.plain("");
    page.line(word("Machine"), host);
    page.line(word("When"), seen(standing).*language);
    // Also of a first one: it was held a moment to be told with others, and is over already.
    if (which == AlertClass::end || standing.over) {
        page.line(word("Over since"), alert_time(standing.over.value_or(standing.now)));
    }
    page.line(word("What failed"), event.detail);
    page.line(word("Plan"), event.plan);
    page.line(word("Medium"), event.medium);
    page.line(word("Snapshot"), event.snapshot);
    if (event.last_success) page.line(word("Last success"), alert_time(*event.last_success));
    if (which == AlertClass::end) {
        page.plain(word("Nothing is to be done any more."));
    } else {
        page.line(word("Still safe"), alert_safe(event).*language);
        page.indented(word("What to type"), alert_todo(event).*language);
    }
    return page.take();
}

std::vector<std::pair<std::string, std::string>> fields_of(const AlertEvent& event, const AlertStanding& standing) {
    std::vector<std::pair<std::string, std::string>> fields;
    const auto add = [&](std::string name, const std::string& value) {
        if (!value.empty()) fields.emplace_back(std::move(name), value);
    };
    add("count", std::to_string(standing.count));
    add("detail", event.detail);
    add("job", event.job);
    add("label", event.label);
    add("medium", event.medium);
    add("object", event.object);
    add("plan", event.plan);
    add("snapshot", event.snapshot);
    return fields;
}

}  // namespace

Bilingual alert_headline(const AlertEvent& event, AlertClass which) {
    const Bilingual title = alert_title(event), prefix = class_prefix(which);
    if (prefix.empty()) return title;
    return {prefix.vi + ": " + title.vi, prefix.en + ": " + title.en};
}

Bilingual alert_title(const AlertEvent& event) { return filled(words_of(event.kind).title, event); }

Bilingual alert_safe(const AlertEvent& event) {
    return event.safe.empty() ? filled(words_of(event.kind).safe, event) : event.safe;
}

Bilingual alert_todo(const AlertEvent& event) {
    return event.todo.empty() ? filled(words_of(event.kind).todo, event) : event.todo;
}

Bilingual severity_text(AlertSeverity severity) {
    switch (severity) {
        case AlertSeverity::notice:
            return say_both("NOTICE");
        case AlertSeverity::warning:
            return say_both("WARNING");
        case AlertSeverity::error:
            return say_both("ERROR");
        case AlertSeverity::critical:
            return say_both("CRITICAL");
    }
    return say_both("CRITICAL");
}

std::string alert_time(Time time) {
    std::string text = to_rfc3339_local(Time{time.seconds() * kSecond});
    if (text.size() > 19) text = text.substr(0, 10) + " " + text.substr(11, 8) + " " + text.substr(19);
    return text;
}

AlertMessage render_alert(const AlertEvent& event, AlertClass which, const AlertStanding& standing, const AlertSender& sender) {
    AlertMessage message;
    message.key = alert_key(event);
    message.kind = alert_kind_name(event.kind);
    message.which = which;
    message.severity = which == AlertClass::end ? AlertSeverity::notice : severity_of(event);
    message.made = standing.now;
    message.host = sender.host;
    const Bilingual title = alert_headline(event, which), severity = severity_text(severity_of(event));
    message.subject = one_line("[Custody " + sender.host + "] " + severity.vi + ": " + title.vi + " / " + title.en, 300);
    message.text = page(event, which, standing, sender, &Bilingual::vi) + "\n---- English ----\n\n" +
                   page(event, which, standing, sender, &Bilingual::en);
    message.line = one_line(title.vi + " / " + title.en + (event.detail.empty() ? "" : ": " + event.detail), 1400);
    message.fields = fields_of(event, standing);
    return message;
}

}  // namespace custody
