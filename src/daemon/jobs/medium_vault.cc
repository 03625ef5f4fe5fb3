#include "daemon/jobs/medium_vault.h"

#include "base/text.h"
#include "daemon/jobs/own_folders.h"
#include "vault/store/local_store.h"
#include "vault/store/medium_identity.h"

namespace custody {
namespace {

Error not_here(const MediumConfig& medium, const Error& why) {
    return {Code::not_found, say("the medium {} is not here: {}", printable(medium.name), why.message)};
}

// Before the keyring is told of a head: a vault that is another one, or a copy of one, is to leave no trace in it.
Status check_identity(ObjectStore& store, const MediumConfig& medium, const catalog::RegisteredMedium& registered,
                      bool tolerate_damage) {
    const auto found = read_medium_identity(store);
    if (!found.ok()) return found.error().code == Code::corrupt && tolerate_damage ? done() : Status(found.error());
    const auto& expected = registered.entry.facts.identity;
    if (!*found || !expected || (*found)->medium == *expected) return done();
    return Error{Code::refused, say("{} holds the medium {}, not {}: nothing is written to it; attach the right one, or correct "
                                    "the path in the configuration",
                                    printable(medium.vault), printable((*found)->name), printable(medium.name))};
}

Status check_vault(const Repository& repository, const MediumConfig& medium, const catalog::RegisteredMedium& registered) {
    const auto& expected = registered.entry.facts.vault;
    if (!expected || *expected == repository.header().vault) return done();
    return Error{Code::refused,
                 say("{} holds the vault {}, and that of the medium {} is {}: nothing is written to it; attach the right medium",
                     printable(medium.vault), repository.header().vault.hex(), printable(medium.name), expected->hex())};
}

Status check_not_erased(const catalog::RegisteredMedium& registered) {
    if (registered.entry.state != catalog::MediumState::erased) return done();
    return Error{Code::refused, say("the medium {} was erased: register the disk that is used now under a name of its own",
                                    printable(registered.entry.name))};
}

}  // namespace

Result<MediumVault> MediumVault::open(const JobContext& context, const MediumConfig& medium, OpenOptions options) {
    MediumVault vault;
    vault.hold_ = context.media.hold(medium.name);
    vault.medium_ = &medium;
    catalog::Media media(context.catalog);
    TRY_ASSIGN(vault.registered_, media.find(medium.name));
    TRY(check_not_erased(vault.registered_));
    TRY_ASSIGN(Keyring keyring, Keyring::open(context.files, context.clock, keyring_folder(*context.config)));
    vault.keyring_ = std::make_unique<Keyring>(std::move(keyring));
    const auto looked = context.files.info(medium.vault);
    if (!looked.ok()) return looked.error().code == Code::not_found ? not_here(medium, looked.error()) : looked.error();
    const auto store = make_local_store(context.files, medium.vault);
    TRY(check_identity(*store, medium, vault.registered_, options.tolerate_damage));
    auto opened = Repository::open(context.files, context.clock, medium.vault, vault.keyring_.get(), options);
    if (!opened.ok()) return opened.error().code == Code::not_found ? not_here(medium, opened.error()) : opened.error();
    TRY(check_vault(*opened, medium, vault.registered_));
    vault.repository_ = std::make_unique<Repository>(std::move(*opened));
    TRY(media.used(vault.registered_.key));
    return vault;
}

}  // namespace custody
