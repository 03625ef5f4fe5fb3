// The work of the service in this process, on a clock and a file system of the test: the real scheduler, runner, jobs, media
// keeper, upkeep and alerts, on an event loop of a thread of its own. Without the API's socket; the test asks work() itself.
//
// Nothing wakes by itself when the clock of the test moves: settle() makes all that goes by it look. Ownership: stops when
// dropped; file system and clock outlive it. Threads: one test's. Errors fail the test.
#pragma once

#include "daemon/work/running_service.h"
#include "tests/support/fake_clock.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace custody::test {

class DrivenService {
public:
    DrivenService(FileSystem& files, FakeClock& clock, std::string config_file)
        : files_(files), clock_(clock), config_file_(std::move(config_file)) {}
    ~DrivenService() { stop(); }
    DrivenService(const DrivenService&) = delete;
    DrivenService& operator=(const DrivenService&) = delete;

    // Reads the configuration, which must be sound.
    void start();
    // As TERM does: what runs is asked to end, and waited for.
    void stop();
    [[nodiscard]] bool is_running() const { return thread_.joinable(); }
    // Precondition: it runs.
    [[nodiscard]] RunningService& work() { return *work_; }

    // All that goes by the clock looks at it now; returns at once.
    void poke();
    // The same, and until no job runs or waits for its turn.
    void settle();

private:
    void serve(std::shared_ptr<const Config> config, const std::function<void(Status)>& started);
    [[nodiscard]] bool is_quiet();
    // What was posted to the loop before has been done.
    void turn();

    FileSystem& files_;
    FakeClock& clock_;
    std::string config_file_;
    const ServiceLog log_ = ServiceLog::to_standard_error();
    std::shared_ptr<const Config> config_;
    std::unique_ptr<EventLoop> loop_;
    std::optional<ServiceContext> context_;
    std::unique_ptr<RunningService> work_;
    std::thread thread_;
};

}  // namespace custody::test
