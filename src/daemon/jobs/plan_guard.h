// The guard of a plan's source (vault/sources/source_guard.h) with its memory, which is kept in the catalogue's settings under
// "source-memory/<plan>": what the source was at the last good run.
//
// Ownership: refers to context, plan and notes, which outlive it. Threads: one run. Errors: not_found, which sets
// notes.source_absent; those of the catalogue. Durable: remember(), when it returns.
#pragma once

#include "daemon/jobs/plan_source.h"
#include "vault/sources/source_guard.h"

#include <string>
#include <vector>

namespace custody {

class PlanGuard {
public:
    // Looks at mounts and places. `counts_files`: one that held files last time and holds none now fails.
    [[nodiscard]] static Result<PlanGuard> look(const JobContext& context, const PlanSourceRequest& request,
                                                PlanSourceNotes& notes, std::vector<std::string> mounts,
                                                const std::vector<std::string>& paths, bool counts_files);
    // For BackupOptions::may_publish.
    [[nodiscard]] Status may_publish(const BackupResult& so_far) const;
    // After a good run. What cannot be remembered is a warning: the snapshot stands.
    void remember(const BackupResult& result) const;

private:
    PlanGuard(const JobContext& context, const PlanSourceRequest& request, PlanSourceNotes& notes)
        : context_(&context), request_(&request), notes_(&notes) {}
    [[nodiscard]] Status recall();

    const JobContext* context_;
    const PlanSourceRequest* request_;
    PlanSourceNotes* notes_;
    GuardSettings settings_;
    SourceMemory last_;
    std::vector<SourcePlace> places_;
    bool counts_files_ = false;
};

// A path of the source is not there.
inline void note_absence(const Error& error, PlanSourceNotes& notes) {
    notes.source_absent = notes.source_absent || error.code == Code::not_found;
}

}  // namespace custody
