// Every kind of ObjectStore against the one suite.
#include "tests/support/memory_store.h"
#include "tests/support/power_cut_file_system.h"
#include "tests/support/scratch_folder.h"
#include "tests/vault/store/local_store_under_test.h"
#include "tests/vault/store/object_store_suite.h"

#include <tuple>

namespace custody::test {
namespace {

class LocalFolder final : public StoreUnderTest {
public:
    LocalFolder() : scratch_("store"), local_(posix_file_system(), scratch_ / "vault") {}
    ObjectStore& store() override { return local_.store(); }
    ObjectStore& other() override { return local_.other(); }

private:
    ScratchFolder scratch_;
    LocalStoreUnderTest local_;
};

class InMemoryFolder final : public StoreUnderTest {
public:
    ObjectStore& store() override { return local_.store(); }
    ObjectStore& other() override { return local_.other(); }

private:
    PowerCutFileSystem files_;
    LocalStoreUnderTest local_{files_, "/vault"};
};

class InMemoryObjects final : public StoreUnderTest {
public:
    ObjectStore& store() override { return store_; }
    ObjectStore& other() override { return store_; }

private:
    MemoryStore store_;
};

struct Kind {
    const char* name;
    std::unique_ptr<StoreUnderTest> (*make)();
};
template <class T>
std::unique_ptr<StoreUnderTest> make() {
    return std::make_unique<T>();
}

class StoreConformance : public testing::TestWithParam<std::tuple<Kind, ConformanceCheck>> {};

TEST_P(StoreConformance, Holds) {
    const auto& [kind, check] = GetParam();
    check.run(*kind.make());
}

std::string name_of(const testing::TestParamInfo<StoreConformance::ParamType>& test) {
    return std::string(std::get<0>(test.param).name) + "_" + std::get<1>(test.param).name;
}

INSTANTIATE_TEST_SUITE_P(, StoreConformance,
                         testing::Combine(testing::Values(Kind{"local_folder", &make<LocalFolder>},
                                                          Kind{"folder_in_memory", &make<InMemoryFolder>},
                                                          Kind{"objects_in_memory", &make<InMemoryObjects>}),
                                          testing::ValuesIn(kConformanceChecks)),
                         &name_of);

}  // namespace
}  // namespace custody::test
