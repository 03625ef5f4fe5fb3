// The grammar of a node's body, for encoder and decoder alike; docs/FORMAT.md is the prose of this file.
//
//   body     := u8 version | u8 kind | folder | fanout | content
//   folder   := varint count | count x entry, names strictly ascending by bytes
//   entry    := blob name | u8 type | u8 marks | varint mode, uid, gid | zigzag mtime seconds
//               | varint mtime ns | varint flags | varint xattrs | xattrs x (blob name, blob value), names strictly ascending
//               | [varint hard link, when marked] | by type: file span, symlink blob target, device varint rdev
//   span     := varint size | [inline, when not marked long: varint holes | holes x (varint gap, varint length)
//               | varint chunks | chunks x varint length]
//   content  := span, inline
//   fanout   := varint count | count x (varint size | folder_fanout only: blob first name)
//   References: chunk ids of inline spans; tree ids of long spans, of folders with children, of fanout children; each list in
//   the order in which the body is read.
#pragma once

#include "base/bytes.h"

namespace custody::tree_format {

inline constexpr Byte kVersion = 1;

inline constexpr Byte kHardLink = 1;  // marks of an entry
inline constexpr Byte kChangedWhileRead = 2;
inline constexpr Byte kAttributesOnly = 4;
inline constexpr Byte kLongContent = 8;  // file: a tree id stands for its chunks
inline constexpr Byte kChildren = 16;    // folder: a tree id follows in the references
inline constexpr Byte kAllMarks = 31;

// The least that each repeated thing takes in a body: counts are checked against it.
inline constexpr std::size_t kMinEntrySize = 2 + 1 + 1 + 3 + 2 + 1 + 1;
inline constexpr std::size_t kMinXattrSize = 3;
inline constexpr std::size_t kMinHoleSize = 2;

}  // namespace custody::tree_format
