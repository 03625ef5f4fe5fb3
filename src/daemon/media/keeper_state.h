// What a MediaKeeper has in hand; for media_keeper.cc, keeper_look.cc and keeper_mounts.cc alone.
//
// Threads: `mutex` is of all that is marked so, and is held for moments only: never while a disk, the catalogue or an event is
// waited for. Whoever mounts or unmounts holds the medium's `mounting` first; a round of looks holds `rounds`.
#pragma once

#include "catalog/media.h"
#include "catalog/overview.h"
#include "daemon/media/attaching.h"
#include "daemon/media/device_watcher.h"
#include "daemon/media/media_keeper.h"
#include "daemon/media/medium_probe.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace custody {

// One look at one medium, on a thread of its own that touches nothing of the keeper: it may outlast it.
class Glance {
public:
    using Until = std::chrono::steady_clock::time_point;
    [[nodiscard]] static std::shared_ptr<Glance> begin(ExpectedMedium medium);
    // Null: it did not answer by then.
    [[nodiscard]] const Result<MediumProbe>* answer_by(Until until);
    [[nodiscard]] Time begun() const { return begun_; }
    [[nodiscard]] Until begun_at() const { return begun_at_; }

private:
    Time begun_;
    Until begun_at_;
    std::mutex mutex_;
    std::condition_variable answered_;
    std::optional<Result<MediumProbe>> answer_;
};

// What keeps a medium from being used, as far as the keeper tells people of it.
enum class MediumTrouble { none, absent, wrong, failed, ended };
struct MediumVerdict {
    MediumTrouble trouble = MediumTrouble::none;
    std::string words;
    std::string news;  // for the log; empty: as before
};

// One medium of the configuration.
struct Watched {
    MediumConfig config;
    MediumSight sight;
    std::shared_ptr<Glance> glance;  // that has not answered yet
    std::shared_ptr<std::mutex> mounting = std::make_shared<std::mutex>();
    bool was_looked_at = false;
    bool came_back = false;  // to be told by Events::returned
    bool by_person = false;  // attach() brought it: not to be told
    bool keep = false;       // attach() with keep
    bool keep_away = false;  // detach() took it away
    bool leaving = false;    // being unmounted just now: no job is to begin on it
    bool departing = false;  // in step: to be unmounted when nobody holds it
    bool departure_told = false;
    bool is_dead = false;  // its device is gone and its mount is not
    bool told_wrong = false, told_failed = false;
    bool was_recalled = false;                      // told_wrong, as it was before the service was started again
    int mount_id = 0;                               // of the mount that the service made; 0: none
    std::string mount_point;                        // of that, as the kernel has it
    std::string device;                             // where it is plugged in: "/dev/sdb1"; empty: not known
    std::string waiting;                            // a device that came while the dead mount stood
    std::string mount_trouble;                      // why it could not be mounted when it came
    std::chrono::steady_clock::time_point left_at;  // when the service unmounted it
};

// The register as a round of looks finds it.
struct MediaRegister {
    std::map<std::string, catalog::RegisteredMedium> media;
    std::map<std::string, catalog::MediumDebt> debts;
    [[nodiscard]] const catalog::RegisteredMedium* find(const std::string& name) const;
    [[nodiscard]] std::uint64_t owed(const std::string& name) const;
};

struct MediaKeeper::State {
    State(FileSystem& all_files, const Clock& a_clock, catalog::Catalog& a_catalog, AlertSink& sink, const ServiceLog& a_log,
          MediaTiming a_timing)
        : files(all_files), clock(a_clock), catalog(a_catalog), alerts(sink), log(a_log), timing(a_timing) {}

    // media_keeper.cc
    void run(DeviceWatcher& watcher);
    void wait(const DeviceWatcher& watcher);
    void announce(bool is_first);
    void wake() const;
    [[nodiscard]] std::vector<std::string> names() const;
    [[nodiscard]] std::uint32_t holds_of(const std::string& name) const;  // mutex is held
    [[nodiscard]] std::set<std::string> present_now() const;              // mutex is held

    // keeper_look.cc
    [[nodiscard]] Status look();
    [[nodiscard]] Result<MediaRegister> read_register();
    void begin_glances(const MediaRegister& known);
    [[nodiscard]] Status judge(const std::string& name, MediaRegister& known, Glance::Until begun, Glance::Until until);
    [[nodiscard]] bool note_sight(const std::string& name, const std::shared_ptr<Glance>& glance,
                                  const Result<MediumProbe>* looked, const MediaRegister& known, MediumVerdict& verdict);
    [[nodiscard]] Status enter(const MediumConfig& medium, const MediumProbe& probe, MediaRegister& known);
    void tell(const std::string& name, const MediumVerdict& verdict, const MediaRegister& known);
    void recall_told_wrong(const std::string& name);
    void tell_wrong(const std::string& name, const std::string& words, bool ends, const catalog::RegisteredMedium* registered);
    [[nodiscard]] Status follow_state(const std::string& name, MediumTrouble trouble, const MediaRegister& known);
    void raise(AlertKind kind, const std::string& name, const std::string& detail, const catalog::RegisteredMedium* registered);

    // keeper_mounts.cc
    void recall_mounts();
    void mount_what_owes(bool at_start);
    void devices_changed(const std::vector<DeviceChange>& changes);
    void look_at_arrivals();
    void device_arrived(const std::string& device, const std::vector<KnownMedium>& known);
    void mount_returned(const KnownMedium& medium);
    void note_mount(const std::string& name, const Attached& attached, const std::string& mount_point);
    void forget_mount(const std::string& name);
    [[nodiscard]] Result<std::vector<KnownMedium>> known_here();
    [[nodiscard]] std::optional<MediumConfig> config_of(const std::string& name) const;
    [[nodiscard]] Status attach(const std::string& name, bool keep);
    [[nodiscard]] Result<std::string> detach(const std::string& name);
    [[nodiscard]] Status unmount_for_person(const std::string& name, const MediumConfig& medium, bool was_present,
                                            std::mutex& mounting);
    void in_step(const std::string& name);
    void depart(const std::string& name);
    void departed(const std::string& name);
    void depart_those_due();
    [[nodiscard]] bool is_needed_here(const std::string& name) const;  // mutex is held

    FileSystem& files;
    const Clock& clock;
    catalog::Catalog& catalog;
    AlertSink& alerts;
    const ServiceLog& log;
    const MediaTiming timing;

    std::mutex rounds;
    std::thread thread;
    Events events;
    Fd waker, mount_table;
    std::atomic<bool> stopping{false}, has_thread{false};
    std::set<std::string> announced;  // the thread's own

    mutable std::mutex mutex;  // of all below
    std::shared_ptr<const Config> config;
    std::map<std::string, Watched> watched;
    std::map<std::string, std::uint32_t> holds;
    std::map<std::string, std::pair<std::string, std::string>> bad_devices;  // device -> medium, words
    std::condition_variable has_left;                                        // somebody ceased to be `leaving`
    std::set<std::string> arrivals;                                          // devices to be recognised
    bool look_wanted = false, departures_due = false;
    std::chrono::steady_clock::time_point next_look, last_look;
};

}  // namespace custody
