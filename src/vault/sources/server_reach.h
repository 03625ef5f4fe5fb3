// How far a server was reached. Who would try again has to tell one that is away (down, starting, shutting down, full, a network
// that is cut) from one that answered and does not let us in: there waiting does not help. In doubt it is away.
#pragma once

namespace custody {

enum class ServerReach {
    not_asked,  // what failed lies on this side: the settings, a program that is not installed
    away,
    answered,
};

}  // namespace custody
