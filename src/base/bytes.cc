#include "base/bytes.h"

#include <array>
#include <bit>

namespace custody {
namespace {

static_assert(std::endian::native == std::endian::little, "load_le and store_le copy memory as it is");

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr int kMaxVarintBytes = 10;

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

constexpr std::array<signed char, 256> make_base64_values() {
    std::array<signed char, 256> values{};
    for (auto& value : values) value = -1;
    for (std::size_t i = 0; i < kBase64Digits.size(); ++i)
        values[static_cast<unsigned char>(kBase64Digits[i])] = static_cast<signed char>(i);
    return values;
}
constexpr auto kBase64Values = make_base64_values();

}  // namespace

std::string to_hex(ByteView bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const Byte byte : bytes) {
        text += kHexDigits[byte >> 4];
        text += kHexDigits[byte & 15];
    }
    return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<Byte>(high * 16 + low));
    }
    return bytes;
}

std::string to_base64(ByteView bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? bytes[i + k] : 0u);
        for (std::size_t k = 0; k < 4; ++k) text += k <= count ? kBase64Digits[group >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
    Bytes bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const std::size_t digits = i + 4 == text.size() ? 4 - padding : 4;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            const int value = k < digits ? kBase64Values[static_cast<unsigned char>(text[i + k])] : 0;
            if (value < 0) return std::nullopt;
            group = group << 6 | static_cast<std::uint32_t>(value);
        }
        // Bits behind the last byte must be zero: one value has one text.
        if ((digits == 2 && (group & 0xffff) != 0) || (digits == 3 && (group & 0xff) != 0)) return std::nullopt;
        for (std::size_t k = 0; k + 1 < digits; ++k) bytes.push_back(static_cast<Byte>(group >> (16 - 8 * k)));
    }
    return bytes;
}

void ByteWriter::varint(std::uint64_t value) {
    while (value >= 0x80) {
        u8(static_cast<std::uint8_t>(value | 0x80));
        value >>= 7;
    }
    u8(static_cast<std::uint8_t>(value));
}

void ByteWriter::zigzag(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    varint(bits << 1 ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

void ByteWriter::blob(ByteView bytes) {
    varint(bytes.size());
    raw(bytes);
}

std::uint64_t ByteReader::varint() {
    std::uint64_t value = 0;
    for (int i = 0; i < kMaxVarintBytes; ++i) {
        const std::uint8_t byte = u8();
        if (!ok_) return 0;
        const bool last = byte < 0x80;
        const bool too_large = i == kMaxVarintBytes - 1 && byte > 1;  // the tenth byte holds bit 63 alone
        const bool not_minimal = last && byte == 0 && i > 0;
        if (too_large || not_minimal) break;
        value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
        if (last) return value;
    }
    fail();
    return 0;
}

std::int64_t ByteReader::zigzag() {
    const std::uint64_t bits = varint();
    return static_cast<std::int64_t>(bits >> 1 ^ ((bits & 1) != 0 ? ~std::uint64_t{0} : 0));
}

ByteView ByteReader::raw(std::size_t count) {
    if (!ok_ || remaining() < count) {
        fail();
        return {};
    }
    const ByteView view = bytes_.subspan(at_, count);
    at_ += count;
    return view;
}

ByteView ByteReader::blob(std::size_t max_size) {
    const std::uint64_t size = varint();
    if (size > max_size) fail();
    return raw(ok_ ? static_cast<std::size_t>(size) : 0);
}

std::size_t ByteReader::count(std::size_t bytes_each) {
    const std::uint64_t promised = varint();
    if (!ok_ || promised > remaining() / (bytes_each == 0 ? 1 : bytes_each)) {
        fail();
        return 0;
    }
    return static_cast<std::size_t>(promised);
}

}  // namespace custody
