#include "daemon/hooks.h"

#include "base/text.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kMaxErrorText = 4096;
constexpr std::int64_t kLeast_ns = kSecond;

using Environment = std::map<std::string, std::string>;

Status run_hook(const Hook& hook, const char* which, const std::string& plan, Environment environment, const StopFlag& stop) {
    if (hook.arguments.empty()) return done();
    ProcessOptions options;
    options.arguments = hook.arguments;
    options.environment = std::move(environment);
    options.user = hook.user;
    options.time_limit_ns = std::max(hook.time_limit_ns, kLeast_ns);
    const auto outcome = run_process(options, stop);
    if (!outcome.ok() && outcome.error().code == Code::interrupted) return outcome.error();
    if (outcome.ok() && outcome->succeeded()) return done();
    const Error why = outcome.ok() ? failure_of(hook.arguments.front(), *outcome) : outcome.error();
    return Error{why.code, say("the hook '{}' of plan {}: {}", which, printable(plan), why.message)};
}

const char* word_of(const RunOutcome& outcome) {
    if (!outcome.error) return "done";
    return outcome.error->code == Code::interrupted ? "interrupted" : "failed";
}

}  // namespace

Status run_before_hook(const Hook& hook, const std::string& plan, const std::string& label, const StopFlag& stop) {
    return run_hook(hook, "before", plan, {{"CUSTODY_PLAN", plan}, {"CUSTODY_LABEL", label}, {"CUSTODY_HOOK", "before"}}, stop);
}

Status run_after_hook(const Hook& hook, const std::string& plan, const std::string& label, const RunOutcome& outcome) {
    const StopFlag never;
    const std::string error = outcome.error ? printable(outcome.error->message).substr(0, kMaxErrorText) : std::string();
    return run_hook(hook, "after", plan,
                    {{"CUSTODY_PLAN", plan},
                     {"CUSTODY_LABEL", label},
                     {"CUSTODY_HOOK", "after"},
                     {"CUSTODY_OUTCOME", word_of(outcome)},
                     {"CUSTODY_ERROR", error},
                     {"CUSTODY_SNAPSHOT", outcome.snapshot}},
                    never);
}

Status run_with_hooks(const Hook& before, const Hook& after, const std::string& plan, const std::string& label,
                      const StopFlag& stop, const std::function<Result<std::string>()>& work) {
    RunOutcome outcome;
    if (Status ready = run_before_hook(before, plan, label, stop); !ready.ok()) {
        outcome.error = std::move(ready).error();
    } else if (auto worked = work(); worked.ok()) {
        outcome.snapshot = std::move(*worked);
    } else {
        outcome.error = std::move(worked).error();
    }
    const Status ended = run_after_hook(after, plan, label, outcome);
    if (!outcome.error) return ended;
    if (!ended.ok()) outcome.error->message += "; " + ended.error().message;
    return std::move(*outcome.error);
}

}  // namespace custody
