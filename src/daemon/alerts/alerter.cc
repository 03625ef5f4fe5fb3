#include "daemon/alerts/alerter.h"

#include "base/crypto.h"
#include "base/text.h"

#include <algorithm>
#include <utility>

namespace custody {
namespace {

constexpr std::size_t kMaxFile = 64 * 1024;
constexpr std::size_t kMaxStanding = 10'000;
constexpr std::int64_t kUndeliveredAfterNs = kHour;
constexpr std::string_view kAlertState = "state of alerts";

Status write_json(FileSystem& files, const std::string& path, const Json& json) {
    TRY_ASSIGN(const std::string text, to_canonical_json(json));
    return replace_file(files, path, as_bytes(text), 0600);
}

// nullopt where there is none; corrupt where it is damaged.
Result<std::optional<Json>> read_json(FileSystem& files, const std::string& path) {
    const auto bytes = read_file(files, path, kMaxFile);
    if (!bytes.ok() && bytes.error().code == Code::not_found) return std::optional<Json>();
    TRY(bytes);
    TRY_ASSIGN(Json json, parse_json(*bytes, kMaxFile));
    return std::optional<Json>(std::move(json));
}

std::uint64_t lost(const OutboxState& state) { return state.dropped + state.given_up + state.unreadable; }

}  // namespace

Alerter::Alerter(FileSystem& files, const Clock& clock, AlerterOptions options, std::unique_ptr<Outbox> outbox)
    : files_(files),
      clock_(clock),
      folder_(std::move(options.folder)),
      sender_(std::move(options.sender)),
      outbox_(std::move(outbox)),
      settings_(std::move(options.settings)) {}

Result<std::unique_ptr<Alerter>> Alerter::open(FileSystem& files, const Clock& clock, AlerterOptions options) {
    TRY(make_directories(files, join_path(options.folder, "events"), 0700));
    TRY_ASSIGN(auto outbox, Outbox::open(files, join_path(options.folder, "outbox"), options.limits));
    std::unique_ptr<Alerter> alerter(new Alerter(files, clock, std::move(options), std::move(outbox)));
    TRY(alerter->load());
    return alerter;
}

Status Alerter::load() {
    const std::string events = join_path(folder_, "events");
    TRY_ASSIGN(const auto items, files_.list(events));
    for (const DirectoryItem& item : items) {
        const std::string path = join_path(events, item.name);
        if (item.name.find(".tmp-") != std::string::npos) {
            TRY(files_.remove(path));
        } else if (item.name.ends_with(".json")) {
            TRY(load_record(path));
        }
    }
    return load_small_files();
}

Status Alerter::load_record(const std::string& path) {
    const auto json = read_json(files_, path);
    if (!json.ok() && json.error().code != Code::corrupt) return json.error();
    auto record =
        json.ok() && *json ? record_from_json(**json) : Result<AlertRecord>(Error{Code::corrupt, std::string(kAlertState)});
    const std::string key = record.ok() ? alert_key(record->event) : "";
    if (!record.ok() || record_path(key) != path) return files_.rename(path, path + ".damaged");
    records_.insert_or_assign(key, *std::move(record));
    return done();
}

// Damaged ones are as good as none: a digest too many, a peer that is met anew.
Status Alerter::load_small_files() {
    const auto digest = read_json(files_, join_path(folder_, "digest.json"));
    if (digest.ok() && *digest) {
        const auto text = json_text(**digest, "sent", kAlertState);
        const auto time = text.ok() ? parse_time(*text) : Result<Time>(text.error());
        if (time.ok()) last_digest_ = *time;
        const auto told = json_number(**digest, "lost_told", kAlertState);
        if (told.ok()) lost_told_ = *told;
    } else if (!digest.ok() && digest.error().code != Code::corrupt) {
        return digest.error();
    }
    const auto peers = read_json(files_, join_path(folder_, "peers.json"));
    if (!peers.ok()) return peers.error().code == Code::corrupt ? done() : Status(peers.error());
    if (!*peers || !(*peers)->is_object()) return done();
    for (const auto& [host, json] : (*peers)->items()) {
        const auto memory = peer_memory_from_json(json);
        if (memory.ok()) peers_[host] = *memory;
    }
    return done();
}

void Alerter::configure(const AlertSettings& settings) {
    const std::lock_guard lock(mutex_);
    settings_ = settings;
}

std::string Alerter::record_path(const std::string& key) const {
    return join_path(join_path(folder_, "events"), sha256(as_bytes(key)).hex().substr(0, 32) + ".json");
}

Status Alerter::write_record(const std::string& key, const AlertRecord& record) {
    return write_json(files_, record_path(key), record_to_json(record));
}

Status Alerter::remove_record(const std::string& key) {
    records_.erase(key);
    const Status removed = files_.remove(record_path(key));
    return removed.ok() || removed.error().code == Code::not_found ? done() : removed;
}

Status Alerter::raise(AlertEvent event) {
    const std::lock_guard lock(mutex_);
    return raise_locked(clean_event(std::move(event)));
}

Status Alerter::raise_locked(AlertEvent event) {
    const Time now = clock_.now();
    const std::string key = alert_key(event);
    const auto known = records_.find(key);
    if (known == records_.end()) {
        if (records_.size() >= kMaxStanding) {
            return Error{Code::busy, say("more than {} alerts stand at once; this one is not told: {}", kMaxStanding, key)};
        }
        AlertRecord record;
        record.event = std::move(event);
        record.first = record.last = now;
        records_.emplace(key, std::move(record));
        return tell_or_hold(key, false);
    }
    AlertRecord& record = known->second;
    const auto before = due_now(record, now, settings_.remind_every_ns);
    const bool was_over = record.over.has_value();
    record = reported_again(std::move(record), std::move(event), now);
    const auto after = due_now(record, now, settings_.remind_every_ns);
    if (was_over && !after) return write_record(key, record);
    return tell_or_hold(key, before == after && !was_over);
}

Status Alerter::resolve(AlertKind kind, std::string_view object) {
    const std::lock_guard lock(mutex_);
    return resolve_locked(alert_key(kind, object));
}

Status Alerter::resolve_locked(const std::string& key) {
    const auto found = records_.find(key);
    if (found == records_.end()) return done();
    AlertRecord& record = found->second;
    const AlertKindRule& rule = alert_kind_rule(record.event.kind);
    if (!rule.lasts || record.over) return done();
    if (!rule.tells_end) return remove_record(key);
    record.over = clock_.now();
    return tell_or_hold(key, false);
}

bool Alerter::is_digest_due() const {
    const std::lock_guard lock(mutex_);
    return settings_.digest_minute && digest_due(last_digest_, clock_.now(), *settings_.digest_minute);
}

Status Alerter::send_digest(DigestFacts facts) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t all_lost = lost(outbox_->state());
    facts.alerts_lost += all_lost - std::min(all_lost, lost_told_);
    for (const auto& [key, record] : records_) {
        if (alert_kind_rule(record.event.kind).reminds && !record.over) facts.needs_person.push_back(alert_title(record.event));
    }
    AlertMessage message = render_digest(facts, clock_.now(), sender_);
    message.id = new_message_id();
    const Status queued = queue(std::move(message), AlertSeverity::critical);  // to everybody, whatever they want to hear of
    if (!queued.ok() && queued.error().code == Code::busy) return queued;
    last_digest_ = clock_.now();
    lost_told_ = all_lost;
    return first_error(queued, write_digest_time());
}

Status Alerter::write_digest_time() {
    return write_json(files_, join_path(folder_, "digest.json"),
                      Json{{"sent", to_rfc3339_utc(*last_digest_)}, {"lost_told", lost_told_}});
}

Status Alerter::watch_delivery(const std::vector<AlertTrouble>& troubles) {
    const std::lock_guard lock(mutex_);
    Status status = done();
    std::vector<std::string> over;
    for (const auto& [key, record] : records_) {
        const bool lasts = std::any_of(troubles.begin(), troubles.end(),
                                       [&](const AlertTrouble& trouble) { return trouble.target == record.event.object; });
        if (record.event.kind == AlertKind::alerts_undelivered && !lasts) over.push_back(key);
    }
    for (const std::string& key : over) status = first_error(std::move(status), resolve_locked(key));
    for (const AlertTrouble& trouble : troubles) {
        if (trouble.tries < 2 || clock_.now().ns - trouble.since.ns < kUndeliveredAfterNs) continue;
        AlertEvent event;
        event.kind = AlertKind::alerts_undelivered;
        event.object = trouble.target;
        event.detail = trouble.why;
        status = first_error(std::move(status), raise_locked(clean_event(std::move(event))));
    }
    return status;
}

Status Alerter::watch_peers() {
    std::vector<HeartbeatPeer> peers;
    std::map<std::string, PeerMemory> memories;
    {
        const std::lock_guard lock(mutex_);
        peers = settings_.peers;
        memories = peers_;
    }
    Status status = done();
    std::map<std::string, PeerMemory> kept;
    for (const HeartbeatPeer& peer : peers) {
        // A peer that was never seen counts from now.
        const auto known = memories.find(peer.host);
        const PeerMemory memory = known == memories.end() ? PeerMemory{0, clock_.now()} : known->second;
        const PeerVerdict verdict = check_peer(files_, peer, memory, clock_.now());
        kept[peer.host] = verdict.memory;
        const AlertEvent event = clean_event(peer_event(peer, verdict));
        if (is_alarming(peer, verdict, clock_.now())) status = first_error(std::move(status), raise(event));
        if (verdict.state == PeerState::alive) status = first_error(std::move(status), resolve(event.kind, event.object));
    }
    const std::lock_guard lock(mutex_);
    std::vector<std::string> over;  // peers that are watched no more
    for (const auto& [key, record] : records_) {
        if (record.event.kind == AlertKind::peer_silent && !kept.contains(record.event.object)) over.push_back(key);
    }
    for (const std::string& key : over) status = first_error(std::move(status), resolve_locked(key));
    if (kept == peers_) return status;
    peers_ = std::move(kept);
    return first_error(std::move(status), write_peers());
}

Status Alerter::write_peers() {
    Json json = Json::object();
    for (const auto& [host, memory] : peers_) json[host] = peer_memory_to_json(memory);
    return write_json(files_, join_path(folder_, "peers.json"), json);
}

AlertMessage Alerter::test_message() const {
    const Time now = clock_.now();
    AlertMessage message = render_alert(AlertEvent{}, AlertClass::test, {now, now, 1, now}, sender_);
    message.id = new_message_id();
    return message;
}

std::vector<AlertRecord> Alerter::standing() const {
    const std::lock_guard lock(mutex_);
    std::vector<AlertRecord> all;
    for (const auto& [key, record] : records_) {
        if (alert_kind_rule(record.event.kind).lasts && !record.over) all.push_back(record);
    }
    std::stable_sort(all.begin(), all.end(), [](const AlertRecord& a, const AlertRecord& b) {
        return std::pair(-static_cast<int>(severity_of(a.event)), a.first) <
               std::pair(-static_cast<int>(severity_of(b.event)), b.first);
    });
    return all;
}

}  // namespace custody
