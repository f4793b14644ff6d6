// SPDX-License-Identifier: Apache-2.0

#include "measure/result/record.h"

#include <cmath>

namespace trestle::measure {

using nlohmann::ordered_json;

ordered_json to_json(const Run& run) {
  return {{"kind", "run"},          {"started", run.started},           {"version", run.version},
          {"command", run.command}, {"options_hash", run.options_hash}, {"options", run.options},
          {"machine", run.machine}, {"pinning", run.pinning},           {"switches", run.subjects}};
}

ordered_json to_json(const Record& record) {
  ordered_json json = {
      {"kind", "measurement"},           {"suite", record.suite}, {"test", record.test},
      {"switch", record.subject},        {"round", record.round}, {"setup", record.setup},
      {"values", ordered_json::object()}};
  for (const auto& [name, value] : record.values) {
    if (std::isfinite(value)) json["values"][name] = value;
  }
  for (const auto& [name, points] : record.series) {
    ordered_json list = ordered_json::array();
    for (const auto& [x, y] : points) {
      if (std::isfinite(x) && std::isfinite(y)) list.push_back(ordered_json::array({x, y}));
    }
    json["series"][name] = std::move(list);
  }
  if (!record.marks.empty()) json["marks"] = record.marks;
  if (!record.note.empty()) json["note"] = record.note;
  if (!record.latency.empty()) json["latency"] = record.latency.to_json();
  return json;
}

ordered_json to_json(const RunEnd& end) {
  return {{"kind", "end"},
          {"elapsed_seconds", end.elapsed_seconds},
          {"busy_percent", end.busy_percent},
          {"stolen_percent", end.stolen_percent},
          {"interrupted", end.interrupted}};
}

std::string to_line(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace trestle::measure
