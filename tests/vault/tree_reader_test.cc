// Walking trees that lie in packs: fanouts, depth, long contents, names, and whatever does not fit.
#include "vault/tree_reader.h"

#include "tests/support/memory_store.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>

namespace custody::test {
namespace {

class TreeReaderTest : public testing::Test {
protected:
    TreeReaderTest() : hash_(label_.keys.suite, label_.keys.chunk_id_key), opener_(label_.keys, &label_.secrets) {}

    static Entry file(std::string name) {
        Entry entry;
        entry.name = std::move(name);
        entry.attributes.mode = 0644;
        return entry;
    }
    static Entry folder(std::string name, std::optional<TreeId> children) {
        Entry entry = file(std::move(name));
        entry.type = EntryType::folder;
        entry.children = children;
        return entry;
    }
    TreeId add(const Node& node) {
        EncodedNode encoded = encode_node(node, hash_);
        if (blocks_.empty() || blocks_.back().raw.size() > kBlockTarget) blocks_.emplace_back().kind = SegmentKind::tree;
        blocks_.back().entries.push_back(
            {ChunkId{encoded.id.bytes}, static_cast<std::uint32_t>(encoded.body.size()), encoded.refs});
        append(blocks_.back().raw, encoded.body);
        return encoded.id;
    }
    TreeId add_folder(std::vector<Entry> entries) {
        Node node;
        node.entries = std::move(entries);
        return add(node);
    }
    // Writes what was added, and opens a reader over it.
    TreeReader& reader() {
        for (RawBlock& block : blocks_) block.raw_checksum = checksum128(block.raw);
        std::vector<IndexEntry> entries;
        std::vector<PackRow> rows;
        for (FinishedPack& pack : write_packs(store_, label_.keys, SegmentKind::tree, std::move(blocks_))) {
            entries.insert(entries.end(), pack.entries.begin(), pack.entries.end());
            rows.insert(rows.end(), pack.rows.begin(), pack.rows.end());
        }
        blocks_.clear();
        EXPECT_TRUE(is_ok(write_index_segment(store_, label_.keys, label_.signing_seed, entries, rows)));
        auto index = Index::open(store_, label_.keys, IndexTrust{});
        EXPECT_TRUE(is_ok(index));
        index_ = std::move(*index);
        source_ = std::make_unique<BlockSource>(store_, opener_);
        reader_ = std::make_unique<TreeReader>(*index_, *source_, label_.keys);
        return *reader_;
    }
    // A fanout over folders of `each` files, in all `count`.
    TreeId add_large_folder(std::size_t count, std::size_t each) {
        Node fanout;
        fanout.kind = NodeKind::folder_fanout;
        for (std::size_t at = 0; at < count; at += each) {
            std::vector<Entry> entries;
            for (std::size_t i = at; i < std::min(count, at + each); ++i) entries.push_back(file(name_of(i)));
            const std::size_t size = entries.size();
            const std::string first = entries.front().name;
            fanout.children.push_back({add_folder(std::move(entries)), size, first});
        }
        return add(fanout);
    }
    static std::string name_of(std::size_t i) { return "f" + std::to_string(1'000'000 + i); }

    LabelFixture label_;
    KeyedHash hash_;
    MemoryStore store_;
    std::vector<RawBlock> blocks_;
    SegmentOpener opener_;
    std::unique_ptr<Index> index_;
    std::unique_ptr<BlockSource> source_;
    std::unique_ptr<TreeReader> reader_;
};

TEST_F(TreeReaderTest, HugeFolderComesInOrderThroughItsFanout) {
    const TreeId id = add_large_folder(20'000, 4'000);
    std::size_t seen = 0;
    const Status read = reader().entries(id, [&](const Entry& entry) {
        EXPECT_EQ(entry.name, name_of(seen));
        ++seen;
        return done();
    });
    EXPECT_TRUE(is_ok(read));
    EXPECT_EQ(seen, 20'000U);
    for (const std::size_t i : {std::size_t{0}, std::size_t{3'999}, std::size_t{4'000}, std::size_t{19'999}}) {
        const auto found = reader_->find(id, name_of(i));
        ASSERT_TRUE(is_ok(found));
        EXPECT_EQ(found->name, name_of(i));
    }
    EXPECT_TRUE(fails_with(Code::not_found, reader_->find(id, name_of(20'000))));
}

// Older backups took an access list that XFS shows under a second name for an attribute of its own.
TEST_F(TreeReaderTest, SecondNamesOfAccessListsAreLeftOut) {
    const ExtendedAttribute list{"system.posix_acl_access", Bytes{2}}, own{"trusted.SGI_CAP_FILE", Bytes{3}};
    Entry entry = file("a");
    entry.attributes.xattrs = {list, {"trusted.SGI_ACL_DEFAULT", Bytes{1}}, {"trusted.SGI_ACL_FILE", Bytes{1}}, own};
    const TreeId id = add_folder({entry});
    const auto found = reader().find(id, "a");
    ASSERT_TRUE(is_ok(found));
    EXPECT_EQ(found->attributes.xattrs, (std::vector<ExtendedAttribute>{list, own}));
}

// Some of a folder's nodes are nowhere: the names in the others are had all the same, and the loss is told once.
TEST_F(TreeReaderTest, WhatIsLostIsToldAndTheRestComes) {
    const TreeId nowhere{{7}};
    Node fanout;
    fanout.kind = NodeKind::folder_fanout;
    fanout.children = {{add_folder({file("a"), file("b")}), 2, "a"},
                       {nowhere, 5, "c"},
                       {nowhere, 5, "d"},
                       {add_folder({file("y"), file("z")}), 2, "y"}};
    const TreeId partly = add(fanout);
    const TreeId root = add_folder({folder("lost", nowhere), folder("partly", partly), file("whole")});
    TreeReader& trees = reader();
    std::string met;
    const auto visit = [&](const std::string& path, const Entry&) -> Result<bool> {
        met += path + " ";
        return true;
    };
    std::vector<std::string> losses;
    const Status walked = trees.walk(root, visit, [&](const std::string& path, const Error& why) -> Status {
        EXPECT_EQ(why.code, Code::corrupt);
        losses.push_back(path);
        return done();
    });
    EXPECT_TRUE(is_ok(walked));
    EXPECT_EQ(met, "lost partly partly/a partly/b partly/y partly/z whole ");
    EXPECT_EQ(losses, (std::vector<std::string>{"lost", "partly"}));
    EXPECT_TRUE(fails_with(Code::corrupt, trees.walk(root, visit)));
    EXPECT_TRUE(is_ok(trees.find(root, "partly/z")));
    const auto unknown = trees.find(root, "partly/cc");  // nobody can say that it is not there
    ASSERT_TRUE(fails_with(Code::corrupt, unknown));
    EXPECT_NE(unknown.error().message.find("folder /partly:"), std::string::npos) << unknown.error().message;
}

TEST_F(TreeReaderTest, VeryDeepFoldersAreWalkedWithoutRecursion) {
    constexpr std::size_t kDepth = 5'000;
    TreeId id = add_folder({file("bottom")});
    for (std::size_t i = 0; i < kDepth; ++i) id = add_folder({folder("d", id)});
    std::size_t longest = 0;
    const Status walked = reader().walk(id, [&](const std::string& path, const Entry&) -> Result<bool> {
        longest = std::max(longest, path.size());
        return true;
    });
    EXPECT_TRUE(is_ok(walked));
    EXPECT_EQ(longest, 2 * kDepth + 6);
}

TEST_F(TreeReaderTest, WalkGivesParentsFirstAndSkipsOnDemand) {
    const TreeId inner = add_folder({file("x"), file("y")});
    const TreeId root = add_folder({folder("a", inner), folder("b", inner), folder("c", std::nullopt), file("d")});
    std::vector<std::string> paths;
    const Status walked = reader().walk(root, [&](const std::string& path, const Entry&) -> Result<bool> {
        paths.push_back(path);
        return path != "b";
    });
    EXPECT_TRUE(is_ok(walked));
    EXPECT_EQ(paths, (std::vector<std::string>{"a", "a/x", "a/y", "b", "c", "d"}));
}

TEST_F(TreeReaderTest, FindsPathsByBytesAndByComposedNames) {
    const TreeId inner = add_folder({file("li\xE1\xBB\x87u"), file("\xff")});
    const TreeId root = add_folder({folder("t\xC3\xA0i", inner)});
    TreeReader& trees = reader();
    EXPECT_TRUE(is_ok(trees.find(root, "")));
    EXPECT_TRUE(is_ok(trees.find(root, "t\xC3\xA0i/li\xE1\xBB\x87u")));
    EXPECT_TRUE(is_ok(trees.find(root, "ta\xCC\x80i/lie\xCC\xA3\xCC\x82u")));
    EXPECT_TRUE(is_ok(trees.find(root, "/t\xC3\xA0i/\xff/")));
    EXPECT_TRUE(fails_with(Code::not_found, trees.find(root, "tai/x")));
    EXPECT_TRUE(fails_with(Code::not_found, trees.find(root, "t\xC3\xA0i/\xff/below a file")));
}

TEST_F(TreeReaderTest, ContentPiecesGoAroundHoles) {
    Content content;
    content.chunks = {{ChunkId{{1}}, 100}, {ChunkId{{2}}, 50}};
    content.holes = {{0, 10}, {60, 1'000}, {1'150, 7}};
    content.size = 150 + 10 + 1'000 + 7;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    const Status read = reader().content(content, [&](const TreeReader::ContentPiece& piece) {
        for (const Hole& range : piece.ranges) ranges.emplace_back(range.offset, range.length);
        return done();
    });
    EXPECT_TRUE(is_ok(read));
    EXPECT_EQ(ranges, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{10, 50}, {1'060, 50}, {1'110, 40}, {1'157, 10}}));
}

TEST_F(TreeReaderTest, LongContentGoesOnThroughItsNodes) {
    Node fanout;
    fanout.kind = NodeKind::content_fanout;
    for (unsigned part = 0; part < 3; ++part) {
        Node leaf;
        leaf.kind = NodeKind::content;
        for (unsigned i = 0; i < 1'000; ++i) {
            ChunkId id;
            store_le(id.bytes.data(), part * 1'000 + i);
            leaf.content.chunks.push_back({id, 10});
        }
        leaf.content.holes = {{10'000, 5}};
        leaf.content.size = 10'005;
        fanout.children.push_back({add(leaf), leaf.content.size, {}});
    }
    Content content;
    content.size = 3 * 10'005;
    content.node = add(fanout);
    unsigned next = 0;
    const Status read = reader().content(content, [&](const TreeReader::ContentPiece& piece) {
        EXPECT_EQ(load_le<unsigned>(piece.chunk.id.bytes.data()), next);
        EXPECT_EQ(piece.ranges.size(), 1U);
        EXPECT_EQ(piece.ranges[0].offset, next * 10 + next / 1'000 * 5);
        ++next;
        return done();
    });
    EXPECT_TRUE(is_ok(read));
    EXPECT_EQ(next, 3'000U);
    content.size += 1;
    EXPECT_TRUE(fails_with(Code::corrupt, reader_->content(content, [](const auto&) { return done(); })));
}

TEST_F(TreeReaderTest, ContradictingFanoutsAreDamage) {
    const TreeId leaf = add_folder({file("b"), file("c")});
    const auto fanout = [&](std::vector<FanoutChild> children) {
        Node node;
        node.kind = NodeKind::folder_fanout;
        node.children = std::move(children);
        return add(node);
    };
    const TreeId good = fanout({{leaf, 2, "b"}});
    const TreeId wrong_count = fanout({{leaf, 3, "b"}});
    const TreeId wrong_first = fanout({{leaf, 2, "a"}});
    const TreeId overlapping = fanout({{leaf, 2, "b"}, {add_folder({file("bb")}), 1, "bb"}});
    Node content;
    content.kind = NodeKind::content;
    const TreeId no_folder = fanout({{add(content), 1, "b"}});
    TreeId deep = leaf;
    for (int i = 0; i < 10; ++i) deep = fanout({{deep, 2, "b"}});
    TreeReader& trees = reader();
    const TreeReader::OnEntry ignore = [](const Entry&) { return done(); };
    EXPECT_TRUE(is_ok(trees.entries(good, ignore)));
    for (const TreeId& id : {wrong_count, wrong_first, overlapping, no_folder, deep}) {
        EXPECT_TRUE(fails_with(Code::corrupt, trees.entries(id, ignore)));
    }
}

TEST_F(TreeReaderTest, AMissingNodeIsDamageAndNamesTheFolder) {
    const TreeId root = add_folder({folder("srv", TreeId{{7}})});
    const Status walked = reader().walk(root, [](const std::string&, const Entry&) -> Result<bool> { return true; });
    ASSERT_TRUE(fails_with(Code::corrupt, walked));
    EXPECT_NE(walked.error().message.find("/srv"), std::string::npos);
}

TEST_F(TreeReaderTest, ReferencesNeedNoSecretAndNamesDo) {
    const TreeId inner = add_folder({file("x")});
    const TreeId root = add_folder({folder("a", inner)});
    reader();
    const SegmentOpener no_secret(label_.keys, nullptr);
    const BlockSource blocks(store_, no_secret);
    TreeReader trees(*index_, blocks, label_.keys);
    const auto refs = trees.refs(root);
    ASSERT_TRUE(is_ok(refs));
    EXPECT_EQ(refs->trees, std::vector<TreeId>{inner});
    EXPECT_TRUE(fails_with(Code::wrong_key, trees.node(root)));
}

TEST_F(TreeReaderTest, IndexIsReadAgainBeforeANodeIsCalledMissing) {
    const TreeId first = add_folder({file("x")});
    TreeReader& trees = reader();
    EXPECT_TRUE(is_ok(trees.node(first)));
    const TreeId second = add_folder({file("y")});
    std::vector<RawBlock> late = std::move(blocks_);
    late[0].raw_checksum = checksum128(late[0].raw);
    const auto packs = write_packs(store_, label_.keys, SegmentKind::tree, std::move(late));
    ASSERT_TRUE(is_ok(write_index_segment(store_, label_.keys, label_.signing_seed, packs[0].entries, packs[0].rows)));
    EXPECT_TRUE(is_ok(trees.node(second)));
}

}  // namespace
}  // namespace custody::test
