// Reads a Source to its end as run_backup does with files of unknown size: one after the other, in walk order.
#pragma once

#include "base/file.h"
#include "vault/sources/source.h"

#include <map>
#include <string>

namespace custody::test {

using SourceContents = std::map<std::string, std::string>;  // by absolute path

[[nodiscard]] inline Result<SourceContents> read_source(Source& source) {
    SourceContents contents;
    for (SourceStep step;;) {
        TRY(source.next(step));
        if (step.what == SourceStep::What::end) return contents;
        if (step.what != SourceStep::What::piece) continue;
        for (const SourceItem& item : step.items) {
            if (item.type != EntryType::file) continue;
            TRY_ASSIGN(const OpenedItem opened, source.open(*step.folder, item));
            std::string& content = contents[join_path(step.folder->path(), item.name)];
            for (Bytes buffer(1024 * 1024);;) {
                TRY_ASSIGN(const std::size_t got, opened.content->read(buffer));
                content += as_text(ByteView(buffer).first(got));
                if (got < buffer.size()) break;
            }
        }
    }
}

}  // namespace custody::test
