// A kit as text: lines to be typed from paper, and the parts that its QR codes hold.
//
// A line: three digits of its number, eight groups of five Crockford base32 letters (25 bytes), a checksum group: the first 25
// bits of SHA-256("custody kit line 1" | u32 number | the 25 bytes). The lines together hold u32 size | file | zeros.
// A QR part: "CUSTODY1:<part>/<parts>:<base32 of a slice>", all within a QR code's alphanumeric mode, so that any telephone shows
// it as text that can be pasted.
#include "base/text.h"
#include "vault/keys/kit_file.h"
#include "vault/keys/recovery_kit.h"

#include <algorithm>
#include <array>

namespace custody {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::string_view kQrPrefix = "CUSTODY1:";
constexpr std::size_t kLineBytes = 25;
constexpr std::size_t kGroupLetters = 5;
constexpr std::size_t kLineLetters = kLineBytes * 8 / 5;
constexpr std::size_t kNumberDigits = 3;
constexpr std::size_t kMaxTextSize = 64 * 1024 * 1024;

std::string to_base32(ByteView bytes) {
    std::string letters;
    std::uint32_t bits = 0;
    int held = 0;
    for (const Byte byte : bytes) {
        bits = (bits << 8) | byte;
        for (held += 8; held >= 5; held -= 5) letters.push_back(kAlphabet[(bits >> (held - 5)) & 31]);
        bits &= (1u << held) - 1;
    }
    if (held > 0) letters.push_back(kAlphabet[(bits << (5 - held)) & 31]);
    return letters;
}

// What a reader may write for a letter; '\0' for what is none.
char canonical_letter(char c) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    return kAlphabet.find(c) == std::string_view::npos ? '\0' : c;
}

std::optional<Bytes> from_base32(std::string_view letters) {
    Bytes bytes;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : letters) {
        const std::size_t value = kAlphabet.find(canonical_letter(c));
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 5) | static_cast<std::uint32_t>(value);
        held += 5;
        if (held >= 8) {
            held -= 8;
            bytes.push_back(static_cast<Byte>(bits >> held));
            bits &= (1u << held) - 1;
        }
    }
    if (held >= 5 || bits != 0) return std::nullopt;
    return bytes;
}

std::string checksum_group(std::size_t number, ByteView data) {
    Bytes message;
    ByteWriter writer(message);
    writer.raw(as_bytes("custody kit line 1"));
    writer.u32(static_cast<std::uint32_t>(number));
    writer.raw(data);
    return to_base32(sha256(message).view()).substr(0, kGroupLetters);
}

std::string grouped(std::string_view letters) {
    std::string out;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (i % kGroupLetters == 0) out.push_back(' ');
        out.push_back(letters[i]);
    }
    return out;
}

bool is_gap(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '-' || c == '.' || c == ':' || c == '|'; }

// The digits of the line's number and the letters after it, whatever stands between them. A number set apart may be short.
struct TypedLine {
    std::size_t number = 0;
    std::string letters;
};
std::optional<TypedLine> split_line(std::string_view text) {
    while (!text.empty() && is_gap(text.front())) text.remove_prefix(1);
    const auto gap = static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_gap) - text.begin());
    const std::size_t digits = gap <= kNumberDigits + 1 && gap < text.size() ? gap : kNumberDigits;
    TypedLine line;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_gap(text[i])) continue;
        const char letter = canonical_letter(text[i]);
        if (letter == '\0') return std::nullopt;
        if (i < digits) {
            if (letter > '9') return std::nullopt;
            line.number = line.number * 10 + static_cast<std::size_t>(letter - '0');
        } else {
            line.letters.push_back(letter);
        }
    }
    return line;
}

Error bad_line(std::size_t number) {
    return {Code::usage, say("line {} of the recovery kit does not check: type it again as it is printed", number)};
}

Result<Bytes> unframed(const Bytes& framed) {
    ByteReader in(framed);
    const std::uint32_t size = in.u32();
    if (in.ok() && size > in.remaining()) {
        return Error{Code::usage, say("lines of the recovery kit are missing after line {}", framed.size() / kLineBytes)};
    }
    const ByteView file = in.raw(size);
    const ByteView rest = in.raw(in.remaining());
    const bool is_padded =
        in.ok() && rest.size() < kLineBytes && std::all_of(rest.begin(), rest.end(), [](Byte b) { return b == 0; });
    if (!is_padded) return Error{Code::usage, say("the lines are not those of one recovery kit")};
    return Bytes(file.begin(), file.end());
}

Result<Bytes> from_typed_lines(const std::vector<std::string>& lines) {
    Bytes framed;
    std::size_t expected = 1;
    for (const std::string& text : lines) {
        if (std::all_of(text.begin(), text.end(), is_gap)) continue;
        const auto line = split_line(text);
        if (!line) return bad_line(expected);
        if (line->number != expected) {
            return Error{Code::usage, say("line {} of the recovery kit is missing: after line {} comes line {}", expected,
                                          expected - 1, line->number)};
        }
        if (line->letters.size() != kLineLetters + kGroupLetters) return bad_line(expected);
        const auto data = from_base32(std::string_view(line->letters).substr(0, kLineLetters));
        if (!data || checksum_group(expected, *data) != line->letters.substr(kLineLetters)) return bad_line(expected);
        append(framed, *data);
        ++expected;
    }
    if (framed.empty()) return Error{Code::usage, say("there are no lines of a recovery kit")};
    return unframed(framed);
}

struct QrPart {
    std::size_t part = 0, parts = 0;
    Bytes slice;
};
std::optional<QrPart> parse_qr_part(std::string_view text) {
    while (!text.empty() && is_gap(text.back())) text.remove_suffix(1);
    if (!text.starts_with(kQrPrefix)) return std::nullopt;
    text.remove_prefix(kQrPrefix.size());
    QrPart part;
    const auto take_number = [&](char end, std::size_t& number) {
        const std::size_t length = text.find(end);
        if (length == std::string_view::npos || length == 0 || length > kNumberDigits) return false;
        for (const char c : text.substr(0, length)) {
            if (c < '0' || c > '9') return false;
            number = number * 10 + static_cast<std::size_t>(c - '0');
        }
        text.remove_prefix(length + 1);
        return true;
    };
    if (!take_number('/', part.part) || !take_number(':', part.parts)) return std::nullopt;
    auto slice = from_base32(text);
    if (!slice || part.part == 0 || part.part > part.parts) return std::nullopt;
    part.slice = std::move(*slice);
    return part;
}

Result<Bytes> from_qr_parts(const std::vector<std::string>& texts) {
    std::vector<std::optional<Bytes>> slices;
    for (const std::string& text : texts) {
        if (std::all_of(text.begin(), text.end(), is_gap)) continue;
        auto part = parse_qr_part(text);
        const bool fits = part && (slices.empty() || slices.size() == part->parts);
        if (!fits)
            return Error{Code::usage, say("this is no code of the recovery kit, or one of another: {}", text.substr(0, 20))};
        slices.resize(part->parts);
        slices[part->part - 1] = std::move(part->slice);
    }
    Bytes file;
    for (std::size_t i = 0; i < slices.size(); ++i) {
        if (!slices[i]) return Error{Code::usage, say("code {} of {} of the recovery kit is missing", i + 1, slices.size())};
        append(file, *slices[i]);
    }
    return file;
}

}  // namespace

std::vector<std::string> kit_to_lines(ByteView file) {
    Bytes framed;
    ByteWriter writer(framed);
    writer.u32(static_cast<std::uint32_t>(file.size()));
    writer.raw(file);
    framed.resize((framed.size() + kLineBytes - 1) / kLineBytes * kLineBytes);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < framed.size(); at += kLineBytes) {
        const ByteView data = ByteView(framed).subspan(at, kLineBytes);
        const std::size_t number = at / kLineBytes + 1;
        lines.push_back(fmt::format("{:03}{} {}", number, grouped(to_base32(data)), checksum_group(number, data)));
    }
    return lines;
}

Result<Bytes> kit_from_lines(const std::vector<std::string>& lines) {
    const auto is_qr = [](const std::string& line) { return line.starts_with(kQrPrefix); };
    if (std::any_of(lines.begin(), lines.end(), is_qr)) return from_qr_parts(lines);
    return from_typed_lines(lines);
}

std::vector<std::string> kit_to_qr_parts(ByteView file, std::size_t max_letters) {
    const std::size_t most_bytes = (max_letters - kQrPrefix.size() - 2 * (kNumberDigits + 1)) * 5 / 8;
    const std::size_t parts = std::max<std::size_t>(1, (file.size() + most_bytes - 1) / most_bytes);
    const std::size_t slice_bytes = (file.size() + parts - 1) / parts;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < parts; ++i) {
        const std::size_t begin = std::min(i * slice_bytes, file.size());
        const ByteView slice = file.subspan(begin, std::min(slice_bytes, file.size() - begin));
        texts.push_back(fmt::format("{}{}/{}:{}", kQrPrefix, i + 1, parts, to_base32(slice)));
    }
    return texts;
}

KitForm kit_form(ByteView content) { return as_text(content).starts_with(kKitMagic) ? KitForm::file : KitForm::text; }

Result<Bytes> read_kit(ByteView content) {
    const std::string_view text = as_text(content);
    if (kit_form(content) == KitForm::file) return Bytes(content.begin(), content.end());
    const auto is_text = [](char c) { return c == '\n' || c == '\r' || c == '\t' || (c >= ' ' && c <= '~'); };
    if (text.size() > kMaxTextSize || !std::all_of(text.begin(), text.end(), is_text)) {
        return Error{Code::corrupt, say("this is no recovery kit")};
    }
    std::vector<std::string> lines;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return kit_from_lines(lines);
}

}  // namespace custody
