#include "base/stop.h"

#include "base/text.h"

namespace custody {

Status StopFlag::check() const {
    if (requested()) return Error{Code::interrupted, say("interrupted; what was stored so far is kept and will be reused")};
    return done();
}

}  // namespace custody
