#include "daemon/media/registration.h"

#include "base/crypto.h"
#include "base/text.h"
#include "vault/store/vault_header.h"

#include <unistd.h>

#include <cerrno>

namespace custody {
namespace {

Result<VaultHeader> header_of(ObjectStore& store, const Keyring& keyring) {
    TRY_ASSIGN(const Bytes bytes, store.get(kHeaderObject, kMaxHeaderBytes));
    TRY_ASSIGN(const VaultHeader header, decode_vault_header(bytes));
    if (header.family != keyring.family()) return wrong_family(store.location(), header.family, keyring);
    return header;
}

Error not_where_it_was(const std::string& folder, const IdentityOnMedium& found, const std::string& name) {
    return {Code::refused,
            say("{} bears the identity of the medium {} and is not where that was written: if it is a copy, run 'custody media "
                "register {} --own-identity'; if it is the very medium, in another enclosure or moved, '--same-medium' says so",
                printable(folder), printable(found.name), printable(name))};
}

Status check_identity(const std::string& folder, const MediumPlace& now, const IdentityOnMedium& found, const VaultHeader& header,
                      const std::string& name) {
    const bool is_same = compare_places(found.place, now) == PlaceMatch::same;
    const bool of_this_vault = !found.vault || *found.vault == header.vault;
    if (is_same && of_this_vault) return done();
    return not_where_it_was(folder, found, name);
}

// Hard links, for no room and no time; where the file system has none, the copy brings what is missing.
Status link_packs(FileSystem& files, const std::string& from, const std::string& to) {
    const auto fans = files.list(join_path(from, "packs"));
    if (!fans.ok()) return fans.error().code == Code::not_found ? done() : Status(fans.error());
    for (const auto& fan : *fans) {
        if (!fan.is_directory) continue;
        const std::string folder = join_path(join_path(from, "packs"), fan.name);
        const std::string target = join_path(join_path(to, "packs"), fan.name);
        TRY_ASSIGN(const auto packs, files.list(folder));
        for (const auto& pack : packs) {
            if (pack.is_directory) continue;
            const std::string old_name = join_path(folder, pack.name), new_name = join_path(target, pack.name);
            if (::link(old_name.c_str(), new_name.c_str()) == 0 || errno == EEXIST) continue;
            if (errno == EPERM || errno == EXDEV || errno == EMLINK || errno == EOPNOTSUPP) return done();
            return system_error(errno, "link", new_name);
        }
        if (!packs.empty()) TRY(files.sync_directory(target));
    }
    return done();
}

Result<Repository> open_or_create(FileSystem& files, const Clock& clock, Keyring& keyring, const std::string& folder) {
    const auto store = open_local_store(files, folder);
    if (store.ok()) return Repository::open(files, clock, folder, &keyring);
    if (store.error().code != Code::not_found) return store.error();
    return Repository::create(files, clock, folder, keyring);
}

IdentityOnMedium identity_for(const VaultHeader& header, const std::string& name, MediumPlace place, Time now) {
    return {random_id<MediumId>(), name, header.family, header.vault, std::move(place), now};
}

// An earlier call was killed between its two renames: all is proven, only the name is missing.
Result<std::optional<OwnIdentity>> finish_renaming(FileSystem& files, const std::string& folder, const std::string& beside) {
    const auto there = files.info(folder);
    if (there.ok() || there.error().code != Code::not_found) return std::optional<OwnIdentity>();
    const auto store = make_local_store(files, beside);
    TRY_ASSIGN(auto identity, read_medium_identity(*store));
    if (!identity || !identity->vault) return std::optional<OwnIdentity>();
    TRY(files.rename_new(beside, folder));
    TRY(files.sync_directory(parent_path(folder)));
    OwnIdentity result;
    result.identity = std::move(*identity);
    return std::optional(std::move(result));
}

Error not_complete(const BroughtOver& brought, const std::string& folder) {
    return {Code::failed,
            say("{} could not be made a vault of its own: {}; it is left as it is", printable(folder), brought.lacking.front())};
}

}  // namespace

Result<IdentityOnMedium> write_identity(FileSystem& files, const Clock& clock, const Keyring& keyring, const std::string& folder,
                                        const std::string& name, IdentityChoice choice) {
    TRY_ASSIGN(const auto store, open_local_store(files, folder));
    TRY_ASSIGN(const VaultHeader header, header_of(*store, keyring));
    TRY_ASSIGN(MediumPlace place, place_of_folder(folder));
    auto found = read_medium_identity(*store);
    if (!found.ok() && (choice != IdentityChoice::new_one || found.error().code != Code::corrupt)) return found.error();
    IdentityOnMedium identity = identity_for(header, name, std::move(place), clock.now());
    if (found.ok() && found->has_value() && choice != IdentityChoice::new_one) {
        if (choice == IdentityChoice::new_or_same) TRY(check_identity(folder, identity.place, **found, header, name));
        if ((*found)->vault && *(*found)->vault != header.vault) return not_where_it_was(folder, **found, name);
        identity.medium = (*found)->medium;
        identity.made = (*found)->made;
    }
    TRY(write_medium_identity(*store, identity));
    return identity;
}

Result<OwnIdentity> give_own_identity(FileSystem& files, const Clock& clock, Keyring& keyring, const std::string& folder,
                                      const std::string& name, const std::optional<std::string>& original, Progress& progress,
                                      const StopFlag& stop) {
    const std::string beside = folder + ".own";
    TRY_ASSIGN(auto finished, finish_renaming(files, folder, beside));
    if (finished) return std::move(*finished);
    TRY_ASSIGN(const auto copy, open_local_store(files, folder));
    TRY_ASSIGN(const VaultHeader header, header_of(*copy, keyring));
    OwnIdentity result;
    result.left_at = folder + ".copy-of-" + header.vault.hex().substr(0, 8);
    if (files.info(result.left_at).ok())
        return Error{Code::exists, say("{} is there already, of an earlier copy: look whether it is still needed, and remove it",
                                       printable(result.left_at))};
    TRY_ASSIGN(Repository from, Repository::open(files, clock, original.value_or(folder), &keyring));
    if (from.header().vault != header.vault)
        return Error{Code::refused, say("{} is not the vault that {} was copied from", printable(*original), printable(folder))};
    {
        TRY_ASSIGN(Repository own, open_or_create(files, clock, keyring, beside));
        TRY(link_packs(files, folder, beside));
        TRY_ASSIGN(result.brought, bring_over(from, own, progress, stop));
        if (!result.brought.is_complete()) return not_complete(result.brought, folder);
        TRY_ASSIGN(MediumPlace place, place_of_folder(beside));
        result.identity = identity_for(own.header(), name, std::move(place), clock.now());
        TRY(write_medium_identity(own.store(), result.identity));
    }
    TRY(files.rename_new(folder, result.left_at));
    TRY(files.rename_new(beside, folder));
    TRY(files.sync_directory(parent_path(folder)));
    return result;
}

}  // namespace custody
