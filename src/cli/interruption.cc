#include "cli/interruption.h"

#include "base/text.h"
#include "cli/help.h"

#include <sys/stat.h>

namespace custody {
namespace {

bool was_given(const CLI::App& command, const std::string& option) {
    const CLI::Option* found = command.get_option_no_throw(option);
    return found != nullptr && found->count() > 0;
}

// A file is written beside its name and named when it is whole; a device is written where it is.
bool is_device(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISBLK(status.st_mode);
}

std::string after_restore(const CLI::App& command) {
    if (was_given(command, "--dry-run")) return say("nothing was written");
    if (was_given(command, "--image")) {
        if (is_device(command.get_option("--image")->results().front())) {
            return say("the image is not complete: restore it again before it is used");
        }
        return say("no image was written, and a file that was there is as it was");
    }
    if (was_given(command, "--stdout")) return say("what was written is not complete");
    return say("files that were restored stay, none is half written; run it again for the rest");
}

}  // namespace

std::string after_interrupt(const CLI::App& command) {
    const std::string path = command_path(command);
    if (was_given(command, "--dry-run") && path != "restore") return say("nothing was changed");
    if (path == "backup") return say("no snapshot was made; what was stored so far is kept, and the next backup reuses it");
    if (path == "copy")
        return say("no snapshot is half copied; what was copied so far is kept, and the next copy goes on from it");
    if (path == "prune") return say("no snapshot lost anything; the next prune goes on");
    if (path == "verify") return say("nothing was changed, and nothing is proven: run it again");
    if (path == "repair") return say("what was healed stays healed; run it again for the rest");
    if (path == "restore") return after_restore(command);
    if (path == "setup" || path == "recover")
        return say("what was made by then stays, and nothing is half written; run it again");
    if (path == "media prepare") return say("where the file system was begun, what the disk held is gone; run it again");
    if (path == "export") return say("no archive was written");
    if (path == "ls" || path == "find" || path == "diff" || path == "cat") return say("what was printed is not complete");
    return "";
}

}  // namespace custody
