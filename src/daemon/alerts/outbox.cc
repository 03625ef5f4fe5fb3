#include "daemon/alerts/outbox.h"

#include "base/text.h"
#include "daemon/alerts/group_text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace custody {
namespace {

constexpr std::size_t kMaxQueueFile = 128 * 1024;
constexpr std::size_t kNameDigits = 16;
constexpr std::string_view kEnding = ".json";
constexpr std::string_view kCounts = "counts";
constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMostTargets = 256;
constexpr std::string_view kQueued = "queued alert";

std::optional<std::uint64_t> number_of(std::string_view name) {
    if (name.size() != kNameDigits + kEnding.size() || !name.ends_with(kEnding)) return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : name.substr(0, kNameDigits)) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return number;
}

bool is_temporary(std::string_view name) { return name.find(".tmp-") != std::string_view::npos; }

// Which goes first when there is too much; nullopt: never.
std::optional<int> expendable(AlertClass which) {
    switch (which) {
        case AlertClass::reminder:
            return 0;
        case AlertClass::digest:
            return 1;
        case AlertClass::end:
        case AlertClass::test:
            return 2;
        case AlertClass::first:
            return std::nullopt;
    }
    return std::nullopt;
}

Error full(std::string_view folder) {
    return Error{Code::busy, say("the queue of alerts {} is full of alerts that could not be delivered; see why with 'custody "
                                 "alert test'",
                                 printable(folder))};
}

// The events that a message is of; sorted.
std::vector<std::string> members_of(const AlertMessage& message) {
    return message.members.empty() ? std::vector<std::string>{member_name(message.key)} : message.members;
}

// The first of the two errors, the second when only that is one.
}  // namespace

Outbox::Outbox(FileSystem& files, std::string folder, OutboxLimits limits, std::unique_ptr<File> lock)
    : files_(files), folder_(std::move(folder)), limits_(limits), lock_(std::move(lock)) {}

Outbox::~Outbox() = default;

Result<std::unique_ptr<Outbox>> Outbox::open(FileSystem& files, const std::string& folder, OutboxLimits limits) {
    TRY(make_directories(files, folder, 0700));
    const std::string lock_path = join_path(folder, "lock");
    auto created = files.create(lock_path, 0600);
    if (!created.ok() && created.error().code != Code::exists) return std::move(created).error();
    TRY_ASSIGN(auto lock, files.open_writable(lock_path));
    TRY_ASSIGN(const bool locked, lock->try_lock(true));
    if (!locked) {
        return Error{Code::busy, say("another service uses the queue of alerts {}", printable(folder))};
    }
    std::unique_ptr<Outbox> outbox(new Outbox(files, folder, limits, std::move(lock)));
    TRY(outbox->load());
    return outbox;
}

Status Outbox::load() {
    TRY(load_counts());
    TRY_ASSIGN(const auto items, files_.list(folder_));
    for (const DirectoryItem& item : items) {
        if (item.is_directory) continue;
        if (is_temporary(item.name)) {
            TRY(files_.remove(join_path(folder_, item.name)));  // of a process that was killed: never had its name
        } else if (number_of(item.name)) {
            TRY(load_one(item.name));
        }
    }
    return done();
}

Status Outbox::load_counts() {
    const auto bytes = read_file(files_, join_path(folder_, kCounts), kMaxQueueFile);
    if (!bytes.ok()) return bytes.error().code == Code::not_found ? done() : Status(bytes.error());
    const auto json = parse_json(*bytes, kMaxQueueFile);
    const auto read = [&](const char* key, std::uint64_t& into) {
        const auto value = json.ok() ? json_number(*json, key, kQueued) : json.error();
        if (value.ok()) into = *value;
    };
    // Damaged counts are counts that are lost, no reason not to alert.
    if (!json.ok()) ++unreadable_;
    read("dropped", dropped_);
    read("given_up", given_up_);
    read("unreadable", unreadable_);
    return done();
}

namespace {

struct Loaded {
    AlertMessage message;
    std::set<std::string, std::less<>> pending;
    std::map<std::string, std::uint32_t, std::less<>> refusals;
};

Result<Loaded> decode(ByteView bytes) {
    Loaded loaded;
    TRY_ASSIGN(const Json json, parse_json(bytes, kMaxQueueFile));
    TRY_ASSIGN(const std::uint64_t format, json_number(json, "format", kQueued));
    if (format != kFormat) return Error{Code::corrupt, std::string(kQueued) + ": another format"};
    const auto message = json.find("message"), pending = json.find("pending"), refusals = json.find("refusals");
    if (message == json.end() || pending == json.end() || !pending->is_array() || refusals == json.end() ||
        !refusals->is_object() || pending->size() > kMostTargets || refusals->size() > kMostTargets)
        return Error{Code::corrupt, std::string(kQueued) + ": a field is missing"};
    TRY_ASSIGN(loaded.message, message_from_json(*message));
    for (const Json& target : *pending) {
        if (!target.is_string()) return Error{Code::corrupt, std::string(kQueued) + ": a target is no text"};
        loaded.pending.insert(target.get<std::string>());
    }
    for (const auto& [target, count] : refusals->items()) {
        if (!count.is_number_unsigned()) return Error{Code::corrupt, std::string(kQueued) + ": a count is no number"};
        loaded.refusals[target] = static_cast<std::uint32_t>(std::min<std::uint64_t>(count.get<std::uint64_t>(), 1u << 30));
    }
    return loaded;
}

}  // namespace

Status Outbox::load_one(const std::string& name) {
    const std::string path = join_path(folder_, name);
    const auto bytes = read_file(files_, path, kMaxQueueFile);
    if (!bytes.ok() && bytes.error().code != Code::corrupt) return bytes.error();
    auto loaded = bytes.ok() ? decode(*bytes) : Result<Loaded>(bytes.error());
    const std::uint64_t number = *number_of(name);
    next_number_ = std::max(next_number_, number + 1);
    if (!loaded.ok() || loaded->pending.empty()) {
        ++unreadable_;
        TRY(files_.rename(path, path + ".damaged"));
        return write_counts();
    }
    Entry entry{std::move(loaded->message), std::move(loaded->pending), std::move(loaded->refusals), bytes->size(), true};
    total_bytes_ += entry.bytes;
    entries_.emplace(number, std::move(entry));
    return done();
}

std::string Outbox::path_of(std::uint64_t number) const { return join_path(folder_, fmt::format("{:016}{}", number, kEnding)); }

Status Outbox::write(std::uint64_t number, Entry& entry) {
    Json pending = Json::array(), refusals = Json::object();
    for (const std::string& target : entry.pending) pending.push_back(target);
    for (const auto& [target, count] : entry.refusals) refusals[target] = count;
    const Json json = {{"format", kFormat},
                       {"message", message_to_json(entry.message)},
                       {"pending", std::move(pending)},
                       {"refusals", std::move(refusals)}};
    TRY_ASSIGN(const std::string text, to_canonical_json(json));
    total_bytes_ = total_bytes_ - entry.bytes + text.size();
    entry.bytes = text.size();
    entry.durable = false;
    TRY(replace_file(files_, path_of(number), as_bytes(text), 0600));
    entry.durable = true;
    return done();
}

Status Outbox::write_counts() {
    const Json json = {{"dropped", dropped_}, {"given_up", given_up_}, {"unreadable", unreadable_}};
    TRY_ASSIGN(const std::string text, to_canonical_json(json));
    return replace_file(files_, join_path(folder_, kCounts), as_bytes(text), 0600);
}

Status Outbox::remove(Entries::iterator at) {
    const std::string path = path_of(at->first);
    total_bytes_ -= at->second.bytes;
    entries_.erase(at);
    // Not synced: what comes back after a power cut is sent once more, with the same Message-ID.
    const Status removed = files_.remove(path);
    return removed.ok() || removed.error().code == Code::not_found ? done() : removed;
}

Status Outbox::strike(Entries::iterator at, std::string_view target) {
    const auto found = at->second.pending.find(target);
    if (found == at->second.pending.end()) return done();
    at->second.pending.erase(found);
    if (at->second.pending.empty()) return remove(at);
    return write(at->first, at->second);
}

std::vector<std::uint64_t> Outbox::within(const AlertMessage& message, AlertClass which, std::string_view target) const {
    std::vector<std::uint64_t> numbers;
    const std::vector<std::string> all = members_of(message);
    for (const auto& [number, entry] : entries_) {
        if (entry.message.which != which || !entry.pending.contains(target)) continue;
        const std::vector<std::string> some = members_of(entry.message);
        if (std::includes(all.begin(), all.end(), some.begin(), some.end())) numbers.push_back(number);
    }
    return numbers;
}

bool Outbox::is_untold(const AlertMessage& message, AlertSeverity least, std::string_view target) const {
    std::vector<std::string> left = members_of(message);
    for (const auto& [number, entry] : entries_) {
        if (entry.message.which != AlertClass::first || !entry.pending.contains(target)) continue;
        if (entry.message.severity < least) continue;
        const std::vector<std::string> waiting = members_of(entry.message);
        std::erase_if(left, [&](const std::string& one) { return std::binary_search(waiting.begin(), waiting.end(), one); });
        if (left.empty()) return true;
    }
    return false;
}

Outbox::Entries::iterator Outbox::find_id(const std::string& id) {
    return std::find_if(entries_.begin(), entries_.end(), [&](const auto& item) { return item.second.message.id == id; });
}

// What waits already for one target decides whether the new message adds anything for it.
Status Outbox::merge_target(const AlertMessage& message, const std::string& target, Merge& merge) {
    const auto replace_older = [&](AlertClass which) {
        Status status = done();
        for (const std::uint64_t number : within(message, which, target)) {
            status = first_error(std::move(status), strike(entries_.find(number), target));
        }
        return status;
    };
    switch (message.which) {
        case AlertClass::first: {
            if (!is_untold(message, AlertSeverity::notice, target)) return done();
            if (is_untold(message, message.severity, target)) {
                merge.targets.erase(target);
            } else {  // it has become worse: that is what is told
                for (const std::uint64_t number : within(message, AlertClass::first, target)) {
                    merge.outdated.emplace_back(number, target);
                }
            }
            return replace_older(AlertClass::end);
        }
        case AlertClass::reminder:
            if (is_untold(message, AlertSeverity::notice, target)) merge.targets.erase(target);
            return replace_older(AlertClass::reminder);
        case AlertClass::end:
            return first_error(replace_older(AlertClass::reminder), replace_older(AlertClass::end));
        case AlertClass::digest:
        case AlertClass::test:
            return replace_older(message.which);
    }
    return done();
}

Status Outbox::merge(const AlertMessage& message, Merge& merge) {
    Status status = done();
    for (const std::string& target : std::set<std::string, std::less<>>(merge.targets)) {
        status = first_error(std::move(status), merge_target(message, target, merge));
    }
    return status;
}

Outbox::Entries::iterator Outbox::least_wanted() {
    auto found = entries_.end();
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
        const auto rank = expendable(at->second.message.which);
        if (rank && (found == entries_.end() || *rank < *expendable(found->second.message.which))) found = at;
    }
    return found;
}

bool Outbox::is_full(std::uint64_t bytes) const {
    return entries_.size() + 1 > limits_.messages || total_bytes_ + bytes > limits_.bytes;
}

Status Outbox::make_room(std::uint64_t bytes) {
    bool any = false;
    Status status = done();
    while (is_full(bytes)) {
        const auto victim = least_wanted();
        if (victim == entries_.end()) break;
        status = first_error(std::move(status), remove(victim));
        ++dropped_;
        any = true;
    }
    return any ? first_error(std::move(status), write_counts()) : status;
}

Result<Outbox::Put> Outbox::put(AlertMessage message, const std::vector<std::string>& targets) {
    const std::lock_guard lock(mutex_);
    Merge merged;
    merged.targets.insert(targets.begin(), targets.end());
    if (merged.targets.size() > kMostTargets) return Error{Code::usage, say("alerts go to {} targets at most", kMostTargets)};
    Status status = merge(message, merged);
    if (merged.targets.empty()) {
        TRY(status);
        return Put::merged;
    }
    const std::uint64_t estimate =
        message.text.size() + message.subject.size() + message.line.size() + 40 * message.members.size() + 2048;
    Status room = make_room(estimate);
    if (is_full(estimate)) return full(folder_);
    status = first_error(std::move(status), std::move(room));
    const std::uint64_t number = next_number_++;
    Entry& entry = entries_.emplace(number, Entry{std::move(message), std::move(merged.targets), {}, 0, false}).first->second;
    status = first_error(write(number, entry), std::move(status));
    for (const auto& [outdated, target] : merged.outdated) {
        const auto at = entries_.find(outdated);
        if (at != entries_.end()) status = first_error(std::move(status), strike(at, target));
    }
    TRY(status);
    return Put::queued;
}

std::optional<AlertMessage> Outbox::next(std::string_view target, const std::set<std::string>& skip) const {
    const std::lock_guard lock(mutex_);
    const AlertMessage* oldest = nullptr;
    for (const auto& [number, entry] : entries_) {
        if (!entry.pending.contains(target) || skip.contains(entry.message.id)) continue;
        const bool is_urgent = entry.message.which == AlertClass::first && entry.message.severity == AlertSeverity::critical;
        if (is_urgent) return entry.message;
        if (oldest == nullptr) oldest = &entry.message;
    }
    return oldest == nullptr ? std::nullopt : std::optional(*oldest);
}

bool Outbox::has_pending(std::string_view target) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(entries_.begin(), entries_.end(), [&](const auto& item) { return item.second.pending.contains(target); });
}

Status Outbox::delivered(const std::string& id, std::string_view target) {
    const std::lock_guard lock(mutex_);
    const auto at = find_id(id);
    return at == entries_.end() ? done() : strike(at, target);
}

Result<bool> Outbox::refused(const std::string& id, std::string_view target) {
    const std::lock_guard lock(mutex_);
    const auto at = find_id(id);
    if (at == entries_.end()) return false;
    const std::uint32_t count = ++at->second.refusals[std::string(target)];
    if (count < limits_.refusals) {
        TRY(write(at->first, at->second));
        return false;
    }
    ++given_up_;
    TRY(first_error(strike(at, target), write_counts()));
    return true;
}

Status Outbox::keep_targets(const std::set<std::string>& targets) {
    const std::lock_guard lock(mutex_);
    Status status = done();
    bool any = false;
    for (auto at = entries_.begin(); at != entries_.end();) {
        const auto current = at++;
        for (const std::string& target : std::set<std::string, std::less<>>(current->second.pending)) {
            if (targets.contains(target)) continue;
            ++given_up_;
            any = true;
            const bool last = current->second.pending.size() == 1;
            status = first_error(std::move(status), strike(current, target));
            if (last) break;
        }
    }
    return any ? first_error(std::move(status), write_counts()) : status;
}

Status Outbox::write_pending() {
    const std::lock_guard lock(mutex_);
    for (auto& [number, entry] : entries_) {
        if (!entry.durable) TRY(write(number, entry));
    }
    return done();
}

OutboxState Outbox::state() const {
    const std::lock_guard lock(mutex_);
    OutboxState state;
    std::map<std::string, OutboxState::Target> targets;
    for (const auto& [number, entry] : entries_) {
        ++state.pending;
        if (!entry.durable) ++state.not_durable;
        for (const std::string& name : entry.pending) {
            OutboxState::Target& target = targets[name];
            target.name = name;
            ++target.pending;
            if (!target.oldest || entry.message.made < *target.oldest) target.oldest = entry.message.made;
        }
    }
    for (auto& [name, target] : targets) state.targets.push_back(std::move(target));
    state.dropped = dropped_;
    state.given_up = given_up_;
    state.unreadable = unreadable_;
    return state;
}

}  // namespace custody
