#include "tests/support/whole_service.h"

#include "tests/support/wait_for.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace custody::test {

WholeService::WholeService(const std::string& purpose, std::map<std::string, std::string> places)
    : folder_(purpose), places_(std::move(places)) {
    for (const char* medium : {"a", "b"}) {
        std::filesystem::create_directories(places_.try_emplace(medium, folder_ / medium).first->second);
        const Outcome made = custody({"init", "--vault", vault(medium)});
        EXPECT_EQ(0, made.exit) << made.err;
    }
    std::filesystem::create_directories(source() + "/hồ sơ");
    std::ofstream(source() + "/hồ sơ/sổ đăng ký đất.txt") << "thửa 1\n";
    std::ofstream(source() + "/readme") << "read me\n";
    std::ofstream(source() + "/large") << std::string(300'000, 'x') << purpose;
}

void WholeService::configure(const std::string& more) const {
    std::ofstream file(config());
    file << "language = \"en\"\n[keys]\nkeyring = \"" << folder_ / "keyring"
         << "\"\n[service]\nsocket = \"" << socket() << "\"\nstate_folder = \"" << folder_ / "state"
         << "\"\ncache_folder = \"" << folder_ / "cache"
         << "\"\n";
    for (const char* medium : {"a", "b"}) {
        file << "[[medium]]\nname = \"" << medium << "\"\nvault = \"" << vault(medium)
             << "\"\nplace = \"test\"\nexception = \"QĐ 1/QĐ-UBND: one disk in this test\"\n";
    }
    file << more;
}

std::string WholeService::plan(const std::string& more) const {
    return "[[plan]]\nname = \"srv\"\nlabel = \"business\"\nsource = { files = [\"" + source() +
           "\"] }\nschedule = \"0 3 * * *\"\nmedia = [\"a\", \"b\"]\n" + more;
}

Program WholeService::program(const std::string& path, std::vector<std::string> arguments) const {
    return {path,
            std::move(arguments),
            {{"CUSTODY_KEYRING", folder_ / "keyring"},
             {"CUSTODY_CACHE", folder_ / "cache"},
             {"CUSTODY_CONFIG", config()},
             {"CUSTODY_PASSPHRASE", "a passphrase of this test"},
             {"CUSTODY_VAULT", ""},
             {"LC_ALL", "C.UTF-8"}},
            "",
            std::nullopt};
}

void WholeService::start() {
    running_ = std::make_unique<RunningProgram>(program(CUSTODYD_PROGRAM, {"--config", config()}));
    const bool answers = wait_until([&] { return client().get("/v1/version").ok(); });
    if (answers) return;
    running_->kill(SIGKILL);
    const Outcome outcome = running_->wait();
    running_.reset();
    ADD_FAILURE() << "custodyd does not answer; exit " << outcome.exit << ": " << outcome.err;
}

void WholeService::reload() const { running_->kill(SIGHUP); }

void WholeService::kill() {
    running_->kill(SIGKILL);
    (void)running_->wait();
    running_.reset();
}

Outcome WholeService::stop() {
    running_->kill(SIGTERM);
    Outcome outcome = running_->wait();
    running_.reset();
    return outcome;
}

Outcome WholeService::custody(std::vector<std::string> arguments) const {
    return run(program(CUSTODY_PROGRAM, std::move(arguments)));
}

Json WholeService::ended_job(const std::string& plan, std::int64_t after) const {
    Json found;
    (void)wait_until([&] {
        const auto answer = client().get("/v1/jobs?limit=20&plan=" + plan);
        if (!answer.ok()) return false;
        for (const Json& job : (*answer)["jobs"]) {
            const auto state = job["state"].get<std::string>();
            if (job["id"].get<std::int64_t>() <= after || state == "queued" || state == "running") continue;
            const auto whole = client().get("/v1/jobs/" + std::to_string(job["id"].get<std::int64_t>()));
            if (!whole.ok()) return false;
            found = *whole;
            return true;
        }
        return false;
    });
    return found;
}

Json WholeService::snapshots(const std::string& medium, const std::string& name) const {
    const Outcome listed = custody({"snapshots", "--vault", vault(medium), "--name", name, "--json"});
    Json parsed = Json::parse(listed.out, nullptr, false);
    EXPECT_TRUE(parsed.is_array()) << listed.out << listed.err;
    return parsed;
}

}  // namespace custody::test
