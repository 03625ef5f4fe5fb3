#include "vault/keys/keyring.h"

#include "base/text.h"
#include "vault/keys/key_making.h"
#include "vault/keys/keyring_file.h"
#include "vault/keys/label_name.h"

#include <algorithm>

namespace custody {
namespace {

constexpr int kReadAttempts = 8;
constexpr int kMaxSetAside = 1000;

Error about_keyring(const std::string& folder, Error error) {
    if (error.code == Code::corrupt) {
        error.message =
            say("the keyring {} is damaged: {}; bring it back with 'custody key import FILE', the file being a "
                "recovery kit or this writer's keys: the damaged file is kept beside it",
                printable(folder), error.message);
    }
    return error;
}

// The lock is on the file that bears the name: who changes the keyring gives the name to another file. A lock on one that lost
// the name meanwhile guards nothing. False: it did lose it.
Result<bool> is_the_keyring(FileSystem& files, const std::string& folder, File& locked) {
    TRY_ASSIGN(const FileInfo mine, locked.info());
    const auto named = files.info(keyring_path(folder));
    if (!named.ok() && named.error().code == Code::not_found) return false;
    TRY(named);
    return mine.device == named->device && mine.inode == named->inode;
}

// A crash may have left a temporary file that was never named `keyring`: it holds keys as well. Called by who holds the lock on
// the file that bears the name, and before he gives the name away: afterwards another may hold the lock on the new one, and
// what looks like a leftover is the file that he writes.
void remove_leftovers(FileSystem& files, const std::string& folder, const FileInfo& keyring) {
    const auto items = files.list(folder);
    if (!items.ok()) return;
    for (const DirectoryItem& item : *items) {
        if (!item.name.starts_with("keyring.tmp-")) continue;
        const std::string path = join_path(folder, item.name);
        const auto file = files.open_writable(path);
        const auto info = file.ok() ? (*file)->info() : Result<FileInfo>(file.error());
        // Where a file is named by link and unlink, a crash between leaves it both names: only the second one goes.
        const bool is_keyring = info.ok() && info->device == keyring.device && info->inode == keyring.inode;
        if (info.ok() && !is_keyring) overwrite_with_zeros(**file, kMaxKeyringSize);
        (void)files.remove(path);  // best effort; the next change tries again
    }
}

// Who changes the keyring overwrites the file that he replaced, and that may be the one that was open here: what does not decode
// is read again under its name. What stays damaged is damaged.
struct ReadKeyring {
    Secret bytes;
    Result<KeyringContent> content;
};
Result<ReadKeyring> read_keyring(FileSystem& files, const std::string& folder) {
    for (int attempt = 1;; ++attempt) {
        TRY_ASSIGN(Secret bytes, read_secret_file(files, keyring_path(folder), kMaxKeyringSize));
        auto content = decode_keyring(bytes.view());
        const bool may_be_replaced = !content.ok() && content.error().code == Code::corrupt;
        if (!may_be_replaced || attempt == kReadAttempts) return ReadKeyring{std::move(bytes), std::move(content)};
    }
}

// What cannot be read back is never written.
Result<Secret> encode_and_check(const KeyringContent& content) {
    TRY_ASSIGN(Secret bytes, encode_keyring(content));
    const auto read_back = decode_keyring(bytes.view());
    if (read_back.ok()) return bytes;
    return Error{Code::failed, say("this would make a keyring that cannot be read: {}", read_back.error().message)};
}

// Exclusive and durable: the file comes to be whole, or not at all.
Status write_new_file(FileSystem& files, const std::string& path, ByteView content) {
    const std::string temporary = path + ".tmp-" + random_id<HostId>().hex();
    const auto write = [&]() -> Status {
        TRY_ASSIGN(const auto file, files.create_as_owner(temporary, kPrivateFile));
        TRY(write_all(*file, 0, content));
        TRY(file->sync());
        return files.rename_new(temporary, path);
    };
    Status written = write();
    if (!written.ok()) {
        (void)files.remove(temporary);  // the failure that is told is the one that came first
        return written;
    }
    return files.sync_directory(parent_path(path));
}

std::string names_of(const std::vector<StoredLabel>& labels) {
    std::string names;
    for (const StoredLabel& label : labels) names += (names.empty() ? "" : ", ") + label.name;
    return names;
}

Error no_such_label(std::string_view name, const std::vector<StoredLabel>& labels) {
    if (labels.empty()) {
        return {Code::usage, say("there is no label '{}', nor any other; 'custody label add' makes one", printable(name))};
    }
    return {Code::usage, say("there is no label '{}'; there are: {}", printable(name), names_of(labels))};
}

std::shared_ptr<const WriterKeys> to_writer_keys(const KeyringContent& content, const StoredLabel& label) {
    auto keys = std::make_shared<WriterKeys>();
    keys->family = content.family;
    keys->label = label.id;
    keys->name = label.name;
    keys->suite = content.suite;
    keys->chunk_id_key = label.chunk_id_key.clone();
    keys->gear_key = label.gear_key.clone();
    keys->summary_key = label.summary_key.clone();
    keys->epoch = label.epochs.back().number;
    keys->epoch_public = label.epochs.back().public_key;
    for (const StoredEpoch& epoch : label.epochs) {
        if (epoch.number != keys->epoch) keys->older_epochs.insert(key_tag(epoch.public_key));
    }
    return keys;
}

Status need_custodian(const KeyringContent& content, const std::string& folder) {
    if (content.is_custodian) return done();
    return Error{Code::refused, say("{} holds a writer's keys only; do this with the custodian's keyring", printable(folder))};
}

}  // namespace

Keyring::Keyring(std::unique_ptr<State> state) : state_(std::move(state)) {}
Keyring::~Keyring() = default;
Keyring::Keyring(Keyring&&) noexcept = default;
Keyring& Keyring::operator=(Keyring&&) noexcept = default;

Result<bool> Keyring::exists(FileSystem& files, const std::string& folder) {
    const auto info = files.info(keyring_path(folder));
    if (info.ok()) return true;
    if (info.error().code == Code::not_found) return false;
    return info.error();
}

Result<Keyring> Keyring::create(FileSystem& files, const Clock& clock, const std::string& folder, Suite suite, std::string host,
                                const Secret& passphrase, Argon2Cost cost) {
    KeyringContent content;
    content.is_custodian = true;
    content.family = random_id<FamilyId>();
    content.suite = suite;
    content.host = random_id<HostId>();
    content.host_name = note_text(host);
    content.created = clock.now();
    content.signing_seed = Secret::random(kKeySize);
    content.signers.push_back({signer_id(content.signing_seed), content.host_name, content.created});
    const Secret secret = make_x25519_secret();
    content.public_key = x25519_public(secret);
    content.generation = 1;
    TRY_ASSIGN(StoredSlot slot, seal_for_passphrase({suite, kSlotPurpose, content.family, 1}, secret, passphrase, cost));
    content.slots.push_back(std::move(slot));
    TRY_ASSIGN(content.slots_mac, mac_of_slots(content, secret));
    content.next_slot = 2;
    for (const std::string_view name : kBuiltInLabels) {
        TRY_ASSIGN(StoredLabel label, make_label(content, name));
        content.labels.push_back(std::move(label));
    }
    return create_with(files, clock, folder, std::move(content));
}

Status Keyring::check_replaceable(FileSystem& files, const Clock& clock, const std::string& folder) {
    TRY_ASSIGN(const bool there, exists(files, folder));
    if (!there) return done();
    const auto opened = open(files, clock, folder);
    if (opened.ok()) return Error{Code::exists, say("there is a keyring in {} already; it is left as it is", printable(folder))};
    return opened.error().code == Code::corrupt ? done() : Status(opened.error());
}

Result<std::string> Keyring::set_aside_damaged(FileSystem& files, const Clock& clock, const std::string& folder) {
    TRY(check_replaceable(files, clock, folder));
    TRY_ASSIGN(const bool there, exists(files, folder));
    if (!there) return std::string();
    const std::string path = keyring_path(folder);
    Status moved = done();
    for (int n = 1; n <= kMaxSetAside; ++n) {
        const std::string to = path + ".damaged" + (n == 1 ? "" : "-" + std::to_string(n));
        moved = files.rename_new(path, to);
        if (!moved.ok() && moved.error().code == Code::exists) continue;
        TRY(moved);
        TRY(files.sync_directory(folder));
        return to;
    }
    return moved.error();
}

Result<Keyring> Keyring::create_with(FileSystem& files, const Clock& clock, const std::string& folder, KeyringContent content) {
    TRY_ASSIGN(const bool there, exists(files, folder));
    if (there) return Error{Code::exists, say("there is a keyring in {} already; it is left as it is", printable(folder))};
    TRY(make_directories(files, folder, kPrivateFolder));
    TRY(make_directories(files, join_path(folder, "heads"), kPrivateFolder, Owner::folder));
    TRY_ASSIGN(const Secret bytes, encode_and_check(content));
    TRY(write_new_file(files, keyring_path(folder), bytes.view()));
    return open(files, clock, folder);
}

Result<Keyring> Keyring::open(FileSystem& files, const Clock& clock, const std::string& folder) {
    auto read = read_keyring(files, folder);
    if (!read.ok()) {
        if (read.error().code != Code::not_found) return about_keyring(folder, std::move(read).error());
        return Error{Code::not_found, say("there is no keyring in {}; make one with 'custody init', or bring one back with "
                                          "'custody key import'",
                                          printable(folder))};
    }
    if (!read->content.ok()) return about_keyring(folder, std::move(read->content).error());
    auto state = std::make_unique<State>();
    state->on_disk = sha256(read->bytes.view());
    state->files = &files;
    state->clock = &clock;
    state->folder = folder;
    state->content = std::move(read->content).value();
    const auto heads = files.list(join_path(folder, "heads"));
    if (!heads.ok() && heads.error().code != Code::not_found) return heads.error();
    if (heads.ok()) {
        for (const DirectoryItem& item : *heads) {
            if (const auto vault = VaultId::from_hex(item.name)) state->vaults.push_back(*vault);
        }
        std::sort(state->vaults.begin(), state->vaults.end());
    }
    return Keyring(std::move(state));
}

Status Keyring::change(const std::function<Status(KeyringContent&)>& edit) {
    KeyringContent next = state_->content.clone();
    TRY(edit(next));
    TRY_ASSIGN(const Secret bytes, encode_and_check(next));
    const std::string path = keyring_path(state_->folder);
    const auto write = [&]() -> Status {
        TRY_ASSIGN(const auto old_file, state_->files->open_writable(path));
        const Error busy{Code::busy, say("another process is changing the keyring {}; try again", printable(state_->folder))};
        TRY_ASSIGN(const bool locked, old_file->try_lock(true));
        if (!locked) return busy;
        TRY_ASSIGN(const bool guards, is_the_keyring(*state_->files, state_->folder, *old_file));
        if (!guards) return busy;
        TRY_ASSIGN(const FileInfo old_info, old_file->info());
        TRY_ASSIGN(const Secret current, read_secret_file(*state_->files, path, kMaxKeyringSize));
        if (sha256(current.view()) != state_->on_disk) return busy;
        remove_leftovers(*state_->files, state_->folder, old_info);
        TRY(replace_file(*state_->files, path, bytes.view(), kPrivateFile, Owner::folder));
        // From here on the lock on the new file may be another's: nothing below the folder is touched but the old file.
        overwrite_with_zeros(*old_file, kMaxKeyringSize);
        return done();
    };
    TRY(write());
    state_->content = std::move(next);
    state_->on_disk = sha256(bytes.view());
    return done();
}

const KeyringContent& Keyring::content() const { return state_->content; }
const Clock& Keyring::clock() const { return *state_->clock; }
const std::string& Keyring::folder() const { return state_->folder; }
const FamilyId& Keyring::family() const { return content().family; }
Suite Keyring::suite() const { return content().suite; }
const HostId& Keyring::host_id() const { return content().host; }
const std::string& Keyring::host_name() const { return content().host_name; }
const Secret& Keyring::signing_seed() const { return content().signing_seed; }
SignerId Keyring::signer() const { return signer_id(content().signing_seed); }
bool Keyring::is_custodian() const { return content().is_custodian; }
std::uint64_t Keyring::keys_generation() const { return content().generation; }
std::vector<CopyInfo> Keyring::copies() const { return content().copies; }
std::vector<VaultId> Keyring::known_vaults() const { return state_->vaults; }

std::vector<LabelInfo> Keyring::labels() const {
    std::vector<LabelInfo> infos;
    for (const StoredLabel& label : content().labels) {
        infos.push_back({label.id, label.name, label.epochs.back().number, is_custodian()});
    }
    return infos;
}

Result<std::shared_ptr<const WriterKeys>> Keyring::writer_keys(std::string_view label_name) const {
    for (const StoredLabel& label : content().labels) {
        if (label.name == label_name) return to_writer_keys(content(), label);
    }
    return no_such_label(label_name, content().labels);
}

std::shared_ptr<const WriterKeys> Keyring::writer_keys(const LabelId& label_id) const {
    for (const StoredLabel& label : content().labels) {
        if (label.id == label_id) return to_writer_keys(content(), label);
    }
    return nullptr;
}

Status Keyring::add_label(std::string_view name) {
    TRY(need_custodian(content(), folder()));
    if (!is_label_name(name)) {
        return Error{Code::usage,
                     say("'{}' cannot name a label: use lower-case letters, digits and '-', at most 64", printable(name))};
    }
    return change([&](KeyringContent& next) -> Status {
        const auto same_name = [&](const StoredLabel& label) { return label.name == name; };
        if (std::any_of(next.labels.begin(), next.labels.end(), same_name)) {
            return Error{Code::exists, say("there is a label '{}' already", name)};
        }
        TRY_ASSIGN(StoredLabel label, make_label(next, name));
        next.labels.push_back(std::move(label));
        ++next.generation;
        return done();
    });
}

Status Keyring::rotate(std::string_view label_name) {
    TRY(need_custodian(content(), folder()));
    return change([&](KeyringContent& next) -> Status {
        for (StoredLabel& label : next.labels) {
            if (label.name != label_name) continue;
            TRY_ASSIGN(StoredEpoch epoch, seal_epoch(next, label.id, label.epochs.back().number + 1, make_x25519_secret()));
            label.epochs.push_back(std::move(epoch));
            ++next.generation;
            return done();
        }
        return no_such_label(label_name, next.labels);
    });
}

Status Keyring::trust_signer(const SignerInfo& signer) {
    return change([&](KeyringContent& next) {
        const auto same = [&](const SignerInfo& known) { return known.id == signer.id; };
        if (std::none_of(next.signers.begin(), next.signers.end(), same)) {
            next.signers.push_back({signer.id, note_text(signer.host), signer.since, signer.writer});
        }
        return done();
    });
}

}  // namespace custody
