#include "vault/snapshot_name.h"

#include "base/text.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::string_view kReserved = "latest";

// Spaces of any kind: U+0020, U+00A0, U+1680, U+2000..U+200A, U+202F, U+205F, U+3000.
constexpr std::string_view kBlanks[] = {" ",
                                        "\xC2\xA0",
                                        "\xE1\x9A\x80",
                                        "\xE2\x80\x80",
                                        "\xE2\x80\x81",
                                        "\xE2\x80\x82",
                                        "\xE2\x80\x83",
                                        "\xE2\x80\x84",
                                        "\xE2\x80\x85",
                                        "\xE2\x80\x86",
                                        "\xE2\x80\x87",
                                        "\xE2\x80\x88",
                                        "\xE2\x80\x89",
                                        "\xE2\x80\x8A",
                                        "\xE2\x80\xAF",
                                        "\xE2\x81\x9F",
                                        "\xE3\x80\x80"};

std::string_view without_any_blanks(std::string_view text) {
    for (bool again = true; again;) {
        again = false;
        for (const std::string_view blank : kBlanks) {
            if (text.starts_with(blank)) {
                text.remove_prefix(blank.size());
                again = true;
            } else if (text.ends_with(blank)) {
                text.remove_suffix(blank.size());
                again = true;
            }
        }
    }
    return text;
}

}  // namespace

Status check_snapshot_name(std::string_view name) {
    const auto refuse = [&](const std::string& why) {
        return Error{Code::usage, say("the name '{}' cannot be used: {}; give another one with --name", printable(name), why)};
    };
    if (name.empty()) return refuse(say("it is empty"));
    if (name == kReserved) return refuse(say("'latest' means the newest snapshot"));
    if (name.find('@') != std::string_view::npos) return refuse(say("'@' stands before a time in NAME@time"));
    if (printable(name) != name) return refuse(say("it has control characters or bytes that are not UTF-8"));
    if (without_any_blanks(name) != name) return refuse(say("it begins or ends with a blank"));
    if (name.size() > kMaxSnapshotName) return refuse(say("it is longer than {} bytes", kMaxSnapshotName));
    return done();
}

std::string snapshot_name_from(std::string_view path_part) {
    std::string name = printable(path_part);
    std::replace(name.begin(), name.end(), '@', '_');
    if (name.size() > kMaxSnapshotName) {
        std::size_t end = kMaxSnapshotName;
        while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;  // not within a character
        name.resize(end);
    }
    name = std::string(without_any_blanks(name));
    return name.empty() || name == kReserved ? name + "_" : name;
}

}  // namespace custody
