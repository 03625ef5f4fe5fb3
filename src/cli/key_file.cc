#include "cli/key_file.h"

#include "base/secret.h"
#include "base/text.h"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace custody {
namespace {

constexpr std::uint64_t kMaxKeyFile = 16 * 1024 * 1024;
constexpr std::size_t kMaxRecordEnd = 256;  // signature and signer of a signed record, and a little

// A line of a printed kit, however badly typed: a number, then groups of five letters, or all of them in one; or the text of one
// of its QR codes.
bool is_kit_line(std::string_view line) {
    constexpr std::size_t kGroup = 5, kLeastGroups = 4, kLeastLetters = 25;
    constexpr std::string_view kQrPrefix = "CUSTODY1:";
    std::istringstream words{std::string(line)};
    std::string word;
    if (!(words >> word)) return false;
    if (word.starts_with(kQrPrefix)) return true;
    if (std::isdigit(static_cast<unsigned char>(word.front())) == 0) return false;
    std::size_t groups = 0, others = 0;
    bool is_long = word.size() >= kLeastLetters;
    while (words >> word) {
        word.size() == kGroup ? ++groups : ++others;
        is_long = is_long || word.size() >= kLeastLetters;
    }
    return is_long || (groups >= kLeastGroups && groups > others);
}

bool has_kit_line(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (is_kit_line(text.substr(0, end))) return true;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return false;
}

}  // namespace

Error at_file(const std::string& path, const Error& error) { return {error.code, say("{}: {}", printable(path), error.message)}; }

KeyFile::~KeyFile() { wipe(bytes); }

KeyFile::Kind kind_of_key_file(ByteView bytes) {
    // {"body":...,"checksum":...} and {"body":...,"signature":...,"signer":...}: docs/FORMAT.md, keyring files. Looked at as
    // text: a writer export is full of keys, which a parser would leave about in memory.
    const std::string_view text = as_text(bytes);
    if (text.starts_with("%PDF-")) return KeyFile::Kind::page;
    if (!text.starts_with("{\"body\":{")) return KeyFile::Kind::kit;
    const std::string_view end = text.substr(text.size() - std::min<std::size_t>(text.size(), kMaxRecordEnd));
    if (end.find(",\"signature\":\"") != std::string_view::npos) {
        return looks_like_officer_key(bytes) ? KeyFile::Kind::officer : KeyFile::Kind::public_keys;
    }
    return text.find("\"signing_seed\":\"") != std::string_view::npos ? KeyFile::Kind::writer : KeyFile::Kind::kit;
}

Result<Bytes> read_officer_file(FileSystem& files, const std::string& path) {
    auto file = read_file(files, path, kMaxOfficerKeySize);
    if (file.ok()) return file;
    return Error{Code::usage, say("cannot read the officer's key: {}", file.error().message)};
}

Result<NamedOfficer> find_officer(FileSystem& files, const std::string& given) {
    NamedOfficer officer;
    if (const auto key = from_hex(given); key && key->size() == officer.sealing.size()) {
        std::copy(key->begin(), key->end(), officer.sealing.begin());
        return officer;
    }
    TRY_ASSIGN(const std::string path, absolute_path(given));
    if (const auto info = files.info(path); !info.ok() && info.error().code == Code::not_found) {
        return Error{Code::usage, say("'{}' is neither an officer's file nor a public key of 64 hex digits", printable(given))};
    }
    TRY_ASSIGN(const Bytes file, read_officer_file(files, path));
    auto identity = read_officer_identity(file);
    // A wrong file was named; nothing that is ours is damaged.
    if (!identity.ok()) return at_file(path, {Code::usage, identity.error().message});
    officer.sealing = identity->sealing;
    officer.name = std::move(identity->name);
    return officer;
}

Result<KeyFile> read_key_file(FileSystem& files, const std::string& path) {
    KeyFile file;
    TRY_ASSIGN(file.bytes, read_file(files, path, kMaxKeyFile));
    file.kind = kind_of_key_file(file.bytes);
    if (file.kind != KeyFile::Kind::kit) return file;
    file.form = kit_form(file.bytes);
    auto kit = read_kit(file.bytes);
    if (!kit.ok() && (kit.error().code == Code::corrupt || !has_kit_line(as_text(file.bytes)))) {
        return Error{Code::usage, say("{} is no recovery kit, nor a writer's or public keys", printable(path))};
    }
    if (!kit.ok()) return at_file(path, kit.error());
    wipe(file.bytes);
    file.bytes = std::move(*kit);
    return file;
}

}  // namespace custody
