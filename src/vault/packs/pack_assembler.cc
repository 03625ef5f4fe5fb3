#include "base/text.h"
#include "vault/packs/pack_file.h"
#include "vault/packs/pack_writer.h"

namespace custody {

struct PackAssembler::State {
    ObjectStore& store;
    std::unique_ptr<PackFile> file;  // made by the first block
    ObjectId id;
};

PackAssembler::PackAssembler(ObjectStore& store) : state_(new State{store, nullptr, {}}) {}
PackAssembler::~PackAssembler() = default;

Result<PackAssembler::Placed> PackAssembler::add(const SegmentHeader& segment, ByteView block_bytes) {
    if (block_bytes.size() < kBlockHeaderSize) return Error{Code::corrupt, say("a block is cut short")};
    TRY_ASSIGN(const BlockHeader header, decode_block_header(block_bytes.first(kBlockHeaderSize)));
    if (header.total_size() != block_bytes.size() || header.segment != segment.segment || header.kind != segment.kind) {
        return Error{Code::corrupt, say("block {} does not belong to segment {}", header.number, segment.segment.hex())};
    }
    if (state_->file == nullptr) {
        TRY_ASSIGN(state_->file, PackFile::begin(state_->store));
    }
    TRY_ASSIGN(const PackFile::Placed placed, state_->file->add(segment, block_bytes));
    return Placed{placed.segment_offset, placed.block_offset};
}

std::uint64_t PackAssembler::size() const { return state_->file == nullptr ? 0 : state_->file->size(); }

Result<ObjectInfo> PackAssembler::finish(bool replaces) {
    if (state_->file == nullptr) return Error{Code::failed, say("cannot finish a pack without blocks")};
    state_->id = state_->file->seal();
    TRY(replaces ? state_->file->finish_over() : state_->file->finish());
    return ObjectInfo{pack_name(state_->id), state_->file->size()};
}

ObjectId PackAssembler::id() const { return state_->id; }

}  // namespace custody
