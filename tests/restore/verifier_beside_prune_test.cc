// A verification while prune takes things away: what the ledger no longer names is no damage, whenever it went.
#include "restore/verifier.h"
#include "tests/support/meddling_file_system.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>

namespace custody::test {
namespace {

TEST(VerifierBesidePrune, WhatIsTakenAwayAtAnyMomentIsNoDamage) {
    for (const VerifyLevel level : {VerifyLevel::keyless, VerifyLevel::structure, VerifyLevel::sample, VerifyLevel::full}) {
        for (std::size_t i = 0; i < 4; ++i) {  // two packs, a segment, a snapshot
            SmallVault vault;
            vault.populate();
            const auto before = vault.open("a").state().objects;
            const ObjectId id = vault.back_up("a", "log", "once", {{"var/once", noise_bytes(9'000, i)}});
            std::vector<std::string> names;
            const Repository after = vault.open("a");
            for (const auto& [name, size] : after.state().objects) {
                if (!before.contains(name)) names.push_back(name);
            }
            ASSERT_EQ(names.size(), 4U);
            MeddlingFileSystem files(names[i], [&] {
                Repository repository = vault.open("a");
                LedgerEntry forget;
                forget.operation = Operation::forget;
                forget.snapshots = {id};
                ASSERT_TRUE(is_ok(repository.publish(forget, nullptr)));
                LedgerEntry prune;
                prune.operation = Operation::prune;
                prune.removed = names;
                ASSERT_TRUE(is_ok(repository.publish(prune, nullptr)));
                for (const std::string& name : names) vault.remove_object("a", name);
            });
            VerifyOptions options;
            options.level = level;
            options.unlocked = level == VerifyLevel::keyless ? nullptr : &vault.unlocked();
            SilentProgress silent;
            const StopFlag stop;
            const auto result = verify_location(
                files, vault.path("a"), level == VerifyLevel::keyless ? nullptr : &vault.keyring(), options, silent, stop);
            ASSERT_TRUE(is_ok(result));
            EXPECT_TRUE(files.has_meddled());
            EXPECT_TRUE(result->ok()) << static_cast<int>(level) << " " << names[i] << ": " << result->damaged.front().object
                                      << " " << result->damaged.front().problem;
        }
    }
}

TEST(VerifierBesidePrune, FilesInAFolderInAnObjectsPlaceAreNotCalledPrunes) {
    SmallVault vault;
    vault.populate();
    const std::string pack = vault.objects("a").lower_bound("packs/")->first;
    vault.remove_object("a", pack);
    vault.write_object("a", pack + "/kept", Bytes(10, 1));
    SilentProgress silent;
    const StopFlag stop;
    VerifyOptions options;
    options.level = VerifyLevel::keyless;
    const auto result = verify_location(vault.files(), vault.path("a"), nullptr, options, silent, stop);
    ASSERT_TRUE(is_ok(result));
    bool named = false;
    for (const std::string& note : result->notes) {
        if (note.find(pack + "/kept") == note.npos) continue;
        named = true;
        EXPECT_EQ(note.find("prune"), note.npos) << note;
        EXPECT_NE(note.find("custody repair"), note.npos) << note;
    }
    EXPECT_TRUE(named);
}

TEST(VerifierBesidePrune, WhatIsNoFileIsNamedAndEndsNothing) {
    SmallVault vault;
    vault.populate();
    std::vector<std::string> places;
    for (const char* folder : {"packs/", "index/", "snapshots/", "ledger/", "witness/", "gc/marks", "reserve", "vault.json"}) {
        const auto objects = vault.objects("a");
        places.push_back(objects.lower_bound(folder)->first);
    }
    for (const std::string& place : places) {
        const std::string path = vault.path("a") + "/" + place;
        std::filesystem::rename(path, vault.scratch() / "kept");
        for (const bool as_fifo : {false, true}) {
            as_fifo ? (void)::mkfifo(path.c_str(), 0600) : (void)std::filesystem::create_directory(path);
            for (const VerifyLevel level : {VerifyLevel::keyless, VerifyLevel::full}) {
                VerifyOptions options;
                options.level = level;
                options.unlocked = level == VerifyLevel::keyless ? nullptr : &vault.unlocked();
                SilentProgress silent;
                const StopFlag stop;
                const auto result =
                    verify_location(vault.files(), vault.path("a"), level == VerifyLevel::keyless ? nullptr : &vault.keyring(),
                                    options, silent, stop);
                ASSERT_TRUE(is_ok(result)) << place;
                bool named = false;
                for (const auto& damage : result->damaged) named = named || damage.object == place;
                EXPECT_TRUE(named) << place;
            }
            std::filesystem::remove(path);
        }
        std::filesystem::rename(vault.scratch() / "kept", path);
    }
}

}  // namespace
}  // namespace custody::test
