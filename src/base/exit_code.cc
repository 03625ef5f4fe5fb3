#include "base/exit_code.h"

#include <array>

namespace custody {

int exit_code_of(Code code) {
    switch (code) {
        case Code::failed:
        case Code::io:
        case Code::no_space:
        case Code::denied:
        case Code::read_only:
        case Code::exists:
        case Code::memory:
            return kExitFailed;
        case Code::usage:
            return kExitUsage;
        case Code::corrupt:
            return kExitDamage;
        case Code::refused:
            return kExitRefused;
        case Code::busy:
            return kExitBusy;
        case Code::not_found:
            return kExitNotFound;
        case Code::wrong_key:
            return kExitWrongKey;
        case Code::interrupted:
            return kExitInterrupted;
    }
    return kExitFailed;
}

std::string_view code_word(Code code) {
    switch (code) {
        case Code::failed:
            return "failed";
        case Code::io:
            return "io";
        case Code::no_space:
            return "no_space";
        case Code::denied:
            return "denied";
        case Code::read_only:
            return "read_only";
        case Code::exists:
            return "exists";
        case Code::memory:
            return "memory";
        case Code::usage:
            return "usage";
        case Code::corrupt:
            return "corrupt";
        case Code::refused:
            return "refused";
        case Code::busy:
            return "busy";
        case Code::not_found:
            return "not_found";
        case Code::wrong_key:
            return "wrong_key";
        case Code::interrupted:
            return "interrupted";
    }
    return "failed";
}

std::optional<Code> code_of_word(std::string_view word) {
    constexpr std::array kAll = {Code::failed, Code::io,        Code::no_space,  Code::denied,     Code::read_only,
                                 Code::exists, Code::memory,    Code::usage,     Code::corrupt,    Code::refused,
                                 Code::busy,   Code::not_found, Code::wrong_key, Code::interrupted};
    for (const Code code : kAll) {
        if (code_word(code) == word) return code;
    }
    return std::nullopt;
}

}  // namespace custody
