// Witnesses: second copies of ledger entries, byte for byte, as witness/<vault id>/<16 digits>.
//
// A vault keeps one of each entry of its own ledger, and of the ledger of every vault that `copy` brought it together with. They
// are what a damaged entry is healed from, and the heads that one medium remembers of another. Nothing refers to a witness and
// no ledger entry names one: what it is worth, its signature and the hashes of the entries after it say.
//
// Order: a vault's own witness of entry n is durable before entry n+1 is published (Ledger::publish), and a witness of another
// vault's entry is durable before the next is named; so no crash makes a gap, and only the newest may be missing. A gap in the
// own ones is damage; in another vault's it is a hint less, which `repair` leaves where it took a damaged one away. Threads:
// none. Errors: those of the store, corrupt. Durable: see each function.
#pragma once

#include "vault/history/ledger.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

[[nodiscard]] std::string witness_folder(const VaultId& vault);
[[nodiscard]] std::string witness_name(const VaultId& vault, std::uint64_t n);
struct WitnessName {
    VaultId vault;
    std::uint64_t n = 0;
};
// Nothing for a name of another form, or the number 0.
[[nodiscard]] std::optional<WitnessName> parse_witness_name(std::string_view name);

// A ledger entry, wherever it lies, that is sound in itself: signed, of that vault and of that number.
struct EntryFile {
    LedgerEntry entry;
    Digest hash;
    Bytes bytes;
};
// corrupt: what is wrong with it, in words; not_found.
[[nodiscard]] Result<EntryFile> read_entry(ObjectStore& store, const std::string& name, const VaultId& vault, std::uint64_t n);

// Synced, then named; the name is durable after the next barrier. One that is there with the same size is kept.
[[nodiscard]] Status write_witness(ObjectStore& store, const VaultId& vault, std::uint64_t n, ByteView entry);

// The witnesses that `at` lacks (or holds in another size) of a ledger that was loaded whole from `of`, in order of n, each
// durable before the next is named. Returns how many were written. `void_until`: those up to this number that the ledger does
// not bear out (a person accepted that it lost them) are removed first.
[[nodiscard]] Result<std::uint64_t> write_missing_witnesses(ObjectStore& of, const VaultId& vault, const Ledger& ledger,
                                                            ObjectStore& at, std::uint64_t void_until = 0);

// The newest entry of `vault` of which `store` holds a witness that is sound in itself and whose signer is trusted.
using TrustSigner = std::function<bool(const SignerId&)>;
[[nodiscard]] Result<std::optional<RememberedHead>> witnessed_head(ObjectStore& store, const VaultId& vault,
                                                                   const TrustSigner& trusted);

struct WitnessCheck {
    struct Problem {
        std::string object;  // a witness; or an entry of the ledger, of which the own witness alone is left
        std::string problem;
        Code code = Code::corrupt;  // denied: this user may not read it, and whether it is damaged is not known
    };
    std::uint64_t objects = 0, bytes_read = 0;
    std::vector<Problem> problems;
    // Entries of another vault, between those of which there are witnesses, that have none: a hint less, and no damage of this
    // vault. Whoever has that vault's ledger at hand fills it.
    struct Gap {
        VaultId vault;
        std::uint64_t from = 0, until = 0;  // [from, until)
    };
    std::vector<Gap> gaps;
    bool newest_missing = false;  // the head of the own ledger has no witness yet: no damage, the next run writes it
};
// Every witness in the store of vault `own`, whose ledger was loaded or salvaged.
[[nodiscard]] Result<WitnessCheck> check_witnesses(ObjectStore& store, const VaultId& own, const Ledger& ledger);

}  // namespace custody
