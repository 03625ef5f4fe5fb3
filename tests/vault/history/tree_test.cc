// Nodes come back exactly as they were, and no bytes, however made, yield a node that is unsafe to restore.
#include "vault/history/tree.h"

#include "base/secret.h"

#include <gtest/gtest.h>

#include <string>

namespace custody {
namespace {

Secret key() {
    Secret secret(32);
    for (std::size_t i = 0; i < 32; ++i) secret.mutable_view()[i] = static_cast<Byte>(i);
    return secret;
}

template <class AnyId>
AnyId filled(unsigned value) {
    AnyId id;
    id.bytes.fill(static_cast<Byte>(value));
    id.bytes[0] = static_cast<Byte>(value >> 8);
    return id;
}

Entry file(std::string name, std::vector<ContentChunk> chunks = {}, std::vector<Hole> holes = {}) {
    Entry entry;
    entry.name = std::move(name);
    entry.attributes.mode = 0644;
    for (const auto& chunk : chunks) entry.content.size += chunk.length;
    for (const auto& hole : holes) entry.content.size += hole.length;
    entry.content.chunks = std::move(chunks);
    entry.content.holes = std::move(holes);
    return entry;
}

Node folder_of(std::vector<Entry> entries) {
    Node node;
    node.entries = std::move(entries);
    return node;
}

void expect_same(const Entry& a, const Entry& b) {
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.type, b.type);
    EXPECT_EQ(a.attributes, b.attributes);
    EXPECT_EQ(a.hard_link, b.hard_link);
    EXPECT_EQ(a.changed_while_read, b.changed_while_read);
    EXPECT_EQ(a.attributes_only, b.attributes_only);
    EXPECT_EQ(a.content.size, b.content.size);
    EXPECT_EQ(a.content.holes, b.content.holes);
    EXPECT_EQ(a.content.chunks, b.content.chunks);
    EXPECT_EQ(a.content.node, b.content.node);
    EXPECT_EQ(a.target, b.target);
    EXPECT_EQ(a.device, b.device);
    EXPECT_EQ(a.children, b.children);
}

class TreeTest : public testing::Test {
protected:
    EncodedNode encode(const Node& node) { return encode_node(node, hash_); }

    void expect_round_trip(const Node& node) {
        const EncodedNode encoded = encode(node);
        const auto back = decode_node(encoded.refs, encoded.body);
        ASSERT_TRUE(back.ok()) << back.error().message;
        EXPECT_EQ(back->kind, node.kind);
        ASSERT_EQ(back->entries.size(), node.entries.size());
        for (std::size_t i = 0; i < node.entries.size(); ++i) expect_same(back->entries[i], node.entries[i]);
        EXPECT_EQ(node_id(encoded.refs, encoded.body, hash_), encoded.id);
        const EncodedNode again = encode(*back);
        EXPECT_EQ(again.body, encoded.body);
        EXPECT_EQ(again.id, encoded.id);
    }

    // The message says why, so that a test cannot pass by an unrelated fault.
    void expect_corrupt(const Node& node, const std::string& why) {
        const EncodedNode encoded = encode(node);
        expect_corrupt(encoded.refs, encoded.body, why);
    }
    static void expect_corrupt(const TreeRefs& refs, ByteView body, const std::string& why) {
        const auto back = decode_node(refs, body);
        ASSERT_FALSE(back.ok());
        EXPECT_EQ(back.error().code, Code::corrupt);
        EXPECT_NE(back.error().message.find(why), std::string::npos) << back.error().message;
    }

    KeyedHash hash_{Suite::standard, key()};
};

// A body of one folder entry of that name, written byte by byte: encode_node itself refuses unsafe names.
Bytes body_with_names(const std::vector<std::string>& names) {
    Bytes body;
    ByteWriter writer(body);
    writer.u8(1);
    writer.u8(1);
    writer.varint(names.size());
    for (const std::string& name : names) {
        writer.blob(as_bytes(name));
        writer.u8(static_cast<Byte>(EntryType::fifo));
        writer.u8(0);
        for (int i = 0; i < 7; ++i) writer.varint(0);
    }
    return body;
}

TEST_F(TreeTest, EveryTypeAndAttributeComesBack) {
    Entry full = file("a full one", {{filled<ChunkId>(1), 500}, {filled<ChunkId>(2), kMaxChunk}}, {{100, 50}, {600, 4096}});
    full.attributes = {06755, 1000, 4294967294U, 0x800030, {1234567890, 123456789}, {}};
    full.attributes.xattrs = {{"security.capability", Bytes{1, 0, 0, 2}},
                              {"system.posix_acl_access", Bytes(64, 7)},
                              {"user.empty", {}},
                              {"user.large", Bytes(kMaxXattrValue, 9)}};
    full.hard_link = 77;
    full.changed_while_read = true;
    Entry long_file = file("b long");
    long_file.content.size = 5'000'000'000'000;
    long_file.content.node = filled<TreeId>(3);
    Entry sparse = file("c only a hole", {}, {{0, 1ULL << 40}});
    Entry folder = file("d folder");
    folder.type = EntryType::folder;
    folder.attributes_only = true;
    folder.attributes.modified = {-1, 999'999'999};
    folder.children = filled<TreeId>(4);
    Entry empty_folder = file("e empty");
    empty_folder.type = EntryType::folder;
    Entry link = file("f link");
    link.type = EntryType::symlink;
    link.target = std::string(4000, 'x') + "\xff/..";
    Entry fifo = file("g");
    fifo.type = EntryType::fifo;
    Entry socket = file("h");
    socket.type = EntryType::socket;
    Entry character = file("i");
    character.type = EntryType::character_device;
    character.device = 0xFFFFF000000FFULL;
    Entry block = file("j\n\xff not UTF-8");
    block.type = EntryType::block_device;
    block.device = 8 << 8;
    Entry longest = file(std::string(255, 'z'));
    longest.attributes.modified = {INT64_MIN, 0};
    link.attributes.modified = {INT64_MAX, 999'999'999};
    expect_round_trip(folder_of({full, long_file, sparse, folder, empty_folder, link, fifo, socket, character, block, longest}));
}

TEST_F(TreeTest, EmptyFolderNodeAndContentNodeComeBack) {
    expect_round_trip(folder_of({}));
    Node node;
    node.kind = NodeKind::content;
    for (unsigned i = 0; i < kMaxNodeEntries - 1; ++i) node.content.chunks.push_back({filled<ChunkId>(i), 1 + i});
    node.content.holes = {{0, 10}};
    node.content.size = 10;
    for (const auto& chunk : node.content.chunks) node.content.size += chunk.length;
    expect_round_trip(node);
    const EncodedNode encoded = encode(node);
    const auto back = decode_node(encoded.refs, encoded.body);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->content.chunks, node.content.chunks);
    EXPECT_EQ(back->content.holes, node.content.holes);
    EXPECT_EQ(back->content.size, node.content.size);
}

TEST_F(TreeTest, FullNodeAndItsFanoutComeBack) {
    Node leaf;
    for (unsigned i = 0; i < kMaxNodeEntries; ++i) leaf.entries.push_back(file("f" + std::to_string(100000 + i)));
    expect_round_trip(leaf);
    for (const NodeKind kind : {NodeKind::folder_fanout, NodeKind::content_fanout}) {
        Node fanout;
        fanout.kind = kind;
        for (unsigned i = 0; i < kMaxNodeEntries; ++i) {
            fanout.children.push_back(
                {filled<TreeId>(i), i + 1, kind == NodeKind::folder_fanout ? std::to_string(10000 + i) : ""});
        }
        const EncodedNode encoded = encode(fanout);
        const auto back = decode_node(encoded.refs, encoded.body);
        ASSERT_TRUE(back.ok()) << back.error().message;
        ASSERT_EQ(back->children.size(), fanout.children.size());
        for (std::size_t i = 0; i < fanout.children.size(); ++i) {
            EXPECT_EQ(back->children[i].id, fanout.children[i].id);
            EXPECT_EQ(back->children[i].size, fanout.children[i].size);
            EXPECT_EQ(back->children[i].first_name, fanout.children[i].first_name);
        }
    }
}

TEST_F(TreeTest, TooManyEntriesAreRefused) {
    Node leaf;
    for (unsigned i = 0; i <= kMaxNodeEntries; ++i) leaf.entries.push_back(file("f" + std::to_string(100000 + i)));
    expect_corrupt(leaf, "too many entries");
    Entry many = file("many");
    for (unsigned i = 0; i <= kMaxInlineChunks; ++i) many.content.chunks.push_back({filled<ChunkId>(i), 1});
    many.content.size = kMaxInlineChunks + 1;
    expect_corrupt(folder_of({many}), "too many chunks");
}

TEST_F(TreeTest, UnsafeNamesAreRefused) {
    const std::vector<std::string> unsafe = {"", ".", "..", "a/b", "/", std::string("a\0b", 3), std::string(256, 'a')};
    for (const std::string& name : unsafe) {
        EXPECT_FALSE(is_safe_name(name));
        const auto back = decode_node({}, body_with_names({name}));
        ASSERT_FALSE(back.ok()) << name;
        EXPECT_EQ(back.error().code, Code::corrupt);
    }
    EXPECT_TRUE(decode_node({}, body_with_names({"..."})).ok());
    EXPECT_TRUE(decode_node({}, body_with_names({std::string(255, 'a')})).ok());
}

TEST_F(TreeTest, ATimeHasLessThanASecondOfNanoseconds) {
    Entry entry = file("a");
    entry.attributes.modified = {-1, 1'000'000'000};
    expect_corrupt(folder_of({entry}), "a second too many");
    entry.attributes.modified.nanoseconds = UINT32_MAX;
    expect_corrupt(folder_of({entry}), "a second too many");
}

TEST_F(TreeTest, UnsortedAndRepeatedNamesAreRefused) {
    expect_corrupt({}, body_with_names({"b", "a"}), "unsorted or repeated");
    expect_corrupt({}, body_with_names({"a", "a"}), "unsorted or repeated");
    // Bytes, not letters, are compared, and as unsigned.
    EXPECT_TRUE(decode_node({}, body_with_names({"B", "a", "\xff"})).ok());
}

TEST_F(TreeTest, SumsThatDoNotFitAreRefused) {
    Entry wrong = file("a", {{filled<ChunkId>(1), 10}}, {{2, 5}});
    wrong.content.size += 1;
    expect_corrupt(folder_of({wrong}), "sum");
    wrong.content.size -= 2;
    expect_corrupt(folder_of({wrong}), "does not fit");
    Entry outside = file("a", {}, {{4, 10}});
    EXPECT_EQ(outside.content.size, 10U);  // the hole ends at 14
    expect_corrupt(folder_of({outside}), "outside");
    outside.content.holes[0].length = UINT64_MAX - 2;
    expect_corrupt(folder_of({outside}), "outside");
    expect_corrupt(folder_of({file("a", {}, {{0, 4}, {4, 4}})}), "touch");
    expect_corrupt(folder_of({file("a", {{filled<ChunkId>(1), 0}})}), "does not fit");
    expect_corrupt(folder_of({file("a", {{filled<ChunkId>(1), kMaxChunk + 1}})}), "does not fit");
    Entry huge = file("a");
    huge.content.size = UINT64_MAX;
    huge.content.node = filled<TreeId>(1);
    expect_corrupt(folder_of({huge}), "out of range");
}

TEST_F(TreeTest, ReferencesMustMatchTheBody) {
    Entry folder = file("d");
    folder.type = EntryType::folder;
    folder.children = filled<TreeId>(1);
    const EncodedNode encoded = encode(folder_of({file("a", {{filled<ChunkId>(1), 10}}), folder}));
    TreeRefs more = encoded.refs;
    more.trees.push_back(filled<TreeId>(9));
    expect_corrupt(more, encoded.body, "left over");
    more = encoded.refs;
    more.chunks.push_back(filled<ChunkId>(9));
    expect_corrupt(more, encoded.body, "left over");
    TreeRefs fewer = encoded.refs;
    fewer.trees.clear();
    expect_corrupt(fewer, encoded.body, "missing");
    fewer = encoded.refs;
    fewer.chunks.clear();
    expect_corrupt(fewer, encoded.body, "missing");
}

TEST_F(TreeTest, IdCoversReferencesAndBody) {
    const EncodedNode encoded = encode(folder_of({file("a", {{filled<ChunkId>(1), 10}})}));
    TreeRefs other = encoded.refs;
    other.chunks[0] = filled<ChunkId>(2);
    EXPECT_NE(node_id(other, encoded.body, hash_), encoded.id);
    Bytes body = encoded.body;
    body.back() ^= 1;
    EXPECT_NE(node_id(encoded.refs, body, hash_), encoded.id);
    // A tree where a chunk stood is another node, though the bytes of the ids are the same.
    TreeRefs swapped;
    swapped.trees = {TreeId::from(encoded.refs.chunks[0].view())};
    EXPECT_NE(node_id(swapped, encoded.body, hash_), encoded.id);
}

TEST_F(TreeTest, EveryTruncationAndOverlongCountIsRefused) {
    Entry full = file("name", {{filled<ChunkId>(1), 500}}, {{100, 50}});
    full.attributes.xattrs = {{"user.a", Bytes{1, 2, 3}}};
    const EncodedNode encoded = encode(folder_of({full}));
    for (std::size_t size = 0; size < encoded.body.size(); ++size) {
        EXPECT_FALSE(decode_node(encoded.refs, ByteView(encoded.body).first(size)).ok()) << size;
    }
    Bytes longer = encoded.body;
    longer.push_back(0);
    expect_corrupt(encoded.refs, longer, "left over");
    // A count that promises far more than there is must be refused before anything is reserved.
    Bytes body = {1, 1};
    ByteWriter(body).varint(UINT64_MAX);
    EXPECT_FALSE(decode_node({}, body).ok());
    body = {1, 4};
    ByteWriter(body).varint(1ULL << 62);
    EXPECT_FALSE(decode_node({}, body).ok());
}

TEST_F(TreeTest, NewerVersionIsSaidSo) {
    const auto back = decode_node({}, Bytes{2, 1, 0});
    ASSERT_FALSE(back.ok());
    EXPECT_EQ(back.error().code, Code::usage);
    EXPECT_NE(back.error().message.find("format 2"), std::string::npos);
}

TEST_F(TreeTest, CostBoundsWhatAnEntryTakes) {
    Entry full = file(std::string(255, 'n'), {{filled<ChunkId>(1), 500}, {filled<ChunkId>(2), 500}}, {{100, 50}});
    full.attributes = {07777, UINT32_MAX, UINT32_MAX, UINT32_MAX, {INT64_MIN, 999'999'999}, {}};
    full.attributes.xattrs = {{std::string(255, 'x'), Bytes(kMaxXattrValue, 1)}};
    full.hard_link = UINT64_MAX;
    const EncodedNode encoded = encode(folder_of({full}));
    EXPECT_GE(entry_cost(full).body_bytes + 3, encoded.body.size());
    EXPECT_EQ(entry_cost(full).refs, 2U);
}

}  // namespace
}  // namespace custody
