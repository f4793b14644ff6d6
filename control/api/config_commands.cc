// SPDX-License-Identifier: Apache-2.0
//
// config.plan, .reload, .show.

#include "config/parse.h"
#include "config/print.h"
#include "control/api/handlers.h"
#include "control/api/params.h"
#include "control/config_file.h"
#include "control/why/expect.h"

namespace trestle::control {

Reply config_plan(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const std::string text = params.text("text");
  const std::string file = params.optional_text("file").value_or("text");
  if (auto error = params.error()) return *error;
  const auto planned = config::parse(text, file);
  if (!planned) {
    return refuse("cannot plan: " + summary(file, planned.error()), planned.error());
  }
  if (auto failed = failed_expectations(*planned, file); !failed.empty()) {
    return refuse("cannot plan: " + summary(file, failed), failed);
  }
  return changes_json(config::diff(context.instance.config(), *planned));
}

Reply config_reload(const CommandContext& context, const Json& json, Caller&) {
  if (auto error = Params(json).error()) return *error;
  return context.running.reload().map(changes_json);
}

Reply config_show(const CommandContext& context, const Json& json, Caller&) {
  if (auto error = Params(json).error()) return *error;
  return Json{{"text", config::print(context.instance.config())}};
}

}  // namespace trestle::control
