#include "vault/sources/named_place.h"

#include <utility>

namespace custody {
namespace {

class NamedFolder final : public SourceFolder {
public:
    explicit NamedFolder(std::string path) : path_(std::move(path)) {}
    [[nodiscard]] std::string path() const override { return path_; }

private:
    std::string path_;
};

}  // namespace

std::shared_ptr<SourceFolder> folder_named(std::string path) { return std::make_shared<NamedFolder>(std::move(path)); }

OpenedItem entry_of(const SourceItem& item) {
    OpenedItem opened;
    opened.stamp = item.stamp;
    opened.entry.name = item.name;
    opened.entry.type = item.type;
    opened.entry.attributes.mode = item.mode;
    opened.entry.attributes.uid = item.uid;
    opened.entry.attributes.gid = item.gid;
    opened.entry.attributes.modified = item.stamp.modified;
    opened.entry.attributes_only = item.attributes_only;
    return opened;
}

}  // namespace custody
