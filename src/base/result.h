// Errors as values. Every fallible function of Custody returns Result<T> or Status; no exception leaves a room.
//
// Ownership: an Error owns its message. Threads: values, no sharing. A message is one line for a person: what failed,
// on which path or object, why, and what to do next; it never holds a secret.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace custody {

// The closed list of failures. Each maps to one exit code of the command line (docs/ARCHITECTURE.md, "Errors").
// `corrupt` is never reported as `not_found`: a thing that should be there and is not is damage.
enum class Code {
    failed,       // permanent failure with no better name                                  exit 1
    io,           // the operating system refused or lost an operation                      exit 1
    no_space,     // the medium is full                                                     exit 1
    denied,       // this user may not                                                      exit 1
    read_only,    // the medium cannot be written                                           exit 1
    exists,       // exclusive creation met something already there                         exit 1
    memory,       // bytes changed in memory between two looks: suspect the machine         exit 1
    usage,        // wrong flag, setting or input file                                      exit 2
    corrupt,      // bytes from a medium contradict their hash, signature or format         exit 4
    refused,      // policy says no, or an approval is missing                              exit 5
    busy,         // another holder; worth trying again                                     exit 6
    not_found,    // no such vault, snapshot, path or medium                                exit 7
    wrong_key,    // wrong passphrase, or no key here opens this                            exit 8
    interrupted,  // the user or the system asked to stop                                   exit 130
};

struct Error {
    Code code = Code::failed;
    std::string message;
};

// True for failures that may pass by waiting: only `busy`. A failed fsync is never retried.
[[nodiscard]] inline bool is_retryable(const Error& error) { return error.code == Code::busy; }

template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    // Precondition for all accessors below: ok(). From a temporary the value is moved out, so that it may be bound or looped
    // over.
    [[nodiscard]] T& value() & { return std::get<0>(state_); }
    [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
    [[nodiscard]] T value() && { return std::get<0>(std::move(state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    // Precondition: !ok().
    [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }
    [[nodiscard]] Error&& error() && { return std::get<1>(std::move(state_)); }

private:
    std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;
inline Status done() { return Done{}; }
// Where both were done whatever the other came to.
inline Status first_error(Status first, Status second) { return first.ok() ? std::move(second) : std::move(first); }

}  // namespace custody

#define CUSTODY_JOIN_INNER(a, b) a##b
#define CUSTODY_JOIN(a, b) CUSTODY_JOIN_INNER(a, b)

// TRY(expr): returns the error of a Status or Result from the enclosing function; drops a value.
#define TRY(expr)                                                       \
    do {                                                                \
        auto&& custody_try_ = (expr);                                   \
        if (!custody_try_.ok()) return std::move(custody_try_).error(); \
    } while (false)

// TRY_ASSIGN(auto x, expr): binds the value or returns the error.
#define TRY_ASSIGN(declaration, expr)                                                                                     \
    auto CUSTODY_JOIN(custody_result_, __LINE__) = (expr);                                                                \
    if (!CUSTODY_JOIN(custody_result_, __LINE__).ok()) return std::move(CUSTODY_JOIN(custody_result_, __LINE__)).error(); \
    declaration = std::move(CUSTODY_JOIN(custody_result_, __LINE__)).value()
