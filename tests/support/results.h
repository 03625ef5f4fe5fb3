// Results in assertions: EXPECT_TRUE(is_ok(status)) shows the message, EXPECT_TRUE(fails_with(Code::busy, result)) also checks
// that the message is one line.
#pragma once

#include "base/result.h"

#include <gtest/gtest.h>

namespace custody::test {

template <class AnyResult>
[[nodiscard]] testing::AssertionResult is_ok(const AnyResult& result) {
    if (result.ok()) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "code " << static_cast<int>(result.error().code) << ": " << result.error().message;
}

template <class AnyResult>
[[nodiscard]] testing::AssertionResult fails_with(Code expected, const AnyResult& result) {
    if (result.ok()) return testing::AssertionFailure() << "succeeded";
    const Error& error = result.error();
    if (error.code == expected && !error.message.empty() && error.message.find('\n') == std::string::npos)
        return testing::AssertionSuccess();
    return testing::AssertionFailure() << "code " << static_cast<int>(error.code) << " instead of " << static_cast<int>(expected)
                                       << ": " << error.message;
}

}  // namespace custody::test
