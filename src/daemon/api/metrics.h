// What Prometheus reads of the service, in its text format (version 0.0.4, "Exposition formats" of its documentation): families
// with HELP and TYPE, labels escaped. docs/API.md lists the names: they are a contract as the JSON is.
//
// Values. Threads: any. Units: seconds and bytes, as Prometheus has them; times are seconds since 1970. Metric names and help are
// never translated.
#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace custody {

struct PlanMetrics {
    std::string plan, label;
    std::optional<Time> last_success;  // none: never
    std::optional<Time> last_run;
    bool last_run_failed = false;
    std::uint64_t source_bytes = 0;  // of the last good snapshot
    std::uint64_t stored_bytes = 0;  // that its run added to the first medium
    std::uint64_t copies = 0, copies_wanted = 0;
    std::optional<Time> last_drill;  // that passed
};

struct MediumMetrics {
    std::string medium;
    bool present = false;
    std::optional<std::uint64_t> free_bytes, size_bytes;  // while it is present
    std::uint64_t owed_snapshots = 0;
    std::optional<Time> owed_since;
    std::optional<Time> last_verified;
    std::optional<double> verified_ratio;  // of its bytes, read and hashed within the verify period: 0 to 1
};

struct MetricsFacts {
    Time now;
    Time started;
    std::string version;
    std::vector<PlanMetrics> plans;
    std::vector<MediumMetrics> media;
    std::map<std::string, std::uint64_t> jobs_by_state;  // the states of the catalogue, each with its number, also 0
    std::uint64_t queue_length = 0;                      // jobs that are due and wait
    std::uint64_t waiting_for_key = 0;
    std::uint64_t needs_person = 0;   // what `custody status` says needs a person
    std::uint64_t alerts_queued = 0;  // not delivered yet
};

// served: asked for just now, so ages are given. file: lies for a while, so it has the times only.
enum class MetricsFor { served, file };
[[nodiscard]] std::string metrics_text(const MetricsFacts& facts, MetricsFor use);

// For node_exporter's textfile collector: replaced as a whole, mode 0644, under a temporary name that the collector passes over.
// usage: a path that does not end in ".prom" or is not absolute.
[[nodiscard]] Status write_metrics_file(const std::string& path, const MetricsFacts& facts);

}  // namespace custody
