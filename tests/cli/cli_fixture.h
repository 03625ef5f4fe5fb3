// What the command line's tests share: one family with a vault of a small tree, made once for the suite by the real program.
//
// Ownership: the folder lives until the test program ends. Threads: none.
#pragma once

#include "tests/support/exotic_tree.h"
#include "tests/support/program.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace custody::test {

using Json = nlohmann::json;

// The whole of standard output as one JSON document; a test failure when it is not.
inline Json json_of(const Outcome& outcome) {
    Json parsed = Json::parse(outcome.out, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << "no JSON: " << outcome.out << outcome.err;
    return parsed;
}

// One line on standard error that names the program, and nothing that looks like a crash.
inline testing::AssertionResult one_clear_line(const Outcome& outcome) {
    std::size_t errors = 0, at = 0;
    while ((at = outcome.err.find("custody: ", at)) != std::string::npos) {
        if (at == 0 || outcome.err[at - 1] == '\n') ++errors;
        ++at;
    }
    if (errors == 1 && outcome.err.ends_with('\n') && outcome.err.find("terminate") == std::string::npos) {
        return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << errors << " error lines in: " << outcome.err;
}

// A folder with a vault, a keyring and a source; each test that needs one of its own makes one.
struct Office {
    explicit Office(const std::string& purpose) : folder(purpose), custody(folder.path()), source(folder / "srv") {}

    // A small tree with Vietnamese names.
    void fill_source() const {
        std::filesystem::create_directories(source + "/hồ sơ/2026");
        write_file(source + "/hồ sơ/2026/Báo cáo quý.txt", "quý một\n");
        write_file(source + "/hồ sơ/danh sách.csv", "a,b\n1,2\n");
        write_file(source + "/readme", "read me\n");
        write_file(source + "/noise", noise(700'000, 1));
        std::filesystem::create_symlink("readme", source + "/link");
    }
    Outcome backup(std::vector<std::string> more = {}) const {
        std::vector<std::string> arguments = {"backup", source, "--label", "business", "--name", "srv"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return custody(arguments);
    }

    ScratchFolder folder;
    Vault custody;
    std::string source;
};

// Made once: init, two backups of the source (the second with one file changed, one added, one removed).
inline const Office& shared_office() {
    static const std::unique_ptr<const Office> office = [] {
        auto made = std::make_unique<const Office>("cli");
        made->fill_source();
        EXPECT_EQ(made->custody({"init"}).exit, 0);
        const Outcome first = made->backup();
        EXPECT_EQ(first.exit, 0) << first.err;
        write_file(made->source + "/readme", "read me again\n");
        write_file(made->source + "/new", "new\n");
        std::filesystem::remove(made->source + "/hồ sơ/danh sách.csv");
        const Outcome second = made->backup();
        EXPECT_EQ(second.exit, 0) << second.err;
        return made;
    }();
    return *office;
}

}  // namespace custody::test
