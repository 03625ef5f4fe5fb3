#include "vault/store/locked_file.h"

#include "base/crypto.h"
#include "base/text.h"

namespace custody {
namespace {

constexpr int kMaxAttempts = 100;

}  // namespace

Result<LockedFile> LockedFile::create(FileSystem& files, const std::string& folder) {
    for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
        std::string path = join_path(folder, random_id<Id<16, struct TemporaryTag>>().hex());
        TRY_ASSIGN(auto file, files.create_as_owner(path, kPrivateFile));
        LockedFile made(files, std::move(file), std::move(path));
        TRY_ASSIGN(const bool locked, made.file_->try_lock(true));
        // Somebody who clears leftovers may have met the file before it was locked: then it is gone, or will be.
        if (!locked) continue;
        const auto there = files.info(made.path_);
        if (there.ok()) return made;
        if (there.error().code != Code::not_found) return there.error();
        made.keep();
    }
    return Error{Code::busy, say("cannot keep a temporary file in {}: another program removes or locks it", printable(folder))};
}

LockedFile::LockedFile(LockedFile&& other) noexcept
    : files_(other.files_),
      file_(std::move(other.file_)),
      path_(std::move(other.path_)),
      owned_(std::exchange(other.owned_, false)) {}

LockedFile::~LockedFile() {
    // A leftover that cannot be removed is found by prune; there is nobody to tell here.
    if (owned_) static_cast<void>(files_->remove(path_).ok());
}

Status LockedFile::rename_over(const std::string& path) {
    TRY(files_->rename(path_, path));
    path_ = path;
    return done();
}

Status LockedFile::rename_new(const std::string& path) {
    TRY(files_->rename_new(path_, path));
    path_ = path;
    return done();
}

Status LockedFile::remove() {
    owned_ = false;
    return files_->remove(path_);
}

Result<LockState> look_at_lock(FileSystem& files, const std::string& path) {
    auto file = files.open_writable(path);
    if (!file.ok()) {
        const auto there = files.info(path);
        if (there.ok() && !there->is_regular) return LockState::no_file;
        if (file.error().code == Code::not_found) return LockState::gone;
        return std::move(file).error();
    }
    TRY_ASSIGN(const bool locked, (*file)->try_lock(true));
    return locked ? LockState::free : LockState::held;
}

Status remove_if_unlocked(FileSystem& files, const std::string& path) {
    TRY_ASSIGN(const auto file, files.open_writable(path));
    TRY_ASSIGN(const bool locked, file->try_lock(true));
    if (!locked) return Error{Code::busy, say("{} belongs to a running program", printable(path))};
    return files.remove(path);
}

}  // namespace custody
