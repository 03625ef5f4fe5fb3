// A real rsyslogd on 127.0.0.1 that writes what it understood of each message as one JSON line.
//
// Ownership: its process ends with it. Threads: one. Errors: ready() is false where it could not start.
#pragma once

#include "tests/support/program.h"
#include "tests/support/scratch_folder.h"

#include <memory>
#include <string>
#include <vector>

namespace custody::test {

struct SyslogServerOptions {
    std::string certificate_file, key_file;  // empty: plain TCP
    std::string client_authority;            // PEM; a client must show a certificate of it
};

class SyslogServer {
public:
    explicit SyslogServer(const SyslogServerOptions& options);
    // "": it can be had; else what is absent.
    [[nodiscard]] static std::string absent(bool tls);
    [[nodiscard]] bool ready() const { return port_ != 0; }
    [[nodiscard]] int port() const { return port_; }
    // The lines so far: {"pri", "time", "host", "app", "proc", "msgid", "data", "msg"}.
    [[nodiscard]] std::vector<std::string> lines() const;
    void stop() { process_.reset(); }

private:
    ScratchFolder folder_{"syslog-server"};
    std::unique_ptr<RunningProgram> process_;
    int port_ = 0;
};

}  // namespace custody::test
