#include "cli/entry_format.h"

#include "base/text.h"
#include "cli/output.h"

#include <sys/sysmacros.h>

namespace custody {

std::string_view type_word(EntryType type) {
    switch (type) {
        case EntryType::file:
            return "file";
        case EntryType::folder:
            return "folder";
        case EntryType::symlink:
            return "symlink";
        case EntryType::fifo:
            return "fifo";
        case EntryType::socket:
            return "socket";
        case EntryType::character_device:
            return "character_device";
        case EntryType::block_device:
            return "block_device";
    }
    return "file";
}

std::string mode_string(const Entry& entry) {
    constexpr std::string_view kTypes = "?-dlpscb";  // in the order of EntryType
    const auto type = static_cast<std::size_t>(entry.type);
    std::string text(1, type < kTypes.size() ? kTypes[type] : '?');
    const std::uint32_t mode = entry.attributes.mode;
    constexpr std::string_view kLetters = "rwxrwxrwx";
    for (std::size_t i = 0; i < kLetters.size(); ++i) {
        text += (mode & (0400u >> i)) != 0 ? kLetters[i] : '-';
    }
    const auto special = [&](std::uint32_t bit, std::size_t at, char with_x, char without) {
        if ((mode & bit) != 0) text[at] = text[at] == 'x' ? with_x : without;
    };
    special(04000, 3, 's', 'S');
    special(02000, 6, 's', 'S');
    special(01000, 9, 't', 'T');
    return text;
}

std::uint64_t entry_size(const Entry& entry) { return entry.type == EntryType::file ? entry.content.size : 0; }

Json entry_json(const std::string& path, const Entry& entry) {
    Json json = Json::object();
    put_path(json, "path", path);
    json["type"] = type_word(entry.type);
    json["size"] = entry_size(entry);
    json["mode"] = fmt::format("{:04o}", entry.attributes.mode);
    json["uid"] = entry.attributes.uid;
    json["gid"] = entry.attributes.gid;
    json["modified"] = json_time(entry.attributes.modified);
    if (entry.type == EntryType::symlink) put_path(json, "target", entry.target);
    if (entry.changed_while_read) json["changed_while_read"] = true;
    if (entry.hard_link != 0) json["hard_link"] = entry.hard_link;
    if (entry.type == EntryType::character_device || entry.type == EntryType::block_device) {
        json["major"] = major(entry.device);
        json["minor"] = minor(entry.device);
    }
    return json;
}

std::string long_line(const std::string& path, const Entry& entry) {
    std::string size = std::to_string(entry_size(entry));
    if (entry.type == EntryType::character_device || entry.type == EntryType::block_device) {
        size = fmt::format("{},{}", major(entry.device), minor(entry.device));
    }
    std::string line = fmt::format("{} {:>5} {:>5} {:>12}  {}  {}", mode_string(entry), entry.attributes.uid,
                                   entry.attributes.gid, size, human_time(entry.attributes.modified), printable(path));
    if (entry.type == EntryType::symlink) line += " -> " + printable(entry.target);
    if (entry.changed_while_read) line += "  " + say("(changed while it was read)");
    return line;
}

}  // namespace custody
