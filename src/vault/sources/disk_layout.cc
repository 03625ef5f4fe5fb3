#include "vault/sources/disk_layout.h"

#include <blkid/blkid.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace custody {
namespace {

constexpr std::uint64_t kBlkidSector = 512;  // libblkid's unit, whatever the device's
constexpr std::size_t kMaxPartitions = 1024;
constexpr unsigned kProtective = 0xee;  // the type of what stands for the GPT in the MBR

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

// As blkid_do_safeprobe says it: 0: one thing lies there, which `area` then names; 1: nothing that is known; else several that
// contradict each other, or it cannot be read.
int probe_area(int fd, DiskArea& area) {
    const Probe probe = probe_of(fd, area.offset, area.size);
    if (!probe) return -1;
    blkid_probe_enable_superblocks(probe.get(), 1);
    blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL);
    const int found = blkid_do_safeprobe(probe.get());
    if (found != 0) return found;
    area.type = value_of(probe, "TYPE");
    area.label = value_of(probe, "LABEL");
    return found;
}

bool holds_nothing_else(int fd, std::uint64_t size) {
    DiskArea whole{0, size, {}, {}};
    return probe_area(fd, whole) == 1;
}

// A partition may be a disk of its own, of a virtual machine for one. Boot code alone, which may look like a table without
// partitions, is none. Where it cannot be looked at, it may be one: then nothing of it is believed.
bool may_hold_partitions(int fd, const DiskArea& area) {
    const Probe probe = probe_of(fd, area.offset, area.size);
    if (!probe) return true;
    blkid_probe_enable_superblocks(probe.get(), 0);
    blkid_probe_enable_partitions(probe.get(), 1);
    const blkid_partlist list = blkid_probe_get_partitions(probe.get());
    return list && blkid_partlist_numof_partitions(list) > 0;
}

DiskArea area_of(int fd, std::uint64_t offset, std::uint64_t size) {
    DiskArea area{offset, size, {}, {}};
    (void)probe_area(fd, area);  // without a type nothing of it is believed
    return area;
}

// Bytes in [begin, end) that are something's.
struct Place {
    std::uint64_t begin = 0, end = 0;
    bool is_logical = false;  // a partition in an extended one
    [[nodiscard]] bool overlaps(const Place& other) const { return begin < other.end && other.begin < end; }
    [[nodiscard]] bool contains(const Place& other) const { return begin <= other.begin && other.end <= end; }
    [[nodiscard]] bool is_same_as(const Place& other) const { return begin == other.begin && end == other.end; }
};
// All that a partition table speaks of.
struct Places {
    std::vector<Place> partitions;  // as many as there are
    std::vector<Place> extended;    // which hold logical ones
    std::vector<Place> hybrid;      // which the MBR has beside a GPT: for systems that read only that
    std::vector<Place> tables;
};

std::uint64_t number_at(const unsigned char* bytes) {
    return bytes[0] | std::uint64_t{bytes[1]} << 8 | std::uint64_t{bytes[2]} << 16 | std::uint64_t{bytes[3]} << 24;
}

// The sectors that link the logical partitions of an extended one, which lie between them, or should.
void add_links(int fd, const Place& extended, std::uint64_t sector, std::vector<Place>& tables) {
    std::uint64_t at = extended.begin;
    for (std::size_t i = 0; i < kMaxPartitions; ++i) {
        tables.push_back({at, at + sector});
        std::array<unsigned char, 512> bytes{};
        if (::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(at)) != static_cast<ssize_t>(bytes.size())) return;
        if (bytes[510] != 0x55 || bytes[511] != 0xaa) return;
        std::uint64_t next = 0;
        for (std::size_t entry = 446; entry < 510 && next == 0; entry += 16) {
            const unsigned type = bytes[entry + 4];
            if (type == 0x05 || type == 0x0f || type == 0x85) next = number_at(&bytes[entry + 8]) * sector;
        }
        if (next == 0) return;
        at = extended.begin + next;  // within 2^32 sectors
    }
}

// Most repeat partitions of the GPT; one that does not is known to nobody who reads the GPT.
void add_hybrid(int fd, std::uint64_t sector, std::vector<Place>& hybrid) {
    std::array<unsigned char, 512> bytes{};
    if (::pread(fd, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return;
    if (bytes[510] != 0x55 || bytes[511] != 0xaa) return;
    for (std::size_t entry = 446; entry < 510; entry += 16) {
        const unsigned type = bytes[entry + 4];
        const std::uint64_t begin = number_at(&bytes[entry + 8]) * sector, length = number_at(&bytes[entry + 12]) * sector;
        if (type != 0 && type != kProtective && length > 0) hybrid.push_back({begin, begin + length});  // within 2^33 sectors
    }
}

void add_tables(int fd, const std::string& table, std::uint64_t size, std::uint64_t sector, Places& places) {
    places.tables.push_back({0, sector});
    for (const Place& extended : places.extended) add_links(fd, extended, sector, places.tables);
    if (table != "gpt") return;
    add_hybrid(fd, sector, places.hybrid);
    const std::uint64_t length = 128 * 128 + sector;  // 128 entries and the header, behind the protecting sector and at the end
    places.tables.push_back({sector, sector + length});
    if (size > length) places.tables.push_back({size - length, size});
}

// A logical partition may lie in an extended one; for the rest each lies alone.
bool is_shared(const Places& places, std::size_t index) {
    const Place& own = places.partitions[index];
    for (std::size_t i = 0; i < places.partitions.size(); ++i)
        if (i != index && own.overlaps(places.partitions[i])) return true;
    for (const Place& table : places.tables)
        if (own.overlaps(table)) return true;
    for (const Place& other : places.hybrid)
        if (own.overlaps(other) && !own.is_same_as(other)) return true;
    return std::any_of(places.extended.begin(), places.extended.end(), [&](const Place& extended) {
        return own.overlaps(extended) && !(own.is_logical && extended.contains(own));
    });
}

Places places_of(blkid_partlist list) {
    Places places;
    const int count = blkid_partlist_numof_partitions(list);
    for (int i = 0; i < count; ++i) {
        const blkid_partition part = blkid_partlist_get_partition(list, i);
        if (!part) continue;
        const std::uint64_t begin = static_cast<std::uint64_t>(blkid_partition_get_start(part)) * kBlkidSector;
        const std::uint64_t length = static_cast<std::uint64_t>(blkid_partition_get_size(part)) * kBlkidSector;
        auto& kind = blkid_partition_is_extended(part) ? places.extended : places.partitions;
        kind.push_back({begin, begin + std::min(length, ~begin), blkid_partition_is_logical(part) != 0});
    }
    return places;
}

}  // namespace

DiskLayout find_disk_layout(int fd, std::uint64_t size) {
    DiskLayout layout;
    bool has_partitions = false;
    const Probe probe = probe_of(fd, 0, size);
    if (probe) {
        blkid_probe_enable_superblocks(probe.get(), 0);
        blkid_probe_enable_partitions(probe.get(), 1);
        const blkid_partlist list = blkid_probe_get_partitions(probe.get());
        if (const blkid_parttable table = list ? blkid_partlist_get_table(list) : nullptr)
            layout.table = blkid_parttable_get_type(table);
        Places places = list ? places_of(list) : Places();
        add_tables(fd, layout.table, size, blkid_probe_get_sectorsize(probe.get()), places);
        has_partitions = !places.partitions.empty() || !places.extended.empty();
        const bool too_many = places.partitions.size() > kMaxPartitions;
        const bool shared = !places.partitions.empty() && (too_many || !holds_nothing_else(fd, size));
        for (std::size_t i = 0; i < std::min(places.partitions.size(), kMaxPartitions); ++i) {
            const Place& place = places.partitions[i];
            if (place.begin >= size || place.end > size) continue;  // it leaves the disk: damaged
            DiskArea& area = layout.areas.emplace_back(area_of(fd, place.begin, place.end - place.begin));
            area.is_shared = shared || is_shared(places, i) || may_hold_partitions(fd, area);
        }
    }
    if (layout.areas.empty()) {
        layout.areas.push_back(area_of(fd, 0, size));
        layout.areas.back().is_shared = has_partitions;  // none of them is whole
    }
    return layout;
}

}  // namespace custody
