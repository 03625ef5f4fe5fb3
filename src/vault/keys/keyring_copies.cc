// Registered copies of keys, and what they owe to labels that were destroyed.
#include "base/text.h"
#include "vault/keys/json_fields.h"
#include "vault/keys/key_making.h"
#include "vault/keys/keyring_file.h"

#include <algorithm>
#include <charconv>

namespace custody {
namespace {

constexpr std::uint32_t kMarkMode = 0600, kMarkFolderMode = 0700;

constexpr std::string_view kCondemnedPurpose = "custody condemned label 1";
constexpr std::size_t kMaxMarkSize = 4096;

std::string condemned_path(const std::string& folder, const LabelId& label) {
    return join_path(join_path(folder, "condemned"), label.hex());
}

Result<Bytes> encode_mark(const Keyring::Condemned& mark) {
    return encode_checksummed({{"label", mark.label.hex()},
                               {"vault", mark.vault.hex()},
                               {"n", mark.n},
                               {"entry", mark.entry.hex()},
                               {"signer", mark.signer.hex()}},
                              kCondemnedPurpose);
}

Result<Keyring::Condemned> read_mark(FileSystem& files, const std::string& folder, const LabelId& label) {
    Keyring::Condemned mark;
    mark.path = condemned_path(folder, label);
    TRY_ASSIGN(const Bytes bytes, read_file(files, mark.path, kMaxMarkSize));
    TRY_ASSIGN(const Json body, decode_checksummed(bytes, kCondemnedPurpose, kMaxMarkSize));
    JsonFields fields(body, "condemned label");
    mark.label = fields.id<LabelId>("label");
    mark.vault = fields.id<VaultId>("vault");
    mark.n = fields.number("n", std::uint64_t{1} << 53);
    mark.entry = fields.id<Digest>("entry");
    mark.signer = fields.id<SignerId>("signer");
    if (mark.label != label) fields.fail("label", "is another's");
    TRY(fields.status());
    return mark;
}

constexpr std::string_view kSignerNote = "signer ";
constexpr std::string_view kPageNote = "kit ";

// The signer first, so that it stays when the rest is replaced.
std::string note_of_keyring(const SignerId& signer, std::string_view rest) {
    std::string note = std::string(kSignerNote) + signer.hex();
    if (!rest.empty()) note += ": " + std::string(rest);
    return note_text(note);
}

// The registered copy of the keyring that writes with `signer`.
CopyInfo* find_keyring(KeyringContent& content, const SignerId& signer) {
    for (CopyInfo& copy : content.copies) {
        if (signer_of(copy) == signer) return &copy;
    }
    return nullptr;
}

// It owes `label` from now on, unless it was declared destroyed before.
void register_keyring(KeyringContent& content, const SignerInfo& signer, const LabelId& label, Time now) {
    CopyInfo* known = find_keyring(content, signer.id);
    if (known == nullptr) {
        CopyInfo copy;
        copy.number = content.next_copy++;
        copy.kind = "keyring";
        copy.note = note_of_keyring(signer.id, signer.host);
        copy.made = now;
        copy.keys_generation = content.generation;
        content.copies.push_back(std::move(copy));
        known = &content.copies.back();
    }
    const auto is_it = [&](const auto& each) { return each.first == label; };
    if (known->destroyed || std::any_of(known->labels.begin(), known->labels.end(), is_it)) return;
    known->labels.emplace_back(label, false);
}

bool owes(const CopyInfo& copy, const LabelId& label) {
    return std::find(copy.labels.begin(), copy.labels.end(), std::pair(label, false)) != copy.labels.end();
}

// Derived, never stored: the copies are the record.
DestroyedLabel described(const KeyringContent& content, const StoredDestruction& destroyed) {
    DestroyedLabel out{destroyed.label, destroyed.name, destroyed.when, "passed with exceptions", {}};
    for (const CopyInfo& copy : content.copies) {
        if (owes(copy, destroyed.label)) out.outstanding_copies.push_back(copy.number);
    }
    if (!out.outstanding_copies.empty()) out.state = "pending";
    return out;
}

}  // namespace

// Registered as if it had been exported here, which is_registered_writer and a kit's form go by.
void become_writer(const KeyringContent& content, CopyInfo& copy, const SignerInfo& writer) {
    copy.kind = "writer";
    copy.note = writer.host;
    copy.made = writer.since;
    for (auto& [label, settled] : copy.labels) {
        const auto same = [&, id = label](const StoredDestruction& destroyed) { return destroyed.label == id; };
        settled = settled || std::any_of(content.destroyed.begin(), content.destroyed.end(), same);
    }
}

void settle_known_writers(KeyringContent& content, const std::function<bool(const SignerId&)>& by_good_word) {
    for (const SignerInfo& known : content.signers) {
        if (!known.writer || !by_good_word(known.id)) continue;
        if (CopyInfo* copy = find_keyring(content, known.id)) become_writer(content, *copy, known);
    }
}

bool is_registered_writer(const KeyringContent& content, const SignerInfo& signer) {
    return std::any_of(content.copies.begin(), content.copies.end(), [&](const CopyInfo& copy) {
        return copy.kind == "writer" && copy.made == signer.since && (copy.destroyed || copy.note == signer.host);
    });
}

std::vector<DestroyedLabel> Keyring::destroyed_labels() const {
    std::vector<DestroyedLabel> all;
    for (const StoredDestruction& destroyed : content().destroyed) all.push_back(described(content(), destroyed));
    return all;
}

std::optional<DestroyedLabel> Keyring::destroyed(const LabelId& label) const {
    for (const StoredDestruction& destroyed : content().destroyed) {
        if (destroyed.label == label) return described(content(), destroyed);
    }
    return std::nullopt;
}

Result<std::uint32_t> Keyring::register_copy(std::string_view kind, std::string_view note) {
    const std::uint32_t number = content().next_copy;
    TRY(change([&](KeyringContent& next) {
        CopyInfo copy;
        copy.number = next.next_copy++;
        copy.kind = note_text(kind);
        copy.note = note_text(note);
        copy.made = clock().now();
        copy.keys_generation = next.generation;
        for (const StoredLabel& label : next.labels) copy.labels.emplace_back(label.id, false);
        next.copies.push_back(std::move(copy));
        return done();
    }));
    return number;
}

std::optional<SignerId> signer_of(const CopyInfo& copy) {
    const std::string_view note = copy.note;
    if (copy.kind != "keyring" || !note.starts_with(kSignerNote)) return std::nullopt;
    return SignerId::from_hex(note.substr(kSignerNote.size(), 2 * SignerId::size));
}

std::string note_of_page(std::uint32_t kit, std::string_view rest) {
    std::string note = std::string(kPageNote) + std::to_string(kit);
    if (!rest.empty()) note += ": " + std::string(rest);
    return note_text(note);
}

std::optional<std::uint32_t> kit_of(const CopyInfo& copy) {
    const std::string_view note = copy.note;
    if (copy.kind != "page" || !note.starts_with(kPageNote)) return std::nullopt;
    const char* const begin = note.data() + kPageNote.size();
    std::uint32_t kit = 0;
    const auto read = std::from_chars(begin, note.data() + note.size(), kit);
    return read.ec == std::errc() ? std::optional(kit) : std::nullopt;
}

Status Keyring::withdraw_copies(const std::vector<std::uint32_t>& numbers) {
    return change([&](KeyringContent& next) {
        for (const std::uint32_t number : numbers) {
            const auto copy = std::find_if(next.copies.begin(), next.copies.end(),
                                           [&](const CopyInfo& known) { return known.number == number; });
            if (copy == next.copies.end()) continue;
            // The last one, should a clock that stands still have made two alike.
            const auto signer = std::find_if(next.signers.rbegin(), next.signers.rend(), [&](const SignerInfo& known) {
                return copy->kind == "writer" && known.writer && known.since == copy->made && known.host == copy->note;
            });
            if (signer != next.signers.rend()) next.signers.erase(std::next(signer).base());
            next.copies.erase(copy);
        }
        return done();
    });
}

std::vector<SignerInfo> Keyring::trusted_signers() const {
    std::vector<SignerInfo> signers = content().signers;
    for (SignerInfo& known : signers) {
        known.writer = known.writer || (known.id != signer() && is_registered_writer(content(), known));
    }
    return signers;
}

std::set<SignerId> Keyring::custodians() const {
    std::set<SignerId> all = {signer()};
    for (const SignerInfo& known : trusted_signers()) {
        if (!known.writer) all.insert(known.id);
    }
    return all;
}

Status Keyring::condemn(const Condemned& evidence) {
    FileSystem& files = *state_->files;
    const auto known = read_mark(files, folder(), evidence.label);
    if (known.ok() && custodians().contains(known->signer)) return done();
    if (!known.ok() && known.error().code != Code::not_found && known.error().code != Code::corrupt) return known.error();
    const std::string path = condemned_path(folder(), evidence.label);
    TRY(make_directories(files, parent_path(path), kMarkFolderMode, Owner::folder));
    TRY_ASSIGN(const Bytes bytes, encode_mark(evidence));
    return replace_file(files, path, bytes, kMarkMode, Owner::folder);
}

Result<std::vector<Keyring::Condemned>> Keyring::condemned() const {
    const std::set<SignerId> entitled = custodians();
    std::vector<Condemned> marks;
    for (const LabelInfo& label : labels()) {
        auto mark = read_mark(*state_->files, folder(), label.id);
        if (mark.ok() && entitled.contains(mark->signer)) marks.push_back(std::move(*mark));
        // A damaged mark is written again where its vault is met.
        if (!mark.ok() && mark.error().code != Code::not_found && mark.error().code != Code::corrupt) return mark.error();
    }
    return marks;
}

Status Keyring::absolve(const Condemned& mark) {
    const Status removed = state_->files->remove(mark.path);
    if (!removed.ok() && removed.error().code != Code::not_found) return removed;
    return state_->files->sync_directory(parent_path(mark.path));
}

Status Keyring::register_keyrings(const LabelId& label, const std::vector<SignerInfo>& others) {
    std::vector<SignerInfo> unknown;
    for (const SignerInfo& other : others) {
        const bool registered = std::any_of(content().copies.begin(), content().copies.end(), [&](const CopyInfo& copy) {
            const auto is_it = [&](const auto& each) { return each.first == label; };
            return signer_of(copy) == other.id && (copy.destroyed || std::any_of(copy.labels.begin(), copy.labels.end(), is_it));
        });
        if (!registered) unknown.push_back(other);
    }
    if (unknown.empty()) return done();
    return change([&](KeyringContent& next) {
        for (const SignerInfo& other : unknown) register_keyring(next, other, label, clock().now());
        return done();
    });
}

Status Keyring::settle_writer(std::uint32_t number, const SignerInfo& writer, const std::vector<LabelId>& labels) {
    if (writer.id == signer()) return Error{Code::refused, say("these are the keys of this very keyring")};
    // Numbers are given again by a keyring that came out of an older kit; number and time together are not.
    for (const CopyInfo& copy : content().copies) {
        if (copy.kind == "writer" && copy.number == number && copy.made == writer.since) return settle_copy(number, true, {});
    }
    return change([&](KeyringContent& next) {
        std::erase_if(next.signers, [&](const SignerInfo& known) { return known.id == writer.id; });
        next.signers.push_back(writer);
        CopyInfo* known = find_keyring(next, writer.id);
        for (CopyInfo& copy : next.copies) {
            if (copy.kind == "writer" && copy.made == writer.since && copy.note == writer.host) known = &copy;
        }
        if (known == nullptr) {
            CopyInfo copy;
            copy.number = next.next_copy++;
            copy.keys_generation = next.generation;
            next.copies.push_back(std::move(copy));
            known = &next.copies.back();
        }
        become_writer(next, *known, writer);
        for (const LabelId& label : labels) {
            const auto is_it = [&](const auto& each) { return each.first == label; };
            if (std::none_of(known->labels.begin(), known->labels.end(), is_it)) known->labels.emplace_back(label, false);
        }
        return done();
    });
}

Status Keyring::settle_keyrings(const std::map<LabelId, std::set<SignerId>>& passed) {
    const auto settle = [&](KeyringContent& next) {
        bool any = false;
        for (CopyInfo& copy : next.copies) {
            const auto signer = signer_of(copy);
            if (!signer) continue;
            for (auto& [label, settled] : copy.labels) {
                const auto who = passed.find(label);
                if (settled || who == passed.end() || !who->second.contains(*signer)) continue;
                settled = any = true;
            }
        }
        return any;
    };
    KeyringContent tried = content().clone();
    if (!settle(tried)) return done();
    return change([&](KeyringContent& next) {
        static_cast<void>(settle(next));
        return done();
    });
}

Status Keyring::destroy_label(const UnlockedKeyring& unlocked, std::string_view label_name,
                              const std::vector<SignerInfo>& others) {
    if (!opens_keyring(unlocked, content())) {
        return Error{Code::wrong_key, say("the keyring that was unlocked is another one")};
    }
    return change([&](KeyringContent& next) -> Status {
        const auto found = std::find_if(next.labels.begin(), next.labels.end(),
                                        [&](const StoredLabel& label) { return label.name == label_name; });
        if (found == next.labels.end()) return Error{Code::usage, say("there is no label '{}'", printable(label_name))};
        for (const SignerInfo& other : others) register_keyring(next, other, found->id, clock().now());
        next.destroyed.push_back({found->id, found->name, clock().now()});
        next.labels.erase(found);
        ++next.generation;
        return renew_pair(next, unlocked.state().secret);
    });
}

Status Keyring::settle_copy(std::uint32_t number, bool rewritten_without_label, std::string_view how) {
    return change([&](KeyringContent& next) -> Status {
        const auto copy =
            std::find_if(next.copies.begin(), next.copies.end(), [&](const CopyInfo& known) { return known.number == number; });
        if (copy == next.copies.end()) return Error{Code::not_found, say("no copy of keys has the number {}", number)};
        for (auto& [label, settled] : copy->labels) {
            const auto same = [&, id = label](const StoredDestruction& destroyed) { return destroyed.label == id; };
            const bool is_destroyed = std::any_of(next.destroyed.begin(), next.destroyed.end(), same);
            settled = settled || is_destroyed || !rewritten_without_label;
        }
        const auto signer = signer_of(*copy);
        const auto kit = kit_of(*copy);
        if (!how.empty()) copy->note = signer ? note_of_keyring(*signer, how) : kit ? note_of_page(*kit, how) : note_text(how);
        copy->proven.reset();  // what was rewritten has not been read back; what was destroyed never will be
        if (!rewritten_without_label) copy->destroyed = clock().now();
        return done();
    });
}

}  // namespace custody
