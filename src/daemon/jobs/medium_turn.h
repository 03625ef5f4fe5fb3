// One at a time on a medium: copies into it, and retention on it, wait for each other, so that a copy cannot bring back what
// retention ends beside it. Backups do not take a turn: the vault takes many writers.
//
// A lock file per medium below the state folder (OFD lock: between threads as between processes; a killed process holds none).
// Ownership: lets go when dropped; not to be asked for twice by one thread. Threads: any. Errors: interrupted, io.
#pragma once

#include "base/file.h"
#include "base/stop.h"
#include "catalog/media.h"

#include <memory>
#include <string>

namespace custody {

class MediumTurn {
public:
    // Waits, looking at the stop flag several times a second.
    [[nodiscard]] static Result<MediumTurn> wait_for(FileSystem& files, const std::string& state_folder,
                                                     catalog::MediumKey medium, const StopFlag& stop);

private:
    explicit MediumTurn(std::unique_ptr<File> lock) : lock_(std::move(lock)) {}
    std::unique_ptr<File> lock_;
};

}  // namespace custody
