// A real server with the routes of media, over a real register, keeper and two vaults in folders; jobs are run by the test.
#pragma once

#include "daemon/work/media_routes.h"
#include "tests/daemon/api/api_fixture.h"
#include "tests/support/fake_control.h"
#include "tests/support/small_vault.h"

#include <memory>
#include <string>

namespace custody::test {

class MediaRoutes : public ApiFixture {
protected:
    void SetUp() override {
        ApiFixture::SetUp();
        small_.populate();  // five snapshots in "a", copied to "b"
        config_.keys.keyring = small_.scratch() / "keyring";
        for (const char* name : {"a", "b"}) {
            MediumConfig& medium = config_.media.emplace_back();
            medium.name = name;
            medium.vault = small_.path(name);
            medium.mount_point = small_.scratch().path();
            medium.place = "Server room";
            medium.custodian = "An";
        }
        keeper_ = std::make_unique<MediaKeeper>(small_.files(), control_.fake_clock, control_.catalog(), control_.desk, log_);
        control_.media_keeper = keeper_.get();
        configure();
        add_media_routes(routes_, control_);
        start();
    }
    void TearDown() override {
        ApiFixture::TearDown();
        keeper_.reset();
    }
    void configure() {
        control_.config_value = std::make_shared<const Config>(config_);
        keeper_->configure(control_.config_value);
        ASSERT_TRUE(is_ok(keeper_->look()));
    }
    Json get(const std::string& path) {
        const auto answer = client().get("/v1/media" + path);
        EXPECT_TRUE(is_ok(answer));
        return answer.ok() ? *answer : Json::object();
    }
    Result<Json> post(const std::string& path, const Json& body = Json::object()) {
        return client().post("/v1/media" + path, body);
    }
    // As a member of the group who is not root; the status alone.
    std::string as_member(const std::string& path, const std::string& body) {
        const Outcome out = curl("/v1/media" + path, {"-o", "/dev/null", "--data", body},
                                 {"setpriv", "--reuid=" + std::to_string(kOtherUser), "--regid=" + std::to_string(kOtherUser),
                                  "--groups=" + std::to_string(kTestGroup)});
        return out.out.substr(out.out.find('\n') + 1);
    }
    catalog::JobEnd run_work(catalog::JobId id) {
        LiveJob job(control_.catalog(), log_, id, "a job on media");
        EXPECT_TRUE(is_ok(job.begin()));
        const LabelSecretsDoor door("");
        const JobContext context{
            small_.files(), control_.fake_clock, control_.catalog(), control_.desk, *keeper_, door, log_, control_.config(), job};
        const catalog::JobEnd end = control_.works().at(id)(context);
        EXPECT_TRUE(is_ok(job.end(end)));
        return end;
    }
    std::string state_of(const std::string& name) { return get("/" + name)["state"].get<std::string>(); }

    SmallVault small_;
    Config config_;
    ServiceLog log_ = ServiceLog::to_standard_error();
    FakeControl control_;
    std::unique_ptr<MediaKeeper> keeper_;
};

}  // namespace custody::test
