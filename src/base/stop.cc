#include "base/stop.h"

#include "base/text.h"

namespace custody {

Status StopFlag::check() const {
    if (requested()) return Error{Code::interrupted, say("interrupted")};
    return done();
}

}  // namespace custody
