#include "vault/tree_reader.h"

#include "base/text.h"
#include "vault/sources/local_attributes.h"
#include "vault/tree_cache.h"
#include "vault/tree_cursor.h"
#include "vault/unreadable.h"

#include <algorithm>
#include <mutex>
#include <shared_mutex>

namespace custody {
namespace {

constexpr std::size_t kNodeCacheBytes = 16 * 1024 * 1024;
constexpr std::size_t kBlockCacheBytes = 16 * 1024 * 1024;  // tree blocks are 512 KiB raw, their references about as much

// A block of tree nodes, opened. `raw` stays empty when only references were asked for.
struct TreeBlock {
    std::vector<BlockEntry> entries;
    Bytes raw;
    [[nodiscard]] std::size_t weight() const {
        std::size_t bytes = raw.size();
        for (const BlockEntry& entry : entries) bytes += sizeof entry + 32 * (entry.refs.trees.size() + entry.refs.chunks.size());
        return bytes;
    }
};

// Roughly what a decoded node takes in memory.
std::size_t weight_of(const Node& node, std::size_t body_bytes) {
    return 512 + 4 * body_bytes + node.entries.size() * sizeof(Entry) + node.children.size() * sizeof(FanoutChild);
}

// Older backups hold them; nobody who reads a tree is to know. Its id is made of what is stored.
void leave_out_second_names(Node& node) {
    for (Entry& entry : node.entries) {
        std::erase_if(entry.attributes.xattrs, [](const auto& one) { return is_second_name_of_access_list(one.name); });
    }
}

using BlockKey = std::pair<ObjectId, std::uint32_t>;

}  // namespace

struct TreeReader::State {
    State(Index& index_in, const BlockSource& blocks_in, const WriterKeys& keys_in)
        : index(index_in), blocks(blocks_in), keys(keys_in) {}

    Index& index;
    const BlockSource& blocks;
    const WriterKeys& keys;
    std::shared_mutex index_mutex;  // lookups share, a reload is alone
    WeightedCache<TreeId, const Node> nodes{kNodeCacheBytes};
    WeightedCache<BlockKey, const TreeBlock> opened{kBlockCacheBytes};

    Result<std::optional<Location>> look_up(ByteView id32, const ObjectId* avoid) {
        const std::shared_lock lock(index_mutex);
        if (avoid == nullptr) return index.lookup(id32, nullptr);
        const Index::Usable elsewhere = [&](const Location& at) { return at.pack != *avoid; };
        const Index::Usable openable = [&](const Location& at) { return at.pack != *avoid && blocks.may_open(at); };
        TRY_ASSIGN(const std::optional<Location> found, index.lookup(id32, &openable));
        return found ? Result<std::optional<Location>>(found) : index.lookup(id32, &elsewhere);
    }
    Status reload() {
        const std::unique_lock lock(index_mutex);
        return index.reload();
    }

    Result<std::shared_ptr<const TreeBlock>> open_block(const Location& at, bool with_data);
    Result<std::shared_ptr<const TreeBlock>> read_block(const TreeId& id, Location& at, bool with_data);
};

Result<std::shared_ptr<const TreeBlock>> TreeReader::State::open_block(const Location& at, bool with_data) {
    const BlockKey key{at.pack, at.block_offset};
    if (auto cached = opened.find(key); cached && (!with_data || !cached->raw.empty())) return cached;
    auto block = std::make_shared<TreeBlock>();
    TRY_ASSIGN(block->entries, blocks.read_summary(at));
    if (with_data) TRY(blocks.read_data(at, thread_tools(), block->raw));
    const std::size_t weight = block->weight();
    return opened.insert(key, std::move(block), weight);
}

// A pack may have gone in a prune since the index was read: one look at the new index before it is called damage. What is sealed
// to a key that is not here may lie elsewhere under one that is.
Result<std::shared_ptr<const TreeBlock>> TreeReader::State::read_block(const TreeId& id, Location& at, bool with_data) {
    auto block = open_block(at, with_data);
    const bool other_key = !block.ok() && block.error().code == Code::wrong_key;
    if (block.ok() || (!is_unreadable(block.error()) && !other_key)) return block;
    if (!other_key) TRY(reload());
    const auto other = look_up(id.view(), &at.pack);
    if (!other.ok() || !*other) return block;
    at = **other;
    return open_block(at, with_data);
}

TreeReader::TreeReader(Index& index, const BlockSource& blocks, const WriterKeys& keys)
    : state_(std::make_unique<State>(index, blocks, keys)) {}
TreeReader::~TreeReader() = default;

Result<Location> TreeReader::locate(ByteView id32) {
    TRY_ASSIGN(std::optional<Location> found, state_->look_up(id32, nullptr));
    if (!found) {
        TRY(state_->reload());
        TRY_ASSIGN(found, state_->look_up(id32, nullptr));
    }
    if (!found) return Error{Code::corrupt, say("{} is in no pack that the index knows", to_hex(id32))};
    return *found;
}

Status TreeReader::reload_index() { return state_->reload(); }

Result<std::optional<Location>> TreeReader::locate_elsewhere(ByteView id32, const ObjectId& avoid) {
    return state_->look_up(id32, &avoid);
}

namespace {

// The entry of that node in its block, and where its body begins.
Result<const BlockEntry*> entry_in(const TreeBlock& block, const TreeId& id, const Location& at) {
    for (const BlockEntry& entry : block.entries) {
        if (std::equal(entry.id.bytes.begin(), entry.id.bytes.end(), id.bytes.begin())) return &entry;
    }
    return Error{Code::corrupt,
                 say("tree {} is not in pack {} at offset {}, where the index has it", id.hex(), at.pack.hex(), at.block_offset)};
}

}  // namespace

Result<TreeRefs> TreeReader::refs(const TreeId& id) {
    TRY_ASSIGN(Location at, locate(id.view()));
    TRY_ASSIGN(const auto block, state_->read_block(id, at, false));
    TRY_ASSIGN(const BlockEntry* entry, entry_in(*block, id, at));
    return entry->refs;
}

Result<std::shared_ptr<const Node>> TreeReader::node(const TreeId& id) {
    if (auto cached = state_->nodes.find(id)) return cached;
    TRY_ASSIGN(Location at, locate(id.view()));
    TRY_ASSIGN(const auto block, state_->read_block(id, at, true));
    TRY_ASSIGN(const BlockEntry* entry, entry_in(*block, id, at));
    if (at.offset > block->raw.size() || entry->length > block->raw.size() - at.offset) {
        return Error{Code::corrupt, say("tree {} does not fit the block it lies in", id.hex())};
    }
    const ByteView body = ByteView(block->raw).subspan(at.offset, entry->length);
    KeyedHash hash(state_->keys.suite, state_->keys.chunk_id_key);
    if (node_id(entry->refs, body, hash) != id) {
        return Error{Code::corrupt, say("tree {} in pack {} does not match its id", id.hex(), at.pack.hex())};
    }
    auto decoded = decode_node(entry->refs, body);
    if (!decoded.ok()) return Error{decoded.error().code, say("tree {}: {}", id.hex(), decoded.error().message)};
    leave_out_second_names(*decoded);
    const std::size_t weight = weight_of(*decoded, body.size());
    return state_->nodes.insert(id, std::make_shared<const Node>(std::move(*decoded)), weight);
}

Status TreeReader::entries(const TreeId& folder, const OnEntry& visit, const OnLost& on_lost) {
    FolderCursor cursor(*this, folder);
    while (true) {
        const auto next = cursor.next();
        if (!next.ok()) {
            if (!on_lost || !is_unreadable(next.error())) return next.error();
            TRY(on_lost(next.error()));
            continue;
        }
        if (*next == nullptr) return done();
        TRY(visit(**next));
    }
}

Status TreeReader::walk(const TreeId& root, const OnPath& visit, const OnLostPath& on_lost) {
    struct Open {
        FolderCursor cursor;
        std::size_t path_size;  // of its own path
    };
    std::vector<Open> open;
    open.push_back({FolderCursor(*this, root), 0});
    std::string path;
    while (!open.empty()) {
        path.resize(open.back().path_size);
        const auto next = open.back().cursor.next();
        if (!next.ok()) {
            if (!is_unreadable(next.error())) return next.error();
            if (!on_lost) return lost_folder("/" + path, next.error());
            TRY(on_lost(path, next.error()));
            continue;
        }
        const Entry* entry = *next;
        if (entry == nullptr) {
            open.pop_back();
            continue;
        }
        if (!path.empty()) path += '/';
        path += entry->name;
        TRY_ASSIGN(const bool descend, visit(path, *entry));
        if (descend && entry->children) open.push_back({FolderCursor(*this, *entry->children), path.size()});
    }
    return done();
}

// By bytes through the fanout first; then every name, as composed Unicode.
Result<std::optional<Entry>> TreeReader::find_name(const TreeId& folder, const std::string& name) {
    TreeId at = folder;
    for (std::size_t depth = 0; depth < kMaxFanoutDepth; ++depth) {
        const auto read = node(at);
        if (!read.ok() && is_unreadable(read.error())) break;
        TRY(read);
        const std::shared_ptr<const Node>& node = *read;
        if (node->kind == NodeKind::folder) {
            const auto found = std::lower_bound(node->entries.begin(), node->entries.end(), name,
                                                [](const Entry& entry, const std::string& key) { return entry.name < key; });
            if (found != node->entries.end() && found->name == name) return std::optional<Entry>(*found);
            break;
        }
        if (node->kind != NodeKind::folder_fanout) break;
        const auto after =
            std::upper_bound(node->children.begin(), node->children.end(), name,
                             [](const std::string& key, const FanoutChild& child) { return key < child.first_name; });
        if (after == node->children.begin()) break;
        at = std::prev(after)->id;
    }
    const std::string wanted = to_nfc(name);
    std::optional<Entry> found;
    std::optional<Error> lost;
    FolderCursor cursor(*this, folder);
    while (!found) {
        const auto next = cursor.next();
        if (!next.ok()) {
            if (!is_unreadable(next.error())) return next.error();
            if (!lost) lost = next.error();
            continue;
        }
        if (*next == nullptr) break;
        if (to_nfc((*next)->name) == wanted) found = **next;
    }
    if (!found && lost) return *lost;
    return found;
}

Result<Entry> TreeReader::find(const TreeId& root, const std::string& path) {
    Entry at;
    at.type = EntryType::folder;
    at.children = root;
    std::size_t begin = 0;
    while (begin < path.size()) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string name = path.substr(begin, end - begin);
        const std::size_t before = begin == 0 ? 0 : begin - 1;  // the folder's own path ends here
        begin = end + 1;
        if (name.empty()) continue;
        std::optional<Entry> found;
        if (at.children) {
            auto in_folder = find_name(*at.children, name);
            if (!in_folder.ok() && is_unreadable(in_folder.error())) {
                return lost_folder("/" + path.substr(0, before), in_folder.error());
            }
            TRY_ASSIGN(found, std::move(in_folder));
        }
        if (!found) return Error{Code::not_found, say("the snapshot has no /{}", printable(path))};
        at = std::move(*found);
    }
    return at;
}

}  // namespace custody
