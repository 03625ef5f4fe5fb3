// A medium with a vault, as the service meets it: a real ext4 on a loop device, a keyring, a vault and its identity.
//
// Ownership: unmounts and removes everything when dropped. Threads: one.
#pragma once

#include "daemon/media/medium_probe.h"
#include "tests/support/fake_clock.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/unsynced_file_system.h"
#include "vault/repository.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace custody::test {

class MediumFixture : public testing::Test {
protected:
    void SetUp() override {
        std::string why_not;
        disk_ = LoopFileSystem::make("ext4", std::uint64_t{48} << 20, why_not);
        if (!disk_) GTEST_SKIP() << why_not;
        auto made =
            Keyring::create(files_, clock_, scratch_ / "keyring", Suite::standard, "host-a", secret_text("medium"), kCheapCost);
        ASSERT_TRUE(is_ok(made));
        keyring_.emplace(std::move(*made));
    }

    // A vault in that folder, with an identity of that name unless it is empty.
    IdentityOnMedium make_vault(const std::string& folder, const std::string& name) {
        const auto vault = Repository::create(files_, clock_, folder, *keyring_);
        EXPECT_TRUE(is_ok(vault));
        IdentityOnMedium identity;
        if (!vault.ok() || name.empty()) return identity;
        identity.medium = random_id<MediumId>();
        identity.name = name;
        identity.family = vault->header().family;
        identity.vault = vault->header().vault;
        identity.made = clock_.now();
        const auto place = place_of_folder(folder);
        EXPECT_TRUE(is_ok(place));
        if (place.ok()) identity.place = *place;
        EXPECT_TRUE(is_ok(write_medium_identity(vault->store(), identity)));
        return identity;
    }

    // Shares the test machine's disk, which is excepted unless a test says otherwise.
    ProbeRequest request(const std::string& folder, const IdentityOnMedium& identity) const {
        ProbeRequest asked;
        asked.medium = {"disk-a",        folder,         identity.place.file_system_uuid,
                        identity.medium, identity.vault, "12/QD: a test machine"};
        if (identity.medium.is_zero()) asked.medium.id.reset();
        return asked;
    }

    std::optional<MediumProbe> probe(const ProbeRequest& asked) {
        auto probed = probe_medium(files_, asked);
        EXPECT_TRUE(is_ok(probed));
        return probed.ok() ? std::optional(std::move(*probed)) : std::nullopt;
    }

    // The first finding that stops a run; none: usable.
    std::optional<MediumFault> fault(const ProbeRequest& asked) {
        const auto probed = probe(asked);
        if (!probed) return std::nullopt;
        for (const auto& finding : probed->findings) {
            EXPECT_FALSE(finding.words.empty());
            if (finding.stops()) return finding.fault;
        }
        return std::nullopt;
    }

    std::string at(const std::string& name) const { return disk_->path() + "/" + name; }

    ScratchFolder scratch_{"medium"};
    UnsyncedFileSystem files_;
    FakeClock clock_;
    std::optional<Keyring> keyring_;
    std::unique_ptr<LoopFileSystem> disk_;
};

inline bool run_quietly(const std::vector<std::string>& arguments) {
    std::string output;
    const bool done = run_program(arguments, output);
    EXPECT_TRUE(done) << output;
    return done;
}

}  // namespace custody::test
