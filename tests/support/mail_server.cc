#include "tests/support/mail_server.h"

#include "tests/support/wait_for.h"

#include <nlohmann/json.hpp>

#include <unistd.h>

namespace custody::test {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

constexpr const char* kServer = R"PY(
import asyncio, json, os, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult
options = json.loads(sys.argv[1])

class Handler:
    count = 0
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address == options["refused_recipient"]:
            return "550 5.1.1 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"
    async def handle_DATA(self, server, session, envelope):
        if options["answer_to_data"]:
            return options["answer_to_data"]
        user = session.auth_data.decode() if isinstance(session.auth_data, bytes) else ""
        encrypted = server.transport.get_extra_info("ssl_object") is not None
        mail = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "user": user, "encrypted": encrypted,
                "raw": envelope.content.decode("latin-1")}
        path = "%s/%06d" % (options["folder"], Handler.count)
        Handler.count += 1
        with open(path + ".new", "w") as file:
            json.dump(mail, file)
        os.rename(path + ".new", path + ".mail")
        return "250 OK"

def authenticate(server, session, envelope, mechanism, data):
    right = data.login.decode() == options["user"] and data.password.decode() == options["password"]
    return AuthResult(success=right, handled=right, auth_data=data.login)

context = None
if options["certificate"]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(options["certificate"], options["key"])
from_start = context if options["tls_from_start"] else None

def session():
    return SMTP(Handler(), hostname="localhost", tls_context=None if from_start else context,
                require_starttls=options["require_starttls"], auth_required=bool(options["user"]),
                auth_require_tls=bool(context) and not from_start, authenticator=authenticate if options["user"] else None)

async def serve():
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", options["port"], ssl=from_start)
    with open(options["folder"] + "/port.new", "w") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    os.rename(options["folder"] + "/port.new", options["folder"] + "/port")
    await server.serve_forever()
asyncio.run(serve())
)PY";

constexpr const char* kDecoder = R"PY(
import email, email.policy, sys
mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
out = "".join("%s: %s\n" % (name, value) for name, value in mail.items())
out += "\n" + mail.get_content().replace("\r\n", "\n")
sys.stdout.buffer.write(out.encode("utf-8", "replace"))
for part in mail.walk():
    if part.defects: sys.stdout.buffer.write(("DEFECTS %r\n" % part.defects).encode())
)PY";

}  // namespace

bool MailServer::absent() {
    Program python;
    python.path = kPython;
    python.arguments = {"-c", "import aiosmtpd"};
    return ::access(kPython, X_OK) != 0 || run(python).exit != 0;
}

MailServer::MailServer(const MailServerOptions& options) {
    const nlohmann::json json = {{"folder", folder_.path()},
                                 {"certificate", options.certificate_file},
                                 {"key", options.key_file},
                                 {"tls_from_start", options.tls_from_start},
                                 {"require_starttls", options.require_starttls},
                                 {"user", options.user},
                                 {"password", options.password},
                                 {"refused_recipient", options.refused_recipient},
                                 {"answer_to_data", options.answer_to_data},
                                 {"port", options.port}};
    Program python;
    python.path = kPython;
    python.arguments = {"-W", "ignore", "-c", kServer, json.dump()};
    process_ = std::make_unique<RunningProgram>(python);
    const std::string port_file = folder_ / "port";
    if (wait_until([&] { return ::access(port_file.c_str(), R_OK) == 0; })) port_ = std::stoi(text_of_file(port_file));
}

std::vector<ReceivedMail> MailServer::received() const {
    std::vector<ReceivedMail> mails;
    for (int i = 0;; ++i) {
        std::string number = std::to_string(i);
        const std::string text = text_of_file(folder_ / (number.insert(0, 6 - number.size(), '0') + ".mail"));
        if (text.empty()) return mails;
        const auto json = nlohmann::json::parse(text);
        ReceivedMail mail;
        mail.from = json.at("from");
        mail.user = json.at("user");
        mail.raw = json.at("raw");
        mail.encrypted = json.at("encrypted");
        for (const auto& to : json.at("to")) mail.to.push_back(to);
        mails.push_back(mail);
    }
}

std::string decoded_mail(const std::string& raw) {
    Program python;
    python.path = kPython;
    python.arguments = {"-c", kDecoder};
    python.input = raw;
    return run(python).out;
}

}  // namespace custody::test
