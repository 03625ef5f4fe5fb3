#include "restore/access_list.h"

#include <optional>

namespace custody {
namespace {

bool is_known(unsigned tag) {
    switch (static_cast<AccessTag>(tag)) {
        case AccessTag::owner:
        case AccessTag::user:
        case AccessTag::group:
        case AccessTag::named_group:
        case AccessTag::mask:
        case AccessTag::others:
            return true;
    }
    return false;
}

}  // namespace

std::vector<AccessEntry> access_list_of(ByteView attribute) {
    std::vector<AccessEntry> entries;
    ByteReader reader(attribute);
    if (reader.u32() != 2) return entries;
    while (reader.ok() && !reader.at_end()) {
        const auto tag = reader.u16();
        AccessEntry entry;
        entry.permissions = reader.u16() & 7;
        entry.id = reader.u32();
        if (!reader.ok()) break;
        if (!is_known(tag)) continue;
        entry.tag = static_cast<AccessTag>(tag);
        entries.push_back(entry);
    }
    return entries;
}

// Whom a named entry would have held back is one of the others now. Or of the owning group; but who is given a little by name is
// hardly ever in it, and the group would lose its rights for him: there, only who is shut out by name counts.
mode_t mode_without_acl(const Attributes& attributes) {
    mode_t owner = 7, group = 7, others = 7, mask = 7;
    std::optional<mode_t> named;  // what each of those who are named has, before the mask
    bool shuts_out = false;
    for (const ExtendedAttribute& attribute : attributes.xattrs) {
        if (attribute.name != kAccessList) continue;
        for (const AccessEntry& entry : access_list_of(attribute.value)) {
            if (entry.tag == AccessTag::owner) owner = entry.permissions;
            if (entry.tag == AccessTag::group) group = entry.permissions;
            if (entry.tag == AccessTag::mask) mask = entry.permissions;
            if (entry.tag == AccessTag::others) others = entry.permissions;
            if (entry.tag != AccessTag::user && entry.tag != AccessTag::named_group) continue;
            named = named.value_or(7) & entry.permissions;
            shuts_out = shuts_out || (entry.tag == AccessTag::user && entry.permissions == 0);
        }
    }
    const mode_t of_group = shuts_out ? mode_t{0} : group & mask;
    const mode_t of_others = named ? others & *named & mask : others;
    return attributes.mode & (~mode_t{0777} | owner << 6 | of_group << 3 | of_others);
}

}  // namespace custody
