// Against a socket as systemd holds it: what arrives there is what the manager would see.
#include "daemon/service/notify.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;
using test::ScratchFolder;

// The manager's end. `name` as in NOTIFY_SOCKET.
class Manager {
public:
    explicit Manager(const std::string& name) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.data(), name.size());
        if (name[0] == '@') address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (name[0] == '@' ? 0 : 1));
        EXPECT_EQ(0, ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size));
    }
    // The next message; "" when none came within ten seconds.
    std::string next() const {
        pollfd wait = {fd_.get(), POLLIN, 0};
        char buffer[1024];
        if (::poll(&wait, 1, 10'000) != 1) return {};
        const ssize_t size = ::recv(fd_.get(), buffer, sizeof buffer, 0);
        return size < 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(size));
    }

private:
    Fd fd_;
};

class Notify : public testing::Test {
protected:
    void TearDown() override {
        for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    }
    static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
    ScratchFolder scratch_{"notify"};
};

void expect_conversation(const std::string& name) {
    const Manager manager(name);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    const auto notifier = Notifier::from_environment();
    ASSERT_TRUE(is_ok(notifier));
    EXPECT_TRUE(notifier->has_manager());
    EXPECT_TRUE(is_ok(notifier->ready("20 plans")));
    EXPECT_EQ("READY=1\nSTATUS=20 plans", manager.next());
    EXPECT_TRUE(is_ok(notifier->reloading()));
    const std::string reloading = manager.next();
    EXPECT_EQ(0U, reloading.find("RELOADING=1\nMONOTONIC_USEC=")) << reloading;
    EXPECT_GT(std::stoll(reloading.substr(reloading.rfind('=') + 1)), 0);
    EXPECT_TRUE(is_ok(notifier->watchdog()));
    EXPECT_EQ("WATCHDOG=1", manager.next());
    EXPECT_TRUE(is_ok(notifier->status("one\nREADY=1")));  // a line feed makes no message of its own
    EXPECT_EQ("STATUS=one\xef\xbf\xbdREADY=1", manager.next());
    EXPECT_TRUE(is_ok(notifier->extend_timeout(90 * kSecond)));
    EXPECT_EQ("EXTEND_TIMEOUT_USEC=90000000", manager.next());
    EXPECT_TRUE(is_ok(notifier->stopping("ending")));
    EXPECT_EQ("STOPPING=1\nSTATUS=ending", manager.next());
}

TEST_F(Notify, SpeaksToAPath) { expect_conversation(scratch_ / "notify"); }
TEST_F(Notify, SpeaksToAnAbstractName) { expect_conversation("@custody-test-notify-" + std::to_string(::getpid())); }

TEST_F(Notify, WithoutAManagerNothingIsSentAndNothingFails) {
    const auto notifier = Notifier::from_environment();
    ASSERT_TRUE(is_ok(notifier));
    EXPECT_FALSE(notifier->has_manager());
    EXPECT_TRUE(is_ok(notifier->ready("x")));
    EXPECT_FALSE(notifier->watchdog_interval_ns().has_value());
}

TEST_F(Notify, TheWatchdogIsAnsweredInHalfItsTimeAndOnlyByTheProcessItIsFor) {
    set("NOTIFY_SOCKET", scratch_ / "notify");
    set("WATCHDOG_USEC", "30000000");
    set("WATCHDOG_PID", std::to_string(::getpid()));
    EXPECT_EQ(15 * kSecond, Notifier::from_environment()->watchdog_interval_ns());
    EXPECT_EQ(nullptr, std::getenv("WATCHDOG_USEC"));  // children are not asked
    EXPECT_EQ(nullptr, std::getenv("NOTIFY_SOCKET"));
    for (const auto& [usec, pid] :
         {std::pair{"30000000", "1"}, {"0", ""}, {"-5", ""}, {"99999999999999999999", ""}, {"5s", ""}}) {
        set("NOTIFY_SOCKET", scratch_ / "notify");
        set("WATCHDOG_USEC", usec);
        set("WATCHDOG_PID", pid);
        EXPECT_FALSE(Notifier::from_environment()->watchdog_interval_ns().has_value()) << usec << " " << pid;
    }
}

TEST_F(Notify, AnAddressThatIsNoneIsRefusedAndAManagerThatIsGoneIsTold) {
    for (const std::string& name : {std::string("notify"), std::string("@"), std::string("/") + std::string(200, 'x')}) {
        set("NOTIFY_SOCKET", name);
        EXPECT_TRUE(fails_with(Code::usage, Notifier::from_environment())) << name;
    }
    set("NOTIFY_SOCKET", scratch_ / "nobody");
    const auto notifier = Notifier::from_environment();
    ASSERT_TRUE(is_ok(notifier));
    EXPECT_TRUE(fails_with(Code::not_found, notifier->ready("")));
}

}  // namespace
}  // namespace custody
