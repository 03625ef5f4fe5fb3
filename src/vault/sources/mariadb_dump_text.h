// Reads along in what mariadb-dump or mysqldump writes: how many rows of which table, the place in the binary log, and whether
// the dump came to its end. Pure: bytes in, facts out.
//
// A row is what an INSERT statement at the front of a line lists between parentheses behind VALUES, one or more to a statement;
// strings and quoted names are passed over as the server would. Text between DELIMITER lines (routines, triggers, events) is no
// data. Memory: the tables' names, and the front of one line (kMaxLineFront). Threads: one.
#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace custody {

class MariadbDumpText {
public:
    static constexpr std::size_t kMaxLineFront = 4096;

    void read(ByteView piece);
    // By database and table. A table without rows is listed, too.
    [[nodiscard]] const std::map<std::string, std::map<std::string, std::uint64_t>>& rows() const { return rows_; }
    [[nodiscard]] bool is_complete() const { return complete_; }  // "-- Dump completed" was there
    [[nodiscard]] const std::string& log_file() const { return log_file_; }
    [[nodiscard]] std::uint64_t log_position() const { return log_position_; }
    [[nodiscard]] const std::string& gtid() const { return gtid_; }

private:
    enum class Place { line, insert, values, text, name };  // line: outside of a statement that matters
    void take(char c);
    void end_of_line();
    bool begins_insert();
    std::uint64_t& rows_of(std::string table) { return rows_[database_][std::move(table)]; }

    std::map<std::string, std::map<std::string, std::uint64_t>> rows_;
    std::string front_, database_, log_file_, gtid_;
    std::uint64_t log_position_ = 0;
    std::uint64_t* count_ = nullptr;  // of the table that is inserted into
    Place place_ = Place::line, back_to_ = Place::line;
    int depth_ = 0;
    bool after_backslash_ = false, in_routine_ = false, complete_ = false;
    std::string word_;  // between the table's name and its rows
};

}  // namespace custody
