#include "daemon/alerts/command.h"

#include "base/process.h"
#include "base/text.h"

namespace custody {
namespace {

constexpr int kDataError = 65;

class CommandChannel final : public AlertChannel {
public:
    explicit CommandChannel(const CommandSettings& settings) : settings_(settings), target_(kCommandTarget) {}

    [[nodiscard]] const std::string& target() const override { return target_; }
    [[nodiscard]] const std::string& server() const override { return target_; }

    [[nodiscard]] Status deliver(const AlertMessage& message, const StopFlag& stop) override {
        ProcessOptions options;
        options.arguments = settings_.arguments;
        TRY_ASSIGN(options.input, to_canonical_json(message_to_json(message)));
        options.time_limit_ns = settings_.timeout_ns;
        TRY_ASSIGN(const ProcessOutcome outcome, run_process(options, stop));
        if (outcome.succeeded()) return done();
        Error error = failure_of(settings_.arguments[0], outcome);
        error.code = outcome.exit == kDataError ? Code::refused : Code::busy;
        return error;
    }

private:
    const CommandSettings settings_;
    const std::string target_;
};

}  // namespace

std::unique_ptr<AlertChannel> make_command_channel(const CommandSettings& settings) {
    return std::make_unique<CommandChannel>(settings);
}

}  // namespace custody
