// Findings: what somebody should know or do something about, from when it was first seen until it is resolved. One that is seen
// again while it is open is the same finding; one that comes back after it was resolved is a new one. Owner, threads, errors,
// durability: as Catalog; not_found (no such finding).
#pragma once

#include "catalog/database.h"
#include "catalog/words.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace custody::catalog {

// A text for a person, kept as say() takes it, so that it can be shown in the language of whoever reads it: the English format
// string and what its places hold.
struct Message {
    std::string english;
    std::vector<std::string> arguments;
    [[nodiscard]] std::string shown() const;  // in the chosen language
    bool operator==(const Message&) const = default;
};

// As the database keeps it: a JSON array of the format and the arguments, each one line, of what length fits.
[[nodiscard]] std::string stored_form(const Message& message);

using FindingId = std::int64_t;

struct Seen {
    std::string kind;    // a word of the program's: "medium_owed", "damage", "overdue" ...
    std::string object;  // what it is about: a plan, a medium, a snapshot; with the kind it names an open finding
    Severity severity = Severity::warning;
    Message text;
};

struct Finding {
    FindingId id = 0;
    Seen seen;  // as it was seen last
    std::uint64_t times = 1;
    Time first_seen_at, last_seen_at;
    std::optional<Time> acknowledged_at;
    std::optional<std::string> acknowledged_by;
    std::optional<Time> resolved_at;
};

struct SeenAgain {
    FindingId id = 0;
    bool first = false;   // it was not open before
    bool graver = false;  // it was, and less severe; an acknowledgement is taken back
};

class Findings {
public:
    explicit Findings(Catalog& catalog) : catalog_(catalog) {}

    [[nodiscard]] Result<SeenAgain> see(const Seen& seen);
    // True: there was one.
    [[nodiscard]] Result<bool> resolve(std::string_view kind, std::string_view object);
    [[nodiscard]] Status acknowledge(FindingId id, std::string_view by);
    [[nodiscard]] Result<std::vector<Finding>> open();                       // the gravest first, then the oldest
    [[nodiscard]] Result<std::vector<Finding>> resolved(std::size_t limit);  // newest first

private:
    Catalog& catalog_;
};

}  // namespace custody::catalog
