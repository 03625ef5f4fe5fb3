// custody verify and repair.
#include "base/counts.h"
#include "base/text.h"
#include "cli/command_table.h"
#include "cli/losses.h"
#include "restore/verifier.h"
#include "vault/keys/keyring_file.h"
#include "vault/replicator.h"
#include "vault/store/local_store.h"
#include "vault/vault_identity.h"

#include <algorithm>
#include <set>
#include <sstream>

namespace custody {
namespace {

constexpr std::uint64_t kMaxSignersFile = 1024 * 1024;
constexpr std::size_t kAffectedShown = 20;  // of one damaged object, in text; JSON has all

struct VerifyFlags {
    std::vector<std::string> snapshots;
    std::string level, sample, signers;
    bool keyless = false;
    std::optional<std::uint64_t> accept_rollback;
};
struct RepairFlags {
    std::string from;
};

std::string_view level_word(VerifyLevel level) {
    switch (level) {
        case VerifyLevel::keyless:
            return "keyless";
        case VerifyLevel::structure:
            return "structure";
        case VerifyLevel::sample:
            return "sample";
        case VerifyLevel::full:
            return "full";
    }
    return "structure";
}

Result<VerifyLevel> chosen_level(const VerifyFlags& flags) {
    if (flags.keyless && (!flags.level.empty() || !flags.sample.empty())) {
        return Error{Code::usage, say("--keyless is a level of its own: leave out --level and --sample")};
    }
    if (flags.keyless) return VerifyLevel::keyless;
    if (!flags.sample.empty() && !flags.level.empty() && flags.level != "sample") {
        return Error{Code::usage, say("--sample goes with --level sample")};
    }
    if (flags.level == "sample" || !flags.sample.empty()) return VerifyLevel::sample;
    if (flags.level == "full") return VerifyLevel::full;
    if (flags.level.empty() || flags.level == "structure") return VerifyLevel::structure;
    return Error{Code::usage, say("unknown level '{}': use structure, sample or full, or --keyless", flags.level)};
}

Result<double> chosen_percent(const std::string& text) {
    if (text.empty()) return VerifyOptions{}.sample_percent;
    std::istringstream stream(text);
    double percent = 0;
    if (!(stream >> percent) || !stream.eof() || !(percent > 0) || percent > 100) {
        return Error{Code::usage, say("--sample {}: give a percentage above 0, 100 at most", text)};
    }
    return percent;
}

// What `key export --public` wrote names its signers in body.signers; nothing when the file is no such export.
std::set<SignerId> signers_of_export(ByteView bytes) {
    std::set<SignerId> signers;
    const auto record = parse_json(bytes, kMaxSignersFile);
    if (!record.ok() || !record->is_object() || !record->contains("body")) return signers;
    const Json& body = (*record)["body"];
    if (!body.is_object() || !body.contains("signers")) return signers;
    for (const Json& signer : body["signers"]) {
        if (const auto id = json_id<SignerId>(signer, "id", "signer"); id.ok()) signers.insert(*id);
    }
    return signers;
}

// Or a list: 64 hex digits a line, what follows on the line is a remark.
std::set<SignerId> signers_of_list(const std::string& text) {
    std::set<SignerId> signers;
    std::istringstream lines(text);
    for (std::string line, word; std::getline(lines, line);) {
        if (!(std::istringstream(line) >> word)) continue;
        if (const auto id = SignerId::from_hex(word)) signers.insert(*id);
    }
    return signers;
}

Result<std::set<SignerId>> read_signers(const std::string& file) {
    if (file.empty()) return std::set<SignerId>();
    TRY_ASSIGN(const std::string path, absolute_path(file));
    auto bytes = read_file(posix_file_system(), path, kMaxSignersFile);
    const bool wrong_file = !bytes.ok() && bytes.error().code == Code::corrupt;  // too large: a wrong one was named
    if (!bytes.ok())
        return Error{wrong_file ? Code::usage : bytes.error().code, say("cannot read the signers: {}", bytes.error().message)};
    std::set<SignerId> signers = signers_of_export(bytes.value());
    if (signers.empty()) signers = signers_of_list(std::string(as_text(bytes.value())));
    if (signers.empty()) return Error{Code::usage, say("{} names no signer: one a line, 64 hex digits", printable(path))};
    return signers;
}

Json affects_json(const std::vector<VerifyResult::Affected>& all) {
    Json affects = Json::array();
    for (const VerifyResult::Affected& affected : all) {
        Json one = {{"snapshot", affected.snapshot}};
        put_path(one, "path", affected.path);
        affects.push_back(std::move(one));
    }
    return affects;
}

Json damage_json(const std::vector<VerifyResult::Damage>& all) {
    Json damaged = Json::array();
    for (const VerifyResult::Damage& damage : all) {
        damaged.push_back({{"object", damage.object},
                           {"kind", damage.kind},
                           {"problem", damage.problem},
                           {"affects", affects_json(damage.affects)}});
    }
    return damaged;
}

Json json_of(const VerifyResult& result) {
    Json unopened = Json::array();
    for (const VerifyResult::Unopened& one : result.unopened) unopened.push_back({{"object", one.object}, {"why", one.why}});
    Json missing = Json::array();
    for (const auto& [label, epoch] : result.missing_keys) missing.push_back({{"label", label}, {"epoch", epoch}});
    return {{"ok", result.ok()},
            {"level", level_word(result.level)},
            {"objects", result.objects},
            {"bytes_read", result.bytes_read},
            {"damaged", damage_json(result.damaged)},
            {"unopened", unopened},
            {"locked_packs", result.locked_packs},
            {"missing_keys", missing},
            {"locked", affects_json(result.locked)},
            {"destroyed_snapshots", result.destroyed_snapshots},
            {"lost_records", result.lost_records},
            {"notes", result.notes}};
}

void print_affected(Output& output, const std::vector<VerifyResult::Affected>& all) {
    std::size_t shown = 0;
    for (const VerifyResult::Affected& affected : all) {
        if (shown++ == kAffectedShown) {
            output.line("    " + say("and {} more; --json names all", all.size() - kAffectedShown));
            break;
        }
        const std::string snapshot = affected.snapshot.substr(0, 8);
        output.line("    " + (affected.path.empty() ? say("snapshot {}", snapshot)
                                                    : say("snapshot {}: {}", snapshot, printable(affected.path))));
    }
}

void print_damage(Output& output, const VerifyResult::Damage& damage) {
    output.line(names_its_object(damage.object, damage.problem)
                    ? say("DAMAGED {}", printable(damage.problem))
                    : say("DAMAGED {}: {}", damage.object, printable(damage.problem)));
    print_affected(output, damage.affects);
}

void print_unopened(Output& output, const VerifyResult& result) {
    for (const VerifyResult::Unopened& one : result.unopened) output.line(say("NOT READ {}: {}", one.object, printable(one.why)));
    if (result.unopened.empty()) return;
    output.line(say_count(result.unopened.size(),
                          "{} object cannot be read by this user, and whether it is damaged is not known: run it as the user who "
                          "owns the vault, or give the vault back to that user",
                          "{} objects cannot be read by this user, and whether they are damaged is not known: run it as the user "
                          "who owns the vault, or give the vault back to that user"));
}

// Less key than the level needs: named, as the level that works without.
void print_locked(Output& output, const VerifyResult& result, const std::string& objects) {
    std::string keys;
    for (const auto& [label, epoch] : result.missing_keys) {
        keys += (keys.empty() ? "" : "; ") + say("{}, epoch {}", label, epoch);
    }
    output.line(say_count(
        result.locked_packs, "{0} pack cannot be checked, for it was sealed to a key that is not here ({1}): {2}",
        "{0} packs cannot be checked, for they were sealed to keys that are not here ({1}): {2}", keys, why_keys_lack(true)));
    if (!result.locked.empty()) output.line(say("LOCKED, in such packs alone:"));
    print_affected(output, result.locked);
    output.line(say("no damage in all else: level {}, {}, {} read; '--level structure' needs no such key",
                    level_word(result.level), objects, human_bytes(result.bytes_read)));
}

template <class Objects>
bool any_pack(const Objects& objects) {
    return std::any_of(objects.begin(), objects.end(), [](const auto& each) { return each.object.starts_with("packs/"); });
}

// `repository`: none where it cannot be opened.
int report(Context& context, const VerifyResult& result, Repository* repository) {
    context.progress().clear();
    for (const std::string& line : result.notes) context.progress().note(say("note: {}", line));
    Output& output = context.output();
    output.document(json_of(result));
    for (const VerifyResult::Damage& damage : result.damaged) print_damage(output, damage);
    if (result.destroyed_snapshots != 0) {
        output.line(say_count(result.destroyed_snapshots,
                              "{} snapshot is of a label whose keys were destroyed: that is no damage",
                              "{} snapshots are of labels whose keys were destroyed: that is no damage"));
    }
    const std::string objects = say_count(result.objects, "{} object", "{} objects");
    print_unopened(output, result);
    if (result.damaged.empty() && !result.unopened.empty()) {
        output.line(say("no damage in what was read: level {}, {}, {} read", level_word(result.level), objects,
                        human_bytes(result.bytes_read)));
        return kExitFailed;
    }
    if (result.damaged.empty() && result.locked_packs != 0) {
        print_locked(output, result, objects);
        return kExitWrongKey;
    }
    if (result.ok()) {
        output.line(say("no damage: level {}, {}, {} read", level_word(result.level), objects, human_bytes(result.bytes_read)));
        return kExitDone;
    }
    if (repository != nullptr && repository->lost_head() && result.damaged.size() == 1) {
        output.line(say("what is here is whole (level {}, {}, {} read), only older than what this keyring remembers",
                        level_word(result.level), objects, human_bytes(result.bytes_read)));
        return kExitDamage;
    }
    output.line(say_count(result.damaged.size(),
                          "{} object is damaged (level {}, {}, {} read): heal it with 'custody repair', or 'custody repair "
                          "--from VAULT'",
                          "{} objects are damaged (level {}, {}, {} read): heal them with 'custody repair', or 'custody "
                          "repair --from VAULT'",
                          level_word(result.level), objects, human_bytes(result.bytes_read)));
    if (repository != nullptr) print_way_out_of_lost_records(output, *repository, result);
    if (any_pack(result.damaged)) {
        output.line(
            say("without another vault: run 'custody repair', back up the same sources again, which stores anew what they "
                "still have, then run 'custody repair' once more"));
    }
    if (repository != nullptr) print_way_to_end_broken(output, *repository, result);
    return kExitDamage;
}

constexpr OpenOptions kTolerant{.tolerate_damage = true};  // what is wrong with the ledger is a finding

// With a keyring where there is one: it remembers the head even when no key is used.
Result<Repository> open_to_verify(Context& context, VerifyLevel level) {
    TRY_ASSIGN(const std::string reference, context.vault_reference());
    const auto looked = context.keyring_exists();
    if (!looked.ok() && level == VerifyLevel::keyless) {
        context.progress().warn(looked.error().message);
        return context.open_vault(reference, nullptr, kTolerant);
    }
    TRY_ASSIGN(const bool exists, looked);
    if (level == VerifyLevel::keyless && !exists) return context.open_vault(reference, nullptr, kTolerant);
    if (!exists) {
        return Error{Code::not_found, say("no keyring in {}: level {} needs one; '--keyless' works without",
                                          context.settings().keyring, level_word(level))};
    }
    auto keyring = context.keyring();
    if (!keyring.ok() && level == VerifyLevel::keyless) {
        context.progress().warn(keyring.error().message);
        return context.open_vault(reference, nullptr, kTolerant);
    }
    TRY_ASSIGN(Keyring * with, std::move(keyring));
    auto repository = Repository::open(context.files(), context.clock(), reference, with, kTolerant);
    // Another family's vault can still be verified without keys.
    if (!repository.ok() && repository.error().code == Code::wrong_key && level == VerifyLevel::keyless) {
        return context.open_vault(reference, nullptr, kTolerant);
    }
    return repository;
}

Status accept_rollback(Context& context, Repository& repository, std::uint64_t n) {
    if (repository.keyring() == nullptr) {
        return Error{Code::wrong_key, say("--accept-rollback needs the keyring that remembers the head: name it with --keyring")};
    }
    TRY(repository.accept_rollback(n));
    context.progress().note(
        say("accepted: {} ends at entry {}, as its ledger now says in entry {}; what was stored after that "
            "entry is lost here",
            printable(repository.store().location()), n, repository.state().n));
    return done();
}

Result<int> run_verify(Context& context, const VerifyFlags& flags) {
    VerifyOptions options;
    TRY_ASSIGN(options.level, chosen_level(flags));
    TRY_ASSIGN(options.sample_percent, chosen_percent(flags.sample));
    TRY_ASSIGN(options.signers, read_signers(flags.signers));
    auto opened = open_to_verify(context, options.level);
    if (!opened.ok() && opened.error().code == Code::corrupt) {
        VerifyResult result;
        result.level = options.level;
        result.damaged.push_back({"ledger", "ledger", opened.error().message, {}});
        return report(context, result, nullptr);
    }
    TRY_ASSIGN(Repository repository, std::move(opened));
    if (flags.accept_rollback) TRY(accept_rollback(context, repository, *flags.accept_rollback));
    std::set<LabelId> labels;
    for (const std::string& reference : flags.snapshots) {
        TRY_ASSIGN(const Repository::Listed listed, context.find_snapshot(repository, reference));
        options.snapshots.push_back(listed.snapshot.id);
        labels.insert(listed.snapshot.clear.label);
    }
    std::optional<UnlockedKeyring> unlocked;
    if (options.level == VerifyLevel::sample || options.level == VerifyLevel::full) {
        TRY_ASSIGN(const Keyring* keyring, context.keyring());
        for (const LabelInfo& label : keyring->labels()) {
            if (flags.snapshots.empty()) labels.insert(label.id);
        }
        TRY_ASSIGN(unlocked, context.unlock_labels({labels.begin(), labels.end()}));
        options.unlocked = &*unlocked;
    }
    TRY_ASSIGN(const VerifyResult result, verify(repository, options, context.progress(), context.stop()));
    return report(context, result, &repository);
}

void print_repair(Context& context, Repository& repository, const RepairResult& result, const VerifyResult& verified) {
    for (const std::string& line : result.warnings) context.progress().warn(line);
    Json lost = Json::array();
    for (const RepairResult::Lost& one : result.lost) lost.push_back({{"object", one.object}, {"why", one.why}});
    Json aside = Json::array();
    for (const RepairResult::SetAside& one : result.set_aside) {
        aside.push_back({{"object", one.object}, {"to", one.to}, {"why", one.why}});
    }
    Output& output = context.output();
    output.document({{"ok", result.lost.empty() && verified.ok()},
                     {"objects_healed", result.objects_healed},
                     {"bytes_copied", result.bytes_copied},
                     {"healed", result.healed},
                     {"removed", result.removed},
                     {"lost", lost},
                     {"set_aside", aside},
                     {"damaged", damage_json(verified.damaged)},
                     {"warnings", result.warnings}});
    for (const std::string& object : result.healed) output.line(say("healed {}", object));
    for (const std::string& object : result.removed) {
        output.line(say("removed {}: it was damaged or missing, and nothing needs it any more", object));
    }
    for (const RepairResult::SetAside& one : result.set_aside) {
        output.line(say("set aside {} as {}: {}", printable(one.object), printable(one.to), printable(one.why)));
    }
    for (const RepairResult::Lost& one : result.lost) output.line(say("NOT HEALED {}: {}", one.object, printable(one.why)));
    output.line(say_count(result.objects_healed, "{} object healed, {} copied", "{} objects healed, {} copied",
                          human_bytes(result.bytes_copied)));
    for (const VerifyResult::Damage& damage : verified.damaged) print_damage(output, damage);
    print_unopened(output, verified);
    print_way_out_of_lost_records(output, repository, verified);
    if (any_pack(result.lost)) {
        output.line(
            say("the ledger names the damaged packs, and no backup relies on them any more: back up the same sources again, "
                "which stores anew what they still have, then run 'custody repair' once more; or heal from another vault "
                "with --from"));
        print_way_to_end_broken(output, repository, result);
    }
}

// What this keyring remembers of the vault's end is a hint, and a vault must be opened to be repaired.
Result<std::optional<RepairResult::SetAside>> heal_remembered_head(Context& context, const IdentityHints& hints) {
    TRY_ASSIGN(const std::string reference, context.vault_reference());
    TRY_ASSIGN(const std::string path, parse_vault_reference(reference));
    TRY_ASSIGN(const Keyring* const keyring, context.keyring());
    const auto vault = identify_vault(*make_local_store(context.files(), path), hints);
    if (!vault.ok()) return std::optional<RepairResult::SetAside>();  // opening it says why
    TRY_ASSIGN(const std::optional<std::string> to, set_aside_damaged_head(context.files(), keyring->folder(), *vault));
    if (!to) return std::optional<RepairResult::SetAside>();
    return std::optional(RepairResult::SetAside{
        join_path(join_path(keyring->folder(), "heads"), vault->hex()), *to,
        say("what this keyring remembered of the vault's end could not be read; from now on it remembers the end as it is: "
            "whether entries were cut off before, another medium tells, with 'custody repair --from' or 'custody copy'")});
}

// Every object and entry that is taken from it is proven by itself, so that a damaged one serves as far as it is whole. One that
// went back does not: a person decides about that first.
Result<Repository> open_to_heal_from(Context& context, const std::string& reference, const Repository& damaged) {
    auto sound = context.open_relative(reference, damaged);
    if (sound.ok() || sound.error().code != Code::corrupt) return sound;
    TRY_ASSIGN(Keyring* const with, context.keyring());
    auto salvaged = context.open_vault(reference, with, kTolerant);
    if (!salvaged.ok() && salvaged.error().code == Code::corrupt) {
        return Error{Code::corrupt, say("{}: nothing can be taken from {}; heal that one first, with 'custody repair --vault {}'",
                                        salvaged.error().message, printable(reference), printable(reference))};
    }
    TRY(salvaged);
    if (salvaged->lost_head()) return sound;
    context.progress().warn(
        say("{0} is damaged itself ({1}): what its hashes and signatures prove whole is taken from it; heal it too, with "
            "'custody repair --vault {0}'",
            printable(reference), salvaged->ledger_damage().front().problem));
    return salvaged;
}

// Which vault the other one is tells, if nothing else does, which one the damaged one is not.
Result<std::optional<VaultId>> vault_at(Context& context, const std::string& reference) {
    if (reference.empty()) return std::optional<VaultId>();
    TRY_ASSIGN(const std::string path, parse_vault_reference(reference));
    const auto vault = identify_vault(*make_local_store(context.files(), path));
    return vault.ok() ? std::optional(*vault) : std::nullopt;  // opening it says why
}

Result<int> run_repair(Context& context, const RepairFlags& flags) {
    TRY_ASSIGN(Keyring* const keyring, context.keyring());
    TRY_ASSIGN(const std::optional<VaultId> elsewhere, vault_at(context, flags.from));
    TRY_ASSIGN(const std::optional<RepairResult::SetAside> head, heal_remembered_head(context, {keyring, elsewhere}));
    TRY_ASSIGN(Repository damaged, context.open_vault_to_read(elsewhere));
    std::optional<Repository> from;
    if (!flags.from.empty()) {
        TRY_ASSIGN(from, open_to_heal_from(context, flags.from, damaged));
    }
    // Nobody is asked: most is healed without. With a passphrase that was given, blocks can be proven by their content too.
    const bool given = damaged.keyring()->is_custodian() && context.passphrases().is_given(PassphraseKind::keyring);
    std::optional<UnlockedKeyring> unlocked;
    if (given || !context.settings().officer_key.empty()) {
        auto opened = context.unlock();
        if (!opened.ok() && opened.error().code == Code::interrupted) return opened.error();
        if (!opened.ok()) context.progress().warn(opened.error().message);
        if (opened.ok()) unlocked = std::move(*opened);
    }
    TRY_ASSIGN(RepairResult result,
               repair(damaged, from ? &*from : nullptr, context.progress(), context.stop(), unlocked ? &*unlocked : nullptr));
    if (head) result.set_aside.insert(result.set_aside.begin(), *head);
    VerifyOptions again;
    again.level = VerifyLevel::keyless;  // every object is hashed: what was healed is proven
    TRY_ASSIGN(const VerifyResult verified, verify(damaged, again, context.progress(), context.stop()));
    context.progress().clear();
    print_repair(context, damaged, result, verified);
    if (!result.lost.empty() && !unlocked && damaged.keyring()->is_custodian()) {
        context.progress().note(
            say("note: with the keyring's passphrase more may be healed: run it again with the file that holds it in "
                "CUSTODY_PASSPHRASE_FILE"));
    }
    if (!result.lost.empty() || !verified.damaged.empty()) return kExitDamage;
    if (!verified.ok()) return kExitFailed;
    context.output().line(say("verified again: no damage"));
    return kExitDone;
}

void add_verify(CommandTable& table) {
    auto flags = std::make_shared<VerifyFlags>();
    CLI::App& verify = table.add(
        table.root(), "verify", say("Proves that what was stored is there and whole"),
        {"verify [SNAPSHOT...] [--level structure|sample|full] [--sample PERCENT] [--keyless] [--signers FILE] "
         "[--accept-rollback N]",
         {"custody verify", "custody verify --level full", "custody verify --sample 10",
          "custody verify --keyless --vault /media/disk-b/vault", "custody verify --accept-rollback 41"},
         say("structure: everything a snapshot refers to is there (no passphrase). sample, full: blocks are opened and "
             "every byte "
             "hashed again. keyless: needs no key at all. Damage ends with exit code 4, and so does a vault that went back "
             "behind the "
             "ledger entry that this keyring remembers. When the newer one is lost for good, --accept-rollback takes the "
             "number of the entry at which it now ends: that is entered in its ledger and remembered from then on.")});
    add_operands(verify, "SNAPSHOT", flags->snapshots, say("Only these; default: all"));
    add_value(verify, "--level", flags->level, "LEVEL", say("structure (default), sample or full"));
    add_value(verify, "--sample", flags->sample, "PERCENT", say("How much a sample reads; default: 5"));
    verify.add_flag("--keyless", flags->keyless, say("Replays the ledger and hashes every object, without keys"));
    add_value(verify, "--signers", flags->signers, "FILE", say("Signers that are trusted beside the keyring's"));
    verify
        .add_option("--accept-rollback", flags->accept_rollback,
                    say("Accepts that the vault went back and ends at entry N; what came after it is lost here"))
        ->type_name("N");
    table.runs(verify, flags, run_verify);
}

void add_repair(CommandTable& table) {
    auto flags = std::make_shared<RepairFlags>();
    CLI::App& repair =
        table.add(table.root(), "repair", say("Heals damaged objects and verifies again"),
                  {"repair [--from VAULT]",
                   {"custody repair", "custody repair --from /mnt/disk-b/vault"},
                   say("Without --from, heals what this vault itself can give back. Needs no passphrase and asks for none; one "
                       "that is given (CUSTODY_PASSPHRASE_FILE, --officer-key) heals more: sound blocks of damaged packs that "
                       "no other copy has.")});
    add_value(repair, "--from", flags->from, "VAULT", say("Another vault of the family that holds good copies"));
    table.runs(repair, flags, run_repair);
}

}  // namespace

void add_verify_commands(CommandTable& table) {
    add_verify(table);
    add_repair(table);
}

}  // namespace custody
