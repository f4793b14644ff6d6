// SPDX-License-Identifier: Apache-2.0
//
// What an Instance does about flow rules: a configuration's rules are installed and shown, those
// that time out go, frames that rules give to control are passed on.

#include <span>
#include <utility>

#include "control/instance_state.h"
#include "control/log.h"

namespace trestle::control {
namespace {

std::string hexadecimal(std::span<const std::byte> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

}  // namespace

// The texts of many rules are made only when somebody wants to see them.
const config::Config& Instance::State::config_with_rules() {
  shown_config = config;
  for (auto& [name, bridge] : shown_config.bridges)
    config::put_rules(flows.at(name)->lists(), bridge);
  return shown_config;
}

// Before anything is touched; ports have no ids yet.
Result<void> Instance::State::check_rules(const config::Config& next) {
  for (const auto& [name, bridge] : next.bridges) {
    const config::RuleLists lists{bridge.flows, bridge.groups, bridge.meters};
    const auto there = flows.find(name);
    if (there != flows.end() ? lists == there->second->lists() : lists == config::RuleLists())
      continue;
    if (const auto checked = check_lists(lists, config::rule_ports(bridge)); !checked)
      return fail("bridge " + name + ": " + checked.error().what);
  }
  return {};
}

void Instance::State::set_rule_ports() {
  for (const auto& [name, rules] : flows) {
    std::vector<config::NamedPort> known;
    for (auto port = ports.lower_bound({name, ""});
         port != ports.end() && port->first.bridge == name; ++port) {
      known.push_back({port->first.port, port->second->identity.id,
                       port->second->config.type == config::PortType::kInternal});
    }
    rules->set_ports(std::move(known));
  }
}

void Instance::State::set_rules(const std::map<std::string, config::RuleLists>& lists) {
  for (const auto& [name, rules] : lists) {
    if (const auto set = flows.at(name)->set_lists(rules); !set)  // check_rules() took them
      log_error("bridge " + name + " keeps its flow rules: " + set.error().what);
  }
}

void Instance::State::expire_rules() {
  const flow::Milliseconds now = now_milliseconds();
  std::vector<BridgeFlows*> due;
  for (const auto& [name, rules] : flows) {
    if (rules->due(now)) due.push_back(rules.get());
  }
  if (due.empty()) return;
  // What workers have not told yet may keep a rule.
  datapath.flush_flow_counts();
  for (BridgeFlows* rules : due) rules->expire(now);
}

void Instance::State::pass_on_punts() {
  drain_rings(&Worker::punts, [&](const Punt& punt, const PortNames& names) {
    const auto port = names.find(punt.port);
    if (port == names.end()) return;  // removed since
    events.raise("packet.in", {{"bridge", port->second->bridge},
                               {"port", port->second->port},
                               {"table", std::to_string(punt.table)},
                               {"cookie", cookie_text(punt.cookie)},
                               {"length", std::to_string(punt.size)},
                               {"data", hexadecimal({punt.bytes.data(), punt.kept})}});
  });
}

}  // namespace trestle::control
