#include "daemon/media/medium_probe.h"

#include "base/block_device_file_system.h"
#include "base/physical_disks.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "vault/store/locked_file.h"
#include "vault/store/vault_header.h"

#include <sys/statvfs.h>
#include <cerrno>

#include <algorithm>
#include <array>

namespace custody {
namespace {

constexpr std::uint64_t kSpareBytes = 8 * 1024 * 1024;  // index, ledger, witnesses of a run; the vault's reserve is beside it
constexpr std::size_t kTrialSize = 4096;
constexpr const char* kErrorsCount = "/errors_count";

class Examination {
public:
    Examination(FileSystem& files, const ProbeRequest& request) : files_(files), request_(request), medium_(request.medium) {}

    Result<MediumProbe> run(bool is_glance) {
        auto mount = mount_of(medium_.vault);
        if (!mount.ok()) {
            TRY(list_mounts());
            add_unopened(mount.error());  // the path cannot even be looked at
            return std::move(probe_);
        }
        probe_.mount = std::move(*mount);
        if (!is_expected_file_system()) return std::move(probe_);
        auto store = open_local_store(files_, medium_.vault);
        if (!store.ok()) {
            if (!is_only_prepared()) add_unopened(store.error());
            return std::move(probe_);
        }
        examine_identity(**store);
        examine_header(**store);
        if (is_glance) {
            examine_recorded_errors();
            if (const Status read = read_room(); !read.ok()) add_unopened(read.error());
            return std::move(probe_);
        }
        examine_writing();
        examine_room();
        const auto disks = disks_under(medium_.vault, LoopDevices::are_their_file, request_.view);
        if (disks.ok()) probe_.disks = *disks;
        for (auto& finding : judge_independence(request_)) probe_.findings.push_back(std::move(finding));
        return std::move(probe_);
    }

private:
    [[nodiscard]] std::string name() const { return printable(medium_.name); }
    [[nodiscard]] std::string path() const { return printable(medium_.vault); }

    void add(MediumFault fault, Code code, std::string words, bool hinders = true) {
        probe_.findings.push_back({fault, code, std::move(words), hinders, false});
    }

    // By the UUID, before anything below the path is believed. Where it cannot be read, the identity decides alone.
    bool is_expected_file_system() {
        if (medium_.file_system_uuid.empty()) return true;
        const auto on = file_system_on(device_node_of(probe_.mount));
        if (on.ok() ? on->uuid.empty() || on->uuid == medium_.file_system_uuid : on.error().code == Code::denied) return true;
        // A vault below the path is another disk's under this one's name; anything else is what lies below the mount point.
        const auto store = open_local_store(files_, medium_.vault);
        if (store.ok() && probe_.mount.point != "/") {
            add(MediumFault::wrong_medium, Code::not_found,
                say("another disk than the medium {} is mounted on {}: nothing is written to it; attach the right one (file "
                    "system "
                    "{}), or register this one under a name of its own with 'custody media register'",
                    name(), printable(probe_.mount.point), medium_.file_system_uuid));
        } else {
            add_absent();
        }
        return false;
    }

    // By `custody media prepare`, and no vault was made on it yet.
    bool is_only_prepared() {
        const auto store = make_local_store(files_, medium_.vault);
        const auto identity = read_medium_identity(*store);
        if (!identity.ok() || !identity->has_value() || (*identity)->vault) return false;
        probe_.identity = **identity;
        add(MediumFault::absent, Code::not_found,
            say("the medium {} is prepared and holds no vault yet: run 'custody media register {}'", name(), name()));
        return true;
    }

    void add_absent() {
        add(MediumFault::absent, Code::not_found,
            say("the medium {} is not attached: {} is not on it (mounted there: {}); attach it, or mount it with 'custody media "
                "attach {}'; nothing is written in its place",
                name(), path(), printable(probe_.mount.point), name()));
    }

    void add_unopened(const Error& why) {
        if (why.code == Code::not_found) return add_absent();
        if (why.code != Code::corrupt && why.code != Code::usage && why.code != Code::denied) {
            return add(MediumFault::failing, Code::io, say("the medium {} fails: {}; was it pulled out?", name(), why.message));
        }
        add(MediumFault::damaged, why.code, say("the medium {} cannot be used: {}", name(), why.message));
    }

    void examine_identity(ObjectStore& store) {
        auto identity = read_medium_identity(store);
        if (!identity.ok()) return add_unopened(identity.error());
        if (!identity->has_value()) return examine_without_identity();
        probe_.identity = **identity;
        const IdentityOnMedium& found = **identity;
        if (medium_.id && found.medium != *medium_.id) {
            return add(
                MediumFault::wrong_medium, Code::not_found,
                say("{} holds the medium {}, not {}: nothing is written to it; attach the right one, or correct the path in "
                    "the configuration",
                    path(), printable(found.name), name()));
        }
        const auto now = place_of_folder(medium_.vault);
        if (!now.ok()) return add_unopened(now.error());
        examine_place(compare_places(found.place, *now), found);
    }

    void examine_without_identity() {
        if (medium_.id) {
            return add(MediumFault::wrong_medium, Code::not_found,
                       say("the vault {} bears no identity, and the medium {} has one: this is another vault; attach the right "
                           "medium, or register this one with 'custody media register'",
                           path(), name()));
        }
        add(MediumFault::unregistered, Code::failed,
            say("the medium {} ({}) is not registered: the wrong disk would not be noticed; run 'custody media register {}'",
                name(), path(), name()),
            false);
    }

    void examine_place(PlaceMatch match, const IdentityOnMedium& found) {
        const std::string of = printable(found.name);
        switch (match) {
            case PlaceMatch::same:
                return;
            case PlaceMatch::unknown:
                return add(
                    MediumFault::place_unknown, Code::denied,
                    say("which file system {} lies on cannot be read, so a copy of the medium {} would not be noticed; run "
                        "this as root",
                        path(), of),
                    false);
            case PlaceMatch::other_file_system:
            case PlaceMatch::other_folder:
                return add(
                    MediumFault::copied, Code::refused,
                    say("{} is a copy of the medium {}, made with cp or the like: two vaults of one identity would contradict "
                        "each other; 'custody media register {} --own-identity' makes it a vault of its own",
                        path(), of, name()));
            case PlaceMatch::other_disk:
                return add(
                    MediumFault::other_disk, Code::refused,
                    say("{} bears the identity of the medium {} and lies on another disk: if it was copied with dd, 'custody "
                        "media register {} --own-identity' makes it a vault of its own; if the disk only sits in another "
                        "enclosure, 'custody media register {} --same-medium' says so",
                        path(), of, name(), name()));
        }
    }

    void examine_header(ObjectStore& store) {
        const auto bytes = store.get(kHeaderObject, kMaxHeaderBytes);
        if (!bytes.ok()) return add_unopened(bytes.error());
        const auto header = decode_vault_header(*bytes);
        if (!header.ok()) return add_unopened(header.error());
        probe_.vault = header->vault;
        const auto expected = medium_.vault_id ? medium_.vault_id : (probe_.identity ? probe_.identity->vault : std::nullopt);
        if (expected && *expected != header->vault) {
            add(MediumFault::wrong_medium, Code::not_found,
                say("{} holds the vault {}, and that of the medium {} is {}: nothing is written to it; attach the right medium",
                    path(), header->vault.hex(), name(), expected->hex()));
        }
    }

    // Only writing tells: a file system that met an error is remounted read-only, and its mount options do not show it
    // everywhere.
    void examine_writing() {
        const Status wrote = write_trial();
        if (wrote.ok()) return examine_recorded_errors();
        const Code code = wrote.error().code;
        if (code == Code::read_only || probe_.mount.read_only) {
            return add(
                MediumFault::read_only, Code::read_only,
                say("the medium {} cannot be written: {} is mounted read-only, by its options or because the kernel met an "
                    "error on it ('dmesg' tells); unmount it, check it with fsck, and attach it again",
                    name(), printable(probe_.mount.point)));
        }
        if (code == Code::no_space) return;  // examine_room tells it
        if (code == Code::denied) {
            return add(MediumFault::read_only, Code::denied,
                       say("the medium {} cannot be written: {}", name(), wrote.error().message));
        }
        add(MediumFault::failing, Code::io,
            say("the medium {} fails: {}; was it pulled out? check it before it is used again", name(), wrote.error().message));
    }

    Status write_trial() {
        const std::string folder = join_path(medium_.vault, "tmp");
        // A vault copied without its empty folders is one; its folder is there, so the medium is.
        if (const auto info = files_.info(folder); !info.ok()) {
            if (info.error().code != Code::not_found) return info.error();
            TRY(files_.make_directory_as_owner(folder, 0700));
        }
        TRY_ASSIGN(LockedFile trial, LockedFile::create(files_, folder));
        const Bytes content(kTrialSize, Byte{0});
        TRY(write_all(trial.file(), 0, content));
        TRY(trial.file().sync());
        return trial.remove();
    }

    // ext4, whose driver serves ext2 and ext3 too, counts in the superblock what went wrong since the last fsck.
    void examine_recorded_errors() {
        const std::string device(base_name(device_node_of(probe_.mount)));
        const std::string count = request_.view.sys + "/fs/ext4/" + device + kErrorsCount;
        if (device.empty() || !probe_.mount.file_system.starts_with("ext") || sysfs::read_number(count) == 0) return;
        add(MediumFault::failing, Code::io,
            say("the file system of the medium {} has recorded errors: unmount it and check it with 'fsck -f {}' before it is "
                "used "
                "again",
                name(), printable(device_node_of(probe_.mount))));
    }

    Status read_room() {
        struct statvfs room {};
        if (::statvfs(medium_.vault.c_str(), &room) != 0) return system_error(errno, "look at", medium_.vault);
        probe_.free_bytes = std::uint64_t{room.f_bavail} * room.f_frsize;
        probe_.total_bytes = std::uint64_t{room.f_blocks} * room.f_frsize;
        has_inodes_ = room.f_files == 0 || room.f_favail > 0;
        return done();
    }

    void examine_room() {
        if (const Status read = read_room(); !read.ok()) return add_unopened(read.error());
        const std::uint64_t wanted = request_.needed_bytes + kSpareBytes;
        if (probe_.free_bytes >= wanted && has_inodes_) return;
        add(MediumFault::no_room, Code::no_space,
            say("the medium {} is full: {} free on {}, {} wanted; end old snapshots with 'custody forget' and 'custody prune', "
                "or move "
                "to a bigger disk with 'custody media replace'",
                name(), human_bytes(probe_.free_bytes), printable(probe_.mount.point), human_bytes(wanted)));
    }

    FileSystem& files_;
    const ProbeRequest& request_;
    const ExpectedMedium& medium_;
    MediumProbe probe_;
    bool has_inodes_ = true;
};

}  // namespace

std::string_view name_of(MediumFault fault) {
    constexpr std::array<std::string_view, 15> kNames = {
        "absent",  "wrong_medium", "unregistered", "copied",      "other_disk",  "place_unknown", "damaged",  "read_only",
        "failing", "no_room",      "with_system",  "with_source", "with_medium", "disk_unknown",  "in_memory"};
    return kNames[static_cast<std::size_t>(fault)];
}

bool MediumProbe::usable() const {
    return std::none_of(findings.begin(), findings.end(), [](const MediumFinding& finding) { return finding.stops(); });
}

Error MediumProbe::why_not() const {
    for (const MediumFinding& finding : findings) {
        if (finding.stops()) return {finding.code, finding.words};
    }
    return {Code::failed, ""};
}

Result<MediumProbe> probe_medium(FileSystem& files, const ProbeRequest& request) {
    return Examination(files, request).run(false);
}

Result<MediumProbe> glance_at_medium(FileSystem& files, const ExpectedMedium& medium) {
    ProbeRequest request;
    request.medium = medium;
    return Examination(files, request).run(true);
}

}  // namespace custody
