// The two languages of the interface. Messages are written in English in the code, as fmt format strings; Vietnamese is
// a table keyed by the English text (text_vi.cc). A message without a translation is shown in English; scripts/check
// lists them. Log and JSON keys are never translated.
//
// The language is chosen once at the start of the program, before threads exist. It is the one process-wide setting. A thread of
// the service that answers somebody who asks for another language says so with a LanguageScope, for itself alone.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

namespace custody {

enum class Language { english, vietnamese };

void set_language(Language language);
// This thread's, where a LanguageScope says one, else the program's.
[[nodiscard]] Language language();

// The language of this thread while it lives. What other threads say meanwhile, also those that this one starts, stays in the
// program's: a job's record is for everybody, an answer is for who asked. Scopes nest; they end in the thread that made them.
class LanguageScope {
public:
    explicit LanguageScope(Language language);
    ~LanguageScope();
    LanguageScope(const LanguageScope&) = delete;
    LanguageScope& operator=(const LanguageScope&) = delete;

private:
    std::optional<Language> before_;
};

// The text in the chosen language; the argument itself when there is no translation. Lives as long as the program.
[[nodiscard]] std::string_view translate(std::string_view english);

// say("cannot open {}: {}", path, why): translated, then formatted. Placeholders may be numbered in the translation.
template <class... Args>
[[nodiscard]] std::string say(std::string_view english, Args&&... args) {
    return fmt::vformat(translate(english), fmt::make_format_args(args...));
}

// A name or path made safe for a terminal and one line: control characters and invalid UTF-8 become U+FFFD.
[[nodiscard]] std::string printable(std::string_view name);
// Without blanks and tabulators at its ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);
// Several of them: "a, b, c".
template <typename Names>
[[nodiscard]] std::string printable_list(const Names& names) {
    std::string text;
    for (const auto& name : names) text.append(text.empty() ? "" : ", ").append(printable(name));
    return text;
}
// Valid UTF-8?
[[nodiscard]] bool is_utf8(std::string_view text);
// Unicode NFC of valid UTF-8; anything else comes back as it was.
[[nodiscard]] std::string to_nfc(std::string_view text);
// NFC, optionally case-folded and without combining marks (đ becomes d), for matching names.
[[nodiscard]] std::string fold_for_match(std::string_view text, bool ignore_case, bool ignore_marks);
// Shell-style glob: * and ? do not cross '/', ** does, [..] classes, backslash escapes. Both sides already folded.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view path);
// 1536 -> "1.5 KiB"; seconds -> "2 min 05 s".
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);
[[nodiscard]] std::string human_seconds(double seconds);

}  // namespace custody
