#include "vault/sources/mariadb_dump_text.h"

#include <charconv>
#include <optional>

namespace custody {
namespace {

constexpr std::string_view kInsert = "INSERT INTO `", kTable = "CREATE TABLE `", kUse = "USE `";
constexpr std::string_view kFileMarks[] = {"MASTER_LOG_FILE='", "SOURCE_LOG_FILE='"};
constexpr std::string_view kPositionMarks[] = {"MASTER_LOG_POS=", "SOURCE_LOG_POS="};
constexpr std::string_view kGtidMark = "gtid_slave_pos='";

// What stands in `text` between its begin and the backtick that ends it, doubled ones made one. Nothing: it does not end.
std::optional<std::string> quoted_name(std::string_view text) {
    std::string name;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '`') {
            name += text[i];
        } else if (i + 1 < text.size() && text[i + 1] == '`') {
            name += text[i++];
        } else if (i + 1 < text.size()) {  // the next byte shows that it is no doubled one
            return name;
        } else {
            return std::nullopt;
        }
    }
    return std::nullopt;
}

std::string behind(std::string_view line, std::string_view mark) {
    const std::size_t at = line.find(mark);
    if (at == std::string_view::npos) return "";
    const std::string_view rest = line.substr(at + mark.size());
    return std::string(rest.substr(0, rest.find('\'')));
}

}  // namespace

void MariadbDumpText::read(ByteView piece) {
    for (const Byte byte : piece) take(static_cast<char>(byte));
}

void MariadbDumpText::take(char c) {
    switch (place_) {
        case Place::line:
            if (c == '\n') {
                end_of_line();
                front_.clear();
                return;
            }
            if (front_.size() < kMaxLineFront) front_ += c;
            if ((c == ' ' || c == '(') && begins_insert()) front_.clear();
            return;
        case Place::insert:  // up to VALUES: a list of columns may come first
            if (c == '`' || c == '\'') {
                back_to_ = place_;
                place_ = c == '`' ? Place::name : Place::text;
            }
            word_ = c >= 'A' && c <= 'Z' ? word_ + c : "";
            if (word_ == "VALUES") place_ = Place::values;
            return;
        case Place::values:
            if (c == '\'') {
                back_to_ = place_;
                place_ = Place::text;
            } else if (c == '(') {
                if (depth_++ == 0) ++*count_;
            } else if (c == ')') {
                --depth_;
            } else if (c == ';' && depth_ <= 0) {
                place_ = Place::line;
            }
            return;
        case Place::name:
            if (c == '`') place_ = back_to_;  // a doubled one opens it again
            return;
        case Place::text:
            if (after_backslash_) {
                after_backslash_ = false;
            } else if (c == '\\') {
                after_backslash_ = true;
            } else if (c == '\'') {
                place_ = back_to_;
            }
            return;
    }
}

bool MariadbDumpText::begins_insert() {
    if (in_routine_ || !front_.starts_with(kInsert)) return false;
    const auto name = quoted_name(std::string_view(front_).substr(kInsert.size()));
    if (!name) return false;
    count_ = &rows_of(*name);
    place_ = Place::insert;
    depth_ = 0;
    word_.clear();
    return true;
}

void MariadbDumpText::end_of_line() {
    const std::string_view line = front_;
    if (line.starts_with("DELIMITER ")) {
        in_routine_ = line != "DELIMITER ;";
    } else if (in_routine_) {
        return;
    } else if (line.starts_with(kUse)) {
        if (auto name = quoted_name(line.substr(kUse.size()))) database_ = std::move(*name);
    } else if (line.starts_with(kTable)) {
        if (auto name = quoted_name(line.substr(kTable.size()))) (void)rows_of(std::move(*name));
    } else if (line.starts_with("-- ")) {
        if (line.starts_with("-- Dump completed")) complete_ = true;
        for (const std::string_view mark : kFileMarks)
            if (std::string file = behind(line, mark); !file.empty()) log_file_ = std::move(file);
        for (const std::string_view mark : kPositionMarks) {
            const std::string number = behind(line, mark);
            if (!number.empty()) std::from_chars(number.data(), number.data() + number.size(), log_position_);
        }
        if (std::string gtid = behind(line, kGtidMark); !gtid.empty()) gtid_ = std::move(gtid);
    }
}

}  // namespace custody
