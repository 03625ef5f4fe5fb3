#include "tests/support/restore_fixture.h"

#include "tests/support/keyring_fixtures.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace custody::test {
namespace {

template <class T>
T wanted(Result<T> result) {
    if (!result.ok()) {
        std::fprintf(stderr, "cannot set up the test: %s\n", result.error().message.c_str());
        std::abort();
    }
    return std::move(*result);
}

}  // namespace

RestoreFixture::RestoreFixture() : clock(Time{system_clock().now().ns + 10 * kSecond}) {
    if (::mkdir(source.c_str(), 0755) != 0) std::abort();
    FileSystem& files = posix_file_system();
    keyring.emplace(wanted(
        Keyring::create(files, clock, scratch / "keyring", Suite::standard, "server-1", secret_text("passphrase"), kCheapCost)));
    unlocked.emplace(wanted(keyring->unlock(secret_text("passphrase"))));
    repository.emplace(wanted(Repository::create(files, clock, vault, *keyring)));
    options.target = target;
    options.threads = 2;
}

void RestoreFixture::reopen() {
    repository.reset();
    repository.emplace(wanted(Repository::open(posix_file_system(), clock, vault, &*keyring)));
}

Snapshot RestoreFixture::back_up(const std::vector<std::string>& paths) {
    FileTreeOptions tree;
    tree.paths = paths.empty() ? std::vector<std::string>{source} : paths;
    FileTreeNotes notes;
    const std::unique_ptr<Source> files = wanted(open_file_tree(tree, notes));
    return back_up_from(*files, "business", "test");
}

Snapshot RestoreFixture::back_up_from(Source& from, const std::string& label, const std::string& name) {
    SilentProgress progress;
    BackupOptions backup;
    backup.label = label;
    backup.name = name;
    const BackupResult result = wanted(run_backup(*repository, from, backup, progress, stop));
    EXPECT_EQ(result.files.failed, 0u);
    return wanted(repository->read_snapshot(result.snapshot));
}

Result<RestoreResult> RestoreFixture::try_restore(const Snapshot& snapshot) {
    SilentProgress progress;
    return restore_files(*repository, snapshot, *unlocked, options, progress, stop);
}

RestoreResult RestoreFixture::restore(const Snapshot& snapshot) {
    auto result = try_restore(snapshot);
    EXPECT_TRUE(is_ok(result));
    return result.ok() ? std::move(*result) : RestoreResult{};
}

std::vector<std::string> RestoreFixture::packs() const {
    std::vector<std::string> found;
    for (const auto& item : std::filesystem::recursive_directory_iterator(vault + "/packs")) {
        if (item.is_regular_file()) found.push_back(item.path());
    }
    std::sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
        return std::filesystem::file_size(a) < std::filesystem::file_size(b);
    });
    return found;
}

}  // namespace custody::test
