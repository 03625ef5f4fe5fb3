// Writes this service's heartbeat and looks at those of its peers (heartbeat.h), on a thread of its own: these files lie on
// shares and media that may hang, and mail must not wait for them.
//
// Ownership: owns the thread; shares the alerter with it. FileSystem and Clock live as long as the program: a thread that hangs
// in a share that is gone is left behind by stop(), and does nothing more should it ever come back. Threads: safe. Errors: logged
// when they begin and end, and shown by trouble(). Durable: `heartbeat.json` in the alerts' folder remembers the sequence, so
// that it does not go back when the file on the share is lost.
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "daemon/alerts/alerter.h"
#include "daemon/service/log.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace custody {

class SignsOfLife {
public:
    struct Options {
        std::string folder;   // of the alerts' state
        std::string host;     // as this service names itself
        std::string keyring;  // folder: its signing key signs
        AlertSettings settings;
        std::function<std::uint64_t()> needs_person;  // asked on the thread; none: 0
        std::function<void()> looked;                 // called on the thread after peers were looked at: something may wait
    };
    SignsOfLife(FileSystem& files, const Clock& clock, const ServiceLog& log, std::shared_ptr<Alerter> alerter, Options options);
    ~SignsOfLife();
    SignsOfLife(const SignsOfLife&) = delete;
    SignsOfLife& operator=(const SignsOfLife&) = delete;

    void start();
    void configure(const AlertSettings& settings);
    // Within about two seconds, whatever hangs. No function of the options is called any more when it returns.
    void stop();
    // Why no heartbeat is written, where one should be.
    [[nodiscard]] std::optional<AlertTrouble> trouble() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace custody
