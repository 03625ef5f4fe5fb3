#include "vault/keys/unlocked_labels.h"

#include "base/kernel_keys.h"
#include "base/text.h"
#include "vault/keys/keyring_file.h"

#include <algorithm>
#include <ctime>

namespace custody {
namespace {

constexpr std::string_view kMagic = "custody unlocked label 1\n";
constexpr std::size_t kHeadSize = kMagic.size() + FamilyId::size + LabelId::size + 8 + 8 + 4;
constexpr std::size_t kEpochSize = 4 + kKeySize;

std::string name_of(const FamilyId& family, const LabelId& label) { return "custody:label:" + family.hex() + ":" + label.hex(); }

std::int64_t since_boot_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * kSecond + now.tv_nsec;
}

Error no_secret(std::string_view label) {
    return {Code::wrong_key,
            say("this keyring has no secret of the label {}: use the custodian's keyring or a recovery kit", printable(label))};
}

// Appends to locked memory of the right size.
class Filler {
public:
    explicit Filler(Secret& into) : into_(into.mutable_view()) {}
    void raw(ByteView bytes) {
        std::copy(bytes.begin(), bytes.end(), into_.begin());
        into_ = into_.subspan(bytes.size());
    }
    template <class Integer>
    void number(Integer value) {
        store_le(into_.data(), value);
        into_ = into_.subspan(sizeof value);
    }

private:
    MutableByteView into_;
};

std::optional<LabelInfo> info_of(const Keyring& keyring, const LabelId& label) {
    for (LabelInfo& info : keyring.labels()) {
        if (info.id == label) return std::move(info);
    }
    return std::nullopt;
}

UnlockedKeyring of_labels(const FamilyId& family, std::vector<std::shared_ptr<const LabelSecrets>> labels) {
    auto state = std::make_shared<UnlockedKeyring::State>();
    state->family = family;
    state->opened = std::move(labels);
    return UnlockedKeyring(std::move(state));
}

}  // namespace

Secret encode_unlocked(const FamilyId& family, const LabelSecrets& secrets, Time until, std::int64_t until_boot_ns) {
    Secret payload(kHeadSize + secrets.by_epoch.size() * kEpochSize);
    Filler filler(payload);
    filler.raw(as_bytes(kMagic));
    filler.raw(family.view());
    filler.raw(secrets.label.view());
    filler.number(until.ns);
    filler.number(until_boot_ns);
    filler.number(static_cast<std::uint32_t>(secrets.by_epoch.size()));
    for (const auto& [epoch, secret] : secrets.by_epoch) {
        filler.number(epoch);
        filler.raw(secret.view());
    }
    return payload;
}

Result<std::optional<UnlockedLabel>> decode_unlocked(ByteView payload, const FamilyId& family, const LabelId& label,
                                                     std::int64_t boot_ns) {
    ByteReader reader(payload);
    const bool is_ours = as_text(reader.raw(kMagic.size())) == kMagic && reader.raw(FamilyId::size).size() == FamilyId::size;
    const LabelId of = LabelId::from(reader.raw(LabelId::size));
    UnlockedLabel unlocked;
    unlocked.until.ns = static_cast<std::int64_t>(reader.u64());
    const auto until_boot_ns = static_cast<std::int64_t>(reader.u64());
    const std::uint32_t count = reader.u32();
    const bool is_whole = reader.ok() && reader.remaining() == std::size_t{count} * kEpochSize;
    const bool is_of_family = is_whole && FamilyId::from(payload.subspan(kMagic.size(), FamilyId::size)) == family;
    if (!is_ours || !is_of_family || of != label) {
        return Error{Code::corrupt, say("what the kernel keeps under the name of this label is not what 'custody key unlock' put "
                                        "there; 'custody key lock' removes it")};
    }
    if (boot_ns >= until_boot_ns) return std::optional<UnlockedLabel>();
    unlocked.left_ns = until_boot_ns - boot_ns;
    auto secrets = std::make_shared<LabelSecrets>();
    secrets->label = label;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t epoch = reader.u32();
        secrets->by_epoch.emplace(epoch, Secret::copy_of(reader.raw(kKeySize)));
    }
    unlocked.secrets = std::move(secrets);
    return std::optional(std::move(unlocked));
}

Status unlock_label(const Keyring& keyring, const UnlockedKeyring& unlocked, std::string_view label, std::int64_t for_ns,
                    Time& until) {
    if (for_ns < kSecond || for_ns > kMaxUnlock_ns) {
        return Error{Code::usage, say("a label is unlocked for one second at least and {} days at most", kMaxUnlock_ns / kDay)};
    }
    TRY_ASSIGN(const auto keys, keyring.writer_keys(label));
    TRY_ASSIGN(const auto secrets, unlocked.secrets(keys->label));
    if (!secrets || secrets->by_epoch.empty()) return no_secret(label);
    until.ns = keyring.clock().now().ns + for_ns;
    const Secret payload = encode_unlocked(keyring.family(), *secrets, until, since_boot_ns() + for_ns);
    if (payload.size() > kMaxKernelKeySize) {
        return Error{Code::refused,
                     say("label {} has {} epochs of keys, more than the kernel keeps under one name: give the service a "
                         "systemd credential instead",
                         printable(label), secrets->by_epoch.size())};
    }
    return put_kernel_key(name_of(keyring.family(), keys->label), payload, static_cast<std::uint32_t>(for_ns / kSecond));
}

Result<std::optional<UnlockedLabel>> unlocked_label(const FamilyId& family, const LabelId& label) {
    TRY_ASSIGN(const std::optional<Secret> payload, get_kernel_key(name_of(family, label)));
    if (!payload) return std::optional<UnlockedLabel>();
    TRY_ASSIGN(auto decoded, decode_unlocked(payload->view(), family, label, since_boot_ns()));
    if (!decoded) TRY(lock_label(family, label));  // the clock was set back: the kernel would have kept it
    return decoded;
}

Result<bool> lock_label(const FamilyId& family, const LabelId& label) { return drop_kernel_key(name_of(family, label)); }

Result<std::optional<UnlockedKeyring>> open_with_unlocked(const Keyring& keyring, const std::vector<LabelId>& labels) {
    std::vector<std::shared_ptr<const LabelSecrets>> opened;
    for (const LabelId& label : labels) {
        TRY_ASSIGN(auto unlocked, unlocked_label(keyring.family(), label));
        const auto info = info_of(keyring, label);
        if (!unlocked || !info || !unlocked->secrets->by_epoch.contains(info->epoch)) return std::optional<UnlockedKeyring>();
        opened.push_back(std::move(unlocked->secrets));
    }
    if (opened.empty()) return std::optional<UnlockedKeyring>();
    return std::optional(of_labels(keyring.family(), std::move(opened)));
}

Result<UnlockedKeyring> narrowed(const UnlockedKeyring& unlocked, const std::vector<LabelId>& labels) {
    std::vector<std::shared_ptr<const LabelSecrets>> opened;
    for (const LabelId& label : labels) {
        TRY_ASSIGN(auto secrets, unlocked.secrets(label));
        if (!secrets) return no_secret(label.hex());
        opened.push_back(std::move(secrets));
    }
    return of_labels(unlocked.state().family, std::move(opened));
}

}  // namespace custody
