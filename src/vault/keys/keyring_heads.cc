// heads/<vault id>: the last ledger head of each vault that this host saw, against which a cut tail is noticed.
#include "base/text.h"
#include "vault/keys/json_fields.h"
#include "vault/keys/keyring_file.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::string_view kHeadPurpose = "custody remembered head 1";
constexpr std::size_t kMaxHeadSize = 4096;
constexpr int kMaxSetAside = 1000;

std::string head_path(const std::string& folder, const VaultId& vault) {
    return join_path(join_path(folder, "heads"), vault.hex());
}

Result<RememberedHead> decode_head(ByteView bytes, const VaultId& vault) {
    TRY_ASSIGN(const Json body, decode_checksummed(bytes, kHeadPurpose, kMaxHeadSize));
    JsonFields fields(body, "remembered head");
    const RememberedHead head{fields.number("n", std::uint64_t{1} << 53), fields.id<Digest>("hash")};
    if (fields.id<VaultId>("vault") != vault) fields.fail("vault", "is another vault's");
    TRY(fields.status());
    return head;
}

}  // namespace

Result<std::optional<RememberedHead>> read_head(FileSystem& files, const std::string& folder, const VaultId& vault) {
    const std::string path = head_path(folder, vault);
    auto bytes = read_file(files, path, kMaxHeadSize);
    if (!bytes.ok()) {
        if (bytes.error().code == Code::not_found) return std::optional<RememberedHead>();
        return std::move(bytes).error();
    }
    auto head = decode_head(*bytes, vault);
    if (!head.ok()) {
        return Error{Code::corrupt,
                     say("{} is damaged: {}; `custody repair` of that vault sets it aside and remembers its head anew",
                         printable(path), head.error().message)};
    }
    return std::optional(*head);
}

Status write_head(FileSystem& files, const std::string& folder, const VaultId& vault, const RememberedHead& head,
                  bool may_go_back) {
    TRY_ASSIGN(const auto known, read_head(files, folder, vault));
    if (known && known->n >= head.n && !may_go_back) return done();
    if (!known) {
        TRY(make_directories(files, folder, 0700));
        TRY(make_directories(files, join_path(folder, "heads"), 0700, Owner::folder));
    }
    TRY_ASSIGN(const Bytes bytes,
               encode_checksummed({{"vault", vault.hex()}, {"n", head.n}, {"hash", head.hash.hex()}}, kHeadPurpose));
    const std::string path = head_path(folder, vault);
    const std::string temporary = path + ".tmp-" + random_id<HostId>().hex();
    const auto write = [&]() -> Status {
        TRY_ASSIGN(const auto file, files.create_as_owner(temporary, 0600));
        TRY(write_all(*file, 0, bytes));
        TRY(file->sync());
        return files.rename(temporary, path);
    };
    Status written = write();
    if (!written.ok()) {
        (void)files.remove(temporary);  // the failure that is told is the one that came first
        return written;
    }
    return done();
}

Result<std::optional<std::string>> set_aside_damaged_head(FileSystem& files, const std::string& folder, const VaultId& vault) {
    const auto head = read_head(files, folder, vault);
    if (head.ok()) return std::optional<std::string>();
    if (head.error().code != Code::corrupt && head.error().code != Code::io) return head.error();
    const std::string path = head_path(folder, vault);
    for (int n = 1; n <= kMaxSetAside; ++n) {
        const std::string to = path + ".damaged" + (n == 1 ? "" : "-" + std::to_string(n));
        const Status moved = files.rename_new(path, to);
        if (!moved.ok() && moved.error().code == Code::exists) continue;
        TRY(moved);
        TRY(files.sync_directory(parent_path(path)));
        return std::optional(to);
    }
    return head.error();
}

Result<std::optional<RememberedHead>> Keyring::remembered_head(const VaultId& vault) const {
    return read_head(*state_->files, folder(), vault);
}

Status Keyring::remember_head(const VaultId& vault, const RememberedHead& head) {
    TRY(write_head(*state_->files, folder(), vault, head));
    if (!std::binary_search(state_->vaults.begin(), state_->vaults.end(), vault)) {
        state_->vaults.insert(std::upper_bound(state_->vaults.begin(), state_->vaults.end(), vault), vault);
    }
    return done();
}

Status Keyring::accept_head(const VaultId& vault, const RememberedHead& head) {
    return write_head(*state_->files, folder(), vault, head, true);
}

}  // namespace custody
