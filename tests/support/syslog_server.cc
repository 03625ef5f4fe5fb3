#include "tests/support/syslog_server.h"

#include "tests/support/wait_for.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace custody::test {
namespace {

constexpr const char* kRsyslogd = "/usr/sbin/rsyslogd";

std::string configuration(const SyslogServerOptions& options, const std::string& folder) {
    const bool tls = !options.certificate_file.empty();
    std::string text = "global(workDirectory=\"" + folder + "\"";
    if (tls) {
        const std::string authority = options.client_authority.empty() ? options.certificate_file : options.client_authority;
        text += " defaultNetstreamDriver=\"ossl\" defaultNetstreamDriverCAFile=\"" + authority +
                "\" defaultNetstreamDriverCertFile=\"" + options.certificate_file + "\" defaultNetstreamDriverKeyFile=\"" +
                options.key_file + "\"";
    }
    text += ")\nmodule(load=\"imtcp\"";
    if (tls) {
        text += std::string(" streamDriver.name=\"ossl\" streamDriver.mode=\"1\" streamDriver.authMode=\"") +
                (options.client_authority.empty() ? "anon" : "x509/certvalid") + "\"";
    }
    text +=
        ")\ninput(type=\"imtcp\" address=\"127.0.0.1\" port=\"0\" listenPortFileName=\"" + folder + "/port\" ruleset=\"all\")\n";
    text += R"(template(name="seen" type="list") {
  constant(value="{") property(name="pri" outname="pri" format="jsonf") constant(value=",")
  property(name="timereported" outname="time" dateFormat="rfc3339" format="jsonf") constant(value=",")
  property(name="hostname" outname="host" format="jsonf") constant(value=",")
  property(name="app-name" outname="app" format="jsonf") constant(value=",")
  property(name="procid" outname="proc" format="jsonf") constant(value=",")
  property(name="msgid" outname="msgid" format="jsonf") constant(value=",")
  property(name="structured-data" outname="data" format="jsonf") constant(value=",")
  property(name="msg" outname="msg" format="jsonf") constant(value="}\n")
}
)";
    text += "ruleset(name=\"all\") { action(type=\"omfile\" file=\"" + folder + "/seen\" template=\"seen\") }\n";
    return text;
}

}  // namespace

std::string SyslogServer::absent(bool tls) {
    if (::access(kRsyslogd, X_OK) != 0) return "rsyslogd is not installed";
    constexpr const char* kDrivers[] = {"/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_ossl.so",
                                        "/usr/lib/aarch64-linux-gnu/rsyslog/lmnsd_ossl.so", "/usr/lib64/rsyslog/lmnsd_ossl.so"};
    const auto is_there = [](const char* driver) { return ::access(driver, R_OK) == 0; };
    if (tls && std::none_of(std::begin(kDrivers), std::end(kDrivers), is_there)) return "rsyslog-openssl is not installed";
    return "";
}

SyslogServer::SyslogServer(const SyslogServerOptions& options) {
    std::ofstream(folder_ / "conf") << configuration(options, folder_.path());
    Program program;
    program.path = kRsyslogd;
    program.arguments = {"-n", "-f", folder_ / "conf", "-i", folder_ / "pid"};
    process_ = std::make_unique<RunningProgram>(program);
    const std::string port_file = folder_ / "port";
    if (wait_until([&] { return !text_of_file(port_file).empty(); })) port_ = std::atoi(text_of_file(port_file).c_str());
}

std::vector<std::string> SyslogServer::lines() const {
    std::istringstream text(text_of_file(folder_ / "seen"));
    std::vector<std::string> all;
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
}

}  // namespace custody::test
