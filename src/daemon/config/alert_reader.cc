// [alert]: where alerts go. The values are judged by daemon/alerts/settings, as the channels judge them.
#include "base/text.h"
#include "daemon/config/section_readers.h"
#include "daemon/config/table_reader.h"
#include "daemon/config/values.h"

#include <array>

namespace custody {
namespace {

constexpr std::array<std::string_view, 4> kSeverities = {"notice", "warning", "error", "critical"};

void read_least(TableReader& reader, AlertSeverity& into) {
    std::size_t chosen = 0;
    if (!reader.choice("least", kSeverities, chosen)) return;
    if (const auto severity = severity_of(kSeverities[chosen])) into = *severity;
}

template <class Settings>
void read_tls(TableReader& reader, Settings& into) {
    reader.path("ca_file", into.ca_file);
    reader.path("certificate_file", into.certificate_file);
    reader.path("key_file", into.key_file);
    ExceptionText exception;
    if (reader.exception("exception", exception)) into.exception = exception.text;
    read_least(reader, into.least);
}

// Of a secret that stands in the file itself.
void refuse_password(TableReader& reader) {
    if (reader.any("password") == nullptr) return;
    reader.fault("password",
                 say("a password must not stand in the configuration; put it into a file of mode 0600 and name that in "
                     "'password_file', or name a systemd credential in 'password_credential'"));
}

void read_smtp(const TomlValue& table, Places& places, ConfigFaults& faults, SmtpSettings& into) {
    TableReader reader(table, places, faults, "smtp.");
    if (reader.require("server", say("the mail server, as \"smtps://mail.example:465\""))) reader.text("server", into.server);
    if (reader.require("from", say("the sender's address"))) reader.text("from", into.from);
    if (reader.require("to", say("who gets the alerts, as [\"admin@example\"]"))) reader.texts("to", into.to);
    reader.flag("starttls", into.starttls);
    reader.text("user", into.user);
    reader.path("password_file", into.password_file);
    reader.text("password_credential", into.password_credential);
    read_tls(reader, into);
    refuse_password(reader);
    reader.finish();
}

// "tls://host:6514", or a section with more.
void read_syslog(TableReader& alert, Places& places, ConfigFaults& faults, SyslogSettings& into) {
    const TomlEntry* entry = alert.any("syslog");
    if (entry->value.kind != TomlValue::Kind::table) {
        alert.text("syslog", into.server);
        return;
    }
    TableReader reader(entry->value, places, faults, "syslog.");
    if (reader.require("server", say("the syslog server, as \"tls://syslog.example:6514\""))) reader.text("server", into.server);
    read_tls(reader, into);
    reader.finish();
}

// An argument vector, or a section with more.
void read_command(TableReader& alert, Places& places, ConfigFaults& faults, CommandSettings& into) {
    const TomlEntry* entry = alert.any("command");
    if (entry->value.kind != TomlValue::Kind::table) {
        alert.arguments("command", into.arguments);
        return;
    }
    TableReader reader(entry->value, places, faults, "command.");
    if (reader.require("arguments", say("the program and its arguments"))) reader.arguments("arguments", into.arguments);
    reader.duration("time_limit", into.timeout_ns, kSecond, kHour);
    read_least(reader, into.least);
    reader.finish();
}

void read_peers(TableReader& alert, Places& places, ConfigFaults& faults, std::vector<HeartbeatPeer>& into) {
    for (const TomlValue* table : alert.tables("peers")) {
        const std::string prefix = fmt::format("peers[{}].", into.size());
        places.keys[prefix.substr(0, prefix.size() - 1)] = table->at;
        TableReader reader(*table, places, faults, prefix);
        HeartbeatPeer peer;
        reader.text("host", peer.host);
        reader.parsed("signer", [&](const std::string& text) -> Status {
            const auto signer = SignerId::from_hex(text);
            if (!signer) return Error{Code::usage, say("a peer needs its public signing key, 64 hex digits")};
            peer.signer = *signer;
            return done();
        });
        reader.path("file", peer.file);
        reader.duration("late_after", peer.late_after_ns, kMinute, 366 * kDay);
        reader.finish();
        into.push_back(std::move(peer));
    }
}

void read_digest(TableReader& reader, std::optional<int>& into) {
    reader.parsed("digest", [&](const std::string& text) -> Status {
        if (text == "never") {
            into.reset();
            return done();
        }
        TRY_ASSIGN(into, parse_time_of_day(text));
        return done();
    });
}

// Where the key stands; else the section it would stand in.
Position place_of(const Places& places, std::string key) {
    while (!places.has(key)) {
        const std::size_t dot = key.find_last_of(".[");
        if (dot == std::string::npos) return places.section;
        key.resize(dot);
    }
    return places.of(key);
}

}  // namespace

void read_alert(const TomlValue& table, AlertConfig& into, ConfigFaults& faults) {
    TableReader reader(table, into.at, faults);
    AlertSettings& settings = into.settings;
    ConfigFaults form;  // what is wrong in form; what hangs on it is not judged as well
    form.enter("alert");
    if (const TomlValue* smtp = reader.table("smtp")) read_smtp(*smtp, into.at, form, settings.smtp.emplace());
    if (reader.any("syslog") != nullptr) read_syslog(reader, into.at, form, settings.syslog.emplace());
    if (reader.any("command") != nullptr) read_command(reader, into.at, form, settings.command.emplace());
    reader.duration("remind_every", settings.remind_every_ns, kHour, 366 * kDay);
    read_digest(reader, settings.digest_minute);
    reader.path("heartbeat_file", settings.heartbeat_file);
    reader.duration("heartbeat_every", settings.heartbeat_every_ns, kMinute, 366 * kDay);
    read_peers(reader, into.at, form, settings.peers);
    reader.finish();
    const bool sound = form.empty();
    for (ConfigFault& fault : std::move(form).sorted()) faults.add(fault.at, std::move(fault.words));
    if (!sound) return;
    for (AlertSettingFault& fault : judge_alert_settings(settings)) {
        faults.add(place_of(into.at, fault.key), std::move(fault.error.message));
    }
}

}  // namespace custody
