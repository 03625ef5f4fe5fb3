#include "vault/sources/program_output.h"

#include "base/text.h"
#include "vault/sources/once_content.h"

namespace custody {
namespace {

class ProgramContent final : public OnceContent {
public:
    ProgramContent(ProgramOutput program, std::unique_ptr<ChildProcess> child)
        : program_(std::move(program)), child_(std::move(child)) {}
    [[nodiscard]] Result<std::size_t> read(MutableByteView into) override {
        if (!child_) return std::size_t{0};
        TRY_ASSIGN(const std::size_t got, child_->read(into));
        total_ += got;
        if (program_.look && got > 0) TRY(program_.look(into.first(got)));
        if (got < into.size()) TRY(end());
        return got;
    }

private:
    [[nodiscard]] Status end() {
        const std::unique_ptr<ChildProcess> child = std::move(child_);
        TRY_ASSIGN(const ProcessEnd end, child->finish());
        if (!end.succeeded()) return program_.explain ? program_.explain(end) : failure_of(program_.what, end);
        if (total_ == 0 && !program_.may_be_empty) {
            return Error{Code::failed, say("{} printed nothing: nothing is stored of it", printable(program_.what))};
        }
        return program_.at_end ? program_.at_end() : done();
    }

    ProgramOutput program_;
    std::unique_ptr<ChildProcess> child_;
    std::uint64_t total_ = 0;
};

}  // namespace

Result<std::unique_ptr<FileContent>> open_program_output(ProgramOutput program, const StopFlag& stop) {
    TRY_ASSIGN(auto child, ChildProcess::start(program.process, stop));
    return std::unique_ptr<FileContent>(std::make_unique<ProgramContent>(std::move(program), std::move(child)));
}

}  // namespace custody
