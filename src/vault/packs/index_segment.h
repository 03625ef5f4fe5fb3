// One open index segment: its table in memory, its pages read and checked when they are asked for.
//
// Ownership: reads from the store, which outlives it and bounds what is open at a time. Threads: safe from many.
// Errors: corrupt, naming the object; not_found when the object is gone from the store (a prune merged it: reload).
#pragma once

#include "base/result.h"
#include "vault/packs/index_format.h"
#include "vault/store/object_store.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace custody {

// The checked plain entries of a page.
using IndexPage = std::shared_ptr<const Bytes>;

class IndexSegment {
public:
    // Checks header, footer, sizes, signature and table. The pages are vouched for by the table, each when it is read.
    static Result<std::shared_ptr<IndexSegment>> open(ObjectStore& store, const WriterKeys& keys, const ObjectInfo& object);

    [[nodiscard]] const Index::SegmentInfo& info() const { return info_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const IndexTable& table() const { return table_; }

    [[nodiscard]] Result<IndexPage> read_page(std::uint32_t page) const;
    // Pages first..first+count-1 in one read, one after the other into `plain` (replaced).
    [[nodiscard]] Status read_pages(std::uint32_t first, std::uint32_t count, Bytes& plain) const;
    [[nodiscard]] IndexEntry entry_at(const Byte* page_entry) const;
    // In a page of this segment.
    [[nodiscard]] std::optional<IndexEntry> find_in(const Bytes& page, ByteView id32) const;

private:
    IndexSegment(std::unique_ptr<ObjectReader> reader, std::string name, const IndexHeader& header, Secret page_key);
    [[nodiscard]] Status open_page(std::uint32_t page, ByteView sealed, MutableByteView plain) const;
    [[nodiscard]] bool is_sound(std::uint32_t page, ByteView plain) const;
    [[nodiscard]] Error fault(std::string_view why) const;

    const std::unique_ptr<ObjectReader> reader_;
    const std::string name_;
    const IndexHeaderBytes header_bytes_;
    mutable std::mutex aead_mutex_;
    mutable Aead page_aead_;
    Index::SegmentInfo info_;
    IndexTable table_;
};

}  // namespace custody
