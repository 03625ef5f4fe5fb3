#include "daemon/jobs/live_job.h"

#include "base/counts.h"
#include "base/text.h"
#include "daemon/jobs/job_json.h"

#include <algorithm>
#include <utility>

namespace custody {

// What the work reports goes to who looks on; a warning is kept in the record, too.
class LiveJob::Reporter final : public Progress {
public:
    explicit Reporter(LiveJob& job) : job_(job) {}
    void update(const ProgressState& state) override {
        job_.show({{"phase", std::string(state.phase)},
                   {"items_done", state.items_done},
                   {"items_total", state.items_total},
                   {"bytes_done", state.bytes_done},
                   {"bytes_total", state.bytes_total},
                   {"current", printable(state.current)}});
    }
    void warn(std::string_view one_line) override { job_.warn(one_line); }

private:
    LiveJob& job_;
};

LiveJob::LiveJob(catalog::Catalog& catalog, const ServiceLog& log, catalog::JobId id, std::string title)
    : catalog_(catalog), log_(log), id_(id), title_(std::move(title)), progress_(std::make_unique<Reporter>(*this)) {}

LiveJob::~LiveJob() {
    for (const auto& onlooker : onlookers_) onlooker->cut();
}

void LiveJob::request_stop(StopReason why) {
    StopReason none = StopReason::none;
    why_stopped_.compare_exchange_strong(none, why);
    stop_.request();
}

Status LiveJob::begin() { return catalog::Jobs(catalog_).start(id_); }

Status LiveJob::begin_phase(std::string_view name) {
    TRY(catalog::Jobs(catalog_).begin_phase(id_, name));
    show({{"phase", std::string(name)}});
    return done();
}

void LiveJob::warn(std::string_view line) {
    const std::string text = printable(line);
    std::unique_lock lock(mutex_);
    std::erase_if(onlookers_, [&](const auto& onlooker) { return !onlooker->push({{"warning", text}}); });
    if (warnings_.size() < kMostWarnings) warnings_.push_back(text);
    const bool is_logged = warned_++ < kLoggedWarnings;
    lock.unlock();
    if (is_logged) log_.warning(say("job {}, {}: {}", id_, title_, text));
}

Status LiveJob::end(catalog::JobEnd end) {
    end_ = std::move(end);
    std::unique_lock lock(mutex_);
    if (warned_ > warnings_.size()) {
        warnings_.push_back(say_count(warned_ - warnings_.size(), "and {} more warning", "and {} more warnings"));
    }
    end_->warnings.insert(end_->warnings.begin(), warnings_.begin(), warnings_.end());
    warnings_.clear();
    lock.unlock();
    const Status entered = enter_end();
    const auto record = entered.ok() ? job_document(catalog_, id_) : Result<Json>(entered.error());
    lock.lock();
    ended_ = true;
    for (const auto& onlooker : onlookers_) {
        if (record.ok()) {
            onlooker->finish(*record);
        } else {
            onlooker->fail(record.error());
        }
    }
    onlookers_.clear();
    return entered;
}

Status LiveJob::enter_end() {
    if (!end_) return Error{Code::failed, say("job {} has not ended", id_)};
    catalog::Jobs jobs(catalog_);
    const Status entered = jobs.end(id_, *end_);
    if (entered.ok()) return done();
    const auto record = jobs.find(id_);  // it may have been taken, and only the answer failed
    return record.ok() && !catalog::is_open(record->state) ? done() : entered;
}

Result<std::shared_ptr<JsonStream>> LiveJob::watch() {
    TRY_ASSIGN(std::shared_ptr<JsonStream> stream, JsonStream::make());
    const std::lock_guard lock(mutex_);
    if (ended_) {
        TRY_ASSIGN(const Json record, job_document(catalog_, id_));
        stream->finish(record);
        return stream;
    }
    if (!last_progress_.is_null()) stream->push_progress({{"progress", last_progress_}});
    onlookers_.push_back(stream);
    return stream;
}

Json LiveJob::last_progress() const {
    const std::lock_guard lock(mutex_);
    return last_progress_;
}

void LiveJob::show(const Json& progress) {
    const std::lock_guard lock(mutex_);
    last_progress_ = progress;
    const Json line = {{"progress", progress}};
    std::erase_if(onlookers_, [&](const auto& onlooker) { return !onlooker->push_progress(line); });
}

}  // namespace custody
