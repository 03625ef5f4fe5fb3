// Whether these tests were built under a sanitizer, and how one is recognised in what the program printed. Threads: none.
#pragma once

#include <string_view>

namespace custody::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

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
