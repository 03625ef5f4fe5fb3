#include "vault/history/host_cache.h"

#include "base/crypto.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace custody {
namespace {

Entry file_entry(const std::string& name, std::size_t chunks) {
    Entry entry;
    entry.name = name;
    entry.attributes.mode = 0640;
    entry.attributes.uid = 1000;
    entry.attributes.modified = {-5, 999'999'999};
    entry.attributes.xattrs = {{"user.a", {1, 2, 3}}, {"user.b", {}}};
    entry.hard_link = 77;
    for (std::size_t i = 0; i < chunks; ++i) {
        entry.content.chunks.push_back({random_id<ChunkId>(), static_cast<std::uint32_t>(i + 1)});
        entry.content.size += i + 1;
    }
    entry.content.holes = {{entry.content.size, 4096}};
    entry.content.size += 4096;
    return entry;
}

FileStamp stamp_for(const Entry& entry, std::uint64_t inode) {
    return {entry.content.size, 1, inode, entry.attributes.modified, {95'617'584'000, 123'456'789}};
}

class HostCacheTest : public ::testing::Test {
protected:
    test::ScratchFolder scratch{"host_cache"};
    FileSystem& files = posix_file_system();
    const std::string path = scratch / "below/cache";
    const VaultId vault = random_id<VaultId>();
    const Digest plan = random_id<Digest>();
    const CacheBinding binding{vault, plan, random_id<ObjectId>(), random_id<KeyTag>(), Time{99}};

    // Folders /0 .. /n-1 of one file each.
    void write(int folders) {
        HostCacheWriter writer(files, path);
        CacheRecordBuilder record;
        for (int i = 0; i < folders; ++i) {
            const Entry entry = file_entry("f" + std::to_string(i), 3);
            record.add(entry, stamp_for(entry, static_cast<std::uint64_t>(i)), false);
            const std::string folder = "/" + std::to_string(i);
            writer.add(folder, 0, record.finish(folder, 0, random_id<TreeId>()));
        }
        ASSERT_TRUE(writer.finish(binding).ok());
    }
    std::unique_ptr<HostCacheReader> open() { return HostCacheReader::open(files, path, vault, plan); }
};

TEST_F(HostCacheTest, GivesBackEveryKindOfEntry) {
    HostCacheWriter writer(files, path);
    CacheRecordBuilder record;
    Entry file = file_entry("file", 5);
    Entry large = file_entry("large", 0);
    large.content = {};
    large.content.size = 1ull << 40;
    large.content.node = random_id<TreeId>();
    large.changed_while_read = true;
    Entry link;
    link.name = "link";
    link.type = EntryType::symlink;
    link.target = std::string(4000, 't');
    Entry node;
    node.name = "node";
    node.type = EntryType::block_device;
    node.device = 0x10300;
    Entry parent;
    parent.name = "parent";
    parent.type = EntryType::folder;
    parent.attributes_only = true;
    const std::vector<Entry> entries = {file, large, link, node, parent};
    for (std::size_t i = 0; i < entries.size(); ++i) record.add(entries[i], stamp_for(entries[i], i), entries[i].name == "link");
    const auto tree = random_id<TreeId>();
    writer.add("/a", 3, record.finish("/a", 3, tree));
    ASSERT_TRUE(writer.finish(binding).ok());
    const auto reader = open();
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->binding().base, binding.base);
    EXPECT_EQ(reader->binding().key, binding.key);
    EXPECT_FALSE(reader->piece("/a", 0));
    EXPECT_FALSE(reader->knows("/a", 0));
    const auto piece = reader->piece("/a", 3);
    ASSERT_TRUE(piece);
    EXPECT_EQ(piece->tree(), tree);
    ASSERT_EQ(piece->items().size(), entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const CachedItem& item = piece->items()[i];
        EXPECT_EQ(item.stamp, stamp_for(entries[i], i));
        EXPECT_EQ(item.racy, entries[i].name == "link");
        const auto entry = item.entry();
        ASSERT_TRUE(entry);
        EXPECT_EQ(entry->name, entries[i].name);
        EXPECT_EQ(entry->type, entries[i].type);
        EXPECT_EQ(entry->attributes, entries[i].attributes);
        EXPECT_EQ(entry->hard_link, entries[i].hard_link);
        EXPECT_EQ(entry->changed_while_read, entries[i].changed_while_read);
        EXPECT_EQ(entry->attributes_only, entries[i].attributes_only);
        EXPECT_EQ(entry->target, entries[i].target);
        EXPECT_EQ(entry->device, entries[i].device);
        EXPECT_EQ(entry->content.size, entries[i].content.size);
        EXPECT_EQ(entry->content.chunks, entries[i].content.chunks);
        EXPECT_EQ(entry->content.holes, entries[i].content.holes);
        EXPECT_EQ(entry->content.node, entries[i].content.node);
    }
}

TEST_F(HostCacheTest, FindsEveryFolderOfManyInAnyOrder) {
    write(5000);
    const auto reader = open();
    ASSERT_TRUE(reader);
    for (const int i : {0, 4999, 17, 2500, 1, 4998}) {
        const auto piece = reader->piece("/" + std::to_string(i), 0);
        ASSERT_TRUE(piece) << i;
        EXPECT_EQ(piece->items()[0].name, "f" + std::to_string(i));
    }
    EXPECT_FALSE(reader->piece("/5000", 0));
}

TEST_F(HostCacheTest, IsAsIfAbsentWhenForeignOpenToOthersOrUnfinished) {
    EXPECT_FALSE(open());
    {
        HostCacheWriter unfinished(files, path);
        unfinished.add("/", 0, CacheRecordBuilder().finish("/", 0, std::nullopt));
    }
    EXPECT_FALSE(open());
    EXPECT_TRUE(files.list(scratch / "below")->empty());
    write(10);
    EXPECT_TRUE(open());
    EXPECT_FALSE(HostCacheReader::open(files, path, random_id<VaultId>(), plan));
    EXPECT_FALSE(HostCacheReader::open(files, path, vault, random_id<Digest>()));
    ASSERT_EQ(::chmod(path.c_str(), 0620), 0);
    EXPECT_FALSE(open());
}

TEST_F(HostCacheTest, AFlippedByteAnywhereIsNeverBelieved) {
    write(3);
    const std::string good = test::read_file_text(path);
    for (std::size_t at = 0; at < good.size(); at += 7) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 0x20);
        test::write_file(path, bad);
        const auto reader = open();
        if (!reader) continue;
        int missing = 0;
        for (int i = 0; i < 3; ++i) {
            const auto piece = reader->piece("/" + std::to_string(i), 0);
            missing += !piece;
            EXPECT_TRUE(!piece || piece->items()[0].name == "f" + std::to_string(i));
        }
        EXPECT_EQ(missing, 1) << at;
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{10}, good.size() / 2, good.size() - 1}) {
        test::write_file(path, good.substr(0, size));
        EXPECT_FALSE(open()) << size;
    }
}

TEST_F(HostCacheTest, RecordsComeBackInOrderFromFileAndFromMemory) {
    for (const std::string& where : {path, std::string()}) {
        HostCacheWriter writer(files, where);
        CacheRecordBuilder record;
        for (int i = 0; i < 4000; ++i) {
            const Entry entry = file_entry("f", 2);
            record.add(entry, stamp_for(entry, 1), false);
            writer.add("/" + std::to_string(i), 0, record.finish("/" + std::to_string(i), 0, std::nullopt));
        }
        int next = 0;
        ASSERT_TRUE(writer
                        .for_each([&](std::shared_ptr<const CachedPiece> piece) -> Status {
                            EXPECT_EQ(piece->path(), "/" + std::to_string(next++));
                            return done();
                        })
                        .ok());
        EXPECT_EQ(next, 4000);
        EXPECT_TRUE(writer.finish(binding).ok());
    }
    EXPECT_EQ(files.list(scratch / "below")->size(), 1u);
}

TEST_F(HostCacheTest, WhatAKilledRunLeftIsRemovedAndWhatIsBeingWrittenStays) {
    const std::string cache = scratch / "below/one.cache", left = cache + ".0123456789abcdef.tmp";
    const std::vector<std::string> others = {scratch / "below/one.cache.tmp", scratch / "below/mine.0123456789abcdef.tmp",
                                             scratch / "below/one.cache.0123456789abcdeX.tmp"};
    HostCacheWriter running(files, cache);
    const std::size_t while_running = files.list(scratch / "below")->size();
    EXPECT_EQ(while_running, 1u);
    for (const std::string& name : others) test::write_file(name, "of somebody");
    test::write_file(left, "half of it");
    {
        HostCacheWriter next(files, scratch / "below/two.cache");
        EXPECT_TRUE(next.finish(binding).ok());
    }
    EXPECT_FALSE(files.info(left).ok());
    for (const std::string& name : others) EXPECT_TRUE(files.info(name).ok()) << name;
    EXPECT_TRUE(running.finish(binding).ok()) << "its file was still there";
    EXPECT_TRUE(HostCacheReader::open(files, cache, vault, plan));
}

}  // namespace
}  // namespace custody
