#include "tests/support/small_vault.h"

#include "tests/support/keyring_fixtures.h"
#include "tests/support/pack_fixtures.h"
#include "vault/packs/pack_reader.h"
#include "vault/packs/pack_writer.h"
#include "vault/replicator.h"
#include "vault/tree_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

// Throwing ends the test with the message; GoogleTest catches it.
template <class T>
T expected(Result<T> result) {
    if (!result.ok()) throw std::runtime_error(result.error().message);
    return std::move(result).value();
}

// A folder of the tree to be.
struct Folder {
    std::map<std::string, Folder> folders;
    std::map<std::string, const Bytes*> files;
};

class HandArchiver {
public:
    HandArchiver(Repository& repository, std::shared_ptr<const WriterKeys> keys)
        : repository_(repository),
          keys_(std::move(keys)),
          hash_(keys_->suite, keys_->chunk_id_key),
          index_(expected(Index::open(repository.store(), *keys_, IndexTrust{}))) {}

    TreeId store(const Folder& root) {
        chunks_.kind = SegmentKind::content;
        trees_.kind = SegmentKind::tree;
        const TreeId id = store_folder(root);
        close_block(SegmentKind::content);
        close_block(SegmentKind::tree);
        return id;
    }

    // Everything that became part of the vault.
    std::vector<ObjectInfo> write() {
        std::vector<ObjectInfo> added;
        std::vector<IndexEntry> entries;
        std::vector<PackRow> rows;
        for (auto& [kind, blocks] : blocks_) {
            for (FinishedPack& pack : write_packs(repository_.store(), *keys_, kind, std::move(blocks))) {
                added.push_back({pack_name(pack.id), pack.size});
                entries.insert(entries.end(), pack.entries.begin(), pack.entries.end());
                rows.insert(rows.end(), pack.rows.begin(), pack.rows.end());
            }
        }
        if (added.empty()) return added;
        expected(repository_.store().barrier());
        const auto segment = expected(write_index_segment(repository_.store(), *keys_, repository_.keyring()->signing_seed(),
                                                          std::move(entries), std::move(rows)));
        added.push_back({index_name(keys_->label, segment.id), segment.size});
        return added;
    }

private:
    TreeId store_folder(const Folder& folder) {
        Node node;
        std::map<std::string, Entry> entries;
        for (const auto& [name, below] : folder.folders) {
            Entry& entry = entries[name];
            entry.name = name;
            entry.type = EntryType::folder;
            entry.attributes.mode = 0755;
            entry.children = store_folder(below);
        }
        for (const auto& [name, content] : folder.files) {
            Entry& entry = entries[name];
            entry.name = name;
            entry.attributes.mode = 0644;
            entry.content = store_content(*content);
        }
        for (auto& [name, entry] : entries) node.entries.push_back(std::move(entry));
        EncodedNode encoded = encode_node(node, hash_);
        BlockEntry entry;
        entry.id = ChunkId{encoded.id.bytes};
        entry.refs = std::move(encoded.refs);
        add(trees_, std::move(entry), encoded.body);
        return encoded.id;
    }

    Content store_content(ByteView bytes) {
        Content content;
        content.size = bytes.size();
        while (!bytes.empty()) {
            const ByteView piece = bytes.first(std::min<std::size_t>(bytes.size(), kMinChunk));
            BlockEntry entry;
            entry.id.bytes = hash_.hash(kChunkDomain, piece);
            content.chunks.push_back({entry.id, static_cast<std::uint32_t>(piece.size())});
            add(chunks_, std::move(entry), piece);
            bytes = bytes.subspan(piece.size());
        }
        return content;
    }

    void add(RawBlock& block, BlockEntry entry, ByteView bytes) {
        if (expected(index_->lookup(entry.id.view(), nullptr)) || !new_.insert(entry.id).second) return;
        entry.length = static_cast<std::uint32_t>(bytes.size());
        block.entries.push_back(std::move(entry));
        append(block.raw, bytes);
        if (block.raw.size() >= kBlockTarget) close_block(block.kind);
    }

    void close_block(SegmentKind kind) {
        RawBlock& block = kind == SegmentKind::tree ? trees_ : chunks_;
        if (block.entries.empty()) return;
        block.raw_checksum = checksum128(block.raw);
        blocks_[kind].push_back(std::move(block));
        block = RawBlock{};
        block.kind = kind;
    }

    Repository& repository_;
    std::shared_ptr<const WriterKeys> keys_;
    KeyedHash hash_;
    std::unique_ptr<Index> index_;
    RawBlock chunks_, trees_;
    std::set<ChunkId> new_;
    std::map<SegmentKind, std::vector<RawBlock>> blocks_;
};

Folder folder_of(const SmallVault::Files& files) {
    Folder root;
    for (const auto& [path, content] : files) {
        Folder* folder = &root;
        std::string rest = path;
        for (std::size_t slash = rest.find('/'); slash != std::string::npos; slash = rest.find('/')) {
            folder = &folder->folders[rest.substr(0, slash)];
            rest = rest.substr(slash + 1);
        }
        folder->files[rest] = &content;
    }
    return root;
}

}  // namespace

SmallVault::SmallVault() : scratch_(ScratchFolder::for_vaults("small-vault")) {
    keyring_ = std::make_unique<Keyring>(expected(
        Keyring::create(files_, clock_, scratch_ / "keyring", Suite::standard, "host-a", secret_text("small"), kCheapCost)));
    unlocked_ = std::make_unique<UnlockedKeyring>(expected(keyring_->unlock(secret_text("small"))));
    make_vault("a");
    make_vault("b");
}

void SmallVault::make_vault(const std::string& vault) { expected(Repository::create(files_, clock_, path(vault), *keyring_)); }

Result<Repository> SmallVault::try_open(const std::string& vault, bool tolerate_damage) {
    return Repository::open(files_, clock_, path(vault), keyring_.get(), OpenOptions{tolerate_damage});
}

Repository SmallVault::open(const std::string& vault, bool tolerate_damage) { return expected(try_open(vault, tolerate_damage)); }

ObjectId SmallVault::back_up(const std::string& vault, const std::string& label, const std::string& name, const Files& files) {
    clock_.advance(kHour);
    Repository repository = open(vault);
    const auto keys = expected(keyring_->writer_keys(label));
    HandArchiver archiver(repository, keys);
    SnapshotSummary summary;
    summary.root = archiver.store(folder_of(files));
    summary.time = clock_.now();
    summary.label = label;
    summary.name = name;
    summary.host = keyring_->host_name();
    summary.kind = "files";
    summary.paths = {"/" + files.begin()->first.substr(0, files.begin()->first.find('/'))};
    summary.files = files.size();
    LedgerEntry entry;
    entry.added = archiver.write();
    const EncodedSnapshot snapshot = expected(encode_snapshot(summary, *keys, keyring_->host_id(), keyring_->signing_seed()));
    expected(repository.store().put(snapshot_name(snapshot.id), snapshot.bytes));
    entry.operation = Operation::add;
    entry.time = clock_.now();
    entry.snapshots = {snapshot.id};
    entry.details = {{"order", to_rfc3339_utc(next_order(repository.state(), summary.time))}};
    entry.added.push_back({snapshot_name(snapshot.id), snapshot.bytes.size()});
    expected(repository.publish(std::move(entry), nullptr));
    stored_[snapshot.id] = files;
    return snapshot.id;
}

void SmallVault::populate() {
    Files etc{{"etc/hosts", text(700, 1)}, {"etc/passwd", text(1500, 2)}, {"etc/ssh/sshd_config", text(4000, 3)}};
    back_up("a", "config", "etc", etc);
    back_up("a", "business", "docs", {{"srv/docs/plan.odt", noise_bytes(700'000, 4)}, {"srv/docs/note.txt", text(20'000, 5)}});
    etc["etc/hosts"] = text(800, 6);
    back_up("a", "config", "etc", etc);
    back_up("a", "log", "syslog", {{"var/log/syslog", text(300'000, 7)}});
    etc["etc/new"] = noise_bytes(5000, 8);
    back_up("a", "config", "etc", etc);
    Repository from = open("a");
    Repository to = open("b");
    SilentProgress silent;
    const StopFlag stop;
    expected(copy_snapshots(from, to, {}, silent, stop));
}

std::map<std::string, Bytes> SmallVault::objects(const std::string& vault) const {
    std::map<std::string, Bytes> found;
    for (const auto& item : fs::recursive_directory_iterator(path(vault))) {
        if (!item.is_regular_file()) continue;
        Bytes content(item.file_size());
        std::ifstream in(item.path(), std::ios::binary);
        in.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(content.size()));
        found[fs::relative(item.path(), path(vault)).string()] = std::move(content);
    }
    return found;
}

void SmallVault::write_object(const std::string& vault, const std::string& name, ByteView content) {
    const fs::path file = fs::path(path(vault)) / name;
    fs::create_directories(file.parent_path());
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

void SmallVault::remove_object(const std::string& vault, const std::string& name) {
    if (!fs::remove(fs::path(path(vault)) / name)) throw std::runtime_error("there is no " + name);
}

void SmallVault::put_back(const std::string& vault, const std::map<std::string, Bytes>& wanted) {
    const auto present = objects(vault);
    for (const auto& [name, content] : present) {
        if (!wanted.contains(name)) remove_object(vault, name);
    }
    for (const auto& [name, content] : wanted) {
        const auto same = present.find(name);
        if (same == present.end() || same->second != content) write_object(vault, name, content);
    }
}

void SmallVault::forget_heads() { fs::remove_all(scratch_ / "keyring/heads"); }

SmallVault::Files read_files(Repository& repository, const UnlockedKeyring& unlocked, const ObjectId& snapshot) {
    SmallVault::Files files;
    auto read = repository.read_snapshot(snapshot);
    if (!read.ok() && read.error().code == Code::corrupt) return files;
    const Snapshot found = expected(std::move(read));
    const auto keys = repository.keyring()->writer_keys(found.clear.label);
    const auto secrets = expected(unlocked.secrets(found.clear.label));
    const auto index = expected(Index::open(repository.store(), *keys, IndexTrust{}));
    const SegmentOpener opener(*keys, secrets.get());
    const BlockSource blocks(repository.store(), opener);
    TreeReader trees(*index, blocks, *keys);
    KeyedHash hash(keys->suite, keys->chunk_id_key);
    const Status walked = trees.walk(found.summary.root, [&](const std::string& path, const Entry& entry) -> Result<bool> {
        if (entry.type != EntryType::file) return true;
        Bytes content;
        const Status content_read = trees.content(entry.content, [&](const TreeReader::ContentPiece& piece) -> Status {
            TRY_ASSIGN(const Location at, trees.locate(piece.chunk.id.view()));
            Bytes raw;
            TRY(blocks.read_data(at, thread_tools(), raw));
            const ByteView bytes = ByteView(raw).subspan(at.offset, at.length);
            if (hash.hash(kChunkDomain, bytes) != piece.chunk.id.bytes) return Error{Code::corrupt, "a chunk differs"};
            append(content, bytes);
            return done();
        });
        if (content_read.ok()) files[path] = std::move(content);
        return true;
    });
    if (!walked.ok() && walked.error().code != Code::corrupt) expected(walked);
    return files;
}

}  // namespace custody::test
