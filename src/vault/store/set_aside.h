// Taking out of the way what bears an object's name and is not that object: a folder, a FIFO, damaged bytes that nothing
// replaces.
//
// It is renamed, whatever it is, to aside/<name, with - for />[.<number>] in the vault's folder: no part of the vault's content,
// never listed with it, and removed by a person only. Threads: none. Errors: not_found: nothing bears the name; what the file
// system says. Durable when it returns.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <string>

namespace custody {

// `name`: of an object below `root`. Returns the new name, below `root` too.
[[nodiscard]] Result<std::string> set_aside(FileSystem& files, const std::string& root, const std::string& name);
// The other way: what bears `from` bears `to` from now on. exists: something bears it.
[[nodiscard]] Status bring_back(FileSystem& files, const std::string& root, const std::string& from, const std::string& to);
// Whether something that is no folder stands where `path`, below `root`, or a folder above it should be: then nothing can lie
// there.
[[nodiscard]] bool file_in_the_way(FileSystem& files, const std::string& root, std::string path);

}  // namespace custody
