#include "restore/descriptor.h"

#include "base/text.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace custody {
namespace {

Code code_of(int error_number) {
    switch (error_number) {
        case ENOSPC:
        case EDQUOT:
            return Code::no_space;
        case EACCES:
        case EPERM:
            return Code::denied;
        case EROFS:
            return Code::read_only;
        case EEXIST:
            return Code::exists;
        case ENOENT:
            return Code::not_found;
        case EBUSY:
            return Code::busy;
        default:
            return Code::io;
    }
}

}  // namespace

void Descriptor::close() {
    // What close() reports here was either synced before or belongs to a file that is given up.
    if (number_ >= 0) ::close(number_);
    number_ = -1;
}

std::string reason_of(int error_number) { return std::generic_category().message(error_number); }

Error system_error(std::string_view english_verb, std::string_view path, int error_number) {
    return {code_of(error_number), say("cannot {} {}: {}", translate(english_verb), printable(path), reason_of(error_number))};
}

ProcPath::ProcPath(int descriptor) { std::snprintf(text_, sizeof text_, "/proc/self/fd/%d", descriptor); }

}  // namespace custody
