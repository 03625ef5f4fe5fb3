#include "vault/archiver_foreign.h"

#include "base/text.h"

#include <algorithm>
#include <set>

namespace custody {

ForeignSegments::ForeignSegments(ObjectStore& store, const WriterKeys& keys, std::shared_ptr<const LabelSecrets> secrets)
    : secrets_(std::move(secrets)),
      opener_(keys, secrets_.get()),
      blocks_(store, opener_),
      hash_(keys.suite, keys.chunk_id_key) {}

Result<std::unique_ptr<ForeignSegments>> ForeignSegments::open(ObjectStore& store, const WriterKeys& keys,
                                                               const std::function<Result<UnlockedKeyring>()>& unlock) {
    TRY_ASSIGN(const UnlockedKeyring unlocked, unlock());
    TRY_ASSIGN(auto secrets, unlocked.secrets(keys.label));
    if (!secrets) return Error{Code::wrong_key, say("this keyring has no secret of the label {}", keys.name)};
    std::unique_ptr<ForeignSegments> opened(new ForeignSegments(store, keys, std::move(secrets)));
    TRY_ASSIGN(opened->index_, Index::open(store, keys, IndexTrust{}));
    return opened;
}

Result<std::optional<ObjectId>> ForeignSegments::find(const BlockEntry& entry, const Index::Usable& usable) {
    const std::optional<ObjectId> none;
    const auto found = index_->lookup(entry.id.view(), &usable);
    if (!found.ok()) return found.error().code == Code::interrupted ? Result<std::optional<ObjectId>>(found.error()) : none;
    if (!*found) return none;
    const Location& at = **found;
    const bool same_block = last_ && last_->pack == at.pack && last_->block_offset == at.block_offset;
    if (!same_block) {
        last_.reset();
        if (const Status opened = blocks_.read_data(at, thread_tools(), raw_); !opened.ok()) {
            return opened.error().code == Code::interrupted ? Result<std::optional<ObjectId>>(opened.error()) : none;
        }
        last_ = at;
    }
    if (at.length != entry.length || at.offset > raw_.size() || at.length > raw_.size() - at.offset) return none;
    if (hash_.hash(kChunkDomain, ByteView(raw_).subspan(at.offset, at.length)) != entry.id.bytes) return none;
    return std::optional<ObjectId>(at.pack);
}

std::string foreign_hosts(Repository& repository, const WriterKeys& keys) {
    const auto index = Index::open(repository.store(), keys, IndexTrust{});
    if (!index.ok()) return {};
    std::set<SignerId> signers;
    for (const Index::SegmentInfo& segment : (*index)->segments()) signers.insert(segment.signer);
    signers.erase(repository.keyring()->signer());
    std::set<std::string> names;
    const auto trusted = repository.keyring()->trusted_signers();
    for (const SignerId& signer : signers) {
        const auto known =
            std::find_if(trusted.begin(), trusted.end(), [&](const SignerInfo& info) { return info.id == signer; });
        names.insert(known != trusted.end() && !known->host.empty() ? printable(known->host) : say("an unknown host"));
    }
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

}  // namespace custody
