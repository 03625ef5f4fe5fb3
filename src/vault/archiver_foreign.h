// Content that other hosts stored, for a run that holds the label's secret: found through index segments of any signer, believed
// only when it was opened and hashed here. So a stolen writer key cannot pass off content, and a new host that got its keyring
// from a recovery kit stores nothing twice.
//
// Ownership: refers to store and keys, which outlive it; owns the secrets. Threads: one. Memory: one block beside the index.
// Errors: what is damaged or cannot be opened counts as not found, so that it is stored anew; only interrupted is passed on.
#pragma once

#include "base/result.h"
#include "vault/keys/keyring.h"
#include "vault/packs/index.h"
#include "vault/packs/pack_reader.h"
#include "vault/packs/sealer.h"
#include "vault/repository.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace custody {

class ForeignSegments {
public:
    // wrong_key, also where the keyring has no secret of this label.
    static Result<std::unique_ptr<ForeignSegments>> open(ObjectStore& store, const WriterKeys& keys,
                                                         const std::function<Result<UnlockedKeyring>()>& unlock);
    // The pack that holds the chunk, proven; nullopt: none does.
    [[nodiscard]] Result<std::optional<ObjectId>> find(const BlockEntry& entry, const Index::Usable& usable);

private:
    ForeignSegments(ObjectStore& store, const WriterKeys& keys, std::shared_ptr<const LabelSecrets> secrets);

    const std::shared_ptr<const LabelSecrets> secrets_;
    const SegmentOpener opener_;
    const BlockSource blocks_;
    KeyedHash hash_;
    std::unique_ptr<Index> index_;
    std::optional<Location> last_;  // whose block `raw_` is: chunks come in the order in which they were stored
    Bytes raw_;
};

// Hosts other than this one whose index segments of the label are in the vault, for a message; empty: none.
[[nodiscard]] std::string foreign_hosts(Repository& repository, const WriterKeys& keys);

}  // namespace custody
