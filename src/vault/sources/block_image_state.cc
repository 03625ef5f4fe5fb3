#include "vault/sources/block_image_state.h"

#include "base/block_device.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <utility>

namespace custody {
namespace {

constexpr std::size_t kSuperblock = 1024;  // where it lies, and its size

// The kernel's Documentation/block/stat.rst: the seventh and the fourteenth number; older kernels have eleven.
std::optional<std::uint64_t> count_written(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return std::nullopt;
    const std::string folder = fmt::format("/sys/dev/block/{}:{}", major(status.st_rdev), minor(status.st_rdev));
    for (const char* queue : {"/queue/iostats", "/../queue/iostats"}) {  // of a disk, of a partition's disk
        std::ifstream switched(folder + queue);
        if (int on = 1; switched >> on && on == 0) return std::nullopt;
    }
    std::ifstream counts(folder + "/stat");
    std::uint64_t number = 0, written = 0;
    int at = 0;
    while (at < 14 && counts >> number) {
        ++at;
        if (at == 7 || at == 14) written += number;
    }
    return at < 7 ? std::nullopt : std::optional(written);
}

}  // namespace

Result<DeviceState> look_at_device(const DeviceWatch& watch, int fd) {
    DeviceState state;
    const unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    const bool is_written = ::sync_file_range(fd, 0, 0, all) == 0;  // else what is still to be written is counted nowhere
    (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);  // what is mounted from a partition is not written through this cache
    if (watch.counts_writes && is_written) state.written = count_written(fd);
    for (const std::uint64_t begin : watch.ext_begins) {
        std::string superblock(kSuperblock, '\0');
        const ssize_t got = ::pread(fd, superblock.data(), superblock.size(), static_cast<off_t>(begin + kSuperblock));
        superblock.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        state.superblocks.push_back(std::move(superblock));
    }
    // Last: who mounted it before that has written, or is still there.
    TRY_ASSIGN(const DeviceInfo info, describe_device(watch.path, true));
    state.mounted_read_write = info.mounted_read_write;
    return state;
}

}  // namespace custody
