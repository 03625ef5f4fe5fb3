#include "base/text.h"

#include "base/bilingual.h"
#include "base/text_vi.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <memory>

namespace custody {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// The one process-wide setting of the program (text.h); set before threads exist.
std::atomic<Language>& chosen_language() {
    static std::atomic<Language> chosen{Language::english};
    return chosen;
}

// What a LanguageScope of this thread says (text.h).
std::optional<Language>& chosen_in_this_thread() {
    static thread_local std::optional<Language> chosen;
    return chosen;
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

struct CodePoint {
    std::size_t bytes = 1;
    std::int32_t value = -1;  // -1: not UTF-8 here
};

// Precondition: !text.empty().
CodePoint first_code_point(std::string_view text) {
    utf8proc_int32_t value = -1;
    const auto size = static_cast<utf8proc_ssize_t>(std::min<std::size_t>(text.size(), 4));
    const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), size, &value);
    if (bytes <= 0) return {};
    return {static_cast<std::size_t>(bytes), value};
}

bool is_unsafe_on_terminal(std::int32_t value) {
    const bool control = value < 0x20 || (value >= 0x7f && value < 0xa0);
    const bool line_end = value == 0x2028 || value == 0x2029;
    const bool changes_direction = (value >= 0x202a && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069);
    return control || line_end || changes_direction;
}

// `text` as it was when the library refuses it (not UTF-8).
std::string mapped(std::string_view text, int options) {
    if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return std::string(text);
    utf8proc_uint8_t* raw = nullptr;
    const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &raw, static_cast<utf8proc_option_t>(options));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(raw, &std::free);
    if (size < 0) return std::string(text);
    return {reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size)};
}

// The stroke of đ is not a combining mark, so that decomposition does not remove it.
std::string without_strokes(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view pair = text.substr(i, 2);
        if (pair == "đ" || pair == "Đ") {
            out += pair == "đ" ? 'd' : 'D';
            ++i;
        } else {
            out += text[i];
        }
    }
    return out;
}

// One unit of a glob: a character class at the front of `pattern`, of which `used` bytes are taken. A '[' without its ']'
// stands for itself.
struct ClassMatch {
    bool is_class = false;
    bool matches = false;
    std::size_t used = 0;
};

struct ClassMember {
    CodePoint point;
    std::size_t used = 0;
};

ClassMember class_member(std::string_view pattern, std::size_t at) {
    const std::size_t escape = pattern[at] == '\\' && at + 1 < pattern.size() ? 1 : 0;
    const CodePoint point = first_code_point(pattern.substr(at + escape));
    return {point, escape + point.bytes};
}

ClassMatch match_class(std::string_view pattern, std::int32_t value) {
    std::size_t at = 1;
    const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
    if (negated) ++at;
    bool found = false;
    for (bool first = true; at < pattern.size(); first = false) {
        if (pattern[at] == ']' && !first) return {true, value >= 0 && found != negated, at + 1};
        const ClassMember low = class_member(pattern, at);
        at += low.used;
        std::int32_t high = low.point.value;
        if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
            const ClassMember end = class_member(pattern, at + 1);
            high = end.point.value;
            at += 1 + end.used;
        }
        found = found || (value >= low.point.value && value <= high);
    }
    return {};
}

// One step of a match without stars; zero `pattern_used` means no match.
struct Step {
    std::size_t pattern_used = 0;
    std::size_t path_used = 0;
};

Step match_one(std::string_view pattern, std::string_view path) {
    if (pattern.empty() || path.empty()) return {};
    const CodePoint point = first_code_point(path);
    if (pattern[0] == '?') return path[0] == '/' ? Step{} : Step{1, point.bytes};
    if (pattern[0] == '[') {
        const ClassMatch match = match_class(pattern, point.value);
        if (match.is_class) return match.matches && path[0] != '/' ? Step{match.used, point.bytes} : Step{};
    }
    const std::size_t escape = pattern[0] == '\\' && pattern.size() > 1 ? 1 : 0;
    return pattern[escape] == path[0] ? Step{escape + 1, 1} : Step{};
}

// Matches with two places to go back to, the last '*' and the last '**'. Older ones need no second try: what the newer star
// could reach from a later start it can reach from the earlier one too. So the time is polynomial for any pattern.
class GlobMatcher {
public:
    GlobMatcher(std::string_view pattern, std::string_view path) : pattern_(pattern), path_(path) {}

    bool run() {
        for (;;) {
            if (take_star()) continue;
            if (p_ == pattern_.size() && t_ == path_.size()) return true;
            const Step step = match_one(pattern_.substr(p_), path_.substr(t_));
            if (step.pattern_used != 0) {
                p_ += step.pattern_used;
                t_ += step.path_used;
            } else if (!go_back()) {
                return false;
            }
        }
    }

private:
    struct Star {
        bool set = false;
        std::size_t pattern_after = 0;  // where the pattern goes on
        std::size_t path_end = 0;       // how far the star reaches now
        bool whole_folders = false;     // "**/": reaches to behind a '/' only
    };

    bool take_star() {
        if (p_ >= pattern_.size() || pattern_[p_] != '*') return false;
        if (pattern_.substr(p_, 2) != "**") {
            star_ = {true, ++p_, t_, false};
            return true;
        }
        const bool at_segment = p_ == 0 || pattern_[p_ - 1] == '/';
        while (p_ < pattern_.size() && pattern_[p_] == '*') ++p_;
        const bool whole_folders = at_segment && p_ < pattern_.size() && pattern_[p_] == '/';
        if (whole_folders) ++p_;
        any_path_ = {true, p_, t_, whole_folders};
        star_.set = false;
        return true;
    }

    bool go_back() {
        if (star_.set && star_.path_end < path_.size() && path_[star_.path_end] != '/') {
            t_ = ++star_.path_end;
            p_ = star_.pattern_after;
            return true;
        }
        if (!any_path_.set || any_path_.path_end >= path_.size()) return false;
        star_.set = false;
        if (any_path_.whole_folders) {
            const std::size_t slash = path_.find('/', any_path_.path_end);
            if (slash == std::string_view::npos) return false;
            any_path_.path_end = slash;
        }
        t_ = ++any_path_.path_end;
        p_ = any_path_.pattern_after;
        return true;
    }

    std::string_view pattern_, path_;
    std::size_t p_ = 0, t_ = 0;
    Star star_, any_path_;
};

}  // namespace

void set_language(Language language) { chosen_language() = language; }
Language program_language() { return chosen_language(); }
Language language() { return chosen_in_this_thread().value_or(chosen_language()); }

LanguageScope::LanguageScope(Language language) : before_(chosen_in_this_thread()) { chosen_in_this_thread() = language; }
LanguageScope::~LanguageScope() { chosen_in_this_thread() = before_; }

std::string_view translate(std::string_view english) {
    if (language() == Language::english) return english;
    const std::string_view found = find_vietnamese(english);
    return found.empty() ? english : found;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::string printable(std::string_view name) {
    std::string out;
    out.reserve(name.size());
    while (!name.empty()) {
        const CodePoint point = first_code_point(name);
        const bool shown = point.value >= 0 && !is_unsafe_on_terminal(point.value);
        out += shown ? name.substr(0, point.bytes) : kReplacement;
        name.remove_prefix(point.bytes);
    }
    return out;
}

bool is_utf8(std::string_view text) {
    if (is_ascii(text)) return true;
    while (!text.empty()) {
        const CodePoint point = first_code_point(text);
        if (point.value < 0) return false;
        text.remove_prefix(point.bytes);
    }
    return true;
}

std::string to_nfc(std::string_view text) {
    if (is_ascii(text)) return std::string(text);
    return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::string fold_for_match(std::string_view text, bool ignore_case, bool ignore_marks) {
    int options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    if (ignore_case) options |= UTF8PROC_CASEFOLD;
    if (ignore_marks) options |= UTF8PROC_STRIPMARK;
    std::string folded = mapped(text, options);
    return ignore_marks ? without_strokes(folded) : folded;
}

bool glob_matches(std::string_view pattern, std::string_view path) { return GlobMatcher(pattern, path).run(); }

std::string human_bytes(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) return fmt::format("{} B", bytes);
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    while (value >= 1023.95 && unit + 1 < kUnits.size()) {  // 1023.95 would be shown as 1024.0
        value /= 1024;
        ++unit;
    }
    return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string human_seconds(double seconds) {
    if (!(seconds > 0)) return "0 s";
    if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
    const auto whole = static_cast<std::uint64_t>(std::min(seconds + 0.5, 1e15));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return say("{} min {:02} s", whole / 60, whole % 60);
    return say("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace custody
