#include "daemon/alerts/channel.h"

#include "daemon/alerts/command.h"
#include "daemon/alerts/smtp.h"
#include "daemon/alerts/syslog.h"

namespace custody {

std::vector<AlertTarget> alert_targets(const AlertSettings& settings) {
    std::vector<AlertTarget> targets;
    if (settings.smtp) {
        for (const std::string& to : settings.smtp->to) targets.push_back({smtp_target(to), settings.smtp->least});
    }
    if (settings.syslog) targets.push_back({std::string(kSyslogTarget), settings.syslog->least});
    if (settings.command) targets.push_back({std::string(kCommandTarget), settings.command->least});
    return targets;
}

Result<std::vector<std::unique_ptr<AlertChannel>>> make_alert_channels(FileSystem& files, const AlertSettings& settings,
                                                                       const std::string& credentials) {
    const auto faults = judge_alert_settings(settings);
    if (!faults.empty()) return faults.front().error;
    std::vector<std::unique_ptr<AlertChannel>> channels;
    if (settings.smtp) {
        for (const std::string& to : settings.smtp->to) {
            channels.push_back(make_smtp_channel(files, *settings.smtp, to, credentials));
        }
    }
    if (settings.syslog) channels.push_back(make_syslog_channel(*settings.syslog));
    if (settings.command) channels.push_back(make_command_channel(*settings.command));
    return channels;
}

}  // namespace custody
