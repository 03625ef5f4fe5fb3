// custody key list, add, rotate; the rest of the family lies in key_*_command(s).cc.
#include "cli/key_commands.h"

#include "base/text.h"
#include "cli/advice.h"
#include "vault/keys/keyring_file.h"
#include "vault/keys/unlocked_labels.h"

#include <algorithm>
#include <map>

namespace custody {
namespace {

struct LabelFlags {
    std::string label;
};
struct KeyNoFlags {};

constexpr std::size_t kMaxKeyFileSize = 64 * 1024 * 1024;

Json time_or_null(const std::optional<Time>& time) { return time ? json_time(*time) : Json(nullptr); }

// By label; those that nobody unlocked for a time are not in it.
using UnlockedUntil = std::map<LabelId, Time>;

Result<UnlockedUntil> unlocked_until(const Keyring& keyring) {
    UnlockedUntil until;
    for (const LabelInfo& label : keyring.labels()) {
        TRY_ASSIGN(const auto unlocked, unlocked_label(keyring.family(), label.id));
        if (unlocked) until[label.id] = unlocked->until;
    }
    return until;
}

Json labels_json(const Keyring& keyring, const UnlockedUntil& until) {
    Json array = Json::array();
    for (const LabelInfo& label : keyring.labels()) {
        const auto unlocked = until.find(label.id);
        array.push_back({{"name", label.name},
                         {"id", label.id.hex()},
                         {"epoch", label.epoch},
                         {"has_secret", label.has_secret},
                         {"unlocked_until", unlocked == until.end() ? Json(nullptr) : Json(json_time(unlocked->second))},
                         {"state", "present"}});
    }
    return array;
}

Json copies_json(const Keyring& keyring) {
    Json array = Json::array();
    for (const CopyInfo& copy : keyring.copies()) {
        array.push_back({{"number", copy.number},
                         {"kind", copy.kind},
                         {"note", copy.note},
                         {"made", json_time(copy.made)},
                         {"proven", time_or_null(copy.proven)},
                         {"destroyed", time_or_null(copy.destroyed)},
                         {"stale", copy.keys_generation != keyring.keys_generation()}});
    }
    return array;
}

Json keyring_json(const Keyring& keyring, const UnlockedUntil& until) {
    Json slots = Json::array();
    for (const SlotInfo& slot : keyring.slots()) {
        slots.push_back({{"number", slot.number}, {"kind", slot.kind}, {"note", slot.note}});
        if (slot.kind == "officer") slots.back()["officer"] = to_hex(slot.holder);
    }
    Json signers = Json::array();
    for (const SignerInfo& signer : keyring.trusted_signers()) {
        signers.push_back({{"id", signer.id.hex()}, {"host", signer.host}, {"since", json_time(signer.since)}});
    }
    Json destroyed = Json::array();
    for (const DestroyedLabel& label : keyring.destroyed_labels()) {
        destroyed.push_back({{"label", label.label.hex()},
                             {"name", label.name},
                             {"when", json_time(label.when)},
                             {"state", label.state},
                             {"outstanding_copies", label.outstanding_copies}});
    }
    Json vaults = Json::array();
    for (const VaultId& vault : keyring.known_vaults()) vaults.push_back(vault.hex());
    return {{"folder", keyring.folder()},
            {"family", keyring.family().hex()},
            {"suite", keyring.suite() == Suite::standard ? "standard" : "modern"},
            {"role", keyring.is_custodian() ? "custodian" : "writer"},
            {"host", keyring.host_name()},
            {"signer", keyring.signer().hex()},
            {"labels", labels_json(keyring, until)},
            {"slots", slots},
            {"signers", signers},
            {"copies", copies_json(keyring)},
            {"destroyed", destroyed},
            {"vaults", vaults}};
}

using Rows = std::vector<std::vector<std::string>>;

void print_rows(Output& output, const std::string& title, const Rows& rows) {
    if (rows.empty()) return;
    output.line("");
    output.line(title);
    for (const std::string& line : format_table(rows)) output.line("  " + line);
}

std::string copy_state(const Keyring& keyring, const CopyInfo& copy) {
    if (copy.destroyed) return say("destroyed {}", human_time(*copy.destroyed));
    if ((copy.kind == "kit" || copy.kind == "page") && !copy.proven) return say("never read back");
    const std::string state = copy.proven ? say("read back {}", human_time(*copy.proven)) : "";
    // A writer got the keys of some labels only: what came later to others does not make it older.
    if (copy.kind == "writer" || copy.keys_generation == keyring.keys_generation()) return state;
    return state + (state.empty() ? "" : ", ") + say("older than the newest keys");
}

void print_keyring(Output& output, const Keyring& keyring, const UnlockedUntil& until) {
    output.line(say("keyring {} of {}: {}, family {}", printable(keyring.folder()), printable(keyring.host_name()),
                    keyring.is_custodian() ? say("custodian (opens content)") : say("writer (opens no content)"),
                    keyring.family().hex()));
    Rows labels, slots, copies, signers, destroyed;
    for (const LabelInfo& label : keyring.labels()) {
        const auto unlocked = until.find(label.id);
        labels.push_back({label.name, say("epoch {}", label.epoch),
                          label.has_secret ? say("with secret") : say("writer keys only"),
                          unlocked == until.end() ? "" : say("unlocked until {}", human_time(unlocked->second))});
    }
    for (const DestroyedLabel& label : keyring.destroyed_labels()) {
        labels.push_back({label.name, "", say("destroyed {}", human_time(label.when)), ""});
    }
    for (const SlotInfo& slot : keyring.slots()) {
        const bool officer = slot.kind == "officer";
        const std::string note = officer && slot.note == to_hex(slot.holder) ? "" : printable(slot.note);
        slots.push_back({std::to_string(slot.number), std::string(translate(slot.kind)), note,
                         officer ? short_fingerprint(slot.holder) : ""});
    }
    for (const CopyInfo& copy : keyring.copies()) {
        copies.push_back({std::to_string(copy.number), std::string(translate(copy.kind)), human_time(copy.made),
                          copy_state(keyring, copy), printable(copy.note)});
    }
    for (const SignerInfo& signer : keyring.trusted_signers()) {
        signers.push_back({signer.id.hex().substr(0, 16), printable(signer.host), human_time(signer.since)});
    }
    for (const DestroyedLabel& label : keyring.destroyed_labels()) {
        std::string open;
        for (const std::uint32_t number : label.outstanding_copies) open += " " + std::to_string(number);
        destroyed.push_back({label.name, human_time(label.when), std::string(translate(label.state)),
                             open.empty() ? "" : say("copies not settled:{}", open)});
    }
    print_rows(output, say("Labels"), labels);
    print_rows(output, say("Slots (what opens the keyring)"), slots);
    print_rows(output, say("Copies of keys"), copies);
    print_rows(output, say("Trusted signers"), signers);
    print_rows(output, say("Destroyed labels"), destroyed);
}

Result<int> run_list(Context& context, const KeyNoFlags&) {
    TRY_ASSIGN(const Keyring* keyring, context.keyring());
    TRY_ASSIGN(const UnlockedUntil until, unlocked_until(*keyring));
    context.output().document(keyring_json(*keyring, until));
    if (!context.output().json()) print_keyring(context.output(), *keyring, until);
    return kExitDone;
}

Result<int> run_add(Context& context, const LabelFlags& flags) {
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    TRY(keyring->add_label(flags.label));
    context.output().document({{"label", flags.label}});
    context.output().line(say("label {} added, with keys of its own", flags.label));
    if (const std::string line = kit_warning(*keyring); !line.empty()) context.progress().warn(line);
    return kExitDone;
}

Result<int> run_rotate(Context& context, const LabelFlags& flags) {
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    TRY(keyring->rotate(flags.label));
    std::uint32_t epoch = 0;
    for (const LabelInfo& label : keyring->labels()) {
        if (label.name == flags.label) epoch = label.epoch;
    }
    context.output().document({{"label", flags.label}, {"epoch", epoch}});
    context.output().line(
        say("label {} is at epoch {}: new packs are sealed to new keys, old ones stay readable", flags.label, epoch));
    if (const std::string line = kit_warning(*keyring); !line.empty()) context.progress().warn(line);
    return kExitDone;
}

}  // namespace

Status check_new_file(FileSystem& files, const std::string& path) {
    const auto info = files.info(path);
    if (info.ok()) return Error{Code::exists, say("{} is there already: name another file", printable(path))};
    if (info.error().code != Code::not_found) return info.error();
    const std::string folder = parent_path(path);
    const auto place = files.info(folder);
    if (place.ok() && place->is_directory) return done();
    if (!place.ok() && place.error().code != Code::not_found) return place.error();
    return Error{Code::not_found,
                 say("cannot create {}: there is no folder {}; make it first", printable(path), printable(folder))};
}

Status NewFiles::add(const std::string& path) {
    TRY_ASSIGN(auto file, files_->create(path, 0600));
    made_.push_back({path, std::move(file)});
    return done();
}

Status NewFiles::fill(const std::string& path, ByteView content) {
    const auto added = std::find_if(made_.begin(), made_.end(), [&](const New& each) { return each.path == path; });
    if (added == made_.end()) return Error{Code::failed, say("{} was not made", printable(path))};
    TRY(write_all(*added->file, 0, content));
    TRY(added->file->sync());
    return files_->sync_directory(parent_path(path));
}

Status NewFiles::discard() {
    Status first = done();
    for (const New& each : made_) {
        overwrite_with_zeros(*each.file, kMaxKeyFileSize);
        Status removed = files_->remove(each.path);
        if (removed.ok()) removed = files_->sync_directory(parent_path(each.path));
        if (first.ok() && !removed.ok()) first = std::move(removed);
    }
    made_.clear();
    return first;
}

Status write_new_file(FileSystem& files, const std::string& path, ByteView content) {
    NewFiles made(files);
    TRY(made.add(path));
    Status written = made.fill(path, content);
    if (written.ok()) return done();
    Error error = std::move(written).error();
    if (const Status removed = made.discard(); !removed.ok()) error.message += "; " + removed.error().message;
    return error;
}

void add_key_commands(CommandTable& table) {
    CLI::App& key =
        table.add_family(table.root(), "key", say("Keys: passphrases, recovery kits, exports, rotation, destruction"));
    CLI::App& list = table.add(key, "list", say("Shows labels, slots, copies of keys and signers"),
                               {"key list", {"custody key list", "custody key list --json"}, ""});
    table.runs(list, std::make_shared<KeyNoFlags>(), run_list);

    auto add_flags = std::make_shared<LabelFlags>();
    CLI::App& add = table.add(
        key, "add", say("The same as 'label add': a new label with its keys; 'key rotate' gives new keys to a label that exists"),
        {"key add --label L", {"custody key add --label network"}, ""});
    add_value(add, "--label", add_flags->label, "L", say("The label"))->required();
    table.runs(add, add_flags, run_add);

    auto rotate_flags = std::make_shared<LabelFlags>();
    CLI::App& rotate =
        table.add(key, "rotate", say("New keys for what a label stores from now on"),
                  {"key rotate --label L",
                   {"custody key rotate --label business"},
                   say("Needs no passphrase. What was stored before stays readable, and stays under the old keys.")});
    add_value(rotate, "--label", rotate_flags->label, "L", say("The label"))->required();
    table.runs(rotate, rotate_flags, run_rotate);

    add_key_unlock_commands(table, key);
    add_key_officer_command(table, key);
    add_key_slot_commands(table, key);
    add_key_export_command(table, key);
    add_key_import_command(table, key);
    add_key_destroy_commands(table, key);
}

}  // namespace custody
