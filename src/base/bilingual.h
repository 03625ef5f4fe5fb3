// Texts in both languages: what is made at one time and shown at another, to whoever asks then. Values. Threads: any.
#pragma once

#include "base/text.h"

#include <string>

namespace custody {

// What set_language() said, whatever LanguageScope there is: of what is logged or recorded for everybody, whoever asked for it.
[[nodiscard]] Language program_language();

struct Bilingual {
    std::string vi, en;
    [[nodiscard]] bool empty() const { return en.empty(); }
    // In the language of the thread.
    [[nodiscard]] const std::string& shown() const { return language() == Language::vietnamese ? vi : en; }
    bool operator==(const Bilingual&) const = default;
};

// What `speak` says in each of them; texts that stand within a text are in its language, too.
template <class Speak>
[[nodiscard]] Bilingual in_both(const Speak& speak) {
    Bilingual text;
    {
        const LanguageScope scope(Language::vietnamese);
        text.vi = speak();
    }
    const LanguageScope scope(Language::english);
    text.en = speak();
    return text;
}

}  // namespace custody
