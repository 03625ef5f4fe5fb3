#include "daemon/config/toml_depth.h"

#include "daemon/config/toml_tree.h"

namespace custody {
namespace {

bool is_key_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' ||
           static_cast<unsigned char>(c) >= 0x80;
}

// Follows strings and comments as TOML has them, and counts what stands outside.
class DepthScanner {
public:
    explicit DepthScanner(std::string_view text) : text_(text) {}

    std::optional<Position> run() {
        while (at_ < text_.size()) {
            step();
            if (nesting_ > kMaxNesting || parts_ > kMaxKeyParts) return Position{line_, column_};
        }
        return std::nullopt;
    }

private:
    void step() {
        const char c = text_[at_];
        if (c == '#') return skip_comment();
        if (c == '"' || c == '\'') return skip_string(c);
        if (is_key_part(c)) return skip_bare();
        if (c == '[' || c == '{') ++nesting_;
        if ((c == ']' || c == '}') && nesting_ > 0) --nesting_;
        if (c == '.') {
            after_dot_ = true;
        } else if (c != ' ' && c != '\t') {
            after_dot_ = false;
            parts_ = 0;
        }
        advance();
    }

    // A part of a key, if that is what stands here: one more where a dot came before it.
    void count_part() {
        parts_ = after_dot_ ? parts_ + 1 : 1;
        after_dot_ = false;
    }

    void skip_bare() {
        count_part();
        while (at_ < text_.size() && is_key_part(text_[at_])) advance();
    }

    void skip_comment() {
        while (at_ < text_.size() && text_[at_] != '\n') advance();
    }

    void skip_string(char quote) {
        count_part();
        const bool escapes = quote == '"';
        const bool long_form = at_ + 2 < text_.size() && text_[at_ + 1] == quote && text_[at_ + 2] == quote;
        const std::size_t wanted = long_form ? 3 : 1;
        for (std::size_t i = 0; i < wanted; ++i) advance();
        while (at_ < text_.size()) {
            if (escapes && text_[at_] == '\\') {
                advance();
                if (at_ < text_.size()) advance();
            } else if (text_[at_] == quote) {
                if (close(quote, wanted)) return;
            } else if (text_[at_] == '\n' && !long_form) {
                return;  // not closed: the reader stops here
            } else {
                advance();
            }
        }
    }

    // A run of quotes: one closes a short string; three to five close a long one, which may end in two of its own.
    bool close(char quote, std::size_t wanted) {
        std::size_t run = 0;
        const std::size_t most = wanted == 1 ? 1 : 5;
        while (at_ < text_.size() && text_[at_] == quote && run < most) {
            ++run;
            advance();
        }
        return run >= wanted;
    }

    void advance() {
        if (text_[at_] == '\n') {
            ++line_;
            column_ = 1;
        } else {
            ++column_;
        }
        ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::uint32_t line_ = 1, column_ = 1, nesting_ = 0, parts_ = 0;
    bool after_dot_ = false;
};

}  // namespace

std::optional<Position> too_deep(std::string_view text) { return DepthScanner(text).run(); }

}  // namespace custody
