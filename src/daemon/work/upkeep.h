// What the service does of itself besides the plans: the night's copy of its own records, verifications that are due, old records
// summarised, and a look at what nothing covers (B10).
//
// Ownership: owns a thread; control and log outlive it. Threads: not_covered() on any; the destructor waits for the thread, which
// looks at its stop flag. Errors: logged; of jobs in their records. At rest it wakes once a minute.
#pragma once

#include "base/stop.h"
#include "daemon/discover/discovered.h"
#include "daemon/service/log.h"
#include "daemon/work/control.h"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace custody {

class Upkeep {
public:
    Upkeep(ServiceControl& control, const ServiceLog& log) : control_(control), log_(log) {}
    ~Upkeep();
    Upkeep(const Upkeep&) = delete;
    Upkeep& operator=(const Upkeep&) = delete;

    [[nodiscard]] Status start();
    void stop();
    // Looks at once: a clock, a medium or a setting has changed.
    void look_soon();
    // What this machine was found to have within the last hour, against the configuration as it is now; in the language of the
    // thread.
    [[nodiscard]] std::vector<std::string> not_covered() const;

private:
    void work();
    // False: somebody asked to look before the turn was over.
    [[nodiscard]] bool wait_a_turn();
    void take_turn(bool with_coverage);
    void look_at_coverage();
    [[nodiscard]] Status start_verifications();
    [[nodiscard]] Status start_records();

    ServiceControl& control_;
    const ServiceLog& log_;
    StopFlag stop_;
    std::map<std::string, std::int64_t> tried_;  // verifications: by medium, when last begun (monotonic); the thread's own
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::shared_ptr<const Discovered> found_;  // null: not looked yet
    bool look_wanted_ = false;
    std::thread thread_;
};

}  // namespace custody
