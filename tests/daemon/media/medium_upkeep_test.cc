// A medium's life beside the nightly runs: prepared from a shop disk, registered, copied by somebody, replaced by a bigger one.
#include "daemon/media/preparing.h"
#include "daemon/media/registration.h"
#include "tests/support/medium_fixture.h"
#include "tests/support/small_vault.h"

#include <filesystem>
#include <fstream>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

TEST(Preparing, AShopDiskBecomesAMedium) {
    std::string why_not;
    const auto disk = LoopDevice::make(std::uint64_t{64} << 20, why_not);
    if (!disk) GTEST_SKIP() << why_not;
    const ScratchFolder scratch("prepare");
    ASSERT_TRUE(run_quietly({"mkfs.ext4", "-q", "-F", "-L", "holiday", disk->path()}));
    const auto shown = describe_device(disk->path());
    ASSERT_TRUE(is_ok(shown));
    const std::string point = scratch / "disk-a";
    Preparation preparation{*shown, "disk-a", point, point + "/vault"};
    FakeClock clock;
    StopFlag stop;
    const auto identity = prepare_medium(preparation, {}, clock, stop);
    ASSERT_TRUE(is_ok(identity));
    EXPECT_FALSE(identity->vault);
    EXPECT_EQ("ext4", identity->place.file_system);
    const auto on = file_system_on(disk->path());
    ASSERT_TRUE(is_ok(on));
    EXPECT_EQ("disk-a", on->label);
    EXPECT_EQ(identity->place.file_system_uuid, on->uuid);
    // Mounted, it is in use; and in the register it is a medium, also when it is not mounted.
    EXPECT_TRUE(fails_with(Code::refused, prepare_medium(preparation, {}, clock, stop)));
    UnsyncedFileSystem files;
    auto keyring =
        Keyring::create(files, clock, scratch / "keyring", Suite::standard, "host-a", secret_text("medium"), kCheapCost);
    ASSERT_TRUE(is_ok(keyring));
    ExpectedMedium expected{"disk-a", preparation.vault, on->uuid, identity->medium, std::nullopt, "1/QD: a test machine"};
    const auto no_vault = probe_medium(files, {expected, {}, {}, 0, {}});
    ASSERT_TRUE(is_ok(no_vault));
    EXPECT_EQ(MediumFault::absent, no_vault->findings.at(0).fault) << "no vault on it yet";
    ASSERT_TRUE(is_ok(Repository::create(files, clock, preparation.vault, *keyring))) << "init takes the prepared folder";
    const auto registered = write_identity(files, clock, *keyring, preparation.vault, "disk-a", IdentityChoice::new_or_same);
    ASSERT_TRUE(is_ok(registered));
    EXPECT_EQ(identity->medium, registered->medium);
    EXPECT_TRUE(registered->vault);
    expected.vault_id = registered->vault;
    const auto probed = probe_medium(files, {expected, {}, {}, 0, {}});
    ASSERT_TRUE(is_ok(probed));
    EXPECT_TRUE(probed->usable()) << probed->why_not().message;
    ASSERT_TRUE(run_quietly({"umount", point}));
    const KnownMedium known{"disk-a", registered->medium, registered->vault, on->uuid};
    const auto refused = prepare_medium(preparation, {known}, clock, stop);
    ASSERT_TRUE(fails_with(Code::refused, refused));
    EXPECT_NE(std::string::npos, refused.error().message.find("disk-a"));
}

TEST(Preparing, WhatMustNotBeOverwrittenIsNot) {
    std::string why_not;
    const auto disk = LoopDevice::make(std::uint64_t{64} << 20, why_not);
    if (!disk) GTEST_SKIP() << why_not;
    DeviceInfo device;
    device.path = disk->path();
    device.bytes = std::uint64_t{1} << 40;
    const auto why = [&] { return reason_not_to_prepare(device, {}).value(); };
    EXPECT_EQ("", why());
    device.uses = {"mounted read-write on /srv"};
    EXPECT_NE("", why());
    device.uses.clear();
    device.holds_running_system = true;
    EXPECT_NE("", why());
    device.holds_running_system = false;
    device.read_only = true;
    EXPECT_NE("", why());
    device.read_only = false;
    device.bytes = kLeastMediumBytes - 1;
    EXPECT_NE("", why());
    device.bytes = std::uint64_t{1} << 40;
    device.path = "/dev/no-such-device";
    EXPECT_NE("", why()) << "what cannot be looked into may be a medium";
    auto shown = describe_device(disk->path());
    ASSERT_TRUE(is_ok(shown));
    shown->serial += "x";
    EXPECT_TRUE(fails_with(Code::refused, prepare_medium({*shown, "m", "/tmp/m", "/tmp/m/vault"}, {}, FakeClock(), StopFlag())));
    EXPECT_TRUE(fails_with(Code::not_found, file_system_on(disk->path()))) << "nothing was written";
}

class Upkeep : public testing::Test {
protected:
    Result<IdentityOnMedium> identify(const std::string& vault, IdentityChoice choice = IdentityChoice::new_or_same) {
        return write_identity(small_.files(), small_.clock(), small_.keyring(), small_.path(vault), vault, choice);
    }
    SmallVault small_;
    SilentProgress progress_;
    StopFlag stop_;
};

TEST_F(Upkeep, AnIdentityStaysWithItsMedium) {
    const auto first = identify("a");
    ASSERT_TRUE(is_ok(first));
    ASSERT_TRUE(is_ok(identify("a")));
    EXPECT_EQ(first->medium, identify("a")->medium);
    ASSERT_TRUE(run_quietly({"cp", "-a", small_.path("a"), small_.path("moved")}));
    EXPECT_TRUE(fails_with(Code::refused, identify("moved")));
    const auto said = identify("moved", IdentityChoice::same_medium);
    ASSERT_TRUE(is_ok(said));
    EXPECT_EQ(first->medium, said->medium);
    EXPECT_NE(first->place.inode, said->place.inode);
    ASSERT_TRUE(is_ok(identify("moved")));
    std::ofstream(small_.path("a") + "/medium.json") << "x";
    EXPECT_TRUE(fails_with(Code::corrupt, identify("a")));
    const auto renewed = identify("a", IdentityChoice::new_one);
    ASSERT_TRUE(is_ok(renewed));
    EXPECT_NE(first->medium, renewed->medium);
    EXPECT_TRUE(fails_with(Code::not_found, identify("none")));
}

TEST_F(Upkeep, ACopyBecomesAVaultOfItsOwn) {
    small_.populate();
    ASSERT_TRUE(is_ok(identify("a")));
    const auto original = small_.open("a").header().vault;
    ASSERT_TRUE(run_quietly({"cp", "-a", small_.path("a"), small_.path("copy")}));
    ASSERT_TRUE(run_quietly({"cp", "-a", small_.path("a"), small_.path("older")}));
    const auto own = give_own_identity(small_.files(), small_.clock(), small_.keyring(), small_.path("copy"), "disk-c",
                                       std::nullopt, progress_, stop_);
    ASSERT_TRUE(is_ok(own));
    EXPECT_TRUE(own->brought.is_complete());
    EXPECT_NE(original, own->identity.vault);
    EXPECT_EQ(0u, own->brought.copied.bytes_copied) << "its packs are linked, not copied";
    EXPECT_TRUE(fs::exists(own->left_at));
    fs::remove_all(own->left_at);
    Repository made = small_.open("copy");
    EXPECT_EQ(own->identity.vault, made.header().vault);
    EXPECT_EQ(5u, made.state().snapshots.size());
    for (const auto& [id, files] : small_.stored()) EXPECT_EQ(files, read_files(made, small_.unlocked(), id));
    ASSERT_TRUE(is_ok(identify("copy"))) << "it is where its identity says";
    // Both go on, each with a ledger of its own.
    small_.back_up("a", "config", "etc", {{"etc/new", Bytes(100, Byte{7})}});
    small_.back_up("copy", "config", "etc", {{"etc/new", Bytes(100, Byte{8})}});
    // An older copy cannot be told from a vault that was rolled back, unless the original is at hand.
    EXPECT_FALSE(give_own_identity(small_.files(), small_.clock(), small_.keyring(), small_.path("older"), "disk-d", std::nullopt,
                                   progress_, stop_)
                     .ok());
    EXPECT_TRUE(fs::exists(small_.path("older") + "/vault.json"));
    const auto late = give_own_identity(small_.files(), small_.clock(), small_.keyring(), small_.path("older"), "disk-d",
                                        small_.path("a"), progress_, stop_);
    ASSERT_TRUE(is_ok(late));
    EXPECT_EQ(6u, small_.open("older").state().snapshots.size());
}

TEST_F(Upkeep, ABiggerDiskTakesOverWithIdsHoldsAndHistory) {
    small_.populate();
    Repository old_vault = small_.open("a");
    const ObjectId held = old_vault.state().snapshots.begin()->first;
    LedgerEntry hold;
    hold.operation = Operation::hold;
    hold.snapshots = {held};
    hold.details = {{"reason", "inspection 7/2026"}};
    ASSERT_TRUE(is_ok(old_vault.publish(std::move(hold), nullptr)));
    small_.make_vault("big");
    Repository big = small_.open("big");
    const auto brought = bring_over(old_vault, big, progress_, stop_);
    ASSERT_TRUE(is_ok(brought));
    EXPECT_TRUE(brought->is_complete()) << brought->lacking.front();
    EXPECT_EQ(1u, brought->holds_laid);
    EXPECT_EQ(5u, brought->copied.snapshots_copied);
    EXPECT_GT(brought->objects_read, 5u);
    ASSERT_TRUE(big.state().snapshots.at(held).hold);
    EXPECT_EQ("inspection 7/2026", big.state().snapshots.at(held).hold->reason);
    for (const auto& [id, there] : old_vault.state().snapshots) EXPECT_EQ(there.order, big.state().snapshots.at(id).order);
    EXPECT_EQ(0u, bring_over(old_vault, big, progress_, stop_)->holds_laid) << "once is enough";
    EXPECT_TRUE(fs::exists(small_.path("big") + "/witness/" + old_vault.header().vault.hex()))
        << "the old ledger can be read there";
    // A damaged snapshot at the source: it is named, and the new one does not stand for the old.
    const ObjectId broken = old_vault.state().snapshots.rbegin()->first;
    small_.make_vault("other");
    small_.write_object("a", "snapshots/" + broken.hex(), Bytes(10, Byte{1}));
    Repository other = small_.open("other");
    const auto partly = bring_over(old_vault, other, progress_, stop_);
    ASSERT_TRUE(is_ok(partly));
    EXPECT_FALSE(partly->is_complete());
}

}  // namespace
}  // namespace custody::test
