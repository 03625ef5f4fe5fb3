// A file system of a given kind, made in an image file and mounted through a loop device; for tests only.
//
// Needs root, loop devices and the tools of that kind; where one is missing make() says which, and the test skips with that.
// Ownership: unmounts, detaches and removes everything when dropped. Threads: none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace custody::test {

class LoopFileSystem {
public:
    // "ext4", "btrfs", "xfs", "ntfs-3g", "exfat-fuse".
    static std::unique_ptr<LoopFileSystem> make(const std::string& kind, std::uint64_t bytes, std::string& why_not);
    // The least size that mkfs of that kind takes.
    static std::uint64_t least_size(const std::string& kind);
    // Mounts a copy of `image`, which a file system of that kind was made in. While btrfs or xfs is mounted, a copy of it cannot
    // be.
    static std::unique_ptr<LoopFileSystem> mount_copy(const std::string& kind, const std::string& image, std::string& why_not);
    ~LoopFileSystem();
    LoopFileSystem(const LoopFileSystem&) = delete;
    LoopFileSystem& operator=(const LoopFileSystem&) = delete;

    [[nodiscard]] const std::string& path() const { return mount_point_; }
    [[nodiscard]] const std::string& device() const { return device_; }  // "/dev/loop3"
    [[nodiscard]] const std::string& image() const { return image_; }
    // The image as it is between two writes to it: what the medium holds when power is cut now. False: it never rested.
    [[nodiscard]] bool copy_image(const std::string& to) const;
    // From now on the device fails, as one that was pulled: what is beyond its first MiB can neither be read nor written. The
    // image keeps what was written before.
    [[nodiscard]] bool pull() const;
    // Unmounts it, so that the image is complete; path() is then an empty folder.
    [[nodiscard]] bool unmount();

private:
    LoopFileSystem() = default;
    bool prepare(std::string& why_not);
    bool mount(const std::vector<std::string>& recipe, std::string& why_not);
    std::string folder_, image_, device_, mount_point_;
    bool mounted_ = false;
};

// A loop device alone, over a new sparse file of `bytes`.
class LoopDevice {
public:
    static std::unique_ptr<LoopDevice> make(std::uint64_t bytes, std::string& why_not);
    ~LoopDevice();
    LoopDevice(const LoopDevice&) = delete;
    LoopDevice& operator=(const LoopDevice&) = delete;
    [[nodiscard]] const std::string& path() const { return device_; }
    [[nodiscard]] const std::string& image() const { return image_; }

private:
    LoopDevice() = default;
    std::string folder_, image_, device_;
};

// Runs a program without a shell; false, with its last words in `output`, when it cannot be run or fails.
bool run_program(const std::vector<std::string>& arguments, std::string& output);

}  // namespace custody::test
