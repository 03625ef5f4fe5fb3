#include "vault/archiver_report.h"

#include "base/text.h"

namespace custody {
namespace {

constexpr std::size_t kMaxReported = 1000;

}  // namespace

void RunReport::warn(std::string one_line) {
    progress_.warn(one_line);
    if (result_.warnings.size() < kMaxReported) {
        result_.warnings.push_back(std::move(one_line));
    } else {
        ++result_.unlisted_warnings;
    }
}

void RunReport::fail(const std::string& path, const Error& error) {
    ++result_.files.failed;
    if (result_.failed_items.size() < kMaxReported) result_.failed_items.push_back(printable(path) + ": " + error.message);
    warn(say("left out: {}: {}", printable(path), error.message));
}

bool RunReport::vanished(const std::string& path) {
    if (vanished_.size() >= kMaxReported) return vanished_.contains(path);
    if (!vanished_.insert(path).second) return true;
    warn(say("{} vanished before it could be read: it is not in this backup", printable(path)));
    return true;
}

void RunReport::changed_while_read(const std::string& path) {
    ++changed_;
    warn(say("{} changed while it was read, twice: what was stored is marked", printable(path)));
}

}  // namespace custody
