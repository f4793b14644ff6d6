// SPDX-License-Identifier: Apache-2.0
//
// Actions that send the frame somewhere: to ports, to control, to another table.

#include "config/flow/action_reader.h"
#include "config/flow/numbers.h"
#include "config/flow/port_names.h"
#include "switch/flow/rule.h"

namespace trestle::config {
namespace {

using flow::Action;

// OpenFlow's reserved ports; nullopt: the word is none of them.
std::optional<Action> reserved(std::string_view word) {
  if (same_word(word, "in_port")) return flow::OutputInPort{};
  if (same_word(word, "all")) return flow::Flood{true};
  if (same_word(word, "flood")) return flow::Flood{false};
  if (same_word(word, "normal")) return flow::Normal{};
  if (same_word(word, "controller")) return flow::Punt{};
  return std::nullopt;
}

}  // namespace

FromText<std::optional<Action>> read_target(ActionContext& context, const Token& token) {
  if (same_word(token.key, "controller")) {
    auto action = read_controller(context, token);
    if (!action) return tl::unexpected(action.error());
    return std::move(*action);
  }
  if (token.has_value()) {
    if (!reserved(token.key) && !is_port(context.ports, token.key)) return std::nullopt;
    return context.source.mistake(token.value, quoted(token.key) + " takes no value");
  }
  if (auto action = reserved(token.key)) return action;
  const bool meant_as_port =
      same_word(token.key, "local") || is_number(token.key) || token.key.front() == '"';
  const auto port = parse_port(context.source, context.ports, token.key);
  if (port) return flow::Output{*port};
  if (meant_as_port) return tl::unexpected(port.error());
  return std::nullopt;
}

FromText<Action> read_output(ActionContext& context, const Token& token) {
  if (token.value.empty()) return context.source.mistake(token.text, "output needs a port");
  if (auto action = reserved(token.value)) return std::move(*action);
  if (token.value.find_first_of("[=") != std::string_view::npos && token.value.front() != '"') {
    return context.source.mistake(token.value,
                                  "output to " + quoted(token.value) +
                                      " is not supported: write the name or number of a port");
  }
  const auto port = parse_port(context.source, context.ports, token.value);
  if (!port) return tl::unexpected(port.error());
  return flow::Output{*port};
}

// "controller", "controller:128", "controller(max_len=128)"
FromText<Action> read_controller(ActionContext& context, const Token& token) {
  flow::Punt punt;
  if (!token.has_value()) return punt;
  std::string_view length = token.value;
  if (token.delimiter == '(') {
    const auto options = tokens_of(context.source, token.value);
    if (!options) return tl::unexpected(options.error());
    length = {};
    for (const Token& option : *options) {
      if (option.key != "max_len") {
        return context.source.mistake(
            option.text, "controller: " + quoted(option.key) + " is not supported; max_len is");
      }
      length = option.value;
    }
    if (options->empty()) return punt;
  }
  const auto bytes = parse_number(context.source, "max_len", length, 0xffff);
  if (!bytes) return tl::unexpected(bytes.error());
  punt.max_len = static_cast<std::uint16_t>(*bytes);
  return punt;
}

// "resubmit:PORT", "resubmit(PORT)", "resubmit(PORT,TABLE)", "resubmit(,TABLE)"
FromText<Action> read_resubmit(ActionContext& context, const Token& token) {
  const Halves halves =
      token.delimiter == '(' ? split(token.value, ",") : Halves{token.value, std::nullopt};
  const std::string_view port = trimmed(halves.first);
  const std::string_view table = trimmed(halves.second.value_or(std::string_view{}));
  flow::Resubmit resubmit;
  if (!port.empty() && !same_word(port, "in_port")) {
    const auto id = parse_port(context.source, context.ports, port);
    if (!id) return tl::unexpected(id.error());
    resubmit.in_port = *id;
  }
  if (!table.empty()) {
    const auto number = parse_number(context.source, "table", table, flow::kLastTable);
    if (!number) return tl::unexpected(number.error());
    resubmit.table = static_cast<std::uint8_t>(*number);
  }
  if (port.empty() && table.empty()) {
    return context.source.mistake(token.text,
                                  "resubmit needs a port or a table: resubmit(,1) or resubmit:vm1");
  }
  return resubmit;
}

}  // namespace trestle::config
