#include "restore/report.h"

#include "base/text.h"

#include <utility>

namespace custody {

void Report::failed_file(const Error& error) {
    // What no other file would survive either.
    const bool hopeless = error.code == Code::no_space || error.code == Code::read_only || error.code == Code::wrong_key ||
                          error.code == Code::interrupted || error.code == Code::memory;
    if (hopeless) return fail(error);
    if (error.code == Code::corrupt) damaged_.store(true, std::memory_order_relaxed);
    name_failure(error.message);
}

void Report::damaged_file(const std::string& line) {
    damaged_.store(true, std::memory_order_relaxed);
    name_failure(line);
}

void Report::name_failure(const std::string& line) {
    failed_.fetch_add(1, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    if (named_++ < kMaxNamed) warnings_.push_back(line);
}

void Report::warn(const std::string& line) {
    const std::lock_guard lock(mutex_);
    warnings_.push_back(line);
}

void Report::fail(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!fatal_) fatal_ = error;
    has_failed_.store(true, std::memory_order_release);
}

std::optional<Error> Report::fatal() const {
    const std::lock_guard lock(mutex_);
    return fatal_;
}

RestoreResult Report::take() {
    const std::lock_guard lock(mutex_);
    RestoreResult result;
    result.files = files_;
    result.bytes = bytes_;
    result.skipped = skipped_;
    result.failed = failed_;
    result.damaged = damaged_;
    if (named_ > kMaxNamed) warnings_.push_back(say("and {} more that could not be restored", named_ - kMaxNamed));
    result.warnings = std::move(warnings_);
    return result;
}

}  // namespace custody
