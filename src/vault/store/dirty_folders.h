// Folders whose names changed since their last sync, and the barrier that makes those names durable. Only local_store.cc includes
// this.
//
// Threads: safe from many. Errors: those of FileSystem::sync_directory; after one failure every later barrier fails too.
#pragma once

#include "base/file.h"

#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace custody {

class DirtyFolders {
public:
    explicit DirtyFolders(FileSystem& files) : files_(files) {}

    void add(const std::string& folder) {
        const std::lock_guard lock(mutex_);
        dirty_.insert(folder);
    }

    // One folder, whatever was added to it before, and no later barrier for that.
    Status sync_one(const std::string& folder) {
        const std::lock_guard one_at_a_time(sync_mutex_);
        if (failed_) return *failed_;
        {
            const std::lock_guard lock(mutex_);
            dirty_.erase(folder);
        }
        return sync(folder);
    }

    // Returns when everything added before is durable, also what another thread is syncing right now. After one failure the
    // state of the medium is unknown, so every later call fails too.
    Status sync_all() {
        const std::lock_guard one_at_a_time(sync_mutex_);
        if (failed_) return *failed_;
        std::set<std::string> folders;
        {
            const std::lock_guard lock(mutex_);
            folders.swap(dirty_);
        }
        for (const auto& folder : folders) TRY(sync(folder));
        return done();
    }

private:
    Status sync(const std::string& folder) {
        const Status synced = files_.sync_directory(folder);
        if (!synced.ok()) failed_ = synced.error();
        return synced;
    }

    FileSystem& files_;
    std::mutex mutex_;
    std::set<std::string> dirty_;
    std::mutex sync_mutex_;  // taken before mutex_
    std::optional<Error> failed_;
};

}  // namespace custody
