// Whether these tests were built under a sanitizer, and how one is recognised in what the program printed. Threads: none.
#pragma once

#include <cstddef>
#include <string_view>

namespace custody::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// The fault tests try many places in turn. A sanitizer looks at the code that runs, which is the same at most of them, and makes
// each several times slower: there they try one place of this many.
inline constexpr std::size_t kPlacesPerTrial = kSanitized ? 6 : 1;
[[nodiscard]] constexpr int trials(int plain) {
    const int fewer = plain / static_cast<int>(kPlacesPerTrial);
    return fewer > 0 ? fewer : 1;
}

// UBSan's check of virtual tables makes a pipe to look at memory: where no descriptor is left, it calls sound objects broken.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitizerNeedsDescriptors = true;
#else
inline constexpr bool kSanitizerNeedsDescriptors = false;
#endif

// A report fails the test even where the program was expected to fail: an exit code alone would hide it.
inline bool is_sanitizer_report(std::string_view text) {
    if (!kSanitized) return false;
    for (const std::string_view sign : {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer",
                                        "FATAL: ThreadSanitizer", ": runtime error: "}) {
        if (text.find(sign) != std::string_view::npos) return true;
    }
    return false;
}

}  // namespace custody::test
