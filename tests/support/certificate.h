// A throw-away certificate of one's own for localhost and 127.0.0.1, made by the openssl command.
// Errors: valid() is false where openssl is absent or fails; `why` says.
#pragma once

#include <string>

namespace custody::test {

struct Certificate {
    std::string certificate_file, key_file;  // PEM; the certificate is its own authority
    std::string why;
    [[nodiscard]] bool valid() const { return why.empty(); }
};
// In `folder`, as <name>.pem and <name>.key. `host`: the name it is made out to, beside no other.
[[nodiscard]] Certificate make_certificate(const std::string& folder, const std::string& name,
                                           const std::string& host = "localhost");

}  // namespace custody::test
