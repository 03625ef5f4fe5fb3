#include "vault/wrong_places.h"

#include "base/text.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace custody {
namespace {

constexpr std::array kFolders = {"packs", "index", "snapshots", "ledger", "witness", "gc", "sessions", "tmp"};
constexpr const char* kLock = "gc/lock";
constexpr const char* kNoEntry = "ledger/0000000000000000";
struct FanOut {
    const char* folder;
    std::size_t digits;  // of the folders' names in it
};
constexpr std::array kFanOuts = {FanOut{"index", 32}, FanOut{"witness", 32}};

bool is_folder_of(const FanOut& fan, std::string_view name) {
    const std::string_view part = name.substr(std::string_view(fan.folder).size() + 1);
    return part.size() == fan.digits && part.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<bool> is_file(ObjectStore& store, const std::string& name) {
    const auto info = store.info(name);
    if (info.ok()) return true;
    if (info.error().code == Code::corrupt || info.error().code == Code::not_found) return false;
    return info.error();
}

// There, and no file.
Result<bool> is_no_file(ObjectStore& store, const std::string& name) {
    const auto info = store.info(name);
    if (info.ok() || info.error().code == Code::not_found) return false;
    if (info.error().code == Code::corrupt) return true;
    return info.error();
}

}  // namespace

Result<std::vector<WrongPlace>> find_wrong_places(ObjectStore& store) {
    std::vector<WrongPlace> wrong;
    std::vector<std::string> folders(kFolders.begin(), kFolders.end());
    for (int i = 0; i < 256; ++i) folders.push_back(fmt::format("packs/{:02x}", i));
    for (const std::string& folder : folders) {
        if (!wrong.empty() && wrong.front().name == "packs" && folder.starts_with("packs/")) break;  // nothing can lie in it
        TRY_ASSIGN(const bool is_wrong, store.is_blocked(folder));
        if (is_wrong) wrong.push_back({folder, say("is no folder, and the vault needs one there")});
    }
    for (const FanOut& fan : kFanOuts) {
        TRY_ASSIGN(const std::vector<ObjectInfo> objects, store.list(fan.folder));
        for (const ObjectInfo& object : objects) {
            if (!is_folder_of(fan, object.name)) continue;
            wrong.push_back({object.name, say("is no folder, and the vault needs one there")});
        }
    }
    TRY_ASSIGN(const bool lock_is_wrong, is_no_file(store, kLock));
    if (lock_is_wrong) wrong.push_back({kLock, say("is no file, and prune needs one there")});
    TRY_ASSIGN(const bool has_no_entry, is_file(store, kNoEntry));
    if (has_no_entry) wrong.push_back({kNoEntry, say("is no entry: a ledger begins with entry 1")});
    TRY_ASSIGN(const std::vector<std::string> leftovers, store.list_temporary());
    for (const std::string& name : leftovers) {
        TRY_ASSIGN(const bool is_wrong, is_no_file(store, name));
        if (is_wrong) wrong.push_back({name, say("is no file, and nothing else belongs there")});
    }
    return wrong;
}

}  // namespace custody
