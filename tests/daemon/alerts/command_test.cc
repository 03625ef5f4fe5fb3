// Alerts to a command: what it reads, and what happens when it fails, hangs or is not there.
#include "daemon/alerts/command.h"

#include "daemon/alerts/message.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/wait_for.h"

#include <gtest/gtest.h>

#include <signal.h>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;
using test::ScratchFolder;
using test::text_of_file;

AlertMessage alert() {
    AlertMessage message;
    message.id = new_message_id();
    message.key = "backup_failed/etc";
    message.kind = "backup_failed";
    message.host = "srv1";
    message.subject = "Sao lưu thất bại";
    message.text = "một\nhai\n";
    message.line = "một";
    message.fields = {{"plan", "etc"}};
    return message;
}

Status deliver(const std::string& script, const std::vector<std::string>& more = {}, std::int64_t timeout_ns = kMinute) {
    CommandSettings settings;
    settings.arguments = {"/bin/sh", "-c", script, "sh"};
    settings.arguments.insert(settings.arguments.end(), more.begin(), more.end());
    settings.timeout_ns = timeout_ns;
    const StopFlag stop;
    return make_command_channel(settings)->deliver(alert(), stop);
}

TEST(AlertCommand, ReadsTheWholeMessageAsJson) {
    const ScratchFolder folder("alert-command");
    CommandSettings settings;
    settings.arguments = {"/bin/sh", "-c", "cat > \"$1\"", "sh", folder / "got"};
    const AlertMessage message = alert();
    const StopFlag stop;
    ASSERT_TRUE(is_ok(make_command_channel(settings)->deliver(message, stop)));
    const std::string text = text_of_file(folder / "got");
    const auto json = parse_json(as_bytes(text), 1 << 20);
    ASSERT_TRUE(is_ok(json));
    const auto back = message_from_json(*json);
    ASSERT_TRUE(is_ok(back));
    EXPECT_EQ(*back, message);
}

TEST(AlertCommand, AFailureIsTriedAgainUnlessItSaysNever) {
    const Status failed = deliver("echo 'gateway away' >&2; exit 1");
    ASSERT_TRUE(fails_with(Code::busy, failed));
    EXPECT_NE(failed.error().message.find("gateway away"), std::string::npos);
    EXPECT_TRUE(fails_with(Code::refused, deliver("exit 65")));
}

TEST(AlertCommand, OneThatHangsIsEnded) {
    const ScratchFolder folder("alert-command");
    EXPECT_TRUE(fails_with(Code::busy, deliver("echo $$ > \"$1\"; exec sleep 1000", {folder / "pid"}, 300'000'000)));
    const std::string pid = text_of_file(folder / "pid");
    ASSERT_FALSE(pid.empty());
    EXPECT_NE(::kill(std::stoi(pid), 0), 0) << "it still runs";
}

TEST(AlertCommand, OneThatDoesNotReadIsNoFailure) { EXPECT_TRUE(is_ok(deliver("exec true"))); }

TEST(AlertCommand, OneThatIsNotThereIsToldAsSuch) {
    CommandSettings settings;
    settings.arguments = {"/nowhere/at/all"};
    const StopFlag stop;
    const Status status = make_command_channel(settings)->deliver(alert(), stop);
    ASSERT_TRUE(fails_with(Code::not_found, status));
}

}  // namespace
}  // namespace custody
