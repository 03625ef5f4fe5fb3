// A FileSystem that fails on purpose: operation number N of those that pass through it, once or from then on.
//
// Fault model. Every call of FileSystem and File is one operation, counted from 1 over all files and threads; locking is not
// counted. What a fault does:
//   io            the operation fails with EIO; a write may have stored its first half, a sync nothing, a name is unchanged.
//                 Sticky: every later operation fails too, as on a medium that was pulled.
//   io_after      the operation takes effect and is then reported as failed with EIO (a lost answer).
//   no_space      ENOSPC from what needs room (create, write, make_directory, rename); a write may have stored its first half.
//                 Everything else passes. Sticky: the medium stays full.
//   denied        EACCES from what changes something.
//   interrupted   EINTR, as Code::interrupted, from *_some only. Sticky: each *_some is interrupted once before it passes.
//   short_transfer  *_some moves one byte, or half of what was asked. Sticky: every one does.
// An operation that the fault does not concern passes; fired() tells whether any did not.
//
// Ownership: the wrapped FileSystem outlives this, this outlives its Files. Threads: safe.
#pragma once

#include "base/file.h"

#include <atomic>
#include <memory>
#include <string>

namespace custody::test {

enum class Fault { none, io, io_after, no_space, denied, interrupted, short_transfer };
[[nodiscard]] const char* fault_name(Fault fault);

class FaultFileSystem final : public FileSystem {
public:
    explicit FaultFileSystem(FileSystem& inner) : inner_(inner), control_(std::make_shared<Control>()) {}

    // Operations are counted anew from 1; `at` is the first to fail.
    void arm(std::uint64_t at, Fault fault, bool sticky);
    void disarm() { arm(0, Fault::none, false); }
    [[nodiscard]] std::uint64_t operations() const { return control_->operations; }
    [[nodiscard]] bool fired() const { return control_->fired; }

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

    // What an operation does, as far as faults tell operations apart.
    enum class Kind { look, transfer_in, transfer_out, change, change_needs_room, sync };
    struct Control {
        std::atomic<std::uint64_t> operations{0};
        std::atomic<std::uint64_t> first{0};
        std::atomic<Fault> fault{Fault::none};
        std::atomic<bool> sticky{false};
        std::atomic<bool> fired{false};
        std::atomic<bool> interrupted_last{false};
        // The fault that this operation suffers.
        Fault next(Kind kind);
    };

private:
    FileSystem& inner_;
    std::shared_ptr<Control> control_;
};

}  // namespace custody::test
