#include "cli/stdout_content.h"

#include "cli/signals.h"

namespace custody {

Result<RestoreResult> content_to_stdout(Context& context, Repository& repository, const Snapshot& snapshot,
                                        const UnlockedKeyring& unlocked, const std::string& path) {
    auto written = write_content(repository, snapshot, unlocked, path, 1, context.progress(), context.stop());
    // Interrupted by nobody: the reader went away.
    if (!written.ok() && written.error().code == Code::interrupted && !context.stop().requested()) {
        context.progress().clear();
        end_by_closed_output();
    }
    return written;
}

}  // namespace custody
