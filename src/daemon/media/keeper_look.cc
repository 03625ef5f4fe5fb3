// Looks of the media keeper: what is at each place, what the register and people are told of it.
#include "base/counts.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "catalog/settings.h"
#include "daemon/jobs/own_folders.h"
#include "daemon/media/keeper_state.h"
#include "daemon/media/lifecycle.h"
#include "daemon/media/register_actions.h"
#include "daemon/media/registration.h"

#include <algorithm>
#include <ctime>
#include <system_error>
#include <utility>

namespace custody {
namespace {

using catalog::MediumState;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

std::int64_t local_offset_ns(Time now) {
    const std::time_t seconds = now.seconds();
    std::tm local{};
    return ::localtime_r(&seconds, &local) == nullptr ? 0 : local.tm_gmtoff * kSecond;
}

MediumTrouble trouble_of(MediumFault fault) {
    switch (fault) {
        case MediumFault::absent:
            return MediumTrouble::absent;
        case MediumFault::wrong_medium:
        case MediumFault::copied:
        case MediumFault::other_disk:
            return MediumTrouble::wrong;
        default:
            return MediumTrouble::failed;
    }
}

MediumVerdict verdict_of(const Result<MediumProbe>& looked) {
    if (!looked.ok()) return {MediumTrouble::failed, looked.error().message, ""};
    for (const MediumFinding& finding : looked->findings) {
        if (finding.stops()) return {trouble_of(finding.fault), finding.words, ""};
    }
    return {};
}

bool is_ended(const catalog::RegisteredMedium* registered) {
    return registered != nullptr &&
           (registered->entry.state == MediumState::retired || registered->entry.state == MediumState::erased);
}

std::string kind_of(const MediumConfig& medium, const MediumProbe& probe) {
    if (medium.removable) return "removable";
    if (device_node_of(probe.mount).empty()) return "remote";
    return probe.mount.point == "/" ? "folder" : "disk";
}

// A name that is not the configured one is somebody's: this may be the wrong disk at its first appearance.
Status check_name(const MediumConfig& medium, const MediumProbe& probe) {
    if (!probe.identity || probe.identity->name == medium.name) return done();
    return Error{Code::refused,
                 say("{} bears the identity of a medium {}, and the configuration calls it {}: if that is its new name, run "
                     "'custody media register {}'",
                     printable(medium.vault), printable(probe.identity->name), printable(medium.name), printable(medium.name))};
}

std::string told_wrong_setting(const std::string& medium) { return "media.told_wrong." + medium; }

bool is_entered(const catalog::RegisteredMedium* registered, const MediumProbe& probe) {
    return registered != nullptr && registered->entry.facts.identity && probe.identity && probe.identity->vault;
}

}  // namespace

// ---- one look -------------------------------------------------------------------------------------------------------------

std::shared_ptr<Glance> Glance::begin(ExpectedMedium medium) {
    auto glance = std::make_shared<Glance>();
    glance->begun_ = system_clock().now();
    glance->begun_at_ = steady_clock::now();
    const auto look = [glance, medium = std::move(medium)] {
        // Not the keeper's file system: this may hang for longer than that lives.
        auto answer = glance_at_medium(posix_file_system(), medium);
        const std::lock_guard lock(glance->mutex_);
        glance->answer_.emplace(std::move(answer));
        glance->answered_.notify_all();
    };
    try {
        std::thread(look).detach();
    } catch (const std::system_error&) {
        look();  // no more threads: then on this one
    }
    return glance;
}

const Result<MediumProbe>* Glance::answer_by(Until until) {
    std::unique_lock lock(mutex_);
    return answered_.wait_until(lock, until, [this] { return answer_.has_value(); }) ? &*answer_ : nullptr;
}

const catalog::RegisteredMedium* MediaRegister::find(const std::string& name) const {
    const auto found = media.find(name);
    return found == media.end() ? nullptr : &found->second;
}

std::uint64_t MediaRegister::owed(const std::string& name) const {
    const auto found = debts.find(name);
    return found == debts.end() ? 0 : found->second.snapshots;
}

Result<MediaRegister> MediaKeeper::State::read_register() {
    MediaRegister known;
    TRY_ASSIGN(auto media, catalog::Media(catalog).list());
    for (auto& medium : media) known.media.emplace(medium.entry.name, std::move(medium));
    TRY_ASSIGN(auto debts, catalog::Overview(catalog).debts());
    for (auto& debt : debts) known.debts.emplace(debt.name, std::move(debt));
    return known;
}

// ---- a round --------------------------------------------------------------------------------------------------------------

Status MediaKeeper::State::look() {
    const std::lock_guard round(rounds);
    recall_mounts();
    TRY_ASSIGN(MediaRegister known, read_register());
    const auto begun = steady_clock::now();
    begin_glances(known);
    const auto until = begun + nanoseconds(timing.answer_within_ns);
    Status status = done();
    for (const std::string& name : names()) {
        if (Status judged = judge(name, known, begun, until); !judged.ok() && status.ok()) status = std::move(judged);
    }
    const std::lock_guard lock(mutex);
    last_look = steady_clock::now();
    next_look = last_look + nanoseconds(timing.look_every_ns);
    return status;
}

void MediaKeeper::State::begin_glances(const MediaRegister& known) {
    const std::lock_guard lock(mutex);
    for (auto& [name, medium] : watched) {
        if (medium.glance) continue;  // hangs still
        const MediumConfig& config_now = medium.config;
        medium.glance = Glance::begin(expected_medium(name, config_now.vault, config_now.uuid, "", known.find(name)));
    }
}

Status MediaKeeper::State::judge(const std::string& name, MediaRegister& known, Glance::Until begun, Glance::Until until) {
    std::shared_ptr<Glance> glance;
    MediumConfig medium;
    {
        const std::lock_guard lock(mutex);
        const auto found = watched.find(name);
        if (found == watched.end() || !found->second.glance) return done();
        glance = found->second.glance;
        medium = found->second.config;
    }
    // One that hung in an earlier round was waited for then.
    const Result<MediumProbe>* looked = glance->answer_by(glance->begun_at() < begun ? begun : until);
    MediumVerdict verdict;
    if (is_ended(known.find(name))) {
        verdict = {MediumTrouble::ended, say("the medium {} is retired: it gets nothing more", printable(name)), ""};
    } else if (looked == nullptr) {
        verdict = {MediumTrouble::failed,
                   say("the medium {} does not answer since {}: its disk or the server of its share hangs; look at 'dmesg', and "
                       "mount it anew when it is mended",
                       printable(name), to_rfc3339_local(glance->begun())),
                   ""};
    } else {
        verdict = verdict_of(*looked);
    }
    if (looked != nullptr && verdict.trouble == MediumTrouble::none && !is_entered(known.find(name), **looked)) {
        if (const Status entered = enter(medium, **looked, known); !entered.ok()) {
            const Error& why = entered.error();
            const bool is_wrong = why.code == Code::refused || why.code == Code::exists || why.code == Code::wrong_key;
            verdict = {is_wrong ? MediumTrouble::wrong : MediumTrouble::failed, why.message, ""};
        }
    }
    if (!note_sight(name, glance, looked, known, verdict)) return done();  // configured anew meanwhile
    if (!verdict.news.empty()) log.notice(verdict.news);
    tell(name, verdict, known);
    return follow_state(name, verdict.trouble, known);
}

bool MediaKeeper::State::note_sight(const std::string& name, const std::shared_ptr<Glance>& glance,
                                    const Result<MediumProbe>* looked, const MediaRegister& known, MediumVerdict& verdict) {
    const std::lock_guard lock(mutex);
    const auto found = watched.find(name);
    if (found == watched.end() || found->second.glance != glance) return false;
    Watched& seen = found->second;
    MediumSight& sight = seen.sight;
    if (seen.is_dead && verdict.trouble != MediumTrouble::ended)  // what is cached may still be read
        verdict = {MediumTrouble::failed, say("the medium {} was pulled out while it was mounted", printable(name)), ""};
    const bool is_present = verdict.trouble == MediumTrouble::none && !seen.leaving;
    if (is_present && !sight.present) {
        seen.came_back = seen.was_looked_at || known.owed(name) > 0;
        seen.mount_trouble.clear();
    }
    const Departure departure{seen.config.removable, seen.mount_id != 0, known.owed(name), holds_of(name)};
    const bool is_absent = verdict.trouble == MediumTrouble::absent;
    sight.may_be_removed = is_absent && !seen.device.empty() && seen.mount_trouble.empty() && can_be_taken_out(departure);
    const auto bad =
        std::find_if(bad_devices.begin(), bad_devices.end(), [&](const auto& each) { return each.second.first == name; });
    if (is_absent && bad != bad_devices.end()) {
        verdict = {MediumTrouble::wrong, bad->second.second, ""};
    } else if (is_absent && !seen.mount_trouble.empty()) {
        verdict = {MediumTrouble::failed, seen.mount_trouble, ""};
    } else if (sight.may_be_removed) {
        verdict.words = departure_in_words(name, departure);
    }
    if (sight.present != is_present || sight.why_not != verdict.words)
        verdict.news = is_present ? say("the medium {} is here", printable(name)) : verdict.words;
    sight.present = is_present;
    sight.why_not = verdict.words;
    sight.mounted_by_service = seen.mount_id != 0;
    sight.free_bytes.reset();
    sight.size_bytes.reset();
    if (looked == nullptr) return true;
    seen.glance.reset();
    seen.was_looked_at = true;
    sight.looked_at = clock.now();
    if (!is_present) return true;
    sight.free_bytes = (*looked)->free_bytes;
    sight.size_bytes = (*looked)->total_bytes;
    return true;
}

// ---- the register ---------------------------------------------------------------------------------------------------------

Status MediaKeeper::State::enter(const MediumConfig& medium, const MediumProbe& probe, MediaRegister& known) {
    const catalog::RegisteredMedium* registered = known.find(medium.name);
    if (registered == nullptr || !registered->entry.facts.identity) TRY(check_name(medium, probe));
    std::shared_ptr<const Config> now;
    {
        const std::lock_guard lock(mutex);
        now = config;
    }
    TRY_ASSIGN(const Keyring keyring, Keyring::open(files, clock, keyring_folder(*now)));
    TRY_ASSIGN(const IdentityOnMedium identity,
               write_identity(files, clock, keyring, medium.vault, medium.name, IdentityChoice::new_or_same));
    TRY(enter_medium(catalog, {identity, kind_of(medium, probe), medium.place, medium.custodian, medium.rotation}));
    TRY_ASSIGN(auto entered, catalog::Media(catalog).find(medium.name));
    known.media.insert_or_assign(medium.name, std::move(entered));
    log.notice(say("the medium {} is registered: {}", printable(medium.name), printable(medium.vault)));
    return done();
}

// Without a word where nothing changed; what hangs or fails stays what it was.
Status MediaKeeper::State::follow_state(const std::string& name, MediumTrouble trouble, const MediaRegister& known) {
    const catalog::RegisteredMedium* registered = known.find(name);
    if (registered == nullptr || trouble == MediumTrouble::ended || trouble == MediumTrouble::failed) return done();
    MediumConfig medium;
    bool is_here = false;
    {
        const std::lock_guard lock(mutex);
        const auto found = watched.find(name);
        if (found == watched.end()) return done();
        medium = found->second.config;
        is_here = found->second.sight.present || found->second.sight.may_be_removed;
    }
    catalog::Media media(catalog);
    if (registered->entry.rotation_set.value_or("") != medium.rotation)
        TRY(media.set_rotation(registered->key, medium.rotation.empty() ? std::nullopt : std::optional(medium.rotation)));
    const MediumState state = state_now(registered->entry.state, is_here, known.owed(name));
    return state == registered->entry.state ? done() : media.follow(registered->key, state, "");
}

// ---- people ---------------------------------------------------------------------------------------------------------------

void MediaKeeper::State::raise(AlertKind kind, const std::string& name, const std::string& detail,
                               const catalog::RegisteredMedium* registered) {
    AlertEvent event;
    event.kind = kind;
    event.medium = name;
    event.detail = detail;
    if (registered != nullptr) {
        event.place = registered->entry.place;
    } else if (const auto medium = config_of(name)) {
        event.place = medium->place;
    }
    alerts.raise(std::move(event));
}

// A medium that shares a disk is told of as medium_wrong, too, by the probe of a run, and the keeper cannot see that it is over.
// So what it ends is what it has said itself, before a restart, too.
void MediaKeeper::State::recall_told_wrong(const std::string& name) {
    {
        const std::lock_guard lock(mutex);
        const auto found = watched.find(name);
        if (found == watched.end() || std::exchange(found->second.was_recalled, true)) return;
    }
    const auto told = catalog::Settings(catalog).get(told_wrong_setting(name));
    if (!told.ok()) log.warning(told.error().message);
    if (!told.ok() || !*told) return;
    const std::lock_guard lock(mutex);
    if (const auto found = watched.find(name); found != watched.end()) found->second.told_wrong = true;
}

// `words`: what is wrong; `ends`: nothing is any more. Noted before it is told, and until that is over.
void MediaKeeper::State::tell_wrong(const std::string& name, const std::string& words, bool ends,
                                    const catalog::RegisteredMedium* registered) {
    catalog::Settings settings(catalog);
    Status noted = done();
    if (!words.empty()) {
        const auto before = settings.get(told_wrong_setting(name));
        if (!before.ok() || !*before) noted = settings.set(told_wrong_setting(name), "1");
        raise(AlertKind::medium_wrong, name, words, registered);
    } else if (ends) {
        alerts.resolve(AlertKind::medium_wrong, name);
        noted = settings.remove(told_wrong_setting(name));
    }
    if (!noted.ok()) log.warning(noted.error().message);
}

void MediaKeeper::State::tell(const std::string& name, const MediumVerdict& verdict, const MediaRegister& known) {
    recall_told_wrong(name);
    const MediumTrouble trouble = verdict.trouble;
    const std::string& words = verdict.words;
    const catalog::RegisteredMedium* registered = known.find(name);
    std::optional<RotationTurn> turn;
    MediumConfig medium;
    std::string wrong = trouble == MediumTrouble::wrong ? words : std::string();
    bool ends_wrong = false, ends_failed = false;
    {
        const std::lock_guard lock(mutex);
        const auto found = watched.find(name);
        if (found == watched.end() || !config) return;
        Watched& seen = found->second;
        medium = seen.config;
        std::vector<std::string> sets;
        for (const MediumConfig& each : config->media) sets.push_back(each.rotation);
        turn = rotation_turn(sets, config->service.rotate_every_ns, clock.now(), local_offset_ns(clock.now()));
        for (const auto& [device, about] : bad_devices) {
            if (wrong.empty() && about.first == name) wrong = about.second;
        }
        // One that does not answer may be the wrong one still.
        ends_wrong = wrong.empty() && seen.told_wrong && trouble != MediumTrouble::failed;
        seen.told_wrong = !wrong.empty() || (seen.told_wrong && !ends_wrong);
        ends_failed = trouble == MediumTrouble::none && seen.told_failed;
        seen.told_failed = trouble == MediumTrouble::failed || (seen.told_failed && !ends_failed);
    }
    tell_wrong(name, wrong, ends_wrong, registered);
    if (trouble == MediumTrouble::failed) raise(AlertKind::medium_failed, name, words, registered);
    if (ends_failed) alerts.resolve(AlertKind::medium_failed, name);
    const bool wanted = is_wanted(medium.rotation, turn) && trouble != MediumTrouble::ended;
    if (trouble == MediumTrouble::absent && !medium.removable && wanted) {
        raise(AlertKind::medium_absent, name, words, registered);
    } else if (trouble == MediumTrouble::none || medium.removable || !wanted) {
        alerts.resolve(AlertKind::medium_absent, name);
    }
    const auto debt = known.debts.find(name);
    const bool owes = debt != known.debts.end() && debt->second.snapshots > 0;
    if (owes && wanted && owes_too_long(debt->second.oldest_since, medium.owed_after_ns, clock.now())) {
        raise(AlertKind::copy_owed, name,
              say_count(debt->second.snapshots, "{} copy is owed since {}", "{} copies are owed since {}",
                        to_rfc3339_local(debt->second.oldest_since)),
              registered);
    } else {
        alerts.resolve(AlertKind::copy_owed, name);
    }
}

}  // namespace custody
