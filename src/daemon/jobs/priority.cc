#include "daemon/jobs/priority.h"

#include "base/file.h"
#include "base/text.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace custody {
namespace {

// ioprio_set(2); <linux/ioprio.h> is no C++.
constexpr int kWhoProcess = 1, kClassShift = 13;
constexpr int kClassNone = 0, kClassBestEffort = 2, kClassIdle = 3;

int class_of(IoClass io_class) {
    switch (io_class) {
        case IoClass::normal:
            break;
        case IoClass::best_effort:
            return kClassBestEffort;
        case IoClass::idle:
            return kClassIdle;
    }
    return kClassNone;
}

}  // namespace

std::vector<std::string> lower_priority(const Limits& limits) {
    std::vector<std::string> warnings;
    const auto self = static_cast<id_t>(::gettid());
    errno = 0;
    const int now = ::getpriority(PRIO_PROCESS, self);
    // Back up is for who has the right to; what is lower already stays so where he has not.
    if (errno != 0 || (now != limits.nice && ::setpriority(PRIO_PROCESS, self, limits.nice) != 0 && now < limits.nice)) {
        warnings.push_back(say("the job runs without nice = {}: {}", limits.nice, reason_of(errno)));
    }
    const int level = limits.io_class == IoClass::best_effort ? std::clamp(limits.io_level, 0, 7) : 0;
    const int value = class_of(limits.io_class) << kClassShift | level;
    if (::syscall(SYS_ioprio_set, kWhoProcess, 0, value) != 0) {
        warnings.push_back(say("the job runs with the usual input/output priority: {}", reason_of(errno)));
    }
    return warnings;
}

}  // namespace custody
