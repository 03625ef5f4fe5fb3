#include "restore/report.h"

#include "base/counts.h"
#include "base/text.h"

#include <utility>

namespace custody {

void Report::failed_file(const Error& error) {
    // What no other file would survive either.
    const bool hopeless = error.code == Code::no_space || error.code == Code::read_only || error.code == Code::wrong_key ||
                          error.code == Code::interrupted || error.code == Code::memory || error.code == Code::failed;
    if (hopeless) return fail(error);
    if (error.code == Code::corrupt) damaged_.store(true, std::memory_order_relaxed);
    name_failure(error.message);
}

void Report::name_failure(const std::string& line) {
    failed_.fetch_add(1, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    if (named_++ < kMaxNamed) warnings_.push_back(line);
    untold_.push_back(line);
}

void Report::warn(const std::string& line) {
    const std::lock_guard lock(mutex_);
    warnings_.push_back(line);
}

void Report::tell(Progress& progress) {
    std::vector<std::string> lines;
    {
        const std::lock_guard lock(mutex_);
        lines = std::exchange(untold_, {});
    }
    for (const std::string& line : lines) progress.warn(line);
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
    if (named_ > kMaxNamed) result.unnamed = named_ - kMaxNamed;
    result.warnings = std::move(warnings_);
    return result;
}

void ArchiveLoss::add(const std::string& path) {
    constexpr std::size_t kNamed = 5;
    ++count;
    if (first.size() < kNamed) first.push_back(path);
}

std::string ArchiveLoss::names() const {
    std::string text;
    for (const std::string& one : first) text += (text.empty() ? "" : ", ") + printable(one);
    if (count > first.size()) text += " " + say("and {} more", count - first.size());
    return text;
}

std::vector<std::string> ArchiveLosses::warnings() const {
    std::vector<std::string> lines;
    const auto tell = [&](const ArchiveLoss& loss, std::string_view one, std::string_view many) {
        if (loss.count > 0) lines.push_back(say_count(loss.count, one, many, loss.names()));
    };
    tell(special, "{} socket, FIFO or device node was left out: this kind of archive cannot carry it ({})",
         "{} sockets, FIFOs or device nodes were left out: this kind of archive cannot carry them ({})");
    tell(copies, "{} hard link became a separate copy: zip cannot carry links ({})",
         "{} hard links became separate copies: zip cannot carry links ({})");
    tell(extended, "{} item lost extended attributes, access lists or file flags: zip cannot carry them ({})",
         "{} items lost extended attributes, access lists or file flags: zip cannot carry them ({})");
    tell(far_times, "{} item has a time before 1901 or after 2038 and got the nearest that zip can carry ({})",
         "{} items have a time before 1901 or after 2038 and got the nearest that zip can carry ({})");
    tell(near_times,
         "{} item has a time in the last second before 1970 and got the nearest whole second: tar as it is written here cannot "
         "carry it ({})",
         "{} items have a time in the last second before 1970 and got the nearest whole second: tar as it is written here cannot "
         "carry it ({})");
    tell(coded_names,
         "{} extended attribute has a name that tar as it is written here carries with %-codes only, and most programs leave it "
         "so ({})",
         "{} extended attributes have names that tar as it is written here carries with %-codes only, and most programs leave "
         "them so ({})");
    tell(long_paths,
         "{} item has a path of more than 4,095 bytes: the archive carries it, but GNU tar and unzip cannot unpack it; 'custody "
         "restore' can ({})",
         "{} items have paths of more than 4,095 bytes: the archive carries them, but GNU tar and unzip cannot unpack them; "
         "'custody restore' can ({})");
    tell(narrowed_lists,
         "{} item has an access list that tar as it is written here carries cut down to what its mode grants, and whole "
         "only as an extended attribute ({})",
         "{} items have access lists that tar as it is written here carries cut down to what their modes grant, and whole "
         "only as extended attributes ({})");
    tell(raw_names, "{} name is not UTF-8 and was stored as it is ({})",
         "{} names are not UTF-8 and were stored as they are ({})");
    return lines;
}

}  // namespace custody
