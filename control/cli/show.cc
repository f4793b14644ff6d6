// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/cli/show.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "control/cli/table.h"

namespace trestle::control {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string cell(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return to_line(value);
  std::string text;
  for (const Json& item : value) text += (text.empty() ? "" : ",") + cell(item);
  return text;
}

std::string cell(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? std::string() : cell(*found);
}

void flatten(const Json& object, const std::string& prefix, Fields& fields) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      flatten(value, prefix + key + ".", fields);
    } else {
      fields.emplace_back(prefix + key, cell(value));
    }
  }
}

// What a thing is comes before how it fares; the rest by name.
std::size_t rank(const std::string& field) {
  static constexpr const char* kFirst[] = {"version", "pid",    "uptime_seconds", "config",
                                           "bridge",  "port",   "number",         "type",
                                           "state",   "message"};
  return static_cast<std::size_t>(std::find(std::begin(kFirst), std::end(kFirst), field) -
                                  std::begin(kFirst));
}

std::uint64_t sum(const Json& numbers) {
  std::uint64_t total = 0;
  for (const Json& number : numbers) total += number.get<std::uint64_t>();
  return total;
}

const Json& member(const Json& object, const char* key) {
  static const Json kNone = Json::object();
  const auto found = object.find(key);
  return found == object.end() ? kNone : *found;
}

}  // namespace

void show_fields(const Json& result, std::ostream& out) {
  Fields fields;
  flatten(result, "", fields);
  std::stable_sort(fields.begin(), fields.end(),
                   [](const auto& a, const auto& b) { return rank(a.first) < rank(b.first); });
  std::size_t width = 0;
  for (const auto& [name, value] : fields) width = std::max(width, name.size());
  for (const auto& [name, value] : fields) {
    out << name << std::string(width - name.size() + 2, ' ') << (value.empty() ? "-" : value)
        << '\n';
  }
}

void show_bridges(const Json& result, std::ostream& out) {
  Table table({"BRIDGE", "PORTS", "UP", "LEARNED", "STATIC", "MAC-LIMIT", "AGEING"});
  for (const Json& bridge : member(result, "bridges")) {
    const Json& fdb = member(bridge, "fdb");
    table.add({cell(bridge, "bridge"), std::to_string(member(bridge, "ports").size()),
               cell(bridge, "ports_up"), cell(fdb, "learned"), cell(fdb, "static"),
               cell(bridge, "mac_limit"), cell(bridge, "ageing_seconds")});
  }
  table.write(out);
}

void show_ports(const Json& result, std::ostream& out) {
  Table table({"BRIDGE", "PORT", "NO.", "TYPE", "STATE", "INTERFACE", "NAMESPACE", "RX-FRAMES",
               "TX-FRAMES", "DROPS", "MESSAGE"});
  for (const Json& port : member(result, "ports")) {
    table.add({cell(port, "bridge"), cell(port, "port"), cell(port, "number"), cell(port, "type"),
               cell(port, "state"), cell(port, "interface"), cell(port, "namespace"),
               cell(member(port, "receive"), "frames"), cell(member(port, "transmit"), "frames"),
               std::to_string(sum(member(port, "drops"))), cell(port, "message")});
  }
  table.write(out);
}

void show_changes(const Json& result, std::ostream& out) {
  for (const Json& change : member(result, "changes")) out << cell(change) << '\n';
  out << cell(result, "summary") << '\n';
}

void show_text(const Json& result, std::ostream& out) {
  out << cell(result, "text");
}

void show_flushed(const Json& result, std::ostream& out) {
  out << "flushed " << cell(result, "flushed") << '\n';
}

void show_nothing(const Json&, std::ostream&) {}

std::string event_text(const Json& event) {
  const auto milliseconds = event.value("time", std::uint64_t{0});
  const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 32> time{};
  const std::size_t length = std::strftime(time.data(), time.size(), "%Y-%m-%dT%H:%M:%S", &local);
  std::string fraction = std::to_string(1000 + milliseconds % 1000);
  fraction.front() = '.';
  std::string text = std::string(time.data(), length) + fraction + " " + cell(event, "type");
  for (const auto& [key, value] : event.items()) {
    if (key != "time" && key != "type" && key != "message") text += " " + key + "=" + cell(value);
  }
  // Free text last, so that the fields before it can be split at spaces.
  if (const std::string message = cell(event, "message"); !message.empty()) {
    text += " message=" + message;
  }
  return text;
}

}  // namespace trestle::control
