// Labels that somebody unlocked for a time (`custody key unlock --label L --for 4h`): the secrets of that one label, nothing else
// of the keyring, in the kernel's memory (base/kernel_keys.h) under a name made of family and label. Never on a disk.
//
// The time is kept twice: the kernel drops the key by its clock, and whoever reads it goes by the time since boot that stands in
// it, so that a clock set back lengthens nothing. Ownership: values. Threads: safe. Units: nanoseconds. Errors: usage, refused
// (too many epochs), wrong_key (no such secret), corrupt (what is under the name is none of ours), failed (no keys in this
// kernel).
#pragma once

#include "vault/keys/keyring.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace custody {

inline constexpr std::int64_t kMaxUnlock_ns = 31 * kDay;

struct UnlockedLabel {
    std::shared_ptr<const LabelSecrets> secrets;
    Time until;                // by the wall clock when it was unlocked
    std::int64_t left_ns = 0;  // until it ends
};

// `for_ns`: 1 s to kMaxUnlock_ns. Replaces what was unlocked before. `until` gets the time of the end.
[[nodiscard]] Status unlock_label(const Keyring& keyring, const UnlockedKeyring& unlocked, std::string_view label,
                                  std::int64_t for_ns, Time& until);
// None: not unlocked, or no longer.
[[nodiscard]] Result<std::optional<UnlockedLabel>> unlocked_label(const FamilyId& family, const LabelId& label);
// True: it was unlocked.
[[nodiscard]] Result<bool> lock_label(const FamilyId& family, const LabelId& label);

// All of `labels` as one that opens nothing else; none when one of them is not unlocked, or was unlocked before its keys were
// rotated: what was stored since would not open.
[[nodiscard]] Result<std::optional<UnlockedKeyring>> open_with_unlocked(const Keyring& keyring,
                                                                        const std::vector<LabelId>& labels);
// The secrets of these labels and nothing else of the keyring. wrong_key: it holds none of one of them.
[[nodiscard]] Result<UnlockedKeyring> narrowed(const UnlockedKeyring& unlocked, const std::vector<LabelId>& labels);

// What the kernel keeps; for tests, which go by another time since boot.
[[nodiscard]] Secret encode_unlocked(const FamilyId& family, const LabelSecrets& secrets, Time until, std::int64_t until_boot_ns);
// None: it ended. corrupt: not of this family and label, or not what encode_unlocked writes.
[[nodiscard]] Result<std::optional<UnlockedLabel>> decode_unlocked(ByteView payload, const FamilyId& family, const LabelId& label,
                                                                   std::int64_t boot_ns);

}  // namespace custody
