// A tree node as anyone with a writer's keys could store it. What decodes is safe to restore: names of one component, sorted;
// sums that fit; and it encodes to the very bytes it came from, so that one node has one id.
//   u8 trees | u8 chunks (references; their ids are made up here) | body
#include "tests/fuzz/seeds.h"
#include "vault/history/tree.h"

#include <cstdlib>

namespace {

using namespace custody;

KeyedHash make_hash() { return {Suite::standard, Secret(kKeySize)}; }

template <class AnyId>
std::vector<AnyId> numbered_ids(std::size_t count) {
    std::vector<AnyId> ids(count);
    for (std::size_t i = 0; i < count; ++i) ids[i].bytes[0] = static_cast<Byte>(i);
    return ids;
}

void require(bool condition) {
    if (!condition) std::abort();
}

void check_content(const Content& content) {
    std::uint64_t sum = 0;
    for (const ContentChunk& chunk : content.chunks) sum += chunk.length;
    for (const Hole& hole : content.holes) {
        require(hole.offset <= content.size && hole.length <= content.size - hole.offset);
        sum += hole.length;
    }
    require(content.node.has_value() || sum == content.size);
}

void check(const Node& node) {
    require(node.entries.size() <= kMaxNodeEntries && node.children.size() <= kMaxNodeEntries);
    for (std::size_t i = 0; i < node.entries.size(); ++i) {
        const Entry& entry = node.entries[i];
        require(is_safe_name(entry.name));
        require(i == 0 || node.entries[i - 1].name < entry.name);
        require(entry.attributes.mode <= 07777);
        require(entry.attributes.modified.nanoseconds < kSecond);
        check_content(entry.content);
    }
    check_content(node.content);
}

void seed(const char* name, const Node& node) {
    KeyedHash hash = make_hash();
    const EncodedNode encoded = encode_node(node, hash);
    Bytes bytes = {static_cast<Byte>(encoded.refs.trees.size()), static_cast<Byte>(encoded.refs.chunks.size())};
    append(bytes, encoded.body);
    fuzz::write_seed(name, bytes);
}

Entry seed_entry(const char* name, EntryType type) {
    Entry entry;
    entry.name = name;
    entry.type = type;
    entry.attributes = {0755, 1000, 1000, 0x10, {1'793'671'200, 123'456'789}, {{"user.a", Bytes{1, 2, 3}}}};
    entry.hard_link = type == EntryType::folder ? 0 : 7;
    return entry;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (!fuzz::wants_seeds()) return 0;
    Node folder;
    folder.entries = {seed_entry("a", EntryType::file),         seed_entry("b", EntryType::folder),
                      seed_entry("c", EntryType::symlink),      seed_entry("d", EntryType::fifo),
                      seed_entry("e", EntryType::block_device), seed_entry("f", EntryType::file)};
    folder.entries[0].content.chunks = {{ChunkId{}, 10}, {ChunkId{}, 300'000}};
    folder.entries[0].content.holes = {{5, 4096}};
    folder.entries[0].content.size = 10 + 300'000 + 4096;
    folder.entries[1].children = TreeId{};
    folder.entries[2].target = "../x";
    folder.entries[4].device = 2048;
    folder.entries[5].content.size = 1ULL << 40;
    folder.entries[5].content.node = TreeId{};
    seed("folder", folder);
    Node fanout;
    fanout.kind = NodeKind::folder_fanout;
    fanout.children = {{TreeId{}, 3, "a"}, {TreeId{}, 4, "b"}};
    seed("fanout", fanout);
    Node content;
    content.kind = NodeKind::content;
    content.content = folder.entries[0].content;
    seed("content", content);
    fanout.kind = NodeKind::content_fanout;
    seed("content_fanout", fanout);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const TreeRefs refs{numbered_ids<TreeId>(data[0]), numbered_ids<ChunkId>(data[1])};
    const ByteView body(data + 2, size - 2);
    const auto node = decode_node(refs, body);
    if (!node.ok()) return 0;
    check(*node);
    KeyedHash hash = make_hash();
    const EncodedNode again = encode_node(*node, hash);
    require(ByteView(again.body).size() == body.size() && std::equal(body.begin(), body.end(), again.body.begin()));
    require(again.refs.trees == refs.trees && again.refs.chunks == refs.chunks);
    return 0;
}
