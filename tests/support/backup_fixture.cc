#include "tests/support/backup_fixture.h"

#include "tests/support/results.h"
#include "vault/tree_reader.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

namespace custody::test {
namespace {

constexpr std::uint64_t kMaxContent = 256 * 1024 * 1024;

}  // namespace

BackupFixture::BackupFixture() : clock(Time{system_clock().now().ns + kSecond}) {
    if (::mkdir(top.c_str(), 0755) != 0) std::abort();
    keyring = std::move(Keyring::create(posix_file_system(), clock, scratch / "keyring", Suite::standard, "server-1",
                                        secret_text("passphrase"), kCheapCost)
                            .value());
    repository = std::move(Repository::create_in(std::make_unique<MemoryStore>(store), clock, *keyring).value());
    tree_options.paths = {top};
    tree_options.settle_ns = 2 * kSecond;
    options.label = "business";
    options.name = "top";
    options.cache_folder = scratch / "cache";
}

void BackupFixture::folder(const std::string& name) {
    if (::mkdir(at(name).c_str(), 0755) != 0) std::abort();
}

std::size_t BackupFixture::count(const std::string& prefix) {
    return static_cast<std::size_t>(std::count_if(store.objects().begin(), store.objects().end(),
                                                  [&](const auto& object) { return object.first.starts_with(prefix); }));
}

Result<BackupResult> BackupFixture::try_backup(Source& source) {
    SilentProgress progress;
    return run_backup(*repository, source, options, progress, stop);
}

Result<BackupResult> BackupFixture::try_backup() {
    TRY_ASSIGN(const auto source, open_file_tree(tree_options, notes));
    return try_backup(*source);
}

BackupResult BackupFixture::backup(Source& source) {
    auto result = try_backup(source);
    EXPECT_TRUE(is_ok(result));
    return result.ok() ? *result : BackupResult{};
}

BackupResult BackupFixture::backup() {
    auto result = try_backup();
    EXPECT_TRUE(is_ok(result));
    return result.ok() ? *result : BackupResult{};
}

StoredTree BackupFixture::read(const ObjectId& id) {
    StoredTree tree;
    const auto snapshot = repository->read_snapshot(id);
    EXPECT_TRUE(is_ok(snapshot));
    if (!snapshot.ok()) return tree;
    const auto keys = keyring->writer_keys(snapshot->clear.label);
    const auto unlocked = keyring->unlock(secret_text("passphrase")).value();
    const auto secrets = unlocked.secrets(keys->label).value();
    const SegmentOpener opener(*keys, secrets.get());
    const BlockSource blocks(repository->store(), opener);
    const auto index = Index::open(repository->store(), *keys, IndexTrust{}).value();
    index->ask_last(known_damaged(repository->state()));
    TreeReader reader(*index, blocks, *keys);
    BlockTools tools;
    Bytes raw;
    const auto read_content = [&](const Content& content, std::string& text) {
        text.assign(content.size, '\0');
        return reader.content(content, [&](const TreeReader::ContentPiece& piece) -> Status {
            TRY_ASSIGN(const Location at, reader.locate(piece.chunk.id.view()));
            TRY(blocks.read_data(at, tools, raw));
            std::size_t from = at.offset;
            for (const Hole& range : piece.ranges) {
                text.replace(range.offset, range.length, as_text(ByteView(raw).subspan(from, range.length)));
                from += range.length;
            }
            return done();
        });
    };
    const auto walked = reader.walk(snapshot->summary.root, [&](const std::string& path, const Entry& entry) -> Result<bool> {
        StoredEntry& stored = tree["/" + path];
        stored.entry = entry;
        if (entry.type == EntryType::file && entry.content.size <= kMaxContent) TRY(read_content(entry.content, stored.content));
        return true;
    });
    EXPECT_TRUE(is_ok(walked));
    return tree;
}

}  // namespace custody::test
