// custody media prepare: a shop disk becomes a medium. Done here, as root: a service that could overwrite disks when it is asked
// to would be one more way to lose them.
#include "base/block_device_file_system.h"
#include "base/text.h"
#include "cli/device_target.h"
#include "cli/media_commands.h"
#include "cli/service_answer.h"
#include "cli/service_client.h"
#include "daemon/config/reader.h"
#include "daemon/media/preparing.h"

#include <unistd.h>

#include <utility>

namespace custody {
namespace {

struct PrepareFlags {
    std::string device, name, mount;
    DeviceConsent consent;
};

std::string quoted(const std::string& text) {
    std::string quoted = "\"";
    for (const char each : text) {
        if (each == '"' || each == '\\') quoted += '\\';
        quoted += each;
    }
    return quoted + '"';
}

std::string section_of(const std::string& name, const std::string& vault, const std::string& uuid) {
    return "[[medium]]\nname = " + quoted(name) + "\nvault = " + quoted(vault) +
           (uuid.empty() ? "" : "\nuuid = " + quoted(uuid)) + "\nremovable = true\n";
}

// By the reader of the configuration, in which it is to stand.
Status check_name_and_place(const std::string& name, const std::string& vault) {
    const ConfigReading reading = read_config("--name", section_of(name, vault, ""));
    if (reading.sound()) return done();
    return Error{Code::usage, reading.faults.front().words};
}

KnownMedium known_of(const Json& medium) {
    KnownMedium known;
    known.name = text_field(medium, "name");
    known.file_system_uuid = text_field(medium, "file_system_uuid");
    known.id = MediumId::from_hex(text_field(medium, "identity"));
    known.vault = VaultId::from_hex(text_field(medium, "vault_id"));
    return known;
}

// Those of the register that are in use still. Nothing: no service tells.
Result<std::optional<std::vector<KnownMedium>>> known_to_service(Context& context) {
    const auto answer = service_of(context).get("/v1/media", &context.stop());
    if (!answer.ok() && answer.error().code == Code::not_found) return std::optional<std::vector<KnownMedium>>();
    TRY(answer);
    std::vector<KnownMedium> known;
    for (const Json& medium : list_field(*answer, "media")) {
        const std::string state = text_field(medium, "state");
        if (state != "retired" && state != "erased") known.push_back(known_of(medium));
    }
    return std::optional(std::move(known));
}

// Where nobody tells what the register holds, a disk that bears an identity is not overwritten.
Status check_bears_no_identity(const DeviceInfo& device) {
    std::vector<std::string> nodes{device.path};
    for (const std::string& partition : device.partitions) nodes.push_back("/dev/" + partition);
    for (const std::string& node : nodes) {
        const auto found = identities_on(node);
        if (!found.ok()) {
            const Code code = found.error().code;  // of the first three: nothing there that could be a medium
            if (code == Code::usage || code == Code::not_found || code == Code::denied) continue;
            return Error{Code::refused,
                         say("{} cannot be looked into ({}), and no service runs that could say whether it is a medium: start "
                             "custodyd and run this again, or, where nothing on it is needed, clear it with 'wipefs -a {}'",
                             printable(node), found.error().message, printable(node))};
        }
        if (found->empty()) continue;
        return Error{Code::refused,
                     say("{} holds the medium {}, and no service runs that could say whether it is still needed: start "
                         "custodyd, retire the medium with 'custody media retire {}', then run this again",
                         printable(node), printable(found->front().identity.name), printable(found->front().identity.name))};
    }
    return done();
}

void tell_what_follows(Context& context, const Preparation& preparation, const std::string& uuid) {
    Output& output = context.output();
    output.line(
        say("the medium {} is prepared and mounted on {}", printable(preparation.name), printable(preparation.mount_point)));
    output.line("");
    output.line(say("Add to {} (without 'removable' where the disk stays in this machine, and then with a line in /etc/fstab):",
                    printable(context.settings().config_file)));
    output.line("");
    output.line(section_of(preparation.name, preparation.vault, uuid));
    output.line(say("name it in 'media' of the plans that are to use it, then type:"));
    output.line("    custody init --vault " + printable(preparation.vault));
    output.line("    systemctl reload custodyd");
    output.line("    custody media list");
}

Result<int> run_prepare(Context& context, const PrepareFlags& flags) {
    if (::geteuid() != 0) return Error{Code::denied, say("preparing a disk needs root: run it with sudo")};
    Preparation preparation;
    preparation.name = to_nfc(flags.name);
    TRY_ASSIGN(preparation.mount_point, absolute_path(flags.mount));
    preparation.vault = join_path(preparation.mount_point, "vault");
    TRY(check_name_and_place(preparation.name, preparation.vault));
    TRY_ASSIGN(const std::string path, absolute_path(flags.device));
    TRY_ASSIGN(preparation.shown, describe_device(path));
    show_device(context, preparation.shown);
    TRY_ASSIGN(const auto known, known_to_service(context));
    if (!known) TRY(check_bears_no_identity(preparation.shown));
    TRY_ASSIGN(const std::string why, reason_not_to_prepare(preparation.shown, known.value_or(std::vector<KnownMedium>())));
    if (!why.empty()) return Error{Code::refused, say("{} is not prepared: {}", printable(preparation.shown.path), why)};
    for (const KnownMedium& medium : known.value_or(std::vector<KnownMedium>())) {
        if (medium.name == preparation.name && medium.id)
            return Error{Code::exists,
                         say("a medium {} is registered already: give this one a name of its own", printable(medium.name))};
    }
    TRY(ask_for_serial(preparation.shown, flags.consent));
    context.progress().note(say("making the file system on {} ...", printable(preparation.shown.path)));
    TRY_ASSIGN(const IdentityOnMedium identity,
               prepare_medium(preparation, known.value_or(std::vector<KnownMedium>()), context.clock(), context.stop()));
    const std::string uuid = identity.place.file_system_uuid;
    context.output().document({{"name", preparation.name},
                               {"device", preparation.shown.path},
                               {"serial", preparation.shown.serial},
                               {"size_bytes", preparation.shown.bytes},
                               {"mount", preparation.mount_point},
                               {"vault", preparation.vault},
                               {"identity", identity.medium.hex()},
                               {"file_system_uuid", uuid}});
    tell_what_follows(context, preparation, uuid);
    return kExitDone;
}

}  // namespace

void add_media_prepare_command(CommandTable& table, CLI::App& family) {
    auto flags = std::make_shared<PrepareFlags>();
    CLI::App& prepare = table.add(
        family, "prepare", say("Makes file system and identity on a new disk; what lies on it is lost"),
        {"media prepare DEVICE --name N --mount DIR [--confirm SERIAL]",
         {"custody media prepare /dev/sdb --name disk-b --mount /mnt/disk-b",
          "custody media prepare /dev/sdb --name disk-b --mount /mnt/disk-b --confirm WD-WX31A47K2C3D"},
         say("Needs root. Shows model, serial, size and what lies on the disk, and asks for the last characters of the "
             "serial; --confirm gives the whole serial where nobody is asked. Refused: a disk in use, the running "
             "system's disk, a medium that is registered and not retired. The disk stays mounted on DIR, with ext4; what "
             "to add to the configuration is printed.")});
    add_operand(prepare, "DEVICE", flags->device, say("The disk, /dev/sdb"))->required();
    add_value(prepare, "--name", flags->name, "N", say("What the medium is to be called"))->required();
    add_value(prepare, "--mount", flags->mount, "DIR", say("Where it is mounted: an empty folder, made if absent"))->required();
    add_value(prepare, "--confirm", flags->consent.serial, "SERIAL",
              say("The whole serial (the path of a device that has none), instead of typing its end"));
    prepare.add_flag("--yes", flags->consent.yes, say("Is not enough for a device, and changes nothing"));
    table.runs(prepare, flags, run_prepare);
}

}  // namespace custody
