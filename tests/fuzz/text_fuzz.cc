// Names from a medium on their way to a terminal or a match, globs, times and durations, /proc/self/mountinfo.
#include "base/bytes.h"
#include "base/clock.h"
#include "base/mounts.h"
#include "base/text.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace custody;
    const std::string_view text = as_text(ByteView(data, size));
    if (!is_utf8(printable(text))) std::abort();
    const std::string composed = to_nfc(text);
    if (to_nfc(composed) != composed) std::abort();
    (void)fold_for_match(text, true, true);
    const std::size_t half = size / 2;
    (void)glob_matches(text.substr(0, half), text.substr(half));
    if (const auto time = parse_time(text)) {
        const auto again = parse_time(to_rfc3339_utc(*time));
        if (!again || *again != *time) std::abort();
    }
    (void)parse_duration(text);
    (void)mounts::parse_mount_lines(text);
    if (const auto hex = from_hex(text); hex && to_hex(*hex).size() != size) std::abort();
    if (const auto base64 = from_base64(text); base64 && to_base64(*base64) != text) std::abort();
    return 0;
}
