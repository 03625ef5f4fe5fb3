#include "cli/help.h"

#include "base/text.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kWidth = 100;      // of a line of help
constexpr std::size_t kLeftColumn = 28;  // names

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Words wrapped to `width`, following lines indented.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
    std::string out;
    std::size_t column = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t length = columns_of(word);
        if (column != 0 && column + 1 + length > width) {
            out += "\n" + std::string(indent, ' ');
            column = 0;
        } else if (column != 0) {
            out += ' ';
            ++column;
        }
        out += word;
        column += length;
    }
    return out;
}

std::string row(const std::string& left, const std::string& right) {
    std::string line = "  " + left;
    const std::size_t used = columns_of(line);
    if (used + 2 > kLeftColumn) {
        line += "\n" + std::string(kLeftColumn, ' ');
    } else {
        line.append(kLeftColumn - used, ' ');
    }
    return line + wrapped(right, kLeftColumn, kWidth - kLeftColumn) + "\n";
}

std::string option_rows(const CLI::App& app) {
    std::string rows;
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_group().empty()) continue;  // hidden
        if (option->get_positional()) continue;
        std::string left = option->get_name(false, true);
        std::replace(left.begin(), left.end(), ',', ' ');
        if (option->get_items_expected_max() != 0) left += " " + option->get_type_name();
        rows += row(left, option->get_description());
    }
    return rows;
}

std::string operand_rows(const CLI::App& app) {
    std::string rows;
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_positional() && !option->get_group().empty())
            rows += row(option->get_name(true), option->get_description());
    }
    return rows;
}

std::string command_rows(const CLI::App& app) {
    std::string rows;
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        if (!command->get_group().empty()) rows += row(command->get_name(), command->get_description());
    }
    return rows;
}

void add_section(std::string& out, const std::string& title, const std::string& rows) {
    if (!rows.empty()) out += "\n" + title + "\n" + rows;
}

}  // namespace

std::string command_path(const CLI::App& command) {
    if (command.get_parent() == nullptr) return "";
    const std::string above = command_path(*command.get_parent());
    return above.empty() ? command.get_name() : above + " " + command.get_name();
}

std::string help_text(const CLI::App& root, const CLI::App& command, const CommandText& text) {
    const bool is_root = &command == &root;
    std::string out = wrapped(command.get_description(), 0, kWidth) + "\n\n";
    const std::string usage = text.usage.empty() ? command_path(command) + " ..." : text.usage;
    out += say("Usage: {}", "custody " + wrapped(usage, 11, kWidth - 16)) + "\n";
    add_section(out, say("Commands:"), command_rows(command));
    add_section(out, say("Operands:"), operand_rows(command));
    add_section(out, is_root ? say("Common options:") : say("Options:"), option_rows(command));
    if (!is_root) add_section(out, say("Common options:"), option_rows(root));
    for (std::string_view more = text.more; !more.empty();) {
        const std::size_t end = std::min(more.find('\n'), more.size());
        out += "\n" + wrapped(more.substr(0, end), 0, kWidth) + "\n";
        more.remove_prefix(std::min(end + 1, more.size()));
    }
    std::string examples;
    for (const std::string& example : text.examples) examples += "  " + example + "\n";
    add_section(out, say("Examples:"), examples);
    return out;
}

}  // namespace custody
