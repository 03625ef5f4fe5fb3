#include "tests/support/hand_vault.h"

#include "vault/packs/pack_writer.h"
#include "vault/tree_reader.h"

#include <cstdio>
#include <cstdlib>
#include <set>

namespace custody::test {
namespace {

constexpr std::string_view kPassphrase = "hand vault";

// Set-up that fails proves nothing: the test program ends.
template <class T>
T must(Result<T> result, const char* what) {
    if (result.ok()) return std::move(result).value();
    std::fprintf(stderr, "hand vault: %s: %s\n", what, result.error().message.c_str());
    std::abort();
}

// One run of a writer, as archiver does it, in miniature.
class HandRun {
public:
    HandRun(Repository& repository, const WriterKeys& keys, const Session& session)
        : repository_(repository),
          keys_(keys),
          session_(session),
          hash_(keys.suite, keys.chunk_id_key),
          index_(must(Index::open(repository.store(), keys, IndexTrust{}), "index")) {}

    void store_files(const HandFiles& files, std::size_t files_a_block) {
        std::vector<RawBlock> blocks(1);
        for (const auto& [name, content] : files) {
            Entry entry;
            entry.name = name;
            entry.attributes.mode = 0644;
            entry.content.size = content.size();
            if (!content.empty()) {
                const auto id = hash_.hash(kChunkDomain, content);
                entry.content.chunks = {{ChunkId{id}, static_cast<std::uint32_t>(content.size())}};
                if (!is_known(id)) add(blocks, {ChunkId{id}, static_cast<std::uint32_t>(content.size()), {}}, content);
                if (blocks.back().entries.size() >= files_a_block) blocks.emplace_back();
            }
            root_.entries.push_back(std::move(entry));
        }
        write(SegmentKind::content, std::move(blocks));
    }

    TreeId store_tree() {
        EncodedNode node = encode_node(root_, hash_);
        if (is_known(node.id.bytes)) return node.id;
        std::vector<RawBlock> blocks(1);
        blocks[0].kind = SegmentKind::tree;
        add(blocks, {ChunkId{node.id.bytes}, static_cast<std::uint32_t>(node.body.size()), node.refs}, node.body);
        write(SegmentKind::tree, std::move(blocks));
        return node.id;
    }

    void publish_index() {
        must(repository_.store().barrier(), "barrier");
        if (entries_.empty()) return;
        const auto segment =
            must(write_index_segment(repository_.store(), keys_, repository_.keyring()->signing_seed(), entries_, rows_),
                 "index segment");
        added_.push_back({index_name(keys_.label, segment.id), segment.size});
        must(repository_.store().barrier(), "barrier");
    }

    ObjectId store_snapshot(const SnapshotSummary& summary) {
        const auto encoded = must(
            encode_snapshot(summary, keys_, repository_.keyring()->host_id(), repository_.keyring()->signing_seed()), "snapshot");
        must(repository_.store().put(snapshot_name(encoded.id), encoded.bytes), "snapshot");
        added_.push_back({snapshot_name(encoded.id), encoded.bytes.size()});
        return encoded.id;
    }

    Status publish(const ObjectId& snapshot, Time began, bool says_label) {
        LedgerEntry entry;
        entry.operation = Operation::add;
        entry.details = {{"order", to_rfc3339_utc(next_order(repository_.state(), began))}};
        if (says_label) entry.details["label"] = keys_.label.hex();
        entry.snapshots = {snapshot};
        entry.added = added_;
        TRY(repository_.ledger().refresh());
        TRY(adopt(entry));
        TRY(repository_.publish(entry, nullptr));
        return done();
    }

private:
    bool is_known(const std::array<Byte, 32>& id) {
        const Index::Usable usable = [this](const Location& at) { return !session_.is_marked(at.pack); };
        const auto found = must(index_->lookup(id, &usable), "lookup");
        if (found) used_.insert(pack_name(found->pack));
        return found.has_value();
    }

    static void add(std::vector<RawBlock>& blocks, BlockEntry entry, ByteView content) {
        blocks.back().entries.push_back(std::move(entry));
        append(blocks.back().raw, content);
    }

    void write(SegmentKind kind, std::vector<RawBlock> blocks) {
        WorkerPool pool(1);
        PackWriter writer(repository_.store(), keys_, pool, kind, [this](FinishedPack&& pack) {
            added_.push_back({pack_name(pack.id), pack.size});
            rows_.insert(rows_.end(), pack.rows.begin(), pack.rows.end());
            entries_.insert(entries_.end(), pack.entries.begin(), pack.entries.end());
            return done();
        });
        for (RawBlock& block : blocks) {
            if (block.entries.empty()) continue;
            block.kind = kind;
            block.raw_checksum = checksum128(block.raw);
            must(writer.add(std::move(block)), "block");
        }
        must(writer.flush(), "pack");
    }

    // Every pack that was used exists, and is named by the ledger; with it the segments that list it.
    Status adopt(LedgerEntry& entry) {
        std::set<std::string> orphans;
        for (const std::string& name : used_) {
            TRY_ASSIGN(const ObjectInfo info, repository_.store().info(name));
            if (repository_.state().objects.contains(name)) continue;
            entry.added.push_back({name, info.size});
            orphans.insert(name);
        }
        if (orphans.empty()) return done();
        for (const Index::SegmentInfo& segment : index_->segments()) {
            const std::string name = index_name(keys_.label, segment.id);
            if (!repository_.state().objects.contains(name) && !session_.is_marked(segment.id)) {
                entry.added.push_back({name, segment.size});
            }
        }
        return done();
    }

    Repository& repository_;
    const WriterKeys& keys_;
    const Session& session_;
    KeyedHash hash_;
    std::unique_ptr<Index> index_;
    Node root_;
    std::set<std::string> used_;
    std::vector<ObjectInfo> added_;
    std::vector<PackRow> rows_;
    std::vector<IndexEntry> entries_;
};

}  // namespace

HandVault::HandVault(FileSystem& files) : files_(files) {
    keyring_ = std::make_unique<Keyring>(must(Keyring::create(posix_file_system(), clock_, scratch_ / "keyring", Suite::standard,
                                                              "host", secret_text(kPassphrase), kCheapCost),
                                              "keyring"));
    repository_ = std::make_unique<Repository>(must(Repository::create(files_, clock_, path(), *keyring_), "vault"));
    const auto unlocked = must(keyring_->unlock(secret_text(kPassphrase)), "unlock");
    for (const LabelInfo& label : keyring_->labels()) {
        keys_[label.name] = keyring_->writer_keys(label.id);
        secrets_[label.name] = must(unlocked.secrets(label.id), "secrets");
    }
}

Repository HandVault::open(OpenOptions options) {
    return must(Repository::open(files_, clock_, path(), keyring_.get(), options), "open");
}

const WriterKeys& HandVault::keys(const std::string& label) { return *keys_.at(label); }
const LabelSecrets& HandVault::secrets(const std::string& label) { return *secrets_.at(label); }

ObjectId HandVault::back_up(const HandFiles& files, const Run& run) {
    const Session session = must(Session::begin(store()), "session");
    return back_up(files, run, session);
}

ObjectId HandVault::back_up(const HandFiles& files, const Run& run, const Session& session) {
    clock_.advance(kSecond);
    Repository repository = open();
    if (run.until == RunUntil::session) return {};
    HandRun writer(repository, keys(run.label), session);
    writer.store_files(files, run.files_a_block);
    SnapshotSummary summary;
    summary.root = writer.store_tree();
    if (run.until == RunUntil::packs) return {};
    writer.publish_index();
    if (run.until == RunUntil::index) return {};
    summary.time = clock_.now();
    summary.label = run.label;
    summary.name = run.name;
    summary.host = "host";
    summary.kind = "files";
    summary.files = files.size();
    summary.clock_suspect = run.clock_suspect;
    const ObjectId id = writer.store_snapshot(summary);
    if (run.until == RunUntil::snapshot) return {};
    return writer.publish(id, summary.time, run.says_label).ok() ? id : ObjectId{};
}

void HandVault::forget(const ObjectId& id) {
    LedgerEntry entry;
    entry.operation = Operation::forget;
    entry.snapshots = {id};
    Repository repository = open();
    must(repository.publish(entry, nullptr), "forget");
}

void HandVault::hold(const ObjectId& id, const std::string& reason) {
    LedgerEntry entry;
    entry.operation = Operation::hold;
    entry.snapshots = {id};
    entry.details = {{"reason", reason}};
    Repository repository = open();
    must(repository.publish(entry, nullptr), "hold");
}

Result<HandFiles> HandVault::read_back(const ObjectId& id) {
    Repository repository = open();
    TRY_ASSIGN(const Snapshot snapshot, repository.read_snapshot(id));
    const WriterKeys& keys = this->keys(snapshot.summary.label);
    TRY_ASSIGN(const auto index, Index::open(repository.store(), keys, IndexTrust{}));
    const SegmentOpener opener(keys, &secrets(snapshot.summary.label));
    const BlockSource blocks(repository.store(), opener);
    TreeReader reader(*index, blocks, keys);
    KeyedHash hash(keys.suite, keys.chunk_id_key);
    HandFiles files;
    const auto read_chunk = [&](const ChunkId& chunk, Bytes& content) -> Status {
        TRY_ASSIGN(const Location at, reader.locate(chunk.view()));
        Bytes raw;
        TRY(blocks.read_data(at, thread_tools(), raw));
        if (at.offset + at.length > raw.size()) return Error{Code::corrupt, "a chunk lies outside its block"};
        const ByteView data = ByteView(raw).subspan(at.offset, at.length);
        if (hash.hash(kChunkDomain, data) != chunk.bytes) return Error{Code::corrupt, "a chunk is not itself"};
        append(content, data);
        return done();
    };
    const Status read = reader.entries(snapshot.summary.root, [&](const Entry& entry) -> Status {
        Bytes& content = files[entry.name];
        return reader.content(entry.content,
                              [&](const TreeReader::ContentPiece& piece) { return read_chunk(piece.chunk.id, content); });
    });
    TRY(read);
    return files;
}

std::vector<std::string> HandVault::names(const std::string& folder) {
    std::vector<std::string> names;
    for (const ObjectInfo& object : must(store().list(folder), "list")) names.push_back(object.name);
    return names;
}

Status HandVault::check_objects() {
    Repository repository = open();
    for (const auto& [name, size] : repository.state().objects) {
        TRY_ASSIGN(const ObjectInfo info, repository.store().info(name));
        if (info.size != size) return Error{Code::corrupt, name + " has another size"};
    }
    return done();
}

}  // namespace custody::test
