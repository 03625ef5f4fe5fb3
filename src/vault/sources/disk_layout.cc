#include "vault/sources/disk_layout.h"

#include <blkid/blkid.h>

#include <memory>
#include <type_traits>

namespace custody {
namespace {

constexpr std::uint64_t kBlkidSector = 512;  // libblkid's unit, whatever the device's
constexpr int kMaxPartitions = 1024;

using Probe = std::unique_ptr<std::remove_pointer_t<blkid_probe>, decltype(&blkid_free_probe)>;

Probe probe_of(int fd, std::uint64_t offset, std::uint64_t size) {
    Probe probe(blkid_new_probe(), &blkid_free_probe);
    if (probe && blkid_probe_set_device(probe.get(), fd, static_cast<blkid_loff_t>(offset), static_cast<blkid_loff_t>(size)) != 0)
        probe.reset();
    return probe;
}

std::string value_of(const Probe& probe, const char* name) {
    const char* value = nullptr;
    return blkid_probe_lookup_value(probe.get(), name, &value, nullptr) == 0 && value ? value : "";
}

DiskArea area_of(int fd, std::uint64_t offset, std::uint64_t size) {
    DiskArea area{offset, size, {}, {}};
    const Probe probe = probe_of(fd, offset, size);
    if (!probe) return area;
    blkid_probe_enable_superblocks(probe.get(), 1);
    blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL);
    if (blkid_do_safeprobe(probe.get()) != 0) return area;  // nothing, or several contradicting each other
    area.type = value_of(probe, "TYPE");
    area.label = value_of(probe, "LABEL");
    return area;
}

}  // namespace

DiskLayout find_disk_layout(int fd, std::uint64_t size) {
    DiskLayout layout;
    const Probe probe = probe_of(fd, 0, size);
    if (probe) {
        blkid_probe_enable_superblocks(probe.get(), 0);
        blkid_probe_enable_partitions(probe.get(), 1);
        const blkid_partlist list = blkid_probe_get_partitions(probe.get());
        const int count = list ? blkid_partlist_numof_partitions(list) : 0;
        if (const blkid_parttable table = list ? blkid_partlist_get_table(list) : nullptr)
            layout.table = blkid_parttable_get_type(table);
        for (int i = 0; i < count && i < kMaxPartitions; ++i) {
            const blkid_partition part = blkid_partlist_get_partition(list, i);
            if (!part || blkid_partition_is_extended(part)) continue;
            const std::uint64_t offset = static_cast<std::uint64_t>(blkid_partition_get_start(part)) * kBlkidSector;
            const std::uint64_t length = static_cast<std::uint64_t>(blkid_partition_get_size(part)) * kBlkidSector;
            if (offset >= size || length > size - offset) continue;  // it leaves the disk: damaged
            layout.areas.push_back(area_of(fd, offset, length));
        }
    }
    if (layout.areas.empty()) layout.areas.push_back(area_of(fd, 0, size));
    return layout;
}

}  // namespace custody
