// A real SMTP server (aiosmtpd of the system's python) on 127.0.0.1 that keeps what it is given.
//
// Ownership: its process ends with it. Threads: one. Errors: ready() is false where it could not start; `absent()` says that the
// python package is not there.
#pragma once

#include "tests/support/program.h"
#include "tests/support/scratch_folder.h"

#include <memory>
#include <string>
#include <vector>

namespace custody::test {

struct MailServerOptions {
    std::string certificate_file, key_file;  // empty: no TLS
    bool tls_from_start = false;             // smtps; else STARTTLS is offered
    bool require_starttls = false;
    std::string user, password;     // empty: no AUTH; else AUTH is demanded
    std::string refused_recipient;  // answered with 550
    std::string answer_to_data;     // instead of 250: "451 later"
    int port = 0;                   // 0: any
};

struct ReceivedMail {
    std::string from, user, raw;  // user: who logged in
    std::vector<std::string> to;  // the envelope
    bool encrypted = false;
};

class MailServer {
public:
    explicit MailServer(const MailServerOptions& options);
    [[nodiscard]] static bool absent();
    [[nodiscard]] bool ready() const { return port_ != 0; }
    [[nodiscard]] int port() const { return port_; }
    // All that were taken so far, in order.
    [[nodiscard]] std::vector<ReceivedMail> received() const;
    void stop() { process_.reset(); }

private:
    ScratchFolder folder_{"mail-server"};
    std::unique_ptr<RunningProgram> process_;
    int port_ = 0;
};

// What python's own mail library makes of a mail: the headers decoded, one "name: value" a line, a blank line, the text.
[[nodiscard]] std::string decoded_mail(const std::string& raw);

}  // namespace custody::test
