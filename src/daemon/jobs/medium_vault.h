// The vault of a medium, opened for one job: keyring, repository, and the register's key of the medium.
//
// Ownership: owns keyring and repository; the medium is held (it is not unmounted meanwhile) as long as this lives. Threads: one.
// Errors: not_found (the medium is not here, or not registered), refused (another medium, or another vault, lies under its path;
// it was erased), those of Keyring::open and Repository::open. With tolerate_damage an identity that cannot be read is passed
// over.
#pragma once

#include "catalog/media.h"
#include "daemon/jobs/job_context.h"
#include "vault/repository.h"

#include <memory>

namespace custody {

class MediumVault {
public:
    [[nodiscard]] static Result<MediumVault> open(const JobContext& context, const MediumConfig& medium,
                                                  OpenOptions options = {});
    [[nodiscard]] Repository& repository() { return *repository_; }
    [[nodiscard]] Keyring& keyring() { return *keyring_; }
    [[nodiscard]] const catalog::RegisteredMedium& registered() const { return registered_; }
    [[nodiscard]] catalog::MediumKey key() const { return registered_.key; }
    [[nodiscard]] const MediumConfig& medium() const { return *medium_; }

private:
    MediumVault() = default;
    MediumHold hold_;
    const MediumConfig* medium_ = nullptr;  // of the job's configuration
    std::unique_ptr<Keyring> keyring_;      // before the repository, which refers to it
    std::unique_ptr<Repository> repository_;
    catalog::RegisteredMedium registered_;
};

}  // namespace custody
