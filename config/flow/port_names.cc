// SPDX-License-Identifier: Apache-2.0

#include "config/flow/port_names.h"

#include <algorithm>

#include "config/flow/numbers.h"
#include "config/suggest.h"

namespace trestle::config {
namespace {

// OpenFlow's names for ports that are none. Quotes tell a port of that name from them.
constexpr std::string_view kReserved[] = {"in_port",    "table", "normal", "flood", "all",
                                          "controller", "local", "any",    "none",  "drop"};

bool is_reserved(std::string_view text) {
  return std::any_of(std::begin(kReserved), std::end(kReserved),
                     [&](std::string_view word) { return same_word(word, text); });
}

bool in_quotes(std::string_view text) {
  return text.size() >= 2 && text.front() == '"' && text.back() == '"';
}

bool is_plain(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

std::optional<PortId> by_name(const FlowPorts& ports, std::string_view text) {
  if (!ports.find) return std::nullopt;
  if (in_quotes(text)) return ports.find(text.substr(1, text.size() - 2));
  if (same_word(text, "local")) return ports.find("LOCAL");
  return is_reserved(text) ? std::nullopt : ports.find(text);
}

std::optional<PortId> by_number(const FlowPorts& ports, std::uint64_t number) {
  if (number == kOpenflowLocal) return ports.find ? ports.find("LOCAL") : std::nullopt;
  if (number == 0 || number > kMaxPorts || !ports.name) return std::nullopt;
  const auto id = static_cast<PortId>(number - 1);
  return ports.name(id) ? std::optional(id) : std::nullopt;
}

}  // namespace

FromText<PortId> parse_port(const Source& source, const FlowPorts& ports, std::string_view text) {
  if (const auto id = by_name(ports, text)) return *id;
  if (text.empty()) return source.mistake(text, "a port is missing");
  if (same_word(text, "local")) return source.mistake(text, "this bridge has no LOCAL port");
  if (is_reserved(text)) {
    return source.mistake(text, quoted(text) + " is not a port; one of that name is written \"" +
                                    std::string(text) + "\"");
  }
  if (is_number(text)) {
    const auto number = parse_number(source, "port", text, 0xffff);
    if (number && !ports.numbers) {
      return source.mistake(text, "port " + quoted(text) +
                                      ": write its name; numbers of ports "
                                      "are not known here");
    }
    if (number) {
      if (const auto id = by_number(ports, *number)) return *id;
      return source.mistake(text, joined({"there is no port ", text}));
    }
  }
  const std::vector<std::string_view> names(ports.names.begin(), ports.names.end());
  return source.mistake(text, "there is no port " + quoted(text) + did_you_mean(text, names));
}

bool is_port(const FlowPorts& ports, std::string_view text) {
  return parse_port(Source(text), ports, text).has_value();
}

std::string print_port(PortId port, const FlowPorts& ports) {
  const auto name = ports.name ? ports.name(port) : std::nullopt;
  if (!name || name->find('"') != std::string::npos) return std::to_string(openflow_number(port));
  if (*name == "LOCAL") return *name;
  return is_plain(*name) && !is_reserved(*name) ? *name : '"' + *name + '"';
}

}  // namespace trestle::config
