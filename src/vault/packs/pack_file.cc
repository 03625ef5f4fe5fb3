#include "vault/packs/pack_file.h"

#include "base/text.h"

namespace custody {

Result<std::unique_ptr<PackFile>> PackFile::begin(ObjectStore& store) {
    TRY_ASSIGN(auto writer, store.begin());
    std::unique_ptr<PackFile> file(new PackFile(std::move(writer)));
    TRY(file->append(encode_pack_header()));
    return file;
}

Status PackFile::append(ByteView bytes) {
    TRY(writer_->append(bytes));
    hash_.update(bytes);
    size_ += bytes.size();
    return done();
}

Result<PackFile::Placed> PackFile::add(const SegmentHeader& segment, ByteView block_bytes) {
    if (size_ + kSegmentHeaderSize + block_bytes.size() > kMaxPack) {
        return Error{Code::failed, say("a pack would grow beyond {} bytes", kMaxPack)};
    }
    if (segment_ != segment) {
        segment_offset_ = static_cast<std::uint32_t>(size_);
        TRY(append(encode(segment)));
        segment_ = segment;
    }
    const Placed placed{segment_offset_, static_cast<std::uint32_t>(size_)};
    TRY(append(block_bytes));
    return placed;
}

ObjectId PackFile::seal() {
    id_ = id_of<ObjectId>(hash_.finish());
    return id_;
}

Status PackFile::finish() { return writer_->finish(pack_name(id_)); }
Status PackFile::finish_over() { return writer_->finish_over(pack_name(id_)); }

}  // namespace custody
