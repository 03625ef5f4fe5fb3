#include "vault/history/host_cache.h"

#include "base/crypto.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace custody {
namespace {

constexpr std::string_view kMagic = "custody cache 3\n";
constexpr std::size_t kFooterSize = 16 + 32 + 32 + 8 + 4 * 8 + 8;  // vault, plan, base, key, written, offset, count, checksums
constexpr std::size_t kSlotSize = 24;
constexpr std::size_t kWindow = 256 * 1024;
constexpr std::uint32_t kMaxRecord = 1024 * 1024 * 1024;
constexpr std::size_t kTagDigits = 16;
constexpr std::string_view kCacheEnd = ".cache", kTemporaryEnd = ".tmp";

CacheSlot slot_of(const std::string& path, std::uint64_t number, std::uint64_t offset) {
    Bytes key;
    ByteWriter out(key);
    out.u64(number);
    out.raw(as_bytes(path));
    const Checksum128 checksum = checksum128(key);
    return {checksum.high, checksum.low, offset};
}

Bytes encode_slots(const std::vector<CacheSlot>& slots) {
    Bytes table;
    table.reserve(slots.size() * kSlotSize);
    ByteWriter out(table);
    for (const CacheSlot& slot : slots) {
        out.u64(slot.key_high);
        out.u64(slot.key_low);
        out.u64(slot.offset);
    }
    return table;
}

Bytes encode_footer(const CacheBinding& binding, std::uint64_t offset, std::uint64_t count, ByteView table) {
    Bytes footer;
    ByteWriter out(footer);
    out.raw(binding.vault.view());
    out.raw(binding.plan.view());
    out.raw(binding.base.view());
    out.raw(binding.key.view());
    out.u64(static_cast<std::uint64_t>(binding.written.ns));
    out.u64(offset);
    out.u64(count);
    out.u64(checksum64(table));
    out.u64(checksum64(footer));
    return footer;
}

}  // namespace

std::unique_ptr<HostCacheReader> HostCacheReader::open(FileSystem& files, const std::string& path, const VaultId& vault,
                                                       const Digest& plan) {
    auto file = files.open(path);
    if (!file.ok()) return nullptr;
    const auto info = (*file)->info();
    if (!info.ok() || !info->is_regular || (info->mode & 022) != 0) return nullptr;
    std::unique_ptr<HostCacheReader> reader(new HostCacheReader);
    reader->file_ = std::move(*file);
    return reader->load(vault, plan, info->size) ? std::move(reader) : nullptr;
}

bool HostCacheReader::load(const VaultId& vault, const Digest& plan, std::uint64_t size) {
    Bytes magic(kMagic.size()), footer(kFooterSize);
    if (size < kMagic.size() + kFooterSize) return false;
    if (!read_exactly(*file_, 0, magic, "").ok() || as_text(magic) != kMagic) return false;
    if (!read_exactly(*file_, size - kFooterSize, footer, "").ok()) return false;
    ByteReader in(footer);
    binding_.vault = VaultId::from(in.raw(VaultId::size));
    binding_.plan = Digest::from(in.raw(Digest::size));
    binding_.base = ObjectId::from(in.raw(ObjectId::size));
    binding_.key = KeyTag::from(in.raw(KeyTag::size));
    binding_.written.ns = static_cast<std::int64_t>(in.u64());
    records_end_ = in.u64();
    const std::uint64_t count = in.u64();
    const std::uint64_t table_checksum = in.u64();
    if (in.u64() != checksum64(ByteView(footer).first(kFooterSize - 8))) return false;
    if (binding_.vault != vault || binding_.plan != plan) return false;
    const std::uint64_t table_size = size - kFooterSize - std::min(records_end_, size - kFooterSize);
    if (table_size % kSlotSize != 0 || table_size / kSlotSize != count) return false;
    Bytes table(static_cast<std::size_t>(table_size));
    if (!read_exactly(*file_, records_end_, table, "").ok() || checksum64(table) != table_checksum) return false;
    ByteReader rows(table);
    slots_.resize(static_cast<std::size_t>(count));
    for (CacheSlot& slot : slots_) slot = {rows.u64(), rows.u64(), rows.u64()};
    return true;
}

bool HostCacheReader::bring(std::uint64_t offset, std::size_t size) {
    if (offset + size > records_end_) return false;
    if (offset >= window_offset_ && offset + size <= window_offset_ + window_.size()) return true;
    window_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(std::max(size, kWindow), records_end_ - offset)));
    window_offset_ = offset;
    if (read_exactly(*file_, offset, window_, "").ok()) return true;
    window_.clear();
    return false;
}

const CacheSlot* HostCacheReader::find(const std::string& path, std::uint64_t number) const {
    const CacheSlot wanted = slot_of(path, number, 0);
    const auto slot = std::lower_bound(slots_.begin(), slots_.end(), wanted);
    if (slot == slots_.end() || slot->key_high != wanted.key_high || slot->key_low != wanted.key_low) return nullptr;
    return &*slot;
}

bool HostCacheReader::knows(const std::string& path, std::uint64_t number) const { return find(path, number) != nullptr; }

std::shared_ptr<const CachedPiece> HostCacheReader::piece(const std::string& path, std::uint64_t number) {
    const CacheSlot* slot = find(path, number);
    if (!slot || !bring(slot->offset, kCacheRecordHead)) return nullptr;
    const auto size = kCacheRecordHead + load_le<std::uint32_t>(window_.data() + (slot->offset - window_offset_));
    if (size > kMaxRecord || !bring(slot->offset, size)) return nullptr;
    const auto begin = window_.begin() + static_cast<std::ptrdiff_t>(slot->offset - window_offset_);
    auto piece = CachedPiece::parse(Bytes(begin, begin + static_cast<std::ptrdiff_t>(size)));
    if (!piece || piece->path() != path || piece->number() != number) return nullptr;
    return piece;
}

namespace {

// "<cache>.cache.<16 hex>.tmp"
bool is_temporary(const std::string& name) {
    const std::size_t end = kTagDigits + 1 + kTemporaryEnd.size();
    if (name.size() <= end || !name.ends_with(kTemporaryEnd)) return false;
    const std::string_view before = std::string_view(name).substr(0, name.size() - end);
    const std::string_view tag = std::string_view(name).substr(before.size() + 1, kTagDigits);
    return before.ends_with(kCacheEnd) && name[before.size()] == '.' &&
           tag.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Of runs that were killed: whoever writes one holds its lock. Nothing here is an error: what stays is never read.
void remove_leftovers(FileSystem& files, const std::string& folder) {
    const auto items = files.list(folder);
    if (!items.ok()) return;
    for (const DirectoryItem& item : *items) {
        if (!is_temporary(item.name)) continue;
        const std::string path = join_path(folder, item.name);
        const auto file = files.open_writable(path);
        if (!file.ok()) continue;
        const auto locked = (*file)->try_lock(true);
        if (locked.ok() && *locked) (void)files.remove(path);
    }
}

}  // namespace

HostCacheWriter::HostCacheWriter(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {
    append(buffer_, as_bytes(kMagic));
    if (path_.empty()) return;
    const auto tag = random_id<SegmentId>();
    temporary_ = path_ + "." + tag.hex().substr(0, kTagDigits) + std::string(kTemporaryEnd);
    // The file stays root's where root writes it: it has the names of files that the owner of the folder may not be able to read.
    auto made = make_directories(files_, parent_path(path_), 0700, Owner::folder);
    if (made.ok()) remove_leftovers(files_, parent_path(path_));
    auto file = made.ok() ? files_.create(temporary_, 0600) : Result<std::unique_ptr<File>>(made.error());
    if (!file.ok()) {
        failure_ = file.error();
        return;
    }
    file_ = std::move(*file);
    // Says that it is wanted. Where there are no locks, or another run looked before this one had it, the cache may be lost.
    (void)file_->try_lock(true);
}

HostCacheWriter::~HostCacheWriter() {
    if (!file_) return;
    file_.reset();
    (void)files_.remove(temporary_);  // what cannot be removed is never looked at
}

void HostCacheWriter::spill() {
    if (!file_ || failure_) return;
    if (const Status status = write_all(*file_, written_, buffer_); !status.ok()) {
        failure_ = status.error();
        return;
    }
    written_ += buffer_.size();
    buffer_.clear();
}

void HostCacheWriter::add(const std::string& path, std::uint64_t number, ByteView record) {
    slots_.push_back(slot_of(path, number, written_ + buffer_.size()));
    append(buffer_, record);
    if (buffer_.size() >= kWindow) spill();
}

Status HostCacheWriter::for_each(const Visit& visit) {
    const std::uint64_t end = written_ + buffer_.size();
    const auto read = [&](std::uint64_t offset, MutableByteView into) -> Status {
        if (offset < written_) return read_exactly(*file_, offset, into, temporary_);
        std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(offset - written_), into.size(), into.begin());
        return done();
    };
    Bytes window;
    std::uint64_t window_offset = 0;
    const auto bring = [&](std::uint64_t offset, std::size_t size) -> Status {
        if (offset >= window_offset && offset + size <= window_offset + window.size()) return done();
        const std::uint64_t limit = offset < written_ ? written_ : end;  // records are not split by a spill
        window.resize(static_cast<std::size_t>(std::min<std::uint64_t>(std::max(size, kWindow), limit - offset)));
        window_offset = offset;
        return read(offset, window);
    };
    for (std::uint64_t at = kMagic.size(); at < end;) {
        TRY(bring(at, kCacheRecordHead));
        const std::size_t size = kCacheRecordHead + load_le<std::uint32_t>(window.data() + (at - window_offset));
        TRY(bring(at, size));
        const auto begin = window.begin() + static_cast<std::ptrdiff_t>(at - window_offset);
        auto piece = CachedPiece::parse(Bytes(begin, begin + static_cast<std::ptrdiff_t>(size)));
        if (!piece) return Error{Code::memory, "the notes of this run came back damaged: suspect this machine's memory"};
        TRY(visit(std::move(piece)));
        at += size;
    }
    return done();
}

Status HostCacheWriter::distrust(const std::set<std::uint64_t>& inodes) {
    const auto is_meant = [&](const CachedItem& item) {
        return item.type == EntryType::file && inodes.contains(item.stamp.inode);
    };
    std::vector<std::pair<std::shared_ptr<const CachedPiece>, Bytes>> doubted;
    TRY(for_each([&](std::shared_ptr<const CachedPiece> piece) -> Status {
        if (std::none_of(piece->items().begin(), piece->items().end(), is_meant)) return done();
        CacheRecordBuilder record;
        for (const CachedItem& item : piece->items()) {
            const auto entry = item.entry();
            if (entry) record.add(*entry, item.stamp, item.racy || is_meant(item));  // one that is left out is read, too
        }
        Bytes bytes = record.finish(piece->path(), piece->number(), std::nullopt);
        doubted.emplace_back(std::move(piece), std::move(bytes));
        return done();
    }));
    for (const auto& [piece, record] : doubted) {
        const CacheSlot old = slot_of(piece->path(), piece->number(), 0);
        std::erase_if(slots_,
                      [&](const CacheSlot& slot) { return slot.key_high == old.key_high && slot.key_low == old.key_low; });
        add(piece->path(), piece->number(), record);
    }
    return done();
}

Status HostCacheWriter::finish(const CacheBinding& binding) {
    if (path_.empty()) return done();
    std::sort(slots_.begin(), slots_.end());
    const std::uint64_t records_end = written_ + buffer_.size();
    const Bytes table = encode_slots(slots_);
    append(buffer_, table);
    append(buffer_, encode_footer(binding, records_end, slots_.size(), table));
    spill();
    if (failure_) return *failure_;
    const Status renamed = files_.rename(temporary_, path_);
    file_.reset();  // and its lock, which had to hold until then
    if (!renamed.ok()) (void)files_.remove(temporary_);
    return renamed;
}

std::string default_cache_folder() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);  // read before threads start
        return std::string(value ? value : "");
    };
    if (const std::string chosen = variable("CUSTODY_CACHE"); !chosen.empty()) return chosen;
    if (::geteuid() == 0) return "/var/cache/custody";
    if (const std::string base = variable("XDG_CACHE_HOME"); base.starts_with('/')) return join_path(base, "custody");
    const std::string home = variable("HOME");
    return home.starts_with('/') ? join_path(home, ".cache/custody") : "";
}

std::string cache_path(const std::string& folder, const VaultId& vault, std::string_view label, std::string_view name) {
    Sha256 hash;
    hash.update(as_bytes(label));
    hash.update(as_bytes(std::string_view("\0", 1)));
    hash.update(as_bytes(name));
    return join_path(folder, vault.hex() + "-" + hash.finish().hex().substr(0, 32) + ".cache");
}

}  // namespace custody
