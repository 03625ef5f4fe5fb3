#include "daemon/alerts/group_text.h"

#include "base/crypto.h"

#include <algorithm>
#include <set>

namespace custody {
namespace {

using Records = std::vector<const AlertRecord*>;
using Language2 = std::string Bilingual::*;
constexpr std::size_t kLongestLine = 200;
constexpr std::size_t kLongestSafe = 600;
constexpr std::size_t kMostCommands = 8;
constexpr std::size_t kLongestList = 900;  // of objects in one line, for machines and syslog

const AlertEvent& first_of(const Records& records) { return records.front()->event; }

// Many plans fail for one reason: it is said once then.
bool have_one_detail(const Records& records) {
    return std::all_of(records.begin(), records.end(),
                       [&](const AlertRecord* record) { return record->event.detail == first_of(records).detail; });
}

Bilingual headline(const Records& records, AlertClass which) {
    const Bilingual one = alert_headline(first_of(records), which), more = say_both("and {} more", records.size() - 1);
    return {one.vi + " (" + more.vi + ")", one.en + " (" + more.en + ")"};
}

// What the events have in common, else what their kind says.
Bilingual safe_of(const Records& records) {
    const Bilingual one = alert_safe(first_of(records));
    const bool common =
        std::all_of(records.begin(), records.end(), [&](const AlertRecord* record) { return alert_safe(record->event) == one; });
    AlertEvent kind;
    kind.kind = first_of(records).kind;
    return common ? one : alert_safe(kind);
}

std::vector<std::string> commands_of(const Records& records, Language2 language) {
    std::vector<std::string> commands;
    for (const AlertRecord* record : records) {
        const std::string all = alert_todo(record->event).*language;
        for (std::string_view lines = all; !lines.empty();) {
            const std::size_t end = lines.find('\n');
            std::string command(lines.substr(0, end));
            lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
            if (std::find(commands.begin(), commands.end(), command) == commands.end()) commands.push_back(std::move(command));
        }
        if (commands.size() >= kMostCommands) break;
    }
    if (commands.size() > kMostCommands) commands.resize(kMostCommands);
    constexpr const char* kStatus = "custody status";
    if (std::find(commands.begin(), commands.end(), kStatus) == commands.end()) commands.emplace_back(kStatus);
    return commands;
}

std::string line_of(const AlertRecord& record, bool with_detail, Language2 language) {
    std::string line = alert_object(record.event);
    if (with_detail && !record.event.detail.empty()) line += ": " + record.event.detail;
    line = one_line(line, kLongestLine);
    if (record.over) line += " (" + say_both("over since {}", alert_time(*record.over)).*language + ")";
    return line;
}

void labelled(std::string& out, const Bilingual& label, std::string_view text, Language2 language) {
    if (!text.empty()) out.append(label.*language).append(": ").append(text).append("\n");
}

void listed(std::string& out, const Records& records, Language2 language) {
    const bool one_detail = have_one_detail(records);
    out.append(say_both("Concerned").*language).append(" (" + std::to_string(records.size()) + "):\n");
    const std::size_t shown = records.size() <= kGroupLines ? records.size() : kGroupLines - 1;
    for (std::size_t i = 0; i < shown; ++i) out += "    " + line_of(*records[i], !one_detail, language) + "\n";
    if (shown < records.size()) out += "    " + say_both("and {} more (custody status)", records.size() - shown).*language + "\n";
}

std::string page(const Records& records, AlertClass which, Time now, const AlertSender& sender, Language2 language) {
    const std::string host = sender.organisation.empty() ? sender.host : sender.host + " (" + sender.organisation + ")";
    Time first = records.front()->first, last = records.front()->last;
    for (const AlertRecord* record : records) {
        first = std::min(first, record->first);
        last = std::max(last, record->last);
    }
    std::string out =
        severity_text(severity_of(first_of(records))).*language + ": " + headline(records, which).*language + "\n\n";
    labelled(out, say_both("Machine"), host, language);
    labelled(out, say_both("When"), first == last ? alert_time(first) : alert_time(first) + " – " + alert_time(last), language);
    if (which == AlertClass::end) labelled(out, say_both("Over since"), alert_time(now), language);
    if (have_one_detail(records)) labelled(out, say_both("What failed"), first_of(records).detail, language);
    listed(out, records, language);
    if (which == AlertClass::end) return out + say_both("Nothing is to be done any more.").*language + "\n";
    labelled(out, say_both("Still safe"), one_line(safe_of(records).*language, kLongestSafe), language);
    out.append(say_both("What to type").*language).append(":\n");
    for (const std::string& command : commands_of(records, language)) out += "    " + command + "\n";
    return out;
}

}  // namespace

std::string member_name(std::string_view key) { return sha256(as_bytes(key)).hex().substr(0, 32); }

AlertStanding standing_of(const AlertRecord& record, Time now) {
    return {record.first, record.last, record.count, now, record.over};
}

AlertMessage render_group(const Records& records, AlertClass which, Time now, const AlertSender& sender) {
    const AlertEvent& first = first_of(records);
    AlertMessage message;
    message.key = std::string(alert_kind_name(first.kind)) + "/*";
    message.kind = alert_kind_name(first.kind);
    message.which = which;
    message.severity = which == AlertClass::end ? AlertSeverity::notice : severity_of(first);
    message.made = now;
    message.host = sender.host;
    const Bilingual title = headline(records, which), severity = severity_text(severity_of(first));
    message.subject = one_line("[Custody " + sender.host + "] " + severity.vi + ": " + title.vi + " / " + title.en, 300);
    message.text = page(records, which, now, sender, &Bilingual::vi) + "\n---- English ----\n\n" +
                   page(records, which, now, sender, &Bilingual::en);
    std::string objects;
    for (const AlertRecord* record : records) {
        message.members.push_back(member_name(alert_key(record->event)));
        if (objects.size() < kLongestList) objects += (objects.empty() ? "" : ", ") + alert_object(record->event);
    }
    std::sort(message.members.begin(), message.members.end());
    objects = one_line(objects, kLongestList);
    message.line = one_line(title.vi + " / " + title.en + ": " + objects, 1400);
    if (have_one_detail(records) && !first.detail.empty()) message.fields.emplace_back("detail", first.detail);
    message.fields.emplace_back("events", std::to_string(records.size()));
    message.fields.emplace_back("objects", objects);
    return message;
}

}  // namespace custody
