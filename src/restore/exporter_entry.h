// What of an entry is put in libarchive's words.
//
// Threads: pure functions over an entry; a ThreadLocale holds for the thread that made it, until it is dropped there.
#pragma once

#include "vault/history/tree.h"

#include <archive_entry.h>
#include <locale.h>

#include <string>

namespace custody {

// libarchive converts names by the locale of the thread: in this one UTF-8 stays UTF-8 whatever the user's locale is. Names that
// are not UTF-8 are written in the "C" locale, where bytes stay bytes and nothing claims that they are UTF-8.
class ThreadLocale {
public:
    explicit ThreadLocale(const char* name) : locale_(::newlocale(LC_CTYPE_MASK, name, nullptr)) {
        if (locale_ != nullptr) before_ = ::uselocale(locale_);
    }
    ~ThreadLocale() {
        if (locale_ == nullptr) return;
        ::uselocale(before_);
        ::freelocale(locale_);
    }
    ThreadLocale(const ThreadLocale&) = delete;
    ThreadLocale& operator=(const ThreadLocale&) = delete;

private:
    locale_t locale_;
    locale_t before_ = nullptr;
};

[[nodiscard]] mode_t archive_type(EntryType type);
// Of the name alone: a system.posix_acl_* attribute.
[[nodiscard]] bool is_acl(const ExtendedAttribute& attribute);
// `entry` has the mode of mode_without_acl() (restore/access_list), and keeps it. False: libarchive has one place for the mode's
// bits and the list's entries of owner, owning group and others, and the list's say more than the mode; `entry` carries what the
// mode grants. What is no such list is left out.
[[nodiscard]] bool add_acl(archive_entry* entry, const ExtendedAttribute& attribute);
// libarchive writes such letters of an attribute's name as in a URL, and only under its own key says so.
[[nodiscard]] bool is_coded(const std::string& xattr);
void set_time(FileTime time, archive_entry* entry);
// Beyond what GNU tar and unzip can hand to the kernel in one piece.
[[nodiscard]] bool is_too_long_to_unpack(const std::string& path);
// "first/folders/.../name", for a message.
[[nodiscard]] std::string shortened(const std::string& path);

}  // namespace custody
