// Where an image is written back to: a new file, kept sparse, or a block device that was shown to the user and confirmed.
//
// A device is opened exclusively and looked at again through the open descriptor's number: another serial, a smaller size, a
// user of it, the running system's disk or a read-only device is refused before a byte is written. Ownership: an open target
// owns its descriptor; a file that is dropped unfinished is removed. Threads: write() from many, the rest from one.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "restore/proc_path.h"
#include "restore/restorer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace custody {

class OpenImageTarget {
public:
    // busy, refused, read_only, exists, usage, io. `size` of the image.
    static Result<OpenImageTarget> open(const ImageTarget& target, std::uint64_t size);
    OpenImageTarget(OpenImageTarget&& other) noexcept;
    OpenImageTarget& operator=(OpenImageTarget&&) = delete;
    ~OpenImageTarget();

    // Once for each range; a new file keeps long runs of zeros as holes.
    [[nodiscard]] Status write(std::uint64_t offset, ByteView bytes) const;
    // Makes [offset, offset + length) read as zeros. Nothing to do in a new file.
    [[nodiscard]] Status zero(std::uint64_t offset, std::uint64_t length) const;
    // Durable and, for a file, under its name.
    [[nodiscard]] Status finish();
    [[nodiscard]] bool is_device() const { return is_device_; }
    [[nodiscard]] std::uint64_t device_bytes() const { return device_bytes_; }

private:
    OpenImageTarget() = default;
    Status open_device(const ImageTarget& target, std::uint64_t size);
    Status open_file(const ImageTarget& target, std::uint64_t size);
    Status finish_file();

    std::string path_;
    std::string temporary_;  // empty: a device, or named
    bool is_device_ = false;
    bool overwrite_ = false;
    std::uint64_t device_bytes_ = 0;
    std::uint32_t sector_ = 512;
    Fd descriptor_;
};

}  // namespace custody
