#include "vault/history/lawful_term.h"

namespace custody {
namespace {

// No six months in a row are longer than July to December, with 184 days: counted so, a term is never cut short.
constexpr std::int64_t kSixMonths = 184 * kDay;

struct Row {
    std::string_view label;
    LawfulTerm term;
};
constexpr Row kLawfulTerms[] = {
    {"log", {kSixMonths, "B12"}},
};

}  // namespace

LawfulTerm lawful_term(std::string_view label_name) {
    for (const Row& row : kLawfulTerms) {
        if (row.label == label_name) return row.term;
    }
    return {};
}

LawfulTerm longest_lawful_term() {
    LawfulTerm longest;
    for (const Row& row : kLawfulTerms) {
        if (row.term.length_ns > longest.length_ns) longest = row.term;
    }
    return longest;
}

bool is_within(const LawfulTerm& term, Time snapshot, Time now) {
    return term.length_ns != 0 && snapshot.ns > now.ns - term.length_ns;
}

bool is_within_lawful_term(std::string_view label_name, Time snapshot, Time now) {
    return is_within(lawful_term(label_name), snapshot, now);
}

std::string end_of(const LawfulTerm& term, Time snapshot) {
    const std::int64_t end = snapshot.ns + term.length_ns;
    return to_rfc3339_local(Time{end + (kSecond - end % kSecond) % kSecond});
}

}  // namespace custody
