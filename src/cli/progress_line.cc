#include "cli/progress_line.h"

#include "base/counts.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/service_answer.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cmath>

namespace custody {
namespace {

constexpr std::int64_t kLineEvery_ns = kSecond / 10;
constexpr std::int64_t kPlainEvery_ns = 10 * kSecond;
constexpr std::int64_t kJsonEvery_ns = kSecond;
constexpr std::size_t kMaxRemembered = 4096;
constexpr double kMinPhaseSeconds = 0.5;  // before this a rate says nothing

std::size_t terminal_columns(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 80;
    return size.ws_col;
}

// The first `columns` characters; every code point counts as one.
std::string_view clip(std::string_view text, std::size_t columns) {
    std::size_t at = 0;
    for (std::size_t count = 0; at < text.size() && count < columns; ++count) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    }
    return text.substr(0, at);
}

std::string describe(const ProgressState& state, double seconds, std::uint64_t bytes_since, std::optional<double> left) {
    std::string text = phase_text(state.phase);
    if (state.bytes_total != 0) {
        const auto percent = std::min<std::uint64_t>(100, state.bytes_done * 100 / state.bytes_total);
        text += fmt::format(" {:3}%", percent);
    }
    if (state.items_total != 0) {
        text += "  " + say_count(state.items_total, "{1}/{0} item", "{1}/{0} items", state.items_done);
    } else if (state.items_done != 0) {
        text += "  " + say_count(state.items_done, "{} item", "{} items");
    }
    if (state.bytes_done != 0) text += "  " + human_bytes(state.bytes_done);
    if (state.bytes_total != 0) text += " / " + human_bytes(state.bytes_total);
    if (seconds >= kMinPhaseSeconds && bytes_since != 0) {
        text += "  " + say("{}/s", human_bytes(static_cast<std::uint64_t>(static_cast<double>(bytes_since) / seconds)));
    }
    if (left) text += "  " + say("{} left", human_seconds(*left));
    return text;
}

}  // namespace

Result<ProgressMode> parse_progress_mode(const std::string& word, int fd) {
    if (word.empty()) return ::isatty(fd) == 1 ? ProgressMode::line : ProgressMode::none;
    if (word == "none") return ProgressMode::none;
    if (word == "plain") return ProgressMode::plain;
    if (word == "json") return ProgressMode::json;
    return Error{Code::usage, say("unknown progress '{}': use none, plain or json", word)};
}

void ProgressLine::write(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd_, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

double ProgressLine::phase_seconds() const {
    return static_cast<double>(clock_.monotonic_ns() - phase_began_ns_) / static_cast<double>(kSecond);
}

std::optional<double> ProgressLine::seconds_left(const ProgressState& state) const {
    const double seconds = phase_seconds();
    if (seconds < kMinPhaseSeconds) return std::nullopt;
    const auto remaining = [seconds](std::uint64_t done, std::uint64_t before, std::uint64_t total) -> std::optional<double> {
        if (total == 0 || done <= before || done > total) return std::nullopt;
        return static_cast<double>(total - done) * seconds / static_cast<double>(done - before);
    };
    if (state.bytes_total != 0) return remaining(state.bytes_done, phase_bytes_, state.bytes_total);
    return remaining(state.items_done, phase_items_, state.items_total);
}

void ProgressLine::update(const ProgressState& state) {
    if (mode_ == ProgressMode::none) return;
    const std::int64_t now = clock_.monotonic_ns();
    const bool new_phase = !began_ || phase_ != state.phase;
    if (new_phase) {
        began_ = true;
        phase_ = state.phase;
        phase_began_ns_ = now;
        phase_bytes_ = state.bytes_done;
        phase_items_ = state.items_done;
    }
    const std::int64_t every = mode_ == ProgressMode::line    ? kLineEvery_ns
                               : mode_ == ProgressMode::plain ? kPlainEvery_ns
                                                              : kJsonEvery_ns;
    if (!new_phase && now - shown_ns_ < every) return;
    shown_ns_ = now;
    switch (mode_) {
        case ProgressMode::line:
            return show_line(state);
        case ProgressMode::plain:
            return show_plain(state);
        case ProgressMode::json:
            return show_json(state);
        case ProgressMode::none:
            return;
    }
}

void ProgressLine::show_line(const ProgressState& state) {
    std::string text =
        describe(state, phase_seconds(), state.bytes_done - std::min(phase_bytes_, state.bytes_done), seconds_left(state));
    if (!state.current.empty()) text += "  " + printable(state.current);
    write("\r" + std::string(clip(text, terminal_columns(fd_) - 1)) + "\x1b[K");
    line_shown_ = true;
}

void ProgressLine::show_plain(const ProgressState& state) {
    write(describe(state, phase_seconds(), state.bytes_done - std::min(phase_bytes_, state.bytes_done), seconds_left(state)) +
          "\n");
}

void ProgressLine::show_json(const ProgressState& state) {
    Json line = {{"phase", std::string(state.phase)}, {"items_done", state.items_done},
                 {"items_total", state.items_total},  {"bytes_done", state.bytes_done},
                 {"bytes_total", state.bytes_total},  {"seconds", std::round(phase_seconds() * 1000) / 1000}};
    if (const auto left = seconds_left(state)) line["seconds_left"] = std::round(*left);
    if (!state.current.empty()) put_path(line, "current", std::string(state.current));
    write(json_text_of(line) + "\n");
}

void ProgressLine::clear() {
    if (!line_shown_) return;
    write("\r\x1b[K");
    line_shown_ = false;
}

void ProgressLine::note(std::string_view one_line) {
    clear();
    write(std::string(one_line) + "\n");
}

void ProgressLine::warn(std::string_view one_line) {
    if (warned_.size() < kMaxRemembered && !warned_.emplace(one_line).second) return;
    note(say("warning: {}", one_line));
}

void ProgressLine::error(std::string_view one_line) { note(say("custody: {}", one_line)); }

}  // namespace custody
