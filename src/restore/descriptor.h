// A file descriptor that closes itself, and errors of system calls as values.
//
// Ownership: a Descriptor owns its number. Threads: no sharing of the object; the number may be used by many.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <utility>

namespace custody {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() { close(); }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            close();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] bool is_open() const { return number_ >= 0; }
    [[nodiscard]] int number() const { return number_; }
    void close();
    // The number, no longer owned.
    int release() { return std::exchange(number_, -1); }

private:
    int number_ = -1;
};

// "cannot DO PATH: reason", with the code that fits `error_number` (an errno). `english_verb` is known to the translations.
[[nodiscard]] Error system_error(std::string_view english_verb, std::string_view path, int error_number);
// The reason alone, in the system's words.
[[nodiscard]] std::string reason_of(int error_number);

// "/proc/self/fd/N": reaches the thing behind any descriptor, also one opened with O_PATH, and never follows further.
class ProcPath {
public:
    explicit ProcPath(int descriptor);
    [[nodiscard]] const char* text() const { return text_; }

private:
    char text_[32];
};

}  // namespace custody
