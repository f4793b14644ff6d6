// SPDX-License-Identifier: Apache-2.0
//
// JSON lines back into a run. Members that are not known are passed over, so that what a later
// version writes can be read; a known one of another type is an error.

#include <fmt/core.h>

#include <cerrno>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <string_view>
#include <type_traits>

#include "measure/result/record.h"

namespace trestle::measure {
namespace {

using nlohmann::ordered_json;

// What is wrong with the line at hand. Thrown and caught in this file only.
struct Wrong {
  std::string what;
};

const ordered_json* member(const ordered_json& json, const char* name) {
  const auto found = json.find(name);
  return found == json.end() ? nullptr : &*found;
}

const ordered_json& required(const ordered_json& json, const char* name) {
  const ordered_json* found = member(json, name);
  if (found == nullptr) throw Wrong{fmt::format("it has no \"{}\"", name)};
  return *found;
}

std::string text(const ordered_json& json, const char* name) {
  if (!json.is_string()) throw Wrong{fmt::format("\"{}\" is not a text", name)};
  return json.get<std::string>();
}

double number(const ordered_json& json, std::string_view name) {
  if (!json.is_number()) throw Wrong{fmt::format("\"{}\" is not a number", name)};
  return json.get<double>();
}

const ordered_json& object(const ordered_json& json, const char* name) {
  if (!json.is_object()) throw Wrong{fmt::format("\"{}\" is not an object", name)};
  return json;
}

const ordered_json& list(const ordered_json& json, std::string_view name) {
  if (!json.is_array()) throw Wrong{fmt::format("\"{}\" is not a list", name)};
  return json;
}

std::vector<std::string> texts(const ordered_json& json, const char* name) {
  std::vector<std::string> result;
  for (const auto& item : list(json, name)) result.push_back(text(item, name));
  return result;
}

// Those that a run may lack, or not know, are empty objects then.
ordered_json object_of(const ordered_json& json, const char* name) {
  const ordered_json* found = member(json, name);
  if (found == nullptr || found->is_null()) return ordered_json::object();
  return object(*found, name);
}

Run run_of(const ordered_json& json) {
  Run run;
  run.started = text(required(json, "started"), "started");
  run.version = text(required(json, "version"), "version");
  run.command = texts(required(json, "command"), "command");
  run.options_hash = text(required(json, "options_hash"), "options_hash");
  run.options = object_of(json, "options");
  run.machine = object_of(json, "machine");
  run.pinning = object_of(json, "pinning");
  run.subjects = object_of(json, "switches");
  return run;
}

unsigned round_of(const ordered_json& json) {
  if (!json.is_number_integer()) throw Wrong{"\"round\" is not a whole number"};
  const auto round = json.get<std::int64_t>();
  if (round < 1 || round > std::numeric_limits<int>::max()) {
    throw Wrong{"\"round\" does not count from 1"};
  }
  return static_cast<unsigned>(round);
}

std::vector<std::pair<double, double>> points(const ordered_json& json, const std::string& name) {
  std::vector<std::pair<double, double>> result;
  for (const auto& point : list(json, name)) {
    if (!point.is_array() || point.size() != 2) {
      throw Wrong{fmt::format("a point of \"{}\" is not two numbers", name)};
    }
    result.emplace_back(number(point[0], name), number(point[1], name));
  }
  return result;
}

Histogram histogram_of(const ordered_json& json) {
  try {
    return Histogram::from_json(json);
  } catch (const nlohmann::json::exception& error) {
    throw Wrong{fmt::format("\"latency\" is not a histogram ({})", error.what())};
  }
}

Record record_of(const ordered_json& json) {
  Record record;
  record.suite = text(required(json, "suite"), "suite");
  record.test = text(required(json, "test"), "test");
  record.subject = text(required(json, "switch"), "switch");
  record.round = round_of(required(json, "round"));
  record.setup = object_of(json, "setup");
  for (const auto& [name, value] : record.setup.items()) {
    if (value.is_structured()) throw Wrong{fmt::format("\"{}\" of \"setup\" is no scalar", name)};
  }
  for (const auto& [name, value] : object(required(json, "values"), "values").items()) {
    record.values[name] = number(value, name);
  }
  if (const auto* series = member(json, "series")) {
    for (const auto& [name, list_of_points] : object(*series, "series").items()) {
      record.series[name] = points(list_of_points, name);
    }
  }
  if (const auto* marks = member(json, "marks")) record.marks = texts(*marks, "marks");
  if (const auto* note = member(json, "note")) record.note = text(*note, "note");
  if (const auto* latency = member(json, "latency")) record.latency = histogram_of(*latency);
  return record;
}

RunEnd end_of(const ordered_json& json) {
  RunEnd end;
  end.elapsed_seconds = number(required(json, "elapsed_seconds"), "elapsed_seconds");
  end.busy_percent = number(required(json, "busy_percent"), "busy_percent");
  end.stolen_percent = number(required(json, "stolen_percent"), "stolen_percent");
  const ordered_json& interrupted = required(json, "interrupted");
  if (!interrupted.is_boolean()) throw Wrong{"\"interrupted\" is neither true nor false"};
  end.interrupted = interrupted.get<bool>();
  return end;
}

// Adds what a line says to `file`; `first`: no line came before it.
void take_line(const ordered_json& json, bool first, RunFile& file) {
  if (!json.is_object()) throw Wrong{"it is not a JSON object"};
  const std::string kind = text(required(json, "kind"), "kind");
  if (first != (kind == "run")) {
    throw Wrong{first ? "the first line is not a run's" : "a second run begins here"};
  }
  if (file.end) throw Wrong{"a line follows the run's end"};
  if (first) {
    file.run = run_of(json);
  } else if (kind == "measurement") {
    file.records.push_back(record_of(json));
  } else if (kind == "end") {
    file.end = end_of(json);
  } else {
    throw Wrong{fmt::format("\"kind\" is \"{}\", not run, measurement or end", kind)};
  }
}

}  // namespace

Result<RunFile> parse_run(const std::string& content, const std::string& name) {
  RunFile file;
  bool first = true;
  std::size_t line_number = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t found = content.find('\n', begin);
    const bool whole = found != std::string::npos;
    const std::size_t end = whole ? found : content.size();
    const std::string_view line(content.data() + begin, end - begin);
    begin = end + 1;
    ++line_number;
    const ordered_json json = ordered_json::parse(line, nullptr, false);
    // The writer was ended within its last line, which then lacks its end and a brace.
    if (json.is_discarded() && !whole && !first) break;
    try {
      if (json.is_discarded()) throw Wrong{"it is not JSON"};
      take_line(json, first, file);
    } catch (const Wrong& wrong) {
      return fail(fmt::format("{}:{}: {}", name, line_number, wrong.what));
    }
    first = false;
  }
  if (first) return fail(fmt::format("{}: it is empty", name));
  return file;
}

Result<RunFile> read_run(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_errno("cannot read " + path, errno);
  const std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) return fail_errno("cannot read " + path, errno);
  return parse_run(content, path);
}

}  // namespace trestle::measure
