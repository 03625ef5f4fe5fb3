// Folders of this machine held by descriptor, so that whoever moves or links folders about while they are read cannot lead the
// walk astray, and paths may be of any length.
//
// Ownership: a folder keeps its parents alive. At most kMaxOpenFolders descriptors are open over one budget; a folder whose
// descriptor was closed is opened again by name through its parents and must be the same inode. Threads: safe.
// Errors: denied, not_found, io; failed when another folder has taken its place.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "vault/sources/source.h"

#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace custody {

class LocalFolder;

inline constexpr std::size_t kMaxOpenFolders = 192;

class DescriptorBudget {
public:
    void admit(const std::shared_ptr<LocalFolder>& opened);

private:
    std::mutex mutex_;
    std::deque<std::weak_ptr<LocalFolder>> open_;  // oldest first
};

class LocalFolder final : public SourceFolder, public std::enable_shared_from_this<LocalFolder> {
public:
    using Descriptor = std::shared_ptr<const Fd>;
    struct Identity {
        std::uint64_t device = 0, inode = 0;
    };

    static std::shared_ptr<LocalFolder> root(std::shared_ptr<DescriptorBudget> budget);
    // `through_links`: a parent that the user named, which may be a link; never for what a walk met. `only_to_pass`: where it may
    // not be listed, a descriptor that only passes will do.
    struct Way {
        bool through_links = false;
        bool only_to_pass = false;
    };
    static std::shared_ptr<LocalFolder> below(std::shared_ptr<LocalFolder> parent, std::string name, Identity identity, Way way);

    [[nodiscard]] std::string path() const override;
    [[nodiscard]] std::size_t path_length() const { return path_length_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] Result<Descriptor> use();
    void close_if_open();
    // `name` is in it no more: neither found nor listed. Some file systems list what they cannot find; that is not gone.
    [[nodiscard]] bool lacks(const std::string& name);
    // So of its own name in its parent's folder, or of one further up.
    [[nodiscard]] bool is_gone() { return parent_ != nullptr && parent_->lacks(name_); }

private:
    LocalFolder() = default;
    [[nodiscard]] Descriptor current();
    [[nodiscard]] Result<Descriptor> open_in(int parent);

    std::shared_ptr<DescriptorBudget> budget_;
    std::shared_ptr<LocalFolder> parent_;  // null: the root
    std::string name_;
    Identity identity_;
    Way way_;
    std::size_t path_length_ = 0;
    std::mutex mutex_;
    Descriptor descriptor_;
};

// openat() for reading that leaves the access time alone where the kernel allows it; -1 and errno otherwise.
[[nodiscard]] int open_quietly(int folder, const char* name, int flags);
// A folder by its absolute path, of any length, following links; -1 and errno otherwise. For a second look only.
[[nodiscard]] Fd open_folder_path(const std::string& path);

}  // namespace custody
