#include "daemon/media/medium_probe.h"
#include "restore/verifier.h"
#include "tests/support/medium_fixture.h"
#include "tests/support/recorded_machine.h"

#include <filesystem>
#include <fstream>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

class MediumProbes : public MediumFixture {};

std::set<MediumFault> faults_of(const std::vector<MediumFinding>& findings, bool stopping) {
    std::set<MediumFault> faults;
    for (const auto& finding : findings) {
        if (finding.stops() == stopping) faults.insert(finding.fault);
    }
    return faults;
}

TEST_F(MediumProbes, TheRightOneIsUsable) {
    const std::string vault = at("vault");
    const IdentityOnMedium identity = make_vault(vault, "disk-a");
    EXPECT_FALSE(identity.place.file_system_uuid.empty());
    EXPECT_NE(0u, identity.place.inode);
    const auto probed = probe(request(vault, identity));
    ASSERT_TRUE(probed);
    EXPECT_TRUE(probed->usable());
    EXPECT_EQ(identity.vault, probed->vault);
    EXPECT_GT(probed->free_bytes, 0u);
    EXPECT_FALSE(probed->disks.empty());
    EXPECT_TRUE(fs::is_empty(vault + "/tmp")) << "the trial file is gone";
    fs::create_directory_symlink(vault, scratch_ / "link");
    EXPECT_EQ(std::nullopt, fault(request(scratch_ / "link", identity))) << "a link to it is it";
    ASSERT_TRUE(run_quietly({"mv", vault, at("moved")}));
    EXPECT_EQ(std::nullopt, fault(request(at("moved"), identity))) << "and so is its folder under another name";
}

TEST_F(MediumProbes, WithoutTheExceptionASharedDiskIsRefused) {
    const std::string vault = at("vault");
    const IdentityOnMedium identity = make_vault(vault, "disk-a");
    ProbeRequest asked = request(vault, identity);
    asked.sources = {"/etc"};
    asked.others = {{"disk-b", scratch_.path()}};
    const auto excepted = probe(asked);
    ASSERT_TRUE(excepted);
    EXPECT_TRUE(excepted->usable());
    asked.medium.exception.clear();
    const auto refused = probe(asked);
    ASSERT_TRUE(refused);
    const std::set<MediumFault> expected{MediumFault::with_source, MediumFault::with_system};
    EXPECT_EQ(expected, faults_of(refused->findings, true)) << "a loop device lies on its file's disk";
    EXPECT_EQ(std::set{MediumFault::with_medium}, faults_of(refused->findings, false));
    EXPECT_EQ(Code::refused, refused->why_not().code);
    EXPECT_EQ(1u, independent_places({vault, scratch_.path(), "/etc"}));
}

TEST_F(MediumProbes, AnUnmountedOneIsNeverMadeUpOnTheRootDisk) {
    const std::string vault = at("vault");
    const IdentityOnMedium identity = make_vault(vault, "disk-a");
    ASSERT_TRUE(disk_->unmount());
    EXPECT_EQ(MediumFault::absent, fault(request(vault, identity)));
    EXPECT_FALSE(fs::exists(vault));
    ProbeRequest unknown = request(vault, identity);
    unknown.medium.file_system_uuid.clear();
    EXPECT_EQ(MediumFault::absent, fault(unknown));
    // What somebody left below the mount point is not the medium, whatever it looks like.
    const IdentityOnMedium other = make_vault(vault, "disk-b");
    EXPECT_NE(std::nullopt, fault(request(vault, identity)));
    unknown.medium.vault_id = other.vault;
    EXPECT_EQ(MediumFault::wrong_medium, fault(unknown));
}

TEST_F(MediumProbes, TheWrongDiskUnderTheRightName) {
    const IdentityOnMedium identity = make_vault(at("vault"), "disk-a");
    std::string why_not;
    const auto other = LoopFileSystem::make("ext4", std::uint64_t{48} << 20, why_not);
    ASSERT_TRUE(other) << why_not;
    make_vault(other->path() + "/vault", "disk-b");
    EXPECT_EQ(MediumFault::wrong_medium, fault(request(other->path() + "/vault", identity)));
    // Without knowing the UUID the identity tells, and without an identity the vault's id.
    ProbeRequest by_identity = request(other->path() + "/vault", identity);
    by_identity.medium.file_system_uuid.clear();
    EXPECT_EQ(MediumFault::wrong_medium, fault(by_identity));
    make_vault(other->path() + "/bare", "");
    by_identity.medium.vault = other->path() + "/bare";
    EXPECT_EQ(MediumFault::wrong_medium, fault(by_identity));
    by_identity.medium.id.reset();
    EXPECT_EQ(MediumFault::wrong_medium, fault(by_identity));
    by_identity.medium.vault_id.reset();
    const auto unregistered = probe(by_identity);
    ASSERT_TRUE(unregistered);
    EXPECT_TRUE(unregistered->usable()) << "nothing is known of it: told, and no hindrance";
    EXPECT_TRUE(faults_of(unregistered->findings, false).contains(MediumFault::unregistered));
}

TEST_F(MediumProbes, ACopyByCpIsACopy) {
    const IdentityOnMedium identity = make_vault(at("vault"), "disk-a");
    ASSERT_TRUE(run_quietly({"cp", "-a", at("vault"), at("copy")}));
    EXPECT_EQ(MediumFault::copied, fault(request(at("copy"), identity))) << "on its own file system";
    std::string why_not;
    const auto other = LoopFileSystem::make("ext4", std::uint64_t{48} << 20, why_not);
    ASSERT_TRUE(other) << why_not;
    ASSERT_TRUE(run_quietly({"cp", "-a", at("vault"), other->path()}));
    ProbeRequest asked = request(other->path() + "/vault", identity);
    EXPECT_EQ(MediumFault::wrong_medium, fault(asked)) << "another disk under its name";
    asked.medium.file_system_uuid.clear();
    EXPECT_EQ(MediumFault::copied, fault(asked));
    EXPECT_EQ(std::nullopt, fault(request(at("vault"), identity))) << "the original stays what it is";
}

TEST_F(MediumProbes, ACopyByDdIsTheSameFileSystemOnAnotherDisk) {
    const IdentityOnMedium identity = make_vault(at("vault"), "disk-a");
    ASSERT_TRUE(run_quietly({"sync", "--file-system", at("vault")}));
    ASSERT_TRUE(disk_->copy_image(scratch_ / "image"));
    std::string why_not;
    const auto copy = LoopFileSystem::mount_copy("ext4", scratch_ / "image", why_not);
    ASSERT_TRUE(copy) << why_not;
    const auto place = place_of_folder(copy->path() + "/vault");
    ASSERT_TRUE(is_ok(place));
    EXPECT_EQ(PlaceMatch::same, compare_places(identity.place, *place)) << "loop devices have no serial to tell them apart";
    MediumPlace recorded = *place, now = *place;
    recorded.serial = "WD-1", now.serial = "WD-2";
    EXPECT_EQ(PlaceMatch::other_disk, compare_places(recorded, now));
}

TEST_F(MediumProbes, ReadOnlyFullDamagedAndPulled) {
    const std::string vault = at("vault");
    const IdentityOnMedium identity = make_vault(vault, "disk-a");
    ProbeRequest much = request(vault, identity);
    much.needed_bytes = std::uint64_t{1} << 30;
    EXPECT_EQ(MediumFault::no_room, fault(much));
    ASSERT_TRUE(run_quietly({"mount", "-o", "remount,ro", disk_->path()}));
    EXPECT_EQ(MediumFault::read_only, fault(request(vault, identity)));
    ASSERT_TRUE(run_quietly({"mount", "-o", "remount,rw", disk_->path()}));
    const std::string header = vault + "/vault.json";
    ASSERT_TRUE(run_quietly({"cp", "-a", header, scratch_ / "header"}));
    std::ofstream(header, std::ios::app) << "x";
    EXPECT_EQ(MediumFault::damaged, fault(request(vault, identity)));
    ASSERT_TRUE(run_quietly({"cp", scratch_ / "header", header}));
    EXPECT_EQ(std::nullopt, fault(request(vault, identity)));
    std::ofstream(vault + "/medium.json", std::ios::app) << "x";
    EXPECT_EQ(MediumFault::damaged, fault(request(vault, identity)));
    ASSERT_TRUE(run_quietly({"cp", scratch_ / "header", header}));
    ASSERT_TRUE(disk_->pull());
    ASSERT_TRUE(run_quietly({"sh", "-c", "echo 3 >/proc/sys/vm/drop_caches"}));
    EXPECT_EQ(MediumFault::failing, fault(request(vault, identity)));
}

TEST_F(MediumProbes, KeylessVerifyReadsTheIdentity) {
    const std::string vault = at("vault");
    IdentityOnMedium identity = make_vault(vault, "disk-a");
    const auto verified = [&] {
        auto repository = Repository::open(files_, clock_, vault, nullptr, OpenOptions{true});
        EXPECT_TRUE(is_ok(repository));
        SilentProgress progress;
        VerifyOptions options;
        options.level = VerifyLevel::keyless;
        auto result = verify(*repository, options, progress, StopFlag());
        EXPECT_TRUE(is_ok(result));
        return result.ok() ? *result : VerifyResult{};
    };
    const VerifyResult sound = verified();
    EXPECT_TRUE(sound.ok());
    for (const auto& note : sound.notes) EXPECT_EQ(std::string::npos, note.find("no part of a vault")) << note;
    const auto repository = Repository::open(files_, clock_, vault, nullptr);
    ASSERT_TRUE(is_ok(repository));
    identity.vault = random_id<VaultId>();
    ASSERT_TRUE(is_ok(write_medium_identity(repository->store(), identity)));
    EXPECT_EQ("medium", verified().damaged.at(0).kind);
    std::ofstream(vault + "/medium.json", std::ios::app) << "x";
    EXPECT_EQ("medium.json", verified().damaged.at(0).object);
}

TEST(Independence, OnMachinesWithRaidAndUsb) {
    RecordedMachine machine;
    for (const std::string disk : {"sda", "sdb", "sdc", "sdd"}) machine.disk(disk);
    for (const std::string disk : {"sda", "sdb"}) machine.partition(disk, disk + "1");
    machine.stacked("md0", {"sda1", "sdb1"});
    machine.stacked("dm-0", {"md0"}, "vg-root");
    machine.stacked("dm-1", {"md0"}, "vg-backup");
    machine.mount("/", "dm-0", "ext4");
    machine.mount("/backup", "dm-1", "xfs");
    machine.mount("/mnt/usb", "sdc", "ext4");
    machine.mount("/srv", "sdd", "ext4");
    machine.mount("/net", "", "nfs4", "server:/export");
    machine.mount("/ram", "", "tmpfs", "tmpfs");
    machine.mount("/pool", "", "zfs", "tank/backup");
    const auto judged = [&](const std::string& vault, const std::string& exception) {
        ProbeRequest asked;
        asked.medium.name = "m";
        asked.medium.vault = vault;
        asked.medium.exception = exception;
        asked.sources = {"/srv/data"};
        asked.others = {{"other", "/mnt/usb/vault"}};
        asked.view = machine.view();
        return judge_independence(asked);
    };
    EXPECT_EQ(std::set{MediumFault::with_system}, faults_of(judged("/backup/vault", ""), true));
    EXPECT_TRUE(faults_of(judged("/backup/vault", "1/QD: one server"), true).empty());
    EXPECT_EQ(std::set{MediumFault::with_source}, faults_of(judged("/srv/vault", ""), true));
    EXPECT_EQ(std::set{MediumFault::with_medium}, faults_of(judged("/mnt/usb/second", ""), false));
    EXPECT_TRUE(judged("/net/vault", "").empty()) << "another machine's disk";
    EXPECT_EQ(std::set{MediumFault::in_memory}, faults_of(judged("/ram/vault", "1/QD"), true)) << "no exception makes it last";
    EXPECT_EQ(std::set{MediumFault::disk_unknown}, faults_of(judged("/pool/vault", ""), true));
    EXPECT_TRUE(faults_of(judged("/pool/vault", "1/QD: ZFS"), true).empty());
    EXPECT_EQ(3u, independent_places({"/backup/a", "/mnt/usb/a", "/mnt/usb/b", "/net/v"}, machine.view()));
    EXPECT_EQ("with_source", name_of(MediumFault::with_source));
    EXPECT_EQ("in_memory", name_of(MediumFault::in_memory));
}

}  // namespace
}  // namespace custody::test
