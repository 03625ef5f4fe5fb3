#include "tests/daemon/jobs/jobs_fixture.h"

namespace custody::test {
namespace {

namespace fs = std::filesystem;

class MediumVaultTest : public JobsTest {
protected:
    Result<MediumVault> try_open(const std::string& vault) {
        const JobContext job = context();
        return MediumVault::open(job, *shared_->find_medium("disk-" + vault));
    }
    std::uint32_t holds(const std::string& medium) {
        for (const MediumSight& sight : keeper_->sights()) {
            if (sight.name == medium) return sight.holds;
        }
        return 0;
    }
};

TEST_F(MediumVaultTest, AMediumIsHeldAsLongAsItsVaultIsOpen) {
    configure();
    {
        const auto opened = try_open("a");
        ASSERT_TRUE(is_ok(opened));
        EXPECT_EQ("disk-a", opened->registered().entry.name);
        EXPECT_EQ(1u, holds("disk-a"));
    }
    EXPECT_EQ(0u, holds("disk-a"));
    const auto used = catalog::Media(*catalog_).find("disk-a");
    ASSERT_TRUE(is_ok(used));
    EXPECT_EQ(world_.clock().now(), used->last_used_at);
}

TEST_F(MediumVaultTest, WhatIsNotHereOrNotRegisteredIsSaid) {
    configure();
    take_away("b");
    EXPECT_TRUE(fails_with(Code::not_found, try_open("b")));
    EXPECT_EQ(0u, holds("disk-b"));
    add_medium("c");
    shared_ = std::make_shared<const Config>(config_);  // before the keeper has seen it
    EXPECT_TRUE(fails_with(Code::not_found, try_open("c")));
}

TEST_F(MediumVaultTest, AnotherMediumUnderTheRightPathIsRefused) {
    configure();
    fs::rename(world_.path("a"), world_.path("a") + ".away");
    fs::copy(world_.path("b"), world_.path("a"), fs::copy_options::recursive);
    EXPECT_TRUE(fails_with(Code::refused, try_open("a")));
    // Also where it bears no identity.
    fs::remove(world_.path("a") + "/medium.json");
    EXPECT_TRUE(fails_with(Code::refused, try_open("a")));
}

}  // namespace
}  // namespace custody::test
