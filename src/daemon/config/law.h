// The law as data: what each regulation asks, a duty an id of the requirements ("B6"), with its article and the Vietnamese words
// that an officer looks for. Which of them bind this office is `[law] apply`; their values differ, and the strictest of those
// that apply counts.
//
// Five regulations are compiled in (data/law/*.toml). A file below /usr/share/custody/law or /etc/custody/law adds one, or takes
// the place of the one that has its id; later folders win over earlier ones.
//
// Owner: values. Threads: immutable once made. Errors: faults with file, line and column; a file at fault adds nothing. Bounds:
// those of toml_tree.h, kMostLawFiles files a folder.
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "daemon/config/faults.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

inline constexpr std::size_t kMostLawFiles = 256;

// "6 months", "30 days", "24 hours".
struct LawSpan {
    enum class Unit { hours, days, months };
    std::uint32_t count = 0;
    Unit unit = Unit::days;
    // As long as it can be: no N months in a row have more days. A term counted so is never cut short, and an interval of a month
    // may take the longest month.
    [[nodiscard]] std::int64_t longest_ns() const;
    [[nodiscard]] std::string words() const;  // "6 months", in the chosen language
    bool operator==(const LawSpan&) const = default;
};
// Code::usage otherwise.
[[nodiscard]] Result<LawSpan> parse_law_span(std::string_view text);

struct LawDuty {
    std::string id;                       // "B6"
    std::vector<std::string> cite;        // "11.3": article.clause(point)
    std::string words;                    // of the regulation, Vietnamese
    std::optional<LawSpan> every;         // the longest interval allowed
    std::optional<LawSpan> keep;          // the shortest term
    std::optional<LawSpan> within;        // the longest delay
    std::optional<std::uint32_t> copies;  // the fewest devices or places
    std::string note;
};

enum class LawStatus { in_force, draft, ended };

struct Regulation {
    std::string id;  // "BK"
    std::string title, issuer, document;
    LawStatus status = LawStatus::in_force;
    std::vector<LawDuty> duties;
    std::string file;  // where it was read from
    [[nodiscard]] const LawDuty* find(std::string_view duty) const;
};

class LawBook {
public:
    // What is compiled in.
    [[nodiscard]] static LawBook built_in();

    // A regulation from a text; one of the same id is replaced. False: nothing was added, `faults` says why.
    bool add(const std::string& file, std::string_view text, ConfigFaults& faults);

    [[nodiscard]] const std::vector<Regulation>& regulations() const { return regulations_; }  // sorted by id
    [[nodiscard]] const Regulation* find(std::string_view id) const;
    [[nodiscard]] std::vector<std::string_view> ids() const;
    // Those of `apply` that there are, in that order.
    [[nodiscard]] std::vector<const Regulation*> applying(const std::vector<std::string>& apply) const;

private:
    std::vector<Regulation> regulations_;
};

struct LawReading {
    LawBook book;
    std::vector<std::string> faults;  // lines for a person
};
// The built-in ones, and *.toml of these folders; a folder that is not there is none.
[[nodiscard]] LawReading load_law(FileSystem& files, const std::vector<std::string>& folders);
// /usr/share/custody/law, /etc/custody/law.
[[nodiscard]] std::vector<std::string> law_folders();

}  // namespace custody
