// What a run tells: each warning to Progress as it comes; counts, failed items and warnings afterwards, bounded.
#pragma once

#include "base/result.h"
#include "vault/archiver.h"

#include <set>
#include <string>

namespace custody {

class RunReport {
public:
    RunReport(BackupResult& result, Progress& progress) : result_(result), progress_(progress) {}
    [[nodiscard]] BackupResult& result() { return result_; }
    // The item is left out.
    void fail(const std::string& path, const Error& error);
    // It was listed and is there no more: nothing of what the source holds is missing. False: too many to believe, it is to fail.
    [[nodiscard]] bool vanished(const std::string& path);
    void changed_while_read(const std::string& path);
    void warn(std::string one_line);
    [[nodiscard]] std::uint64_t changed_files() const { return changed_; }

private:
    BackupResult& result_;
    Progress& progress_;
    std::uint64_t changed_ = 0;
    std::set<std::string> vanished_;  // a folder is met as an item and once more when it is entered
};

}  // namespace custody
