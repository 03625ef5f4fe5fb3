// What a walk over a file tree met, for tests.
#pragma once

#include "tests/support/exotic_tree.h"
#include "tests/support/scratch_folder.h"
#include "vault/sources/file_tree.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace custody {

struct Walked {
    std::vector<std::string> order;  // paths of items, "path/" when a folder is left
    std::map<std::string, SourceItem> items;
    std::map<std::string, std::shared_ptr<SourceFolder>> folders;
    std::map<std::string, Error> unreadable;
    FileTreeNotes notes;
    std::unique_ptr<Source> source;

    [[nodiscard]] Result<OpenedItem> open(const std::string& path) {
        const auto& folder = folders.at(path.rfind('/') == 0 ? "/" : path.substr(0, path.rfind('/')));
        return source->open(*folder, items.at(path));
    }
};

inline std::string join(const std::string& folder, const std::string& name) { return (folder == "/" ? "" : folder) + "/" + name; }

inline std::unique_ptr<Walked> walk(const FileTreeOptions& options) {
    auto walked = std::make_unique<Walked>();
    auto source = open_file_tree(options, walked->notes);
    EXPECT_TRUE(source.ok()) << (source.ok() ? "" : source.error().message);
    if (!source.ok()) return walked;
    walked->source = std::move(*source);
    for (SourceStep step;;) {
        EXPECT_TRUE(walked->source->next(step).ok());
        if (step.what == SourceStep::What::end) return walked;
        const std::string path = step.folder->path();
        walked->folders[path] = step.folder;
        if (step.error) walked->unreadable[path] = *step.error;
        if (step.what == SourceStep::What::leave) walked->order.push_back(path + "/");
        for (const SourceItem& item : step.items) {
            EXPECT_LE(step.items.size(), kMaxPieceItems);
            walked->order.push_back(join(path, item.name));
            walked->items[join(path, item.name)] = item;
        }
    }
}

inline std::string content_of(FileContent& content) {
    std::string text(1 << 20, '\0');
    auto got = content.read({reinterpret_cast<Byte*>(text.data()), text.size()});
    EXPECT_TRUE(got.ok());
    text.resize(got.ok() ? *got : 0);
    return text;
}

class FileTreeTest : public ::testing::Test {
protected:
    void folder(const std::string& name) { ASSERT_EQ(::mkdir((top / name).c_str(), 0755), 0); }
    void file(const std::string& name, const std::string& content = "x") { test::write_file(top / name, content); }
    test::ScratchFolder top{"file_tree"};
    FileTreeOptions options{.paths = {top.path()}, .excludes = {}, .excluded_inodes = {}};
};

}  // namespace custody
