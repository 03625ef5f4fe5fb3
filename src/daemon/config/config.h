// The configuration as it was understood: plain values, fully typed, defaults filled in, every reference resolved by name.
// read_config (reader.h) makes it from TOML; docs/CONFIGURATION.md describes every key.
//
// Owner: whoever asked for it; nothing points outside. Threads: read from any once made; a reload makes a new one and leaves the
// old one to the jobs that hold it (std::shared_ptr<const Config>). Units: last in the name; durations are nanoseconds, sizes
// bytes, times of day minutes after local midnight. Nothing here is a secret: passwords lie in files or systemd credentials that
// are named here.
#pragma once

#include "base/bilingual.h"
#include "base/clock.h"
#include "daemon/alerts/settings.h"
#include "daemon/config/places.h"
#include "vault/history/retention.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace custody {

// exception = "QĐ 12/QĐ-UBND: one server room until May 2027": a document's number, and why. Empty text: none.
struct ExceptionText {
    std::string text;
    [[nodiscard]] bool given() const { return !text.empty(); }
    bool operator==(const ExceptionText&) const = default;
};

struct OrganisationConfig {
    std::string name, superior, place;
    Places at;
    bool operator==(const OrganisationConfig&) const = default;
};

struct LawConfig {
    std::vector<std::string> apply;  // ids of regulations, "DS"; empty: none named, the common duties alone hold
    Places at;
    bool operator==(const LawConfig&) const = default;
};

enum class KeyRole { custodian, writer };  // writer: no label's secret is ever opened by this service

struct KeysConfig {
    std::string keyring;  // absolute; empty: the default of whoever reads it
    KeyRole role = KeyRole::writer;
    std::string credential = "custody-passphrase";  // name below $CREDENTIALS_DIRECTORY, for a custodian
    Places at;
    bool operator==(const KeysConfig&) const = default;
};

struct MediumConfig {
    std::string name;
    std::string vault;        // absolute path of the vault on it
    std::string mount_point;  // where a removable medium is mounted: "mount", else the folder that holds the vault
    std::string place, custodian;
    bool removable = false;
    std::string uuid;                       // of its file system; empty: known by the identity in its vault alone
    std::string rotation;                   // its set, "A"; empty: not rotated, wanted at all times
    std::int64_t owed_after_ns = 8 * kDay;  // away and owing for longer than this is alerted
    ExceptionText exception;                // B1: shares a disk with a source or with the running system
    Places at;
    bool operator==(const MediumConfig&) const = default;
};

enum class Importance { important, ordinary };

// [label.NAME]; the five built-in ones (config, image, database, business, log) are always there.
struct LabelConfig {
    std::string name;
    bool built_in = false;
    Importance importance = Importance::important;
    RetentionRule retention;
    std::int64_t drill_every_ns = 31 * kDay;  // 0: never asked for
    ExceptionText exception;
    Places at;
    bool operator==(const LabelConfig&) const = default;
};

// ---- what a plan backs up -------------------------------------------------------------------------------------------------

// Argument vectors, run without a shell; empty: none. A hook that fails or outlasts its limit fails the run.
struct Hooks {
    std::vector<std::string> before, after;
    std::int64_t limit_ns = 10 * kMinute;  // of each
    bool operator==(const Hooks&) const = default;
};

struct FilesSource {
    std::vector<std::string> paths;  // absolute
    std::vector<std::string> exclude;
    bool one_file_system = false;
    bool snapshot = true;              // a btrfs subvolume is read from a read-only snapshot of it
    std::vector<std::string> mounted;  // mount points without which this source counts as absent
    Hooks hooks;
    bool operator==(const FilesSource&) const = default;
};

struct ImageSource {
    std::string path;    // device or file, absolute
    bool freeze = true;  // a mounted file system may be frozen while it is read; else it is refused
    Hooks hooks;
    bool operator==(const ImageSource&) const = default;
};

struct PostgresqlSource {
    std::string conninfo;      // without a password: "service=portal"
    std::string as_user = {};  // of the system, whom the server's peer authentication lets in; empty: custodyd's own
    bool operator==(const PostgresqlSource&) const = default;
};

struct MariadbSource {
    std::string defaults_file;  // absolute; holds user and password
    std::string as_user = {};   // as above
    bool operator==(const MariadbSource&) const = default;
};

struct SqliteSource {
    std::string file;  // absolute
    bool operator==(const SqliteSource&) const = default;
};

// A command whose standard output is kept when it differs from what was kept last.
struct CommandSource {
    std::vector<std::string> arguments;  // the first is the program
    std::string file;                    // the name of what it wrote, in the snapshot
    std::int64_t every_ns = 0;           // polled; 0: by the plan's schedule only
    std::int64_t limit_ns = 5 * kMinute;
    bool operator==(const CommandSource&) const = default;
};

using SourceConfig = std::variant<FilesSource, ImageSource, PostgresqlSource, MariadbSource, SqliteSource, CommandSource>;

// ---- plans ----------------------------------------------------------------------------------------------------------------

// No run begins in it: "07:30-17:30", "mon-fri 07:30-17:30"; from > to goes over midnight and belongs to the day it begins on.
struct DayWindow {
    std::uint16_t from_minute = 0, to_minute = 0;  // of the local day, 0..1439; to is exclusive
    std::uint8_t days = 0x7f;                      // bit 0 Sunday ... bit 6 Saturday
    bool operator==(const DayWindow&) const = default;
};

enum class IoClass { normal, best_effort, idle };

// How much of the machine a run may take.
struct Limits {
    int nice = 10;  // 0..19
    IoClass io_class = IoClass::idle;
    int io_level = 7;                   // 0..7, of best_effort
    std::uint64_t bandwidth_bytes = 0;  // a second, reading the source; 0: unlimited
    bool operator==(const Limits&) const = default;
};

struct RetryConfig {
    std::uint32_t times = 3;                                      // after the first try; 0: none
    std::int64_t wait_ns = 5 * kMinute, longest_wait_ns = kHour;  // doubled from try to try
    bool operator==(const RetryConfig&) const = default;
};

enum class ProofLevel { structure, sample, full };

struct VerifyConfig {
    ProofLevel level = ProofLevel::structure;
    std::int64_t every_ns = 7 * kDay;  // 0: never
    double sample_percent = 5;         // of level sample
    bool operator==(const VerifyConfig&) const = default;
};

struct DrillQuery {
    std::string sql, expect;
    bool operator==(const DrillQuery&) const = default;
};

struct DrillConfig {
    std::vector<DrillQuery> queries;
    std::optional<std::int64_t> every_ns;  // none: the label's
    bool operator==(const DrillConfig&) const = default;
};

struct PlanConfig {
    std::string name;
    std::string label;  // is in Config::labels
    SourceConfig source;
    std::string schedule;  // cron, five fields, local time (daemon/schedule/cron.h); empty: on_change or polling alone
    bool on_change = false;
    std::int64_t settle_ns = 30 * kSecond;   // quiet for so long before a change is backed up
    std::vector<std::string> media;          // in order of preference; each is in Config::media
    std::optional<RetentionRule> retention;  // none: the label's
    std::vector<DayWindow> not_between;
    Limits limits;  // the service's, where the plan says nothing
    RetryConfig retry;
    std::int64_t time_limit_ns = 0;  // of one run; 0: none
    VerifyConfig verify;
    DrillConfig drill;
    ExceptionText exception;
    Places at;
    bool operator==(const PlanConfig&) const = default;
};

// ---- the service ----------------------------------------------------------------------------------------------------------

struct ScanConfig {
    std::vector<std::string> command;  // empty: nothing is scanned; the files' names are added
    std::int64_t limit_ns = kHour;
    Places at;
    bool operator==(const ScanConfig&) const = default;
};

// Judged by judge_alert_settings, as the channels themselves do (E6).
struct AlertConfig {
    AlertSettings settings;
    Places at;
    bool operator==(const AlertConfig&) const = default;
};

struct ServiceConfig {
    std::string state_folder = "/var/lib/custody";
    std::string cache_folder = "/var/cache/custody";
    std::string socket = "/run/custody/custody.sock";
    std::uint32_t jobs = 2, jobs_per_medium = 1;  // at the same time
    Limits limits;
    std::int64_t rotate_every_ns = 7 * kDay;  // set A for so long, then B
    Places at;
    bool operator==(const ServiceConfig&) const = default;
};

struct MetricsConfig {
    std::uint16_t port = 0;  // on 127.0.0.1; 0: none
    std::string textfile;    // absolute; empty: none
    Places at;
    bool operator==(const MetricsConfig&) const = default;
};

struct JournalConfig {
    std::string folder;  // signed heads of the journal are kept here besides on the media (later issue)
    Places at;
    bool operator==(const JournalConfig&) const = default;
};

// What falls below the law, or below the program's own safety, by a decision on paper. Every report shows it.
struct RecordedException {
    std::string duty;  // "B6"
    Bilingual about;   // "plan etc", "medium disk-a", "[alert] smtp"
    Bilingual what;    // in words: what is below the duty
    std::string text;  // document and reason, as written
    Position at;
    bool operator==(const RecordedException& other) const {
        return duty == other.duty && about == other.about && what == other.what && text == other.text;
    }
};

struct Config {
    std::string file;      // absolute path it was read from; empty: no file, all defaults
    std::string language;  // "vi", "en"; empty: the locale's
    OrganisationConfig organisation;
    LawConfig law;
    KeysConfig keys;
    std::vector<MediumConfig> media;
    std::vector<LabelConfig> labels;  // the built-in ones first, then others in the order of the file
    std::vector<PlanConfig> plans;
    ScanConfig scan;
    AlertConfig alert;
    ServiceConfig service;
    MetricsConfig metrics;
    JournalConfig journal;
    std::vector<RecordedException> exceptions;
    Places at;

    // Null: none of that name. Valid as long as the Config.
    [[nodiscard]] const MediumConfig* find_medium(std::string_view name) const;
    [[nodiscard]] const LabelConfig* find_label(std::string_view name) const;
    [[nodiscard]] const PlanConfig* find_plan(std::string_view name) const;
    // The plan's own rule, else its label's.
    [[nodiscard]] const RetentionRule& retention_of(const PlanConfig& plan) const;
    [[nodiscard]] bool is_important(const PlanConfig& plan) const;
};

// "files", "image", "postgresql", "mariadb", "sqlite", "command": the key that names it in the file.
[[nodiscard]] std::string_view kind_of(const SourceConfig& source);
[[nodiscard]] std::string_view word_of(Importance importance);
[[nodiscard]] std::string_view word_of(ProofLevel level);

}  // namespace custody
