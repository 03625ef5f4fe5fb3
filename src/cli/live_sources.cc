#include "cli/live_sources.h"

#include "base/file.h"
#include "vault/history/host_cache.h"
#include "vault/sources/sqlite_source.h"

namespace custody {

Result<LiveSource> open_sqlite_file(Context& context, const std::string& file) {
    SqliteOptions options;
    TRY_ASSIGN(options.path, absolute_path(file));
    options.scratch_folder = join_path(default_cache_folder(), "scratch");
    TRY_ASSIGN(OpenedSqlite opened, open_sqlite(options, context.clock(), context.stop()));
    LiveSource live;
    live.source = std::move(opened.source);
    live.warnings = std::move(opened.warnings);
    live.default_name = std::string(base_name(opened.path));
    live.physical_paths = {opened.path};
    return live;
}

}  // namespace custody
