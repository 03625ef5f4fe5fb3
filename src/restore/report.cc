#include "restore/report.h"

#include "base/counts.h"
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

std::vector<std::string> ArchiveLosses::warnings() const {
    std::vector<std::string> lines;
    const auto tell = [&](std::uint64_t count, std::string_view one, std::string_view many) {
        if (count > 0) lines.push_back(say_count(count, one, many));
    };
    tell(special, "{} socket, FIFO or device node was left out: this kind of archive cannot carry it",
         "{} sockets, FIFOs or device nodes were left out: this kind of archive cannot carry them");
    tell(copies, "{} hard link became a separate copy: zip cannot carry links",
         "{} hard links became separate copies: zip cannot carry links");
    tell(extended, "{} item lost extended attributes, access lists or file flags: zip cannot carry them",
         "{} items lost extended attributes, access lists or file flags: zip cannot carry them");
    tell(far_times, "{} item has a time before 1901 or after 2038 and got the nearest that zip can carry",
         "{} items have a time before 1901 or after 2038 and got the nearest that zip can carry");
    if (near_times > 0) {
        lines.push_back(
            say_count(near_times,
                      "{} item has a time in the last second before 1970 and got the nearest whole second: tar as it "
                      "is written here cannot carry it ({})",
                      "{} items have a time in the last second before 1970 and got the nearest whole second: tar as it "
                      "is written here cannot carry it (first {})",
                      printable(first_near_time)));
    }
    if (coded_names > 0) {
        lines.push_back(say_count(coded_names,
                                  "{} extended attribute has a name that tar as it is written here carries with %-codes only, "
                                  "and most programs leave it so ({})",
                                  "{} extended attributes have names that tar as it is written here carries with %-codes only, "
                                  "and most programs leave them so (first {})",
                                  printable(first_coded_name)));
    }
    tell(raw_names, "{} name is not UTF-8 and was stored as it is", "{} names are not UTF-8 and were stored as they are");
    return lines;
}

}  // namespace custody
