// What the work of every job is given. A struct of references: made for one job, on its thread, and gone with it.
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "catalog/database.h"
#include "daemon/alerts/alert_sink.h"
#include "daemon/config/config.h"
#include "daemon/jobs/live_job.h"
#include "daemon/label_secrets.h"
#include "daemon/media/media_keeper.h"
#include "daemon/service/log.h"

#include <memory>

namespace custody {

struct JobContext {
    FileSystem& files;
    const Clock& clock;
    catalog::Catalog& catalog;
    AlertSink& alerts;
    MediaKeeper& media;
    LabelSecretsDoor secrets;
    const ServiceLog& log;
    std::shared_ptr<const Config> config;  // as it was when the job began
    LiveJob& job;

    [[nodiscard]] const StopFlag& stop() const { return job.stop(); }
    [[nodiscard]] Progress& progress() const { return job.progress(); }
};

}  // namespace custody
