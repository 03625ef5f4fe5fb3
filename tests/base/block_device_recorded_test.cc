// What lies below a path on machines that no test machine is: duty B1 stands or falls with it.
#include "base/physical_disks.h"
#include "tests/support/recorded_machine.h"
#include "tests/support/results.h"

namespace custody::test {
namespace {

using Disks = std::set<std::string>;

Disks under(const RecordedMachine& machine, const std::string& path) {
    const auto found = disks_under(path, LoopDevices::are_their_file, machine.view());
    EXPECT_TRUE(is_ok(found)) << path;
    return found.ok() ? *found : Disks{};
}

TEST(RecordedDisks, LvmOnRaidOnPartitions) {
    RecordedMachine machine;
    for (const std::string disk : {"sda", "sdb", "sdc"}) {
        machine.disk(disk);
        machine.partition(disk, disk + "1");
        machine.partition(disk, disk + "2");
    }
    machine.stacked("md0", {"sda2", "sdb2"});
    machine.stacked("dm-0", {"md0"}, "vg0-root");
    machine.stacked("dm-1", {"md0", "sdc2"}, "vg0-srv");
    machine.mount("/", "dm-0", "ext4", "/dev/mapper/vg0-root");
    machine.mount("/boot", "sda1", "ext4");
    machine.mount("/srv", "dm-1", "xfs", "/dev/mapper/vg0-srv");
    machine.mount("/mnt/disk", "sdc1", "ext4");
    EXPECT_EQ((Disks{"sda", "sdb"}), under(machine, "/etc/hosts"));
    EXPECT_EQ((Disks{"sda"}), under(machine, "/boot/vmlinuz"));
    EXPECT_EQ((Disks{"sda", "sdb", "sdc"}), under(machine, "/srv/data"));
    EXPECT_EQ((Disks{"sdc"}), under(machine, "/mnt/disk/vault"));
    EXPECT_EQ((Disks{"sda", "sdb"}), under(machine, "/")) << "a name that only begins alike is not below: /srvx";
    EXPECT_EQ((Disks{"sda", "sdb"}), under(machine, "/srvx"));
    EXPECT_EQ((Disks{"sda", "sdb", "sdc"}), under(machine, "/dev/mapper/vg0-srv"));
    EXPECT_EQ((Disks{"sdc"}), under(machine, "/dev/sdc1"));
    EXPECT_EQ((std::vector<std::string>{"sdc"}),
              shared_disks(under(machine, "/mnt/disk/vault"), under(machine, "/srv"), machine.view()));
    EXPECT_TRUE(shared_disks(under(machine, "/mnt/disk/vault"), under(machine, "/"), machine.view()).empty());
}

TEST(RecordedDisks, PathsOfOneDiskAreOneDisk) {
    RecordedMachine machine;
    machine.disk("sda");
    machine.disk("sdb", "naa.6001405abc", "2:0:0:0");
    machine.disk("sdc", "naa.6001405abc", "3:0:0:0");
    machine.disk("sdd", "naa.6001405def", "3:0:0:1");
    machine.stacked("dm-0", {"sdb", "sdc"}, "mpatha");
    machine.stacked("dm-1", {"dm-0"}, "mpatha-part1");
    machine.mount("/", "sda", "ext4");
    machine.mount("/mnt/a", "dm-1", "ext4", "/dev/mapper/mpatha-part1");
    machine.mount("/mnt/b", "sdd", "ext4");
    EXPECT_EQ((Disks{"sdb", "sdc"}), under(machine, "/mnt/a/vault"));
    EXPECT_EQ((std::vector<std::string>{"sdb"}), shared_disks({"sdb"}, {"sdc"}, machine.view())) << "a multipath not assembled";
    EXPECT_TRUE(shared_disks(under(machine, "/mnt/b"), under(machine, "/mnt/a"), machine.view()).empty());
}

TEST(RecordedDisks, NameSpacesOfOneNvmeAreOneDisk) {
    RecordedMachine machine;
    machine.disk("nvme0n1", "eui.01", "nvme0");
    machine.disk("nvme0n2", "eui.02", "nvme0");
    machine.disk("nvme1n1", "eui.03", "nvme1");
    machine.partition("nvme0n1", "nvme0n1p2");
    machine.mount("/", "nvme0n1p2", "ext4");
    machine.mount("/mnt/a", "nvme0n2", "ext4");
    machine.mount("/mnt/b", "nvme1n1", "ext4");
    EXPECT_EQ((Disks{"nvme0n1"}), under(machine, "/"));
    EXPECT_EQ((std::vector<std::string>{"nvme0n2"}), shared_disks(under(machine, "/mnt/a"), under(machine, "/"), machine.view()));
    EXPECT_TRUE(shared_disks(under(machine, "/mnt/b"), under(machine, "/"), machine.view()).empty());
}

TEST(RecordedDisks, BtrfsLiesOnAllItsDevices) {
    RecordedMachine machine;
    for (const std::string disk : {"sda", "sdb", "sdc"}) machine.disk(disk);
    machine.partition("sdb", "sdb1");
    machine.btrfs("11-22", {"sdb1", "sdc"});
    machine.mount("/", "sda", "ext4");
    machine.mount("/data", "sdb1", "btrfs", "/dev/sdb1", "rw,subvol=/data");
    EXPECT_EQ((Disks{"sdb", "sdc"}), under(machine, "/data/x"));
}

TEST(RecordedDisks, LoopOverlayUsbMemoryAndNetwork) {
    RecordedMachine machine;
    for (const std::string disk : {"sda", "sdb"}) machine.disk(disk);
    machine.partition("sdb", "sdb1");
    machine.loop("loop0", "/srv/images/a.img");
    machine.disk("zram0");
    machine.mount("/", "", "overlay", "overlay", "rw,lowerdir=/rom:/usb/base,upperdir=/ram/up,workdir=/ram/work");
    machine.mount("/rom", "loop0", "squashfs");
    machine.mount("/srv", "sda", "ext4");
    machine.mount("/ram", "", "tmpfs", "tmpfs");
    machine.mount("/usb", "sdb1", "vfat");
    machine.mount("/swapped", "zram0", "ext4");
    machine.mount("/net", "", "nfs4", "server:/export");
    machine.mount("/bound", "sda", "ext4");
    EXPECT_EQ((Disks{"sda", "sdb"}), under(machine, "/etc")) << "the lower folders hold what was never changed";
    EXPECT_EQ((Disks{"sda"}), under(machine, "/rom/x"));
    EXPECT_EQ((Disks{"sdb"}), under(machine, "/usb/vault"));
    EXPECT_EQ((Disks{"sda"}), under(machine, "/bound/vault"));
    EXPECT_EQ(Disks{}, under(machine, "/net/vault"));
    EXPECT_EQ(Disks{}, under(machine, "/swapped"));
}

// What no kernel shows; yet a view may be damaged, and nothing may hang on it.
TEST(RecordedDisks, ARingEnds) {
    RecordedMachine machine;
    machine.loop("loop0", "/a/image");
    machine.loop("loop1", "/b/image");
    machine.mount("/a", "loop1", "ext4");
    machine.mount("/b", "loop0", "ext4");
    EXPECT_EQ(Disks{}, under(machine, "/a"));
    EXPECT_TRUE(fails_with(Code::not_found, disks_under("/elsewhere", LoopDevices::are_their_file, machine.view())));
}

}  // namespace
}  // namespace custody::test
