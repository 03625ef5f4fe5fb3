#include "catalog/rows.h"

#include "base/text.h"

namespace custody::catalog {

std::string storable(std::string_view text, std::size_t max_size) {
    constexpr std::string_view kCut = "…";
    std::string line = printable(text.substr(0, max_size + 1));  // what follows would be cut anyway
    if (text.size() <= max_size && line.size() <= max_size) return line;
    std::size_t keep = std::min(line.size(), max_size - kCut.size());
    while (keep > 0 && (static_cast<unsigned char>(line[keep]) & 0xc0) == 0x80) --keep;  // not within a character
    line.resize(keep);
    return line.append(kCut);
}

std::optional<std::string> storable_if(const std::optional<std::string>& text, std::size_t max_size) {
    return text ? std::optional<std::string>(storable(*text, max_size)) : std::nullopt;
}

}  // namespace custody::catalog
