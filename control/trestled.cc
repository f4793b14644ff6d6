// SPDX-License-Identifier: Apache-2.0
//
// trestled, the daemon: its command line. What it then does is in control/daemon.h.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <string>

#include "control/config_file.h"
#include "control/daemon.h"
#include "control/log.h"
#include "control/paths.h"
#include "control/version.h"

int main(int argc, char** argv) {
  using namespace trestle::control;
  CLI::App app("trestled: a userspace software switch. See trestled(8).", "trestled");
  DaemonOptions options{
      .config_file = kDefaultConfigFile, .config_required = false, .socket = kDefaultSocket};
  bool check = false;
  std::string level = "info";
  const CLI::Option* const config =
      app.add_option("--config", options.config_file, "configuration file")->capture_default_str();
  app.add_option("--socket", options.socket, "socket for trestle(1)")->capture_default_str();
  app.add_flag("--check", check, "only check the configuration file");
  app.add_option("--log-level", level, "error, warning, info or debug")
      ->check(CLI::IsMember(log_level_names()))
      ->capture_default_str();
  app.set_version_flag("--version", std::string("trestled ") + trestle::control::kVersion);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  options.config_required = config->count() > 0;
  if (check) return check_config_file(options.config_file, true, std::cout, std::cerr);
  const auto& names = log_level_names();
  start_log(static_cast<LogLevel>(std::find(names.begin(), names.end(), level) - names.begin()));
  return run_daemon(options);
}
