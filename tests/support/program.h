// Runs a program as a user would: arguments, environment, standard input; collects both outputs and the exit code.
//
// Ownership: a RunningProgram kills and reaps its child when dropped. Threads: one.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace custody::test {

struct Outcome {
    int exit = -1;    // exit code; -1 when killed
    int signal = 0;   // 0 when it exited
    std::string out;  // standard output
    std::string err;  // standard error
};

struct Program {
    std::string path;
    std::vector<std::string> arguments;
    std::map<std::string, std::string> environment;  // added to this process's; an empty value removes
    std::string input;
    std::optional<uid_t> as_user;
};

class RunningProgram {
public:
    explicit RunningProgram(const Program& program);
    ~RunningProgram();
    RunningProgram(const RunningProgram&) = delete;
    RunningProgram& operator=(const RunningProgram&) = delete;
    [[nodiscard]] pid_t pid() const { return pid_; }
    void kill(int signal) const;
    // Waits for the end.
    Outcome wait();

private:
    pid_t pid_ = -1;
    std::string out_path_, err_path_;
};

[[nodiscard]] Outcome run(const Program& program);

// The built `custody` over a vault and keyring of its own below `folder`, with a passphrase. The vault may lie on another medium.
class Vault {
public:
    explicit Vault(std::string folder) : Vault(folder, folder + "/vault") {}
    Vault(std::string folder, std::string vault);
    [[nodiscard]] Program command(std::vector<std::string> arguments) const;
    Outcome operator()(std::vector<std::string> arguments) const { return run(command(std::move(arguments))); }
    [[nodiscard]] const std::string& vault() const { return vault_; }
    [[nodiscard]] std::string keyring() const { return folder_ + "/keyring"; }
    [[nodiscard]] const std::string& folder() const { return folder_; }

private:
    std::string folder_, vault_;
};

// CUSTODY_TEST_SEED, else a fixed one: a failure is repeated by the seed that the test prints.
[[nodiscard]] unsigned test_seed();
// CUSTODY_TEST_LONG is set: scripts/crash asks for more rounds.
[[nodiscard]] bool long_run();

}  // namespace custody::test
