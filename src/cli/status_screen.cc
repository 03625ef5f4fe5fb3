#include "cli/status_screen.h"

#include "base/counts.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/service_answer.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kNeedsShown = 3;
constexpr std::size_t kLeastRows = 2;  // of plans, and of media, however much else there is
constexpr std::size_t kNameColumns = 20;

// The first `columns` characters; every code point counts as one.
std::string clipped(const std::string& text, std::size_t columns) {
    std::size_t at = 0, count = 0;
    while (at < text.size() && count < columns) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
        ++count;
    }
    if (at == text.size()) return text;
    std::size_t cut = at;  // one character back, for the mark
    do --cut;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80);
    return text.substr(0, cut) + "…";
}

using Rows = std::vector<std::vector<std::string>>;

void add_table(std::vector<std::string>& lines, const Rows& rows, std::size_t columns) {
    for (const std::string& line : format_table(rows)) lines.push_back(clipped(line, columns));
}

// What a person should see first.
int plan_order(const Json& plan) {
    const std::string state = text_field(plan, "state");
    if (state == "failing") return 0;
    if (state == "never") return 1;
    if (state == "waiting_for_key") return 2;
    if (state == "late") return 3;
    return number_field(plan, "copies") < number_field(plan, "copies_wanted") ? 4 : 5;
}

int medium_order(const Json& medium) {
    const std::string state = text_field(medium, "state");
    if (state == "retired" || state == "erased") return 3;
    if (number_field(medium, "owed_snapshots") != 0) return 0;
    return flag_field(medium, "may_be_removed") ? 1 : 2;
}

std::vector<const Json*> ordered(const Json& items, int (*order)(const Json&)) {
    std::vector<const Json*> list;
    for (const Json& item : items) list.push_back(&item);
    std::stable_sort(list.begin(), list.end(), [order](const Json* a, const Json* b) { return order(*a) < order(*b); });
    return list;
}

std::vector<std::string> plan_row(const Json& plan) {
    std::string state = state_text(text_field(plan, "state"));
    if (flag_field(plan, "running")) state += ", " + say("running");
    return {clipped(text_field(plan, "name"), kNameColumns), state, minute_field(plan, "last_success"),
            fmt::format("{}/{}", number_field(plan, "copies"), number_field(plan, "copies_wanted")),
            minute_field(plan, "next_run")};
}

std::vector<std::string> medium_row(const Json& medium) {
    std::string state = state_text(text_field(medium, "state"));
    if (flag_field(medium, "may_be_removed")) {
        state += ", " + say("can be taken out");
    } else {
        state += ", " + (flag_field(medium, "present") ? say("here") : say("away"));
    }
    const std::uint64_t owed = number_field(medium, "owed_snapshots");
    const std::string owes = owed == 0 ? "-" : say("{} since {}", owed, minute_field(medium, "owed_since").substr(0, 10));
    const bool has_size = medium.contains("free_bytes") && medium["free_bytes"].is_number();
    return {clipped(text_field(medium, "name"), kNameColumns), clipped(text_field(medium, "place"), kNameColumns), state, owes,
            has_size ? human_bytes(number_field(medium, "free_bytes")) : "-"};
}

std::string head_line(const Json& status) {
    const std::size_t needs = list_field(status, "needs_person").size();
    const std::string protection =
        flag_field(status, "protected") ? say("everything is protected that must be") : say("NOT everything is protected");
    const std::string person =
        needs == 0 ? say("nothing needs a person") : say_count(needs, "{} thing needs a person", "{} things need a person");
    return fmt::format("{}  {}; {}", minute_field(status, "time"), protection, person);
}

void add_needs(const Json& status, std::vector<std::string>& lines) {
    std::size_t shown = 0;
    const Json& needs = list_field(status, "needs_person");
    for (const Json& need : needs) {
        if (shown++ == kNeedsShown) break;
        lines.push_back("! " + text_field(need, "what"));
        if (const std::string safe = text_field(need, "safe"); !safe.empty()) lines.push_back("  " + say("still safe: {}", safe));
        if (const std::string type = text_field(need, "type"); !type.empty()) lines.push_back("  " + say("type: {}", type));
    }
    if (needs.size() > kNeedsShown) {
        lines.push_back("! " + say_count(needs.size() - kNeedsShown,
                                         "and {} more: 'custody status --json' and 'custody alert list'",
                                         "and {} more: 'custody status --json' and 'custody alert list'"));
    }
}

// The last lines: what concerns all.
std::vector<std::string> foot(const Json& status, std::size_t columns) {
    std::vector<std::string> lines;
    if (const Json& places = list_field(status, "not_covered"); !places.empty()) {
        lines.push_back(
            clipped(say_count(places.size(), "{} place in no plan: {}", "{} places in no plan: {}", texts_of(places)), columns));
    }
    if (const Json& exceptions = list_field(status, "exceptions"); !exceptions.empty()) {
        lines.push_back(
            clipped(say_count(exceptions.size(), "{} exception: {}", "{} exceptions: {}",
                              printable(exceptions.front().is_string() ? exceptions.front().get<std::string>() : std::string())),
                    columns));
    }
    const Json &jobs = object_field(status, "jobs"), &service = object_field(status, "service");
    lines.push_back(
        clipped(say("jobs: {} running, {} queued; alerts to be sent: {}; service since {}", number_field(jobs, "running"),
                    number_field(jobs, "queued"), number_field(status, "alerts_queued"), minute_field(service, "started")),
                columns));
    return lines;
}

// `room` rows below the head, the last of them for what is left out.
void add_items(std::vector<std::string>& lines, Rows head, const std::vector<const Json*>& items,
               std::vector<std::string> (*row)(const Json&), std::size_t room, std::size_t columns, const char* command) {
    const std::size_t shown = items.size() <= room ? items.size() : room - 1;
    for (std::size_t i = 0; i < shown; ++i) head.push_back(row(*items[i]));
    add_table(lines, head, columns);
    if (shown == items.size()) return;
    lines.push_back(clipped(say_count(items.size() - shown, "  and {} more, which '{}' lists", "  and {} more, which '{}' lists",
                                      std::string_view(command)),
                            columns));
}

}  // namespace

std::vector<std::string> status_screen(const Json& status, ScreenSize size) {
    std::vector<std::string> lines = {clipped(head_line(status), size.columns)};
    add_needs(status, lines);
    const std::vector<std::string> last = foot(status, size.columns);
    const auto plans = ordered(list_field(status, "plans"), plan_order);
    const auto media = ordered(list_field(status, "media"), medium_order);
    const std::size_t heads = (plans.empty() ? 1 : 2) + (media.empty() ? 0 : 2);  // with the empty line before each
    const std::size_t taken = lines.size() + last.size() + heads + 1;
    const std::size_t left = size.rows > taken ? size.rows - taken : 0;
    const std::size_t for_media = std::min(media.size(), std::max(kLeastRows, left / 3));
    const std::size_t for_plans = std::max(kLeastRows, left > for_media ? left - for_media : 0);
    lines.emplace_back();
    if (plans.empty()) lines.push_back(say("the configuration has no plan"));
    if (!plans.empty()) {
        add_items(lines, {{say("Plan"), say("State"), say("Last good"), say("Copies"), say("Next run")}}, plans, plan_row,
                  for_plans, size.columns, "custody plan list");
    }
    if (!media.empty()) {
        lines.emplace_back();
        add_items(lines, {{say("Medium"), say("Place"), say("State"), say("Owes"), say("Free")}}, media, medium_row, for_media,
                  size.columns, "custody media list");
    }
    lines.emplace_back();
    lines.insert(lines.end(), last.begin(), last.end());
    return lines;
}

}  // namespace custody
