// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer: any bytes either have a mistake, with its place, or are a rule, group, meter, selector
// or frame that survives being printed. The first byte says which.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/flow/flow_text.h"
#include "tests/config/flow/random_rule.h"

using namespace trestle;
using namespace trestle::config;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

template <typename T>
bool accepted(const FromText<T>& parsed, std::string_view text) {
  if (parsed) return true;
  require(!parsed.error().message.empty() && parsed.error().column > 0);
  require(static_cast<std::size_t>(parsed.error().column) <= text.size() + 1);
  return false;
}

void flow_survives(std::string_view text, const FlowPorts& ports) {
  const auto flow = parse_flow(text, ports);
  static_cast<void>(parse_change(text, ports));
  if (!accepted(flow, text)) return;
  const std::string printed = print_flow(flow->rule, ports);
  const auto again = parse_flow(printed, ports);
  require(again && again->rule == flow->rule && print_flow(again->rule, ports) == printed);
}

void match_survives(std::string_view text, const FlowPorts& ports) {
  static_cast<void>(accepted(parse_selector(text, ports), text));
  if (const auto fields = parse_frame_fields(text); accepted(fields, text)) {
    flow::Fields all;
    all.words.fill(~std::uint64_t{0});
    static_cast<void>(print_fields(*fields, all, ports));
  }
  const auto match = parse_match(text, ports);
  if (!accepted(match, text)) return;
  const auto again = parse_match(print_match(*match, ports), ports);
  require(again && *again == *match);
}

void actions_survive(std::string_view text, const FlowPorts& ports) {
  const auto actions = parse_actions(text, ports);
  if (!accepted(actions, text)) return;
  const auto again = parse_actions(print_actions(*actions, ports), ports);
  require(again && *again == *actions);
}

void group_survives(std::string_view text, const FlowPorts& ports) {
  const auto group = parse_group(text, ports);
  if (!accepted(group, text)) return;
  const auto again = parse_group(print_group(*group, ports), ports);
  require(again && *again == *group);
}

void meter_survives(std::string_view text) {
  const auto meter = parse_meter(text);
  if (!accepted(meter, text)) return;
  const auto again = parse_meter(print_meter(*meter));
  require(again && *again == *meter);
}

void file_is_read(std::string_view text, const FlowPorts& ports) {
  const auto file = parse_flow_file(text, ports);
  if (file) return;
  require(!file.error().empty());
  for (const LineMistake& each : file.error()) require(each.line > 0 && each.mistake.column > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const FlowPorts ports = flow::plain_ports(5);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'f':
      flow_survives(text, ports);
      break;
    case 'm':
      match_survives(text, ports);
      break;
    case 'a':
      actions_survive(text, ports);
      break;
    case 'g':
      group_survives(text, ports);
      break;
    case 'b':
      meter_survives(text);
      break;
    default:
      file_is_read(text, ports);
  }
  return 0;
}
