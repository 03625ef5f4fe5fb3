// A FileSystem in memory that knows what would survive a power cut, and hands out what might.
//
// Fault model. It is weaker than any journaling file system, so that what holds here holds on those:
//   content   What was written up to a file's last sync() survives. Of what was written since, each 512-byte sector survives
//             or not by itself, in any order; the file ends somewhere between its length at the last sync and its length now; a
//             sector that did not survive holds what it held before, or zeros.
//   names     What a folder held at its last sync_directory() survives. Of each name changed since (created, renamed to or
//             away, removed), any of the states it went through may survive, each name by itself. A rename within or between
//             folders may so leave both names, either, or, when the file's name was never synced, none. It never mixes
//             contents: a name refers to one whole file, with whatever of its content survived.
//   sync      A file's sync() says nothing about its name. A rename of a file that was not synced may leave it empty or torn.
//   locks     are gone.
// Every image is drawn from a seed. Seeds 0, 1 and 2 are the extremes: nothing unsynced survives; everything does; names do,
// unsynced content does not.
//
// kill() is what a killed process leaves: everything, but no locks.
//
// Ownership: independent of its images. Threads: safe; the barrier hook is called without locks held, by the syncing thread.
#pragma once

#include "base/file.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace custody::test {

class PowerCutFileSystem final : public FileSystem {
public:
    PowerCutFileSystem();
    ~PowerCutFileSystem() override;

    // What might be there after a power cut now; all of it durable.
    [[nodiscard]] std::unique_ptr<PowerCutFileSystem> cut(std::uint64_t seed) const;
    [[nodiscard]] std::unique_ptr<PowerCutFileSystem> kill() const;
    // Called just before each sync() and sync_directory() takes effect, with its path; cut() in it is a cut during the sync.
    using BarrierHook = std::function<void(const std::string& path)>;
    void set_barrier_hook(BarrierHook hook);
    [[nodiscard]] std::uint64_t barriers() const;
    // Bytes of content that fit; then writes are no_space. 0, the default: no limit.
    void set_capacity(std::uint64_t bytes);

    Result<std::unique_ptr<File>> open(const std::string& path) override;
    Result<std::unique_ptr<File>> open_writable(const std::string& path) override;
    Result<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override;
    Status rename(const std::string& from, const std::string& to) override;
    Status rename_new(const std::string& from, const std::string& to) override;
    Status remove(const std::string& path) override;
    Status remove_directory(const std::string& path) override;
    Status make_directory(const std::string& path, std::uint32_t mode) override;
    Status sync_directory(const std::string& path) override;
    Result<FileInfo> info(const std::string& path) override;
    Result<std::vector<DirectoryItem>> list(const std::string& path) override;

    struct Disk;  // defined in the .cc; shared with open files

private:
    explicit PowerCutFileSystem(std::shared_ptr<Disk> disk);
    Status rename_to(const std::string& from, const std::string& to, bool may_replace);
    std::shared_ptr<Disk> disk_;
};

}  // namespace custody::test
