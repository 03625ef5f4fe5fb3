// Media that come and go: what the keeper mounts, unmounts, and leaves alone.
#include "base/block_device_file_system.h"
#include "base/mounts.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "catalog/settings.h"
#include "daemon/media/keeper_state.h"
#include "daemon/media/lifecycle.h"
#include "daemon/media/mounting.h"
#include "daemon/media/register_actions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace custody {
namespace {

using catalog::MediumState;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

// Of the running kernel: a mount's number means nothing to the next one.
std::string boot_id() { return sysfs::read_line("/proc/sys/kernel/random/boot_id"); }

std::string setting_of(const std::string& medium) { return "media.mounted." + medium; }

std::optional<mounts::MountLine> mount_with(int id) {
    const auto lines = mounts::read_mount_lines();
    if (!lines.ok()) return std::nullopt;
    const auto line = std::find_if(lines->begin(), lines->end(), [&](const auto& each) { return each.id == id; });
    return line == lines->end() ? std::nullopt : std::optional(*line);
}

// The newest mount at a mount point, as the kernel writes it: nothing of a dead disk is asked.
std::optional<mounts::MountLine> line_at(const std::string& point) {
    const auto lines = mounts::read_mount_lines();
    if (!lines.ok()) return std::nullopt;
    const auto line = std::find_if(lines->rbegin(), lines->rend(), [&](const auto& each) { return each.mount.point == point; });
    return line == lines->rend() ? std::nullopt : std::optional(*line);
}

std::optional<mounts::MountLine> mount_on(const std::string& folder) { return line_at(sysfs::real_path(folder)); }

Error not_configured(const std::string& name) {
    return {Code::not_found, say("no medium {} stands in the configuration: add a [[medium]] with its vault, then 'systemctl "
                                 "reload custodyd'",
                                 printable(name))};
}

Error held(const std::string& name) {
    return {Code::busy, say("the medium {} is being written to by a job: wait for it ('custody job list' shows it), or end it "
                            "with 'custody job cancel'; do not take the disk out",
                            printable(name))};
}

}  // namespace

std::optional<MediumConfig> MediaKeeper::State::config_of(const std::string& name) const {
    const std::lock_guard lock(mutex);
    const auto found = watched.find(name);
    return found == watched.end() ? std::nullopt : std::optional(found->second.config);
}

bool MediaKeeper::State::is_needed_here(const std::string& name) const {
    if (!config) return false;
    const auto is_fixed = [&](const std::string& medium) {
        const MediumConfig* found = config->find_medium(medium);
        return found != nullptr && !found->removable;
    };
    return std::any_of(config->plans.begin(), config->plans.end(), [&](const PlanConfig& plan) {
        return std::find(plan.media.begin(), plan.media.end(), name) != plan.media.end() &&
               std::none_of(plan.media.begin(), plan.media.end(), is_fixed);
    });
}

// The register's, and what is configured with a UUID and not registered yet.
Result<std::vector<KnownMedium>> MediaKeeper::State::known_here() {
    TRY_ASSIGN(auto known, known_media(catalog));
    const std::lock_guard lock(mutex);
    for (const auto& [name, medium] : watched) {
        if (medium.config.uuid.empty()) continue;
        const auto same = std::find_if(known.begin(), known.end(), [&](const KnownMedium& each) { return each.name == name; });
        if (same == known.end()) {
            known.push_back({name, std::nullopt, std::nullopt, medium.config.uuid});
        } else {
            same->file_system_uuid = medium.config.uuid;
        }
    }
    return known;
}

// ---- mounts of the service ------------------------------------------------------------------------------------------------

void MediaKeeper::State::note_mount(const std::string& name, const Attached& attached, const std::string& mount_point) {
    const auto line = attached.was_mounted ? std::nullopt : mount_on(mount_point);
    std::string mark;
    {
        const std::lock_guard lock(mutex);
        const auto found = watched.find(name);
        if (found == watched.end()) return;
        Watched& medium = found->second;
        medium.device = attached.device;
        medium.mount_trouble.clear();
        medium.is_dead = medium.departing = medium.departure_told = false;
        if (!line) return;
        medium.mount_id = line->id;
        medium.mount_point = line->mount.point;
        mark = fmt::format("{} {}", boot_id(), line->id);
    }
    if (const Status set = catalog::Settings(catalog).set(setting_of(name), mark); !set.ok()) log.warning(set.error().message);
}

void MediaKeeper::State::forget_mount(const std::string& name) {
    {
        const std::lock_guard lock(mutex);
        const auto found = watched.find(name);
        if (found != watched.end()) {
            Watched& medium = found->second;
            medium.mount_id = 0;
            medium.keep = medium.leaving = medium.departing = medium.departure_told = medium.is_dead = false;
            medium.sight.present = medium.sight.mounted_by_service = false;
            medium.left_at = steady_clock::now();
        }
        has_left.notify_all();
    }
    if (const Status removed = catalog::Settings(catalog).remove(setting_of(name)); !removed.ok())
        log.warning(removed.error().message);
}

// What an earlier run of the service mounted, and whether what this one mounted is still there: a person may unmount it.
void MediaKeeper::State::recall_mounts() {
    for (const std::string& name : names()) {
        int id = 0;
        bool is_new = false;
        {
            const std::lock_guard lock(mutex);
            const auto found = watched.find(name);
            if (found == watched.end()) continue;
            id = found->second.mount_id;
            is_new = !found->second.was_looked_at && id == 0;
        }
        if (is_new) {
            const auto mark = catalog::Settings(catalog).get(setting_of(name));
            const std::string prefix = boot_id() + " ";
            if (!mark.ok() || !*mark || !(*mark)->starts_with(prefix)) continue;
            std::from_chars((*mark)->data() + prefix.size(), (*mark)->data() + (*mark)->size(), id);
        }
        if (id == 0) continue;
        const auto line = mount_with(id);
        if (!line) {
            forget_mount(name);
            const std::lock_guard lock(mutex);
            if (const auto found = watched.find(name); found != watched.end()) found->second.keep_away = !is_new;
            continue;
        }
        const std::lock_guard lock(mutex);
        const auto found = watched.find(name);
        if (found == watched.end() || !is_new) continue;
        found->second.mount_id = id;
        found->second.mount_point = line->mount.point;
        found->second.device = device_node_of(line->mount);
    }
}

// ---- what comes -----------------------------------------------------------------------------------------------------------

// Plugged in already and wanted: at the start of the service, because it could not be mounted when it came, or because it stayed
// where it was said that it may be taken out.
void MediaKeeper::State::mount_what_owes(bool at_start) {
    const auto known = known_here();
    const auto debts = read_register();
    if (!known.ok() || !debts.ok()) return;  // the look has told
    for (const KnownMedium& medium : *known) {
        {
            const std::lock_guard lock(mutex);
            const auto found = watched.find(medium.name);
            if (found == watched.end() || medium.file_system_uuid.empty()) continue;
            const Watched& seen = found->second;
            if (!seen.config.removable || seen.sight.present || seen.keep_away || seen.mount_id != 0) continue;
            const bool is_wanted = debts->owed(medium.name) > 0 || is_needed_here(medium.name) || !debts->find(medium.name);
            const bool is_plugged = !seen.device.empty();
            const bool was_long_away = steady_clock::now() - seen.left_at > nanoseconds(timing.away_at_least_ns);
            const bool has_failed = is_plugged && !seen.mount_trouble.empty();
            if (!has_failed && !(is_wanted && (at_start || (is_plugged && was_long_away)))) continue;
        }
        if (!devices_with_uuid(medium.file_system_uuid).empty()) mount_returned(medium);
    }
}

void MediaKeeper::State::mount_returned(const KnownMedium& medium) {
    std::shared_ptr<std::mutex> mounting;
    std::string mount_point;
    {
        const std::lock_guard lock(mutex);
        const auto found = watched.find(medium.name);
        if (found == watched.end() || found->second.sight.present) return;  // or it, or a byte copy of it, came beside
        mounting = found->second.mounting;
        mount_point = found->second.config.mount_point;
    }
    const std::lock_guard alone(*mounting);
    const auto attached = attach_medium(medium, mount_point);
    if (attached.ok()) {
        log.notice(say("the medium {} is back: {}", printable(medium.name), printable(attached->device)));
        note_mount(medium.name, *attached, mount_point);
    }
    const std::lock_guard lock(mutex);
    look_wanted = true;
    const auto found = watched.find(medium.name);
    if (attached.ok() || attached.error().code == Code::not_found || found == watched.end()) return;
    const std::string& why = attached.error().message;
    if (std::exchange(found->second.mount_trouble, why) != why) log.warning(why);
}

void MediaKeeper::State::device_arrived(const std::string& device, const std::vector<KnownMedium>& known) {
    const auto found = recognise_device(device, known);
    if (!found.ok()) {
        if (found.error().code != Code::not_found) log.warning(found.error().message);
        return;
    }
    if (found->what == Recognition::unknown) return;
    const KnownMedium& medium = known[found->medium];
    if (found->what != Recognition::registered) {
        log.warning(found->words);
        const std::lock_guard lock(mutex);
        bad_devices[device] = {medium.name, found->words};
        return;
    }
    bool is_to_be_mounted = false;
    {
        const std::lock_guard lock(mutex);
        const auto seen = watched.find(medium.name);
        if (seen == watched.end()) {
            log.notice(say("{} is the medium {} of the register, which the configuration does not name", printable(device),
                           printable(medium.name)));
            return;
        }
        seen->second.keep_away = false;
        seen->second.mount_trouble.clear();
        if (seen->second.is_dead) seen->second.waiting = device;
        if (!seen->second.is_dead) seen->second.device = device;
        is_to_be_mounted = seen->second.config.removable && !seen->second.is_dead;
    }
    if (is_to_be_mounted) mount_returned(medium);
}

void MediaKeeper::State::devices_changed(const std::vector<DeviceChange>& changes) {
    {
        const std::lock_guard lock(mutex);
        for (const DeviceChange& change : changes) {
            const std::string device = "/dev/" + change.name;
            if (change.arrived) {
                arrivals.insert(device);
                continue;
            }
            arrivals.erase(device);
            bad_devices.erase(device);
            for (auto& [name, medium] : watched) {
                if (medium.waiting == device) medium.waiting.clear();
                if (medium.device != device) continue;
                medium.is_dead = medium.mount_id != 0;
                medium.keep_away = false;
                medium.mount_trouble.clear();
                medium.device.clear();
            }
        }
        // Of two with one UUID one may be gone.
        for (const auto& [device, about] : bad_devices) arrivals.insert(device);
        bad_devices.clear();
        look_wanted = true;
    }
    depart_those_due();  // a dead mount makes room for the disk's return
}

void MediaKeeper::State::look_at_arrivals() {
    std::set<std::string> devices;
    {
        const std::lock_guard lock(mutex);
        devices.swap(arrivals);
    }
    if (devices.empty()) return;
    const auto known = known_here();
    if (!known.ok()) return log.error(known.error().message);
    for (const std::string& device : devices) device_arrived(device, *known);
}

// ---- people ---------------------------------------------------------------------------------------------------------------

Status MediaKeeper::State::attach(const std::string& name, bool keep) {
    const auto medium = config_of(name);
    if (!medium) return not_configured(name);
    const auto registered = catalog::Media(catalog).find(name);
    if (registered.ok() && (registered->entry.state == MediumState::retired || registered->entry.state == MediumState::erased))
        return Error{Code::refused, say("the medium {} is retired: it gets nothing more", printable(name))};
    TRY_ASSIGN(const auto known, known_here());
    const auto found = std::find_if(known.begin(), known.end(), [&](const KnownMedium& each) { return each.name == name; });
    std::shared_ptr<std::mutex> mounting;
    {
        const std::lock_guard lock(mutex);
        const auto seen = watched.find(name);
        if (seen == watched.end()) return not_configured(name);
        seen->second.keep = keep;
        seen->second.keep_away = false;
        if (seen->second.sight.present) return done();
        mounting = seen->second.mounting;
    }
    bool is_ours = false;
    {
        const std::lock_guard alone(*mounting);
        const KnownMedium wanted = found == known.end() ? KnownMedium{name, std::nullopt, std::nullopt, medium->uuid} : *found;
        TRY_ASSIGN(const Attached attached, attach_medium(wanted, medium->mount_point));
        is_ours = !attached.was_mounted;
        note_mount(name, attached, medium->mount_point);
        const std::lock_guard lock(mutex);
        if (const auto seen = watched.find(name); seen != watched.end()) seen->second.by_person = true;
    }
    TRY(look());
    std::string why_not;
    {
        const std::lock_guard lock(mutex);
        const auto seen = watched.find(name);
        if (seen != watched.end() && seen->second.sight.present) return done();
        if (seen != watched.end()) {
            why_not = seen->second.sight.why_not;
            seen->second.by_person = false;
        }
    }
    if (is_ours) {
        if (const Status unmounted = unmount_medium(medium->mount_point); !unmounted.ok()) log.warning(unmounted.error().message);
        forget_mount(name);
    }
    return Error{Code::refused, why_not.empty() ? not_configured(name).message : why_not};
}

Result<std::string> MediaKeeper::State::detach(const std::string& name) {
    const auto medium = config_of(name);
    if (!medium) return not_configured(name);
    if (!medium->removable)
        return Error{Code::refused, say("the medium {} is not removable in the configuration: when no job uses it, unmount it by "
                                        "hand with 'umount {}'",
                                        printable(name), printable(medium->mount_point))};
    TRY_ASSIGN(const MediaRegister known, read_register());
    std::shared_ptr<std::mutex> mounting;
    bool was_present = false;
    {
        const std::lock_guard lock(mutex);
        const auto seen = watched.find(name);
        if (seen == watched.end()) return not_configured(name);
        if (holds_of(name) > 0) return held(name);
        seen->second.leaving = true;
        was_present = std::exchange(seen->second.sight.present, false);
        mounting = seen->second.mounting;
    }
    const Status unmounted = unmount_for_person(name, *medium, was_present, *mounting);
    {
        const std::lock_guard lock(mutex);
        if (const auto seen = watched.find(name); seen != watched.end()) {
            seen->second.leaving = false;
            has_left.notify_all();
            seen->second.keep_away = unmounted.ok();
            if (!unmounted.ok()) seen->second.sight.present = was_present;
        }
    }
    TRY(unmounted);
    TRY(look());
    return departure_in_words(name, {true, false, known.owed(name), 0});
}

Status MediaKeeper::State::unmount_for_person(const std::string& name, const MediumConfig& medium, bool was_present,
                                              std::mutex& mounting) {
    const std::lock_guard alone(mounting);
    const auto line = medium.mount_point == "/" ? std::nullopt : mount_on(medium.mount_point);
    if (!line && was_present)
        return Error{Code::refused,
                     say("the medium {} lies in {} and is not mounted there by itself: there is nothing to unmount",
                         printable(name), printable(medium.mount_point))};
    if (!line) return done();
    const std::string device = device_node_of(line->mount);
    TRY(unmount_medium(medium.mount_point));
    forget_mount(name);
    const std::lock_guard lock(mutex);
    if (const auto seen = watched.find(name); seen != watched.end()) seen->second.device = device;
    return done();
}

// ---- what goes ------------------------------------------------------------------------------------------------------------

void MediaKeeper::State::in_step(const std::string& name) {
    {
        const std::lock_guard lock(mutex);
        const auto found = watched.find(name);
        if (found == watched.end()) return;
        Watched& medium = found->second;
        if (!medium.config.removable || medium.keep || medium.mount_id == 0 || is_needed_here(name)) return;
        medium.departing = true;
        if (holds_of(name) > 0) return;  // the last one to give it back wakes the thread
        departures_due = true;
    }
    if (!has_thread) depart(name);  // else look_soon() wakes it
}

void MediaKeeper::State::depart(const std::string& name) {
    std::shared_ptr<std::mutex> mounting;
    {
        const std::lock_guard lock(mutex);
        const auto found = watched.find(name);
        if (found == watched.end()) return;
        mounting = found->second.mounting;
    }
    const std::lock_guard alone(*mounting);
    std::string mount_point;
    int id = 0;
    bool is_dead = false;
    {
        const std::lock_guard lock(mutex);
        const auto found = watched.find(name);
        if (found == watched.end() || holds_of(name) > 0) return;
        Watched& medium = found->second;
        if (medium.mount_id == 0 || (!medium.departing && !medium.is_dead)) return;
        is_dead = medium.is_dead;
        medium.leaving = true;
        medium.sight.present = false;
        mount_point = medium.mount_point;
        id = medium.mount_id;
    }
    const auto line = line_at(mount_point);
    if (!line || line->id != id) return forget_mount(name);  // a person did; or mounted something else there
    const Status unmounted = is_dead ? drop_dead_mount(mount_point) : unmount_medium(mount_point);
    if (unmounted.ok()) {
        forget_mount(name);
        if (!is_dead) return departed(name);
        log.warning(say("the medium {} was pulled out while it was mounted", printable(name)));
    }
    const bool is_busy = !unmounted.ok() && unmounted.error().code == Code::busy;
    bool is_news = false;
    {
        const std::lock_guard lock(mutex);
        const auto found = watched.find(name);
        if (found == watched.end()) return;
        if (unmounted.ok()) {
            look_wanted = true;
            if (!found->second.waiting.empty()) arrivals.insert(std::exchange(found->second.waiting, ""));
            return;
        }
        found->second.leaving = false;
        has_left.notify_all();
        found->second.sight.present = !is_dead;  // as it was: it did not come back
        if (!is_busy) found->second.departing = false;
        is_news = !std::exchange(found->second.departure_told, true);
    }
    // What is busy is tried again after each look.
    if (is_news) log.warning(unmounted.error().message);
    if (!is_busy && !is_dead) raise(AlertKind::medium_failed, name, unmounted.error().message, nullptr);
}

void MediaKeeper::State::departed(const std::string& name) {
    const std::string words = departure_in_words(name, {true, false, 0, 0});
    {
        const std::lock_guard lock(mutex);
        const auto found = watched.find(name);
        if (found == watched.end()) return;
        found->second.sight.may_be_removed = true;
        found->second.sight.why_not = words;
    }
    log.notice(words);
    const auto registered = catalog::Media(catalog).find(name);
    raise(AlertKind::can_be_taken_out, name, words, registered.ok() ? &*registered : nullptr);
}

void MediaKeeper::State::depart_those_due() {
    std::vector<std::string> due;
    {
        const std::lock_guard lock(mutex);
        departures_due = false;
        for (const auto& [name, medium] : watched) {
            if ((medium.departing || medium.is_dead) && holds_of(name) == 0) due.push_back(name);
        }
    }
    for (const std::string& name : due) depart(name);
}

}  // namespace custody
