#include "vault/sources/source.h"

#include "base/text.h"

namespace custody {

Result<std::size_t> FileContent::read_at(std::uint64_t, MutableByteView) {
    return Error{Code::refused, say("this content can be read once only")};
}

std::string FileContent::unseen_writer(bool) { return say("nothing tells who writes to it"); }

Result<OpenedItem> Source::open_again(const std::string&, const std::string&) {
    return Error{Code::refused, say("this content can be read once only")};
}

}  // namespace custody
