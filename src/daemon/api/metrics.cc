#include "daemon/api/metrics.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"

#include <fmt/format.h>

#include <sys/stat.h>

#include <cerrno>
#include <utility>

namespace custody {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

std::string escaped(std::string_view value) {
    const std::string text = is_utf8(value) ? std::string(value) : printable(value);
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

class Writer {
public:
    // Every sample of a family follows it at once, as the format asks.
    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
    }
    template <class Number>
    void sample(const Labels& labels, Number value) {
        text_ += name_;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            text_ += fmt::format("{}{}=\"{}\"", i == 0 ? '{' : ',', labels[i].first, escaped(labels[i].second));
        }
        text_ += fmt::format("{} {}\n", labels.empty() ? "" : "}", value);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string name_, text_;
};

// One family over all plans or media; an item without the value has no sample.
template <class Item, class Value>
void each(Writer& writer, const std::vector<Item>& items, const char* name, const char* help, Value value) {
    writer.family(name, "gauge", help);
    for (const Item& item : items) value(item);
}

void write_plans(Writer& writer, const MetricsFacts& facts, MetricsFor use) {
    const auto labels = [](const PlanMetrics& plan) { return Labels{{"plan", plan.plan}, {"label", plan.label}}; };
    const auto time = [&](const char* name, const char* help, std::optional<Time> PlanMetrics::*member) {
        each(writer, facts.plans, name, help, [&](const PlanMetrics& plan) {
            if (plan.*member) writer.sample(labels(plan), (plan.*member)->seconds());
        });
    };
    const auto count = [&](const char* name, const char* help, std::uint64_t PlanMetrics::*member) {
        each(writer, facts.plans, name, help, [&](const PlanMetrics& plan) { writer.sample(labels(plan), plan.*member); });
    };
    const auto age = [&](const char* name, const char* help, std::optional<Time> PlanMetrics::*member) {
        if (use == MetricsFor::file) return;
        each(writer, facts.plans, name, help, [&](const PlanMetrics& plan) {
            if (plan.*member) writer.sample(labels(plan), facts.now.seconds() - (plan.*member)->seconds());
        });
    };
    time("custody_plan_last_success_timestamp_seconds", "When the plan's last good backup was done.", &PlanMetrics::last_success);
    age("custody_plan_last_success_age_seconds", "How long ago that was.", &PlanMetrics::last_success);
    time("custody_plan_last_run_timestamp_seconds", "When the plan last ran, well or not.", &PlanMetrics::last_run);
    each(writer, facts.plans, "custody_plan_last_run_failed", "1 when the last run failed.",
         [&](const PlanMetrics& plan) { writer.sample(labels(plan), plan.last_run_failed ? 1 : 0); });
    count("custody_plan_source_bytes", "Bytes of the source in the last good backup.", &PlanMetrics::source_bytes);
    count("custody_plan_stored_bytes", "Bytes that the last good backup added to its first medium.", &PlanMetrics::stored_bytes);
    count("custody_plan_copies", "Media that hold the last good backup.", &PlanMetrics::copies);
    count("custody_plan_copies_wanted", "Media that should hold it.", &PlanMetrics::copies_wanted);
    time("custody_plan_last_drill_timestamp_seconds", "When a restore drill of the plan last passed.", &PlanMetrics::last_drill);
    age("custody_plan_last_drill_age_seconds", "How long ago that was.", &PlanMetrics::last_drill);
}

void write_media(Writer& writer, const MetricsFacts& facts, MetricsFor use) {
    const auto labels = [](const MediumMetrics& medium) { return Labels{{"medium", medium.medium}}; };
    const auto optional = [&](const char* name, const char* help, auto value) {
        each(writer, facts.media, name, help, [&](const MediumMetrics& medium) {
            if (const auto number = value(medium)) writer.sample(labels(medium), *number);
        });
    };
    const auto seconds = [](const std::optional<Time>& time) { return time ? std::optional(time->seconds()) : std::nullopt; };
    each(writer, facts.media, "custody_medium_present", "1 when the medium is attached.",
         [&](const MediumMetrics& medium) { writer.sample(labels(medium), medium.present ? 1 : 0); });
    optional("custody_medium_free_bytes", "Free room on the medium.", [](const MediumMetrics& one) { return one.free_bytes; });
    optional("custody_medium_size_bytes", "Size of its file system.", [](const MediumMetrics& one) { return one.size_bytes; });
    each(writer, facts.media, "custody_medium_owed_snapshots", "Backups that the medium does not hold yet and should.",
         [&](const MediumMetrics& medium) { writer.sample(labels(medium), medium.owed_snapshots); });
    optional("custody_medium_owed_since_timestamp_seconds", "Since when the medium owes the oldest of them.",
             [&](const MediumMetrics& one) { return seconds(one.owed_since); });
    if (use == MetricsFor::served) {
        optional("custody_medium_owed_age_seconds", "How long the medium has owed the oldest of them.",
                 [&](const MediumMetrics& one) {
                     return one.owed_since ? std::optional(facts.now.seconds() - one.owed_since->seconds()) : std::nullopt;
                 });
    }
    optional("custody_medium_last_verified_timestamp_seconds", "When the medium was last verified.",
             [&](const MediumMetrics& one) { return seconds(one.last_verified); });
    optional("custody_medium_verified_ratio", "Part of the medium's bytes that were read and hashed within the verify period.",
             [](const MediumMetrics& one) { return one.verified_ratio; });
}

}  // namespace

std::string metrics_text(const MetricsFacts& facts, MetricsFor use) {
    Writer writer;
    writer.family("custody_build_info", "gauge", "The running version, as a label.");
    writer.sample({{"version", facts.version}}, 1);
    writer.family("custody_start_timestamp_seconds", "gauge", "When the service was started.");
    writer.sample({}, facts.started.seconds());
    // Of a file, nothing else says how old it is.
    writer.family("custody_metrics_timestamp_seconds", "gauge", "When these figures were taken.");
    writer.sample({}, facts.now.seconds());
    write_plans(writer, facts, use);
    write_media(writer, facts, use);
    writer.family("custody_jobs", "gauge", "Jobs in the catalogue by state.");
    for (const auto& [state, count] : facts.jobs_by_state) writer.sample({{"state", state}}, count);
    const auto count = [&writer](const char* name, const char* help, std::uint64_t value) {
        writer.family(name, "gauge", help);
        writer.sample({}, value);
    };
    count("custody_queue_length", "Jobs that are due and wait for their turn.", facts.queue_length);
    count("custody_jobs_waiting_for_key", "Jobs that need a key that nobody has unlocked.", facts.waiting_for_key);
    count("custody_needs_person", "Things that need a person, as 'custody status' lists them.", facts.needs_person);
    count("custody_alerts_queued", "Alerts that were not delivered yet.", facts.alerts_queued);
    return writer.take();
}

Status write_metrics_file(const std::string& path, const MetricsFacts& facts) {
    if (!path.starts_with('/') || !path.ends_with(".prom")) {
        return Error{Code::usage,
                     say("the textfile of the metrics must be an absolute path that ends in .prom, for node_exporter reads no "
                         "other: {}",
                         printable(path))};
    }
    TRY(replace_file(posix_file_system(), path, as_bytes(metrics_text(facts, MetricsFor::file)), 0644));
    // The service's umask closes its files to others; this one is for a collector that runs as another user.
    if (::chmod(path.c_str(), 0644) != 0) return system_error(errno, "set the mode of", path);
    return done();
}

}  // namespace custody
