// Proving one block: opened, decompressed, each chunk and node hashed again.
//
// Ownership: refers to keys and opener, which outlive it. Threads: one. Memory: one block. Errors: what ends the run only; that
// the block is bad is the answer.
#pragma once

#include "vault/packs/sealer.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

class BlockChecker {
public:
    BlockChecker(const WriterKeys& keys, const SegmentOpener& opener) : opener_(&opener), hash_(keys.suite, keys.chunk_id_key) {}
    // Why the block is bad, or nothing. Without the label's secret only its summary is proven.
    [[nodiscard]] Result<std::optional<std::string>> check(const SegmentHeader& segment, ByteView block_bytes);
    // Of the block checked last; empty when its summary did not open.
    [[nodiscard]] const std::vector<BlockEntry>& entries() const { return entries_; }
    // Whether the content of the block checked last was opened too.
    [[nodiscard]] bool opened_content() const { return opened_content_; }

private:
    [[nodiscard]] std::optional<std::string> differing_entry(SegmentKind kind);
    const SegmentOpener* opener_;
    KeyedHash hash_;
    std::vector<BlockEntry> entries_;
    bool opened_content_ = false;
    Bytes raw_;
};

}  // namespace custody
