#include "tests/support/program.h"

#include "tests/support/sanitizers.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace custody::test {

namespace {

std::string read_and_remove(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    ::unlink(path.c_str());
    return std::move(text).str();
}

std::string temporary_file(const std::string& content, int* kept_fd) {
    std::string path = "/tmp/custody-test-XXXXXX";
    const int fd = ::mkstemp(path.data());
    if (!content.empty() && ::write(fd, content.data(), content.size()) < 0) ::_exit(120);
    if (kept_fd != nullptr) {
        *kept_fd = fd;
    } else {
        ::close(fd);
    }
    return path;
}

[[noreturn]] void become(const Program& program, int input, const std::string& out, const std::string& err) {
    ::setsid();  // no controlling terminal: a program that would ask a question must not wait for the developer's
    ::lseek(input, 0, SEEK_SET);
    ::dup2(input, 0);
    ::dup2(::open(out.c_str(), O_WRONLY | O_TRUNC), 1);
    ::dup2(::open(err.c_str(), O_WRONLY | O_TRUNC), 2);
    for (const auto& [name, value] : program.environment) {
        if (value.empty()) {
            ::unsetenv(name.c_str());
        } else {
            ::setenv(name.c_str(), value.c_str(), 1);
        }
    }
    if (program.as_user && (::setgid(*program.as_user) != 0 || ::setuid(*program.as_user) != 0)) ::_exit(121);
    std::vector<char*> arguments{const_cast<char*>(program.path.c_str())};
    for (const auto& argument : program.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    ::execvp(program.path.c_str(), arguments.data());
    ::_exit(127);
}

}  // namespace

RunningProgram::RunningProgram(const Program& program) {
    int input = -1;
    const std::string input_path = temporary_file(program.input, &input);
    ::unlink(input_path.c_str());
    out_path_ = temporary_file("", nullptr);
    err_path_ = temporary_file("", nullptr);
    pid_ = ::fork();
    if (pid_ == 0) become(program, input, out_path_, err_path_);
    ::close(input);
}

RunningProgram::~RunningProgram() {
    if (pid_ < 0) return;
    kill(SIGKILL);
    (void)wait();
}

void RunningProgram::kill(int signal) const {
    if (pid_ > 0) ::kill(pid_, signal);
}

Outcome RunningProgram::wait() {
    Outcome outcome;
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    if (WIFEXITED(status)) outcome.exit = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
    outcome.out = read_and_remove(out_path_);
    outcome.err = read_and_remove(err_path_);
    if (is_sanitizer_report(outcome.err)) ADD_FAILURE() << outcome.err;
    return outcome;
}

Outcome run(const Program& program) { return RunningProgram(program).wait(); }

Vault::Vault(std::string folder, std::string vault) : folder_(std::move(folder)), vault_(std::move(vault)) {}

Program Vault::command(std::vector<std::string> arguments) const {
    Program program;
#ifdef CUSTODY_PROGRAM
    program.path = CUSTODY_PROGRAM;
#endif
    program.arguments = std::move(arguments);
    program.environment = {{"CUSTODY_VAULT", vault()},
                           {"CUSTODY_KEYRING", keyring()},
                           {"CUSTODY_CACHE", folder_ + "/cache"},
                           {"CUSTODY_CONFIG", folder_ + "/none.toml"},
                           {"CUSTODY_PASSPHRASE", "bốn con mèo đen"},
                           {"LC_ALL", "C"}};
    return program;
}

unsigned test_seed() {
    const char* given = std::getenv("CUSTODY_TEST_SEED");
    return given == nullptr ? 20261103u : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
}

bool long_run() { return std::getenv("CUSTODY_TEST_LONG") != nullptr; }

}  // namespace custody::test
