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

bool is_within_lawful_term(std::string_view label_name, Time snapshot, Time now) {
    const std::int64_t term_ns = lawful_term(label_name).length_ns;
    return term_ns != 0 && snapshot.ns > now.ns - term_ns;
}

}  // namespace custody
