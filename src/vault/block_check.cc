#include "vault/block_check.h"

#include "base/text.h"
#include "vault/history/tree.h"
#include "vault/object_check.h"

namespace custody {

std::optional<std::string> BlockChecker::differing_entry(SegmentKind kind) {
    std::size_t offset = 0;
    for (const BlockEntry& entry : entries_) {
        const ByteView content = ByteView(raw_).subspan(offset, entry.length);
        const std::array<Byte, 32> hash =
            kind == SegmentKind::tree ? node_id(entry.refs, content, hash_).bytes : hash_.hash(kChunkDomain, content);
        if (hash != entry.id.bytes) return say("{} in it does not hash to its id", entry.id.hex());
        offset += entry.length;
    }
    return std::nullopt;
}

Result<std::optional<std::string>> BlockChecker::check(const SegmentHeader& segment, ByteView block_bytes) {
    using Verdict = std::optional<std::string>;
    entries_.clear();
    opened_content_ = false;
    auto entries = opener_->open_summary(segment, block_bytes);
    if (!entries.ok() && !is_damage(entries.error())) return std::move(entries).error();
    if (!entries.ok()) return Verdict{entries.error().message};
    entries_ = std::move(*entries);
    if (!opener_->opens_data()) return Verdict{};
    const Status opened = opener_->open_data(segment, block_bytes, thread_tools(), raw_);
    if (!opened.ok() && opened.error().code == Code::wrong_key) return Verdict{};  // an epoch whose secret is not here
    if (!opened.ok() && !is_damage(opened.error())) return opened.error();
    if (!opened.ok()) return Verdict{opened.error().message};
    opened_content_ = true;
    return differing_entry(segment.kind);
}

}  // namespace custody
