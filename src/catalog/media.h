// The register of media: what each is, where it is and in whose hands, and how it came there. A medium is never removed from it.
// Owner, threads, errors, durability: as Catalog; not_found (no such medium), exists (name, identity or vault is another's).
#pragma once

#include "base/ids.h"
#include "catalog/database.h"
#include "catalog/jobs.h"
#include "catalog/words.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace custody::catalog {

// What the medium shows of itself.
struct MediumFacts {
    std::optional<MediumId> identity;
    std::optional<VaultId> vault;
    std::string kind;  // "disk", "removable", "optical", "folder", "remote", ...
    std::optional<std::string> serial;
    std::optional<std::string> filesystem_uuid;
};

struct NewMedium {
    std::string name;
    MediumFacts facts;
    MediumState state = MediumState::in_use;
    std::string place;
    std::string custodian;
    std::optional<std::string> rotation_set;
};

struct RegisteredMedium {
    MediumKey key = 0;
    NewMedium entry;
    Time registered_at;
    std::optional<Time> first_used_at, last_used_at;
    std::uint64_t copies_present = 0, copies_owed = 0;
    [[nodiscard]] bool takes_copies() const { return entry.state != MediumState::retired && entry.state != MediumState::erased; }
};

struct MediumMove {
    MediumState state = MediumState::in_use;
    std::string place, custodian;
    std::string entered_by;
    std::string note;
};

struct MediumMoved {  // one line of the hand-over record
    Time moved_at;
    MediumState state_before = MediumState::in_use;
    std::string place_before, custodian_before;
    MediumMove after;
};

// How much of a medium was looked at (`custody verify` levels).
struct Verification {
    MediumKey medium = 0;
    std::optional<JobId> job;
    std::string level;  // "keyless", "structure", "sample", "full"
    Time begun_at, ended_at;
    std::uint64_t objects_all = 0, objects_checked = 0, bytes_read = 0, damaged = 0;
};

class Media {
public:
    explicit Media(Catalog& catalog) : catalog_(catalog) {}

    [[nodiscard]] Result<MediumKey> add(const NewMedium& medium);
    [[nodiscard]] Result<RegisteredMedium> find(const std::string& name);
    [[nodiscard]] Result<RegisteredMedium> find(MediumKey key);
    [[nodiscard]] Result<std::optional<RegisteredMedium>> find_by_identity(const MediumId& identity);
    [[nodiscard]] Result<std::optional<RegisteredMedium>> find_by_vault(const VaultId& vault);
    [[nodiscard]] Result<std::vector<RegisteredMedium>> list();  // by name

    [[nodiscard]] Status set_facts(MediumKey key, const MediumFacts& facts);  // all of them
    [[nodiscard]] Status rename(MediumKey key, const std::string& name);
    [[nodiscard]] Status set_rotation(MediumKey key, const std::optional<std::string>& rotation_set);
    // Changes state, place and custodian, and enters what they were before.
    [[nodiscard]] Status move(MediumKey key, const MediumMove& move);
    // The state that the service sees, entered by "service"; place and custodian stay. Nothing where it is so already.
    [[nodiscard]] Status follow(MediumKey key, MediumState state, const std::string& note);
    [[nodiscard]] Result<std::vector<MediumMoved>> moves(MediumKey key);  // oldest first
    [[nodiscard]] Status used(MediumKey key);                             // now; the first time, too, if it is the first

    [[nodiscard]] Status enter_verification(const Verification& verification);

private:
    Result<std::vector<RegisteredMedium>> where(const std::string& condition, const std::optional<std::string>& text,
                                                const std::optional<ByteView>& bytes);
    Catalog& catalog_;
};

}  // namespace custody::catalog
