#include "vault/store/vault_header.h"

#include "base/records/canonical_json.h"
#include "base/text.h"
#include "vault/store/local_store.h"
#include "vault/store/reserve.h"
#include "vault/store/session.h"

#include <algorithm>
#include <array>

namespace custody {
namespace {

constexpr std::string_view kHeaderPurpose = "custody vault header 1";
constexpr std::uint64_t kReadableFormat = 1;

Error damaged(const Error& why) {
    return {why.code == Code::corrupt ? Code::corrupt : why.code,
            say("vault.json is damaged: {}; heal it with 'custody repair', which finds its text in the ledger", why.message)};
}

Result<VaultHeader> header_of(const SignedRecord& record) {
    constexpr std::string_view kWhat = "vault.json";
    VaultHeader header;
    header.signer = record.signer;
    TRY_ASSIGN(header.vault, json_id<VaultId>(record.body, "vault", kWhat));
    TRY_ASSIGN(header.family, json_id<FamilyId>(record.body, "family", kWhat));
    TRY_ASSIGN(const std::string created, json_text(record.body, "created", kWhat));
    TRY_ASSIGN(const std::uint64_t suite, json_number(record.body, "suite", kWhat));
    const auto time = parse_time(created);
    if (!time.ok()) return Error{Code::corrupt, say("its time of creation is no time")};
    header.created = *time;
    if (suite != static_cast<std::uint64_t>(Suite::standard) && suite != static_cast<std::uint64_t>(Suite::modern))
        return Error{Code::corrupt, say("it names an unknown suite of ciphers, {}", suite)};
    header.suite = static_cast<Suite>(suite);
    return header;
}

// The version above ours that a header names, in its body or, under another envelope, at its top.
std::optional<std::uint64_t> newer_format(ByteView bytes) {
    auto header = parse_json(bytes, kMaxHeaderBytes);
    if (!header.ok() || !header->is_object()) return std::nullopt;
    const bool has_body = header->contains("body") && (*header)["body"].is_object();
    for (const Json* place : {has_body ? &(*header)["body"] : &*header, &*header}) {
        const auto version = json_number(*place, "format", "vault.json");
        if (!version.ok() || *version <= kReadableFormat) continue;
        // A header of ours whose number was hit by a flipped bit is damaged: with our number back, its signature holds.
        Json ours = *header;
        (place == &*header ? ours : ours["body"])["format"] = kReadableFormat;
        const auto text = to_canonical_json(ours);
        if (text.ok() && open_record(as_bytes(*text), kHeaderPurpose, kMaxHeaderBytes).ok()) return std::nullopt;
        return *version;
    }
    return std::nullopt;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// RFC 3986, 2.1. A '%' without two digits stands for itself.
std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
        out += escape ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
        if (escape) i += 2;
    }
    return out;
}

bool is_scheme(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
}

// What may lie in a folder that init takes: nothing, what mkfs or `custody media prepare` puts there, or what an init left that
// did not get to the first ledger entry.
enum class FolderState { usable, vault, other };

Result<bool> holds_objects(ObjectStore& store, const std::string& folder) {
    TRY_ASSIGN(const auto objects, store.list(folder));
    return !objects.empty();
}

Result<FolderState> look_at_folder(FileSystem& files, const std::string& path) {
    constexpr std::array<std::string_view, 12> kOurs = {"packs",        "index",       "snapshots",   "ledger",
                                                        "witness",      "gc",          "sessions",    "tmp",
                                                        kReserveObject, kHeaderObject, kMediumObject, "lost+found"};
    TRY_ASSIGN(const auto items, files.list(path));
    bool foreign = false;
    bool has_header = false;
    for (const auto& item : items) {
        foreign = foreign || std::find(kOurs.begin(), kOurs.end(), item.name) == kOurs.end();
        has_header = has_header || item.name == kHeaderObject;
    }
    const auto store = make_local_store(files, path);
    bool has_objects = false;
    for (const char* folder : {"ledger", "packs", "snapshots", "index"}) {
        TRY_ASSIGN(const bool any, holds_objects(*store, folder));
        has_objects = has_objects || any;
    }
    if (has_objects) return has_header ? FolderState::vault : FolderState::other;
    return foreign ? FolderState::other : FolderState::usable;
}

Status drop_unfinished_header(ObjectStore& store) {
    const Status removed = store.remove(kHeaderObject);
    if (!removed.ok() && removed.error().code != Code::not_found) return removed;
    return store.barrier();
}

}  // namespace

Result<Bytes> encode(const VaultHeader& header, const Secret& signing_seed) {
    const Json body = {{"format", header.format_version},
                       {"vault", header.vault.hex()},
                       {"family", header.family.hex()},
                       {"suite", static_cast<int>(header.suite)},
                       {"created", to_rfc3339_utc(header.created)}};
    return sign_record(body, kHeaderPurpose, signing_seed);
}

Result<VaultHeader> decode_vault_header(ByteView bytes) {
    // The version comes first: what a newer format signs, how, and with which fields is not known here.
    if (const auto newer = newer_format(bytes)) {
        return Error{Code::usage, say("this vault needs Custody that reads format {}, this one reads {}: update Custody", *newer,
                                      kReadableFormat)};
    }
    const auto record = open_record(bytes, kHeaderPurpose, kMaxHeaderBytes);
    if (!record.ok()) return damaged(record.error());
    const auto version = json_number(record->body, "format", "vault.json");
    if (!version.ok()) return damaged(version.error());
    if (*version == 0) return damaged({Code::corrupt, say("its format is 0")});
    auto header = header_of(*record);
    if (!header.ok()) return damaged(header.error());
    return header;
}

Result<std::string> parse_vault_reference(std::string_view reference) {
    if (reference.empty()) return Error{Code::usage, say("no vault is named; use --vault or CUSTODY_VAULT")};
    const std::size_t colon = reference.find("://");
    const std::string_view scheme = reference.substr(0, colon == std::string_view::npos ? 0 : colon);
    if (!is_scheme(scheme)) return absolute_path(reference);
    std::string_view rest = reference.substr(colon + 3);
    if (scheme == "file") {
        if (rest.starts_with("localhost/")) rest.remove_prefix(std::string_view("localhost").size());
        if (rest.starts_with('/')) return absolute_path(percent_decoded(rest));
        return Error{Code::usage, say("{} names no absolute path; write file:///folder", printable(reference))};
    }
    return Error{Code::usage,
                 say("vaults behind {}:// cannot be used yet ({}); mount the remote folder and name its path, or back up "
                     "to a disk and bring a second one into step with 'custody copy --to'",
                     scheme, printable(reference))};
}

Result<std::unique_ptr<ObjectStore>> open_local_store(FileSystem& files, const std::string& path) {
    const auto info = files.info(path);
    if (!info.ok()) {
        if (info.error().code != Code::not_found) return info.error();
        return Error{Code::not_found,
                     say("there is no vault at {}; is the medium attached and mounted? 'custody init' makes a new vault",
                         printable(path))};
    }
    const Error not_a_vault{Code::not_found, say("{} is a folder but not a vault (it has no vault.json): name the vault's own "
                                                 "folder, and look whether its medium is mounted",
                                                 printable(path))};
    if (!info->is_directory) return Error{Code::usage, say("{} is a file, not a vault; name a folder", printable(path))};
    auto store = make_local_store(files, path);
    const auto header = store->info(kHeaderObject);
    if (header.ok()) return store;
    if (header.error().code != Code::not_found) return header.error();
    // A vault that lost its header must not be taken for a plain folder.
    TRY_ASSIGN(const bool has_ledger, holds_objects(*store, "ledger"));
    if (!has_ledger) return not_a_vault;
    return Error{Code::corrupt,
                 say("the vault {} has lost its vault.json; heal it with 'custody repair --vault {}', which finds its text "
                     "in the ledger",
                     printable(path), printable(path))};
}

Status check_free_for_vault(FileSystem& files, const std::string& path) {
    std::string there = path;  // the nearest that exists
    auto info = files.info(there);
    for (; !info.ok() && there != "/"; info = files.info(there)) there = parent_path(there);
    TRY(info);
    if (!info->is_directory) return Error{Code::usage, say("{} is not a folder", printable(there))};
    if (there != path) return done();
    TRY_ASSIGN(const FolderState state, look_at_folder(files, path));
    if (state == FolderState::vault)
        return Error{Code::usage, say("{} already holds a vault; name another folder", printable(path))};
    if (state == FolderState::other)
        return Error{Code::usage, say("{} is not empty; a vault needs an empty folder of its own", printable(path))};
    return done();
}

Result<std::unique_ptr<ObjectStore>> create_local_store(FileSystem& files, const std::string& path) {
    TRY(make_directories(files, path, kPrivateFolder));
    TRY(check_free_for_vault(files, path));
    TRY(make_store_folders(files, path));
    auto store = make_local_store(files, path);
    TRY(drop_unfinished_header(*store));
    TRY(store->replace(kMarksObject, encode(Marks{})));
    TRY(store->put(kReserveObject, reserve_content()));
    return store;
}

}  // namespace custody
