#include "tests/support/certificate.h"

#include "tests/support/program.h"

namespace custody::test {

Certificate make_certificate(const std::string& folder, const std::string& name, const std::string& host) {
    Certificate made{folder + "/" + name + ".pem", folder + "/" + name + ".key", ""};
    const std::string names = host == "localhost" ? "DNS:localhost,IP:127.0.0.1" : "DNS:" + host;
    Program openssl;
    openssl.path = "openssl";
    openssl.arguments = {"req",
                         "-x509",
                         "-newkey",
                         "ec",
                         "-pkeyopt",
                         "ec_paramgen_curve:prime256v1",
                         "-nodes",
                         "-days",
                         "2",
                         "-subj",
                         "/CN=" + host,
                         "-addext",
                         "subjectAltName=" + names,
                         "-keyout",
                         made.key_file,
                         "-out",
                         made.certificate_file};
    const Outcome outcome = run(openssl);
    if (outcome.exit != 0) made.why = "openssl cannot make a certificate: " + outcome.err;
    return made;
}

}  // namespace custody::test
