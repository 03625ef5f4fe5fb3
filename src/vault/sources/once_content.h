// Content that is there when its turn comes and is read once, from its beginning to its end: a stream, the output of a program, a
// copy made for this run. How much it is shows at its end; nobody changes it meanwhile.
#pragma once

#include "vault/sources/source.h"

#include <vector>

namespace custody {

class OnceContent : public FileContent {
public:
    [[nodiscard]] std::uint64_t size() const final { return kUnknownSize; }
    [[nodiscard]] const std::vector<Hole>& holes() const final { return none_; }
    [[nodiscard]] Result<bool> changed_since_open() final { return false; }
    [[nodiscard]] bool repeatable() const final { return false; }

private:
    const std::vector<Hole> none_;
};

}  // namespace custody
