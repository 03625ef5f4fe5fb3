// Standard output: text for people, or exactly one JSON document (--json). Nothing else ever goes there.
//
// Threads: one. A failed write is remembered and returned by finish(); what follows it is dropped.
#pragma once

#include "base/file_time.h"
#include "base/records/canonical_json.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

class Output {
public:
    explicit Output(bool json) : json_(json) {}
    [[nodiscard]] bool json() const { return json_; }
    // Whether a document was begun: an error can then no longer be one.
    [[nodiscard]] bool json_begun() const { return json_begun_; }

    void line(std::string_view text);     // text mode only
    void document(const Json& document);  // --json only

    // A list that may be long: streamed, one element at a time. In text mode, `text` is the line.
    void begin_list();
    void item(const Json& element);
    void end_list();

    // Everything has reached the file or pipe. io: it has not (a full disk). interrupted: its reader went away.
    [[nodiscard]] Status finish();

private:
    void write(std::string_view text);
    bool json_;
    bool json_begun_ = false;
    bool first_item_ = true;
    int write_error_ = 0;
};

// The dump of every document: UTF-8, invalid bytes as U+FFFD, one line.
[[nodiscard]] std::string json_text_of(const Json& value);
// object[key] = name; when it is not UTF-8 also object[key + "_bytes"] in base64.
void put_path(Json& object, const std::string& key, const std::string& raw);
// The same for a list; "<key>_bytes" then holds all of them.
void put_paths(Json& object, const std::string& key, const std::vector<std::string>& raw);
[[nodiscard]] Json json_time(Time time);
[[nodiscard]] Json json_time(FileTime time);

// "2026-11-03 02:00:05", local.
[[nodiscard]] std::string human_time(Time time);
[[nodiscard]] std::string human_time(FileTime time);
// First 8 hex digits.
[[nodiscard]] std::string short_id(const ObjectId& id);

// Columns aligned by the widest cell; the first row is the head. Cells are counted in code points.
[[nodiscard]] std::vector<std::string> format_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace custody
