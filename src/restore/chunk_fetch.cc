#include "restore/chunk_fetch.h"

#include "base/text.h"
#include "restore/plan.h"

#include <optional>

namespace custody {

bool proves(KeyedHash& hash, ByteView raw, const Location& at, const ChunkId& id) {
    const bool fits = at.offset <= raw.size() && at.length <= raw.size() - at.offset;
    return fits && hash.hash(kChunkDomain, raw.subspan(at.offset, at.length)) == id.bytes;
}

Error mismatch_at(const Location& at) {
    return {Code::corrupt, say("{} at offset {}: a chunk does not match its id", pack_name(at.pack), at.block_offset)};
}

Result<Bytes> chunk_from_elsewhere(SnapshotAccess& access, const LocatedPiece& failed, const Error& why) {
    TRY(access.trees().reload_index());
    TRY_ASSIGN(const auto at, access.trees().locate_elsewhere(failed.piece.chunk.id.view(), failed.at.pack));
    if (!at) return why;
    Bytes raw;
    TRY(access.blocks().read_data(*at, thread_tools(), raw));
    KeyedHash hash(access.keys().suite, access.keys().chunk_id_key);
    if (!proves(hash, raw, *at, failed.piece.chunk.id)) return mismatch_at(*at);
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
