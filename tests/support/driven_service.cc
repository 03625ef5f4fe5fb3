#include "tests/support/driven_service.h"

#include "daemon/config/load.h"
#include "tests/support/results.h"
#include "tests/support/wait_for.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>

namespace custody::test {

void DrivenService::start() {
    const auto zone = system_zone(posix_file_system());
    auto loaded = load_config(posix_file_system(), config_file_, zone.ok() ? *zone : ZoneRules(), {});
    ASSERT_TRUE(is_ok(loaded));
    ASSERT_TRUE(loaded->sound()) << loaded->faults.front();
    config_ = std::make_shared<const Config>(std::move(loaded->config));
    std::promise<Status> begun;
    thread_ = std::thread([this, &begun] { serve(config_, [&begun](Status status) { begun.set_value(std::move(status)); }); });
    const Status status = begun.get_future().get();
    EXPECT_TRUE(is_ok(status));
    if (!status.ok()) thread_.join();
}

void DrivenService::serve(std::shared_ptr<const Config> config, const std::function<void(Status)>& started) {
    auto loop = EventLoop::make();
    if (!loop.ok()) return started(loop.error());
    loop_ = std::move(*loop);
    context_.emplace(ServiceContext{*loop_, log_, clock_.now(), [] {}, [](const std::string&) {}});
    work_ = std::make_unique<RunningService>(files_, clock_);
    RouteTable routes;
    Status status = work_->start(std::move(config), *context_, routes);
    const bool runs = status.ok();
    started(std::move(status));
    if (runs) {
        EXPECT_TRUE(is_ok(loop_->run()));
    }
    work_.reset();  // its threads use the loop
}

void DrivenService::stop() {
    if (!thread_.joinable()) return;
    loop_->post([this] { work_->stop([this] { loop_->stop(); }); });
    thread_.join();
}

void DrivenService::poke() {
    work_->poke();
    EXPECT_TRUE(is_ok(work_->alerts().configure(config_->alert.settings)));  // wakes it
}

void DrivenService::turn() {
    std::promise<void> over;
    loop_->post([&over] { over.set_value(); });
    over.get_future().wait();
}

bool DrivenService::is_quiet() {
    turn();
    const auto open = catalog::Jobs(work_->catalog()).open();
    EXPECT_TRUE(is_ok(open));
    const auto waiting = work_->waiting();
    return open.ok() && open->empty() && std::none_of(waiting.begin(), waiting.end(), [](const Waiting& each) {
               return each.what == Waiting::For::job_limit || each.what == Waiting::For::medium_limit;
           });
}

void DrivenService::settle() {
    poke();
    EXPECT_TRUE(wait_until([this] { return is_quiet(); }, std::chrono::seconds(120))) << "jobs do not end";
}

}  // namespace custody::test
