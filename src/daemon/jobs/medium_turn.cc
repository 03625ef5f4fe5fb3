#include "daemon/jobs/medium_turn.h"

#include <chrono>
#include <thread>

namespace custody {
namespace {

constexpr std::chrono::milliseconds kStep{100};

Result<std::unique_ptr<File>> open_lock(FileSystem& files, const std::string& path) {
    auto opened = files.open_writable(path);
    if (opened.ok() || opened.error().code != Code::not_found) return opened;
    auto created = files.create(path, 0600);
    if (created.ok() || created.error().code != Code::exists) return created;
    return files.open_writable(path);  // another thread was faster
}

}  // namespace

Result<MediumTurn> MediumTurn::wait_for(FileSystem& files, const std::string& state_folder, catalog::MediumKey medium,
                                        const StopFlag& stop) {
    const std::string folder = join_path(state_folder, "turns");
    TRY(make_directories(files, folder, 0700));
    TRY_ASSIGN(auto lock, open_lock(files, join_path(folder, "medium-" + std::to_string(medium))));
    for (;;) {
        TRY(stop.check());
        TRY_ASSIGN(const bool mine, lock->try_lock(true));
        if (mine) return MediumTurn(std::move(lock));
        std::this_thread::sleep_for(kStep);
    }
}

}  // namespace custody
