// One system call that is refused with a given errno, for one thread and the threads that it starts: what no file system at hand
// can be made to answer.
//
// Threads: `what` runs in a thread of its own; the filter ends with it. Needs seccomp; where there is none, false.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>

namespace custody::test {

inline bool with_failing_call(long number, int reason, const std::function<void()>& what) {
    bool refused = false;
    std::thread([&] {
        const auto call = static_cast<std::uint32_t>(number);
        const auto answer = SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(reason);
        std::array<sock_filter, 4> program = {{
            {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
            {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, call},
            {BPF_RET | BPF_K, 0, 0, answer},
            {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
        }};
        const sock_fprog filter = {program.size(), program.data()};
        refused = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
        if (!refused) {
            EXPECT_EQ(errno, EINVAL) << "what a kernel without seccomp filters says";
        }
        if (refused) what();
    }).join();
    return refused;
}

}  // namespace custody::test
