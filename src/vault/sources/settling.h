// How long the times of an item must have rested before they tell that it is the same (vault decision 10).
//
// Two things make a time say less than it seems to. It is coarse: what is written a moment after it was looked at may bear the
// same time (2 s are enough; FAT and what it is carried over, 4 s). And what is written through a mapping (mmap) moves the times
// only when a page turns dirty: every further store to it moves nothing until the kernel has written the page back and protects
// it again. A page that was dirty while it was read could therefore change unseen for as long as dirty pages live. A file is
// believed only when its times lie further back than that: no page of it can have been dirty, and the next store to it moves
// them.
//
// Threads: safe. Errors: none; what cannot be found out counts as the worse.
#pragma once

#include <cstdint>
#include <string>

namespace custody {

// Of what lies on the file system of `descriptor`. `has_content`: of a regular file, whose own descriptor it is; whatever else
// (its folder's will do) cannot be mapped. kNeverSettles_ns where content can change without its times.
[[nodiscard]] std::int64_t settle_time_ns(int descriptor, bool has_content);

// How long dirty pages may live, doubled, by the kernel's settings in `folder` (/proc/sys/vm): at least 60 s; kNeverSettles_ns
// where it writes none back by itself.
[[nodiscard]] std::int64_t dirty_time_ns(const std::string& folder);

}  // namespace custody
