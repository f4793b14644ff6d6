// SPDX-License-Identifier: Apache-2.0
//
// The only file that includes spdlog.

#include "control/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace trestle::control {
namespace {

// systemd.exec(5): JOURNAL_STREAM is "device:inode" of the stream to the journal; stderr may lead
// elsewhere.
bool stderr_is_the_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) return false;
  return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kDebug:
      break;
  }
  return spdlog::level::debug;
}

// syslog(3) priorities.
constexpr const char* kJournalPrefix[] = {"<3>", "<4>", "<6>", "<7>"};

struct Log {
  Log() : journal(stderr_is_the_journal()) {
    logger = spdlog::stderr_logger_mt("trestled");
    logger->set_pattern(journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger->flush_on(spdlog::level::debug);
  }
  bool journal;
  std::shared_ptr<spdlog::logger> logger;
};

Log& the_log() {
  static Log instance;
  return instance;
}

}  // namespace

const std::vector<std::string>& log_level_names() {
  static const std::vector<std::string> kNames{"error", "warning", "info", "debug"};
  return kNames;
}

void start_log(LogLevel level) {
  the_log().logger->set_level(spdlog_level(level));
}

void log(LogLevel level, std::string_view message) {
  Log& target = the_log();
  const char* const prefix = target.journal ? kJournalPrefix[static_cast<int>(level)] : "";
  target.logger->log(spdlog_level(level), "{}{}", prefix, message);
}

}  // namespace trestle::control
