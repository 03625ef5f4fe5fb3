#include "restore/chunk_fetch.h"

#include "base/crypto.h"
#include "base/text.h"
#include "restore/plan.h"

#include <optional>

namespace custody {

BlockProof prove_block(const SnapshotAccess& access, const Location& at, std::span<const WantedChunk> wanted, Bytes& raw) {
    BlockProof proof;
    proof.at_ = at;
    proof.opened_ = access.blocks().read_data(at, thread_tools(), raw);
    if (!proof.opened_.ok()) return proof;
    KeyedHash hash(access.keys().suite, access.keys().chunk_id_key);
    const WantedChunk* before = nullptr;
    for (const WantedChunk& chunk : wanted) {
        const bool again =
            before != nullptr && chunk.offset == before->offset && chunk.length == before->length && chunk.id == before->id;
        const bool fits = chunk.offset <= raw.size() && chunk.length <= raw.size() - chunk.offset;
        const bool same =
            again ? proof.proven_.back()
                  : fits && hash.hash(kChunkDomain, ByteView(raw).subspan(chunk.offset, chunk.length)) == chunk.id.bytes;
        proof.proven_.push_back(same);
        before = &chunk;
    }
    return proof;
}

Error BlockProof::why_not() const {
    if (!opened_.ok()) return opened_.error();
    return {Code::corrupt, say("{} at offset {}: a chunk does not match its id", pack_name(at_.pack), at_.block_offset)};
}

Result<Bytes> chunk_from_elsewhere(SnapshotAccess& access, const LocatedPiece& failed, const Error& why) {
    const ChunkId& id = failed.piece.chunk.id;
    if (why.code != Code::wrong_key) TRY(access.trees().reload_index());
    TRY_ASSIGN(const auto at, access.trees().locate_elsewhere(id.view(), failed.at.pack));
    if (!at) return why;
    Bytes raw;
    const WantedChunk wanted{id, at->offset, at->length};
    const BlockProof proof = prove_block(access, *at, {&wanted, 1}, raw);
    if (!proof.holds(0)) return proof.why_not();
    const ByteView chunk = ByteView(raw).subspan(at->offset, at->length);
    return Bytes(chunk.begin(), chunk.end());
}

namespace {

Result<FoundFile> only_file(SnapshotAccess& access) {
    std::optional<FoundFile> found;
    TRY(access.trees().walk(access.root(), [&](const std::string& path, const Entry& entry) -> Result<bool> {
        if (entry.type == EntryType::folder) return true;
        if (found)
            return Error{Code::usage, say("the snapshot holds more than one file: name the PATH, as `custody ls` shows it")};
        found = FoundFile{"/" + path, entry};
        return true;
    }));
    if (!found) return Error{Code::not_found, say("the snapshot holds no file")};
    return std::move(*found);
}

}  // namespace

Result<FoundFile> find_file(SnapshotAccess& access, const std::string& path) {
    FoundFile file;
    if (path.empty()) {
        TRY_ASSIGN(file, only_file(access));
    } else {
        TRY_ASSIGN(const auto components, path_components(path));
        std::string clean;
        for (const std::string& component : components) clean += (clean.empty() ? "" : "/") + component;
        TRY_ASSIGN(file.entry, access.trees().find(access.root(), clean));
        file.path = "/" + clean;
    }
    const std::string shown = printable(file.path);
    if (file.entry.type == EntryType::folder) return Error{Code::usage, say("{} is a folder: restore it to a target", shown)};
    if (file.entry.type != EntryType::file) return Error{Code::usage, say("{} is no regular file and has no content", shown)};
    return file;
}

}  // namespace custody
