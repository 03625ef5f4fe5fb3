// The closed lists of the catalogue: how its values are called in the database, in JSON and in protocols. They are never
// translated, and a word that was ever released keeps its meaning. Threads: constants.
#pragma once

#include "base/result.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace custody::catalog {

enum class JobKind { backup, copy, verify, drill, forget, prune, repair, media, catalog };
enum class JobState { queued, running, waiting_for_key, done, done_with_failures, failed, interrupted, cancelled };
enum class PhaseOutcome { open, done, failed, interrupted, cancelled };
enum class MediumState { in_use, off_site, owed, retired, erased };
enum class CopyState { present, owed };
enum class Severity { notice, warning, urgent };

template <class Enum>
struct Vocabulary;  // words, in the order of the enumeration

template <>
struct Vocabulary<JobKind> {
    static constexpr std::array<std::string_view, 9> words = {"backup", "copy",   "verify", "drill",  "forget",
                                                              "prune",  "repair", "media",  "catalog"};
};
template <>
struct Vocabulary<JobState> {
    static constexpr std::array<std::string_view, 8> words = {
        "queued", "running", "waiting_for_key", "done", "done_with_failures", "failed", "interrupted", "cancelled"};
};
template <>
struct Vocabulary<PhaseOutcome> {
    static constexpr std::array<std::string_view, 5> words = {"open", "done", "failed", "interrupted", "cancelled"};
};
template <>
struct Vocabulary<MediumState> {
    static constexpr std::array<std::string_view, 5> words = {"in_use", "off_site", "owed", "retired", "erased"};
};
template <>
struct Vocabulary<CopyState> {
    static constexpr std::array<std::string_view, 2> words = {"present", "owed"};
};
template <>
struct Vocabulary<Severity> {
    static constexpr std::array<std::string_view, 3> words = {"notice", "warning", "urgent"};
};
template <>
struct Vocabulary<Code> {
    static constexpr std::array<std::string_view, 14> words = {"failed", "io",        "no_space",  "denied",     "read_only",
                                                               "exists", "memory",    "usage",     "corrupt",    "refused",
                                                               "busy",   "not_found", "wrong_key", "interrupted"};
};

template <class Enum>
[[nodiscard]] constexpr std::string_view word_of(Enum value) {
    return Vocabulary<Enum>::words[static_cast<std::size_t>(value)];
}

template <class Enum>
[[nodiscard]] constexpr std::optional<Enum> from_word(std::string_view word) {
    for (std::size_t at = 0; at < Vocabulary<Enum>::words.size(); ++at)
        if (Vocabulary<Enum>::words[at] == word) return static_cast<Enum>(at);
    return std::nullopt;
}

static_assert(word_of(JobKind::catalog) == "catalog" && word_of(JobState::cancelled) == "cancelled");
static_assert(word_of(PhaseOutcome::cancelled) == "cancelled" && word_of(MediumState::erased) == "erased");
static_assert(word_of(CopyState::owed) == "owed" && word_of(Severity::urgent) == "urgent");
static_assert(word_of(Code::interrupted) == "interrupted");

}  // namespace custody::catalog
