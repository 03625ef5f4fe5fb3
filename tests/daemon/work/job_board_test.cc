// Jobs at the edges of what their catalogue and their machine let them do.
#include "daemon/work/job_board.h"

#include "base/sqlite.h"
#include "tests/catalog/catalog_fixture.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace custody {
namespace {

using catalog::JobState;
using test::is_ok;

class Board : public catalog::CatalogTest {
protected:
    void SetUp() override {
        auto made = EventLoop::make();
        ASSERT_TRUE(is_ok(made));
        loop_ = *std::move(made);
        board_ = std::make_unique<JobBoard>(*loop_, catalog(), log_);
    }
    std::shared_ptr<LiveJob> open() {
        catalog::NewJob asked;
        asked.plan = "etc";
        asked.reason = "schedule";
        asked.asked_by = "service";
        auto job = board_->open(asked, "backup of plan etc");
        EXPECT_TRUE(is_ok(job));
        return job.ok() ? *job : nullptr;
    }
    JobState state_of(catalog::JobId id) {
        const auto found = catalog::Jobs(catalog()).find(id);
        EXPECT_TRUE(is_ok(found));
        return found.ok() ? found->state : JobState::failed;
    }
    void sql(const char* statement) {
        ASSERT_TRUE(is_ok(catalog().write([&](sqlite::Database& database) { return database.execute(statement); })));
    }

    const ServiceLog log_ = ServiceLog::to_standard_error();
    std::unique_ptr<EventLoop> loop_;
    std::unique_ptr<JobBoard> board_;
};

TEST_F(Board, AnEndThatTheCatalogueDoesNotTakeIsEnteredWhenItDoes) {
    const auto job = open();
    ASSERT_TRUE(job);
    // As a full disk: every change of a job's row fails.
    const auto body = [&] {
        sql("CREATE TEMP TRIGGER full BEFORE UPDATE OF ended_at ON jobs BEGIN SELECT RAISE(ABORT, 'disk full'); END");
        catalog::JobEnd end;
        end.warnings = {"kept"};
        return end;
    };
    bool was_told = false;
    board_->run(job, body, [&](const catalog::JobEnd& end) {
        was_told = true;
        EXPECT_EQ(end.state, JobState::done);
        EXPECT_TRUE(board_->not_entered()) << "people are told";
        EXPECT_EQ(board_->running(), 0u) << "nothing waits for it";
        EXPECT_EQ(state_of(job->id()), JobState::running);
        sql("DROP TRIGGER full");
    });
    const auto look = [&](const auto& again) -> void {
        if (board_->not_entered() || !was_told) {
            loop_->after(kSecond / 20, [&again] { again(again); });
        } else {
            loop_->stop();
        }
    };
    loop_->after(0, [&look] { look(look); });
    ASSERT_TRUE(is_ok(loop_->run()));
    EXPECT_EQ(state_of(job->id()), JobState::done);
    const auto details = catalog::Jobs(catalog()).details(job->id());
    ASSERT_TRUE(is_ok(details));
    EXPECT_EQ(details->warnings, std::vector<std::string>{"kept"});
    EXPECT_FALSE(board_->find(job->id()));
}

TEST_F(Board, ABodyThatThrowsEndsItsJobAsFailed) {
    const auto job = open();
    ASSERT_TRUE(job);
    board_->run(
        job, []() -> catalog::JobEnd { throw std::runtime_error("what nobody thought of"); },
        [&](const catalog::JobEnd& end) {
            EXPECT_EQ(end.state, JobState::failed);
            loop_->stop();
        });
    ASSERT_TRUE(is_ok(loop_->run()));
    EXPECT_EQ(state_of(job->id()), JobState::failed);
}

}  // namespace
}  // namespace custody
