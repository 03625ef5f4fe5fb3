#include "cli/output.h"

#include "base/file.h"
#include "base/text.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace custody {
namespace {

constexpr std::size_t kIdDigits = 8;

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

void Output::write(std::string_view text) {
    if (write_error_ != 0) return;
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) write_error_ = errno != 0 ? errno : EIO;
}

void Output::line(std::string_view text) {
    if (json_) return;
    write(text);
    write("\n");
}

void Output::document(const Json& document) {
    if (!json_) return;
    json_begun_ = true;
    write(json_text_of(document));
    write("\n");
}

void Output::begin_list() {
    if (!json_) return;
    json_begun_ = true;
    first_item_ = true;
    write("[");
}

void Output::item(const Json& element) {
    if (!json_) return;
    write(first_item_ ? "\n" : ",\n");
    first_item_ = false;
    write(json_text_of(element));
}

void Output::end_list() {
    if (json_) write(first_item_ ? "]\n" : "\n]\n");
}

Status Output::finish() {
    if (write_error_ == 0 && std::fflush(stdout) != 0) write_error_ = errno;
    if (write_error_ == EPIPE) return Error{Code::interrupted, say("the reader of the output went away")};
    if (write_error_ != 0) return system_error(write_error_, say("write to"), say("standard output"));
    return done();
}

std::string json_text_of(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

void put_path(Json& object, const std::string& key, const std::string& raw) {
    object[key] = raw;  // invalid bytes become U+FFFD when dumped
    if (!is_utf8(raw)) object[key + "_bytes"] = to_base64(as_bytes(raw));
}

void put_paths(Json& object, const std::string& key, const std::vector<std::string>& raw) {
    object[key] = raw;
    if (std::all_of(raw.begin(), raw.end(), [](const std::string& one) { return is_utf8(one); })) return;
    Json all = Json::array();
    for (const std::string& one : raw) all.push_back(to_base64(as_bytes(one)));
    object[key + "_bytes"] = std::move(all);
}

Json json_time(Time time) { return to_rfc3339_local(time); }
Json json_time(FileTime time) { return to_rfc3339_local(time); }

std::string human_time(Time time) { return human_time(to_file_time(time)); }

std::string human_time(FileTime time) {
    std::string text = to_rfc3339_local({time.seconds, 0});
    const std::size_t middle = text.find('T');
    if (middle == std::string::npos) return text;
    text[middle] = ' ';
    return text.substr(0, middle + sizeof "T02:00:05" - 1);
}

std::string short_id(const ObjectId& id) { return id.hex().substr(0, kIdDigits); }

std::vector<std::string> format_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
    }
    std::vector<std::string> lines;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - columns_of(row[i]) + 2, ' ');
        }
        while (line.ends_with(' ')) line.pop_back();
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace custody
