// [[plan]]: one backup plan.
#include "base/text.h"
#include "daemon/config/section_readers.h"
#include "daemon/config/table_reader.h"
#include "daemon/config/values.h"
#include "daemon/schedule/cron.h"
#include "vault/snapshot_name.h"

#include <algorithm>
#include <array>

namespace custody {
namespace {

constexpr std::array<std::string_view, 3> kLevels = {"structure", "sample", "full"};

// A plan's name is the name of its snapshots, and a part of addresses.
Status check_plan_name(const std::string& name) {
    if (check_snapshot_name(name).ok() && name.find('/') == std::string::npos) return done();
    return Error{Code::usage,
                 say("'{}' cannot name a plan: one line of at most {} bytes without '@' and '/', not 'latest', no blank "
                     "at either end",
                     printable(name), kMaxSnapshotName)};
}

void read_windows(TableReader& reader, ConfigFaults& faults, PlanConfig& plan) {
    std::vector<std::string> texts;
    if (!reader.texts("not_between", texts)) return;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto window = parse_window(texts[i]);
        if (window.ok()) {
            plan.not_between.push_back(*window);
        } else {
            faults.add(plan.at.of(fmt::format("not_between[{}]", i)), window.error().message);
        }
    }
}

void read_retry(TableReader& plan, ConfigFaults& faults, Places& places, RetryConfig& into) {
    const TomlValue* table = plan.table("retry");
    if (table == nullptr) return;
    TableReader reader(*table, places, faults, "retry.");
    reader.whole("times", into.times, 0, 100);
    reader.duration("wait", into.wait_ns, kSecond, kDay);
    reader.duration("longest_wait", into.longest_wait_ns, kSecond, 7 * kDay);
    if (into.longest_wait_ns < into.wait_ns) reader.fault("longest_wait", say("'longest_wait' is shorter than 'wait'"));
    reader.finish();
}

void read_verify(TableReader& plan, ConfigFaults& faults, Places& places, VerifyConfig& into) {
    const TomlValue* table = plan.table("verify");
    if (table == nullptr) return;
    TableReader reader(*table, places, faults, "verify.");
    std::size_t level = static_cast<std::size_t>(into.level);
    if (reader.choice("level", kLevels, level)) into.level = static_cast<ProofLevel>(level);
    reader.duration("every", into.every_ns, 0);
    reader.percent("sample", into.sample_percent);
    reader.finish();
}

void read_drill(TableReader& plan, ConfigFaults& faults, Places& places, DrillConfig& into) {
    const TomlValue* table = plan.table("drill");
    if (table == nullptr) return;
    TableReader reader(*table, places, faults, "drill.");
    std::int64_t every = 0;
    if (reader.duration("every", every, 0)) into.every_ns = every;
    for (const TomlValue* query : reader.tables("queries")) {
        TableReader each(*query, places, faults, fmt::format("drill.queries[{}].", into.queries.size()));
        DrillQuery read;
        if (each.require("sql", say("the query that is put to the restored database"))) each.free_text("sql", read.sql);
        if (each.require("expect", say("what the query must answer"))) each.free_text("expect", read.expect);
        each.finish();
        into.queries.push_back(std::move(read));
    }
    reader.finish();
}

void read_when(TableReader& reader, ConfigFaults& faults, PlanConfig& plan) {
    reader.parsed("schedule", [&](const std::string& text) -> Status {
        plan.schedule = text;
        TRY(Cron::parse(text));
        return done();
    });
    reader.flag("on_change", plan.on_change);
    reader.duration("settle", plan.settle_ns, kSecond, kDay);
    read_windows(reader, faults, plan);
    reader.duration("time_limit", plan.time_limit_ns, 0, 30 * kDay);
    const bool polled = std::holds_alternative<CommandSource>(plan.source) && std::get<CommandSource>(plan.source).every_ns != 0;
    if (!reader.has("schedule") && !plan.on_change && !polled) {
        faults.add(plan.at.section,
                   say("'schedule' is missing: when the plan runs, in the five fields of cron, as \"30 1 * * *\" for "
                       "half past one every night"));
    }
}

void check_watchable(TableReader& reader, const PlanConfig& plan) {
    if (!plan.on_change || !reader.has("source")) return;
    if (std::holds_alternative<FilesSource>(plan.source) || std::holds_alternative<SqliteSource>(plan.source)) return;
    reader.fault("on_change",
                 say("'on_change' watches files; a source of kind '{}' is backed up by 'schedule'", kind_of(plan.source)));
}

void read_retention(TableReader& reader, PlanConfig& plan) {
    reader.parsed("retention", [&](const std::string& text) -> Status {
        TRY_ASSIGN(plan.retention, parse_retention(text));
        return done();
    });
}

}  // namespace

void read_limits(TableReader& reader, Limits& into) {
    reader.whole("nice", into.nice, 0, 19);
    reader.parsed("ioprio", [&](const std::string& text) { return parse_io_priority(text, into); });
    reader.parsed("bandwidth", [&](const std::string& text) -> Status {
        TRY_ASSIGN(into.bandwidth_bytes, parse_size(text));
        return done();
    });
}

PlanConfig read_plan(const TomlValue& table, const Limits& limits, ConfigFaults& faults) {
    PlanConfig plan;
    plan.limits = limits;
    TableReader reader(table, plan.at, faults);
    if (reader.require("name", say("what the plan and its snapshots are called"))) {
        reader.parsed("name", [&](const std::string& text) -> Status {
            TRY(check_plan_name(text));
            plan.name = to_nfc(text);
            return done();
        });
    }
    if (reader.require("label", say("the labelled group of its data, as \"business\""))) reader.text("label", plan.label);
    if (reader.require("source", say("what it backs up, as {{ files = [\"/etc\"] }}"))) {
        const TomlValue* inner = reader.table("source");
        if (inner != nullptr) {
            if (auto source = read_source(*inner, plan.at, faults)) plan.source = *std::move(source);
        }
    }
    read_when(reader, faults, plan);
    check_watchable(reader, plan);
    reader.texts("media", plan.media);
    read_retention(reader, plan);
    read_limits(reader, plan.limits);
    read_retry(reader, faults, plan.at, plan.retry);
    read_verify(reader, faults, plan.at, plan.verify);
    read_drill(reader, faults, plan.at, plan.drill);
    reader.exception("exception", plan.exception);
    reader.finish();
    return plan;
}

}  // namespace custody
