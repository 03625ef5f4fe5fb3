// A whole service: keyring, two vaults, a source, a configuration, and the real custodyd over them. Both media lie on the disk of
// the machine, unless a test says where; the exception that says so is configured.
//
// Ownership: everything lies in a scratch folder and goes with it. Threads: one.
#pragma once

#include "base/records/canonical_json.h"
#include "daemon/api/client.h"
#include "tests/support/program.h"
#include "tests/support/scratch_folder.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace custody::test {

class WholeService {
public:
    // Makes keyring and vaults a and b by `custody init`, and a source with a few files.
    // `places`: folders of media that lie elsewhere, as {"a", "/tmp/loop"}; they outlive it.
    explicit WholeService(const std::string& purpose, std::map<std::string, std::string> places = {});

    [[nodiscard]] std::string operator/(const std::string& name) const { return folder_ / name; }
    [[nodiscard]] std::string source() const { return folder_ / "srv"; }
    [[nodiscard]] std::string vault(const std::string& medium) const { return places_.at(medium) + "/vault"; }
    [[nodiscard]] std::string config() const { return folder_ / "custody.toml"; }
    [[nodiscard]] std::string socket() const { return folder_ / "custody.sock"; }

    // The configuration: service folders, media a and b, then `more`.
    void configure(const std::string& more) const;
    // The plan "srv" of label business over source(), to both media; `more`: further keys.
    [[nodiscard]] std::string plan(const std::string& more = "") const;

    // Starts custodyd and waits until it answers.
    void start();
    void reload() const;
    void kill();     // SIGKILL
    Outcome stop();  // SIGTERM
    [[nodiscard]] bool is_running() const { return running_ != nullptr; }

    [[nodiscard]] ApiClient client() const { return ApiClient(socket()); }
    [[nodiscard]] Outcome custody(std::vector<std::string> arguments) const;
    // The newest job of a plan that has ended, once there is one with an id above `after`; null after a minute.
    [[nodiscard]] Json ended_job(const std::string& plan, std::int64_t after = 0) const;
    // Snapshots in a vault of that name, oldest first.
    [[nodiscard]] Json snapshots(const std::string& medium, const std::string& name) const;

private:
    [[nodiscard]] Program program(const std::string& path, std::vector<std::string> arguments) const;
    ScratchFolder folder_;
    std::map<std::string, std::string> places_;  // of all media
    std::unique_ptr<RunningProgram> running_;
};

}  // namespace custody::test
