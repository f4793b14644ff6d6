// SPDX-License-Identifier: Apache-2.0

#include "config/parse_expect.h"

#include <algorithm>
#include <charconv>

#include "config/flow/frame_text.h"
#include "config/names.h"
#include "config/print.h"
#include "config/rule_ports.h"
#include "config/section.h"
#include "config/suggest.h"
#include "switch/drop_reason.h"

namespace trestle::config {
namespace {

// Cuts the first word off `rest`.
std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

std::optional<VlanId> parse_vlan_word(std::string_view word) {
  if (word.empty()) return kNoVlan;
  if (!word.starts_with("vlan=")) return std::nullopt;
  unsigned vlan = 0;
  const auto [rest, error] = std::from_chars(word.data() + 5, word.data() + word.size(), vlan);
  if (error != std::errc{} || rest != word.data() + word.size() || vlan < 1 || vlan > kVlanMax) {
    return std::nullopt;
  }
  return static_cast<VlanId>(vlan);
}

class ExpectationReader {
 public:
  ExpectationReader(Section& section, const Config& config) : section_(section), config_(config) {}

  Expectation run() {
    section_.refuse_unknown(expect_keys());
    Expectation out;
    out.place = {section_.at().line, section_.at().column};
    out.name = section_.text("name").value_or("");
    if (const Entry* port = required("port")) out.port = read_port_name(port->value, "port");
    if (const Entry* frame = required("frame"); frame != nullptr && section_.text("frame")) {
      out.frame = frame->value.text;
      if (const auto parsed = parse_frame(out.frame); !parsed) {
        mistake(frame->value, "frame", parsed.error());
      }
    }
    read_drop(out);
    read_outputs(out);
    for (const Node* node : section_.texts("fdb")) read_station(*node, out);
    return out;
  }

 private:
  void mistake(const Node& node, std::string_view key, const TextMistake& found) {
    section_.mistake(node.inside(found.column), key, found.message);
  }

  const Entry* required(std::string_view key) {
    const Entry* entry = section_.find(key);
    if (entry == nullptr) section_.mistake(section_.at(), key, "must be given");
    return entry;
  }

  PortName read_port_name(const Node& node, std::string_view key) {
    if (node.kind != Node::Kind::kString) {
      section_.wrong_type(node, key, "\"BRIDGE.PORT\"");
      return {};
    }
    const auto name = parse_port_name(node.text);
    if (!name) {
      section_.mistake(node.at, key, "expected \"BRIDGE.PORT\", found " + quoted(node.text));
      return {};
    }
    std::vector<std::string_view> names;
    const auto bridge = config_.bridges.find(name->bridge);
    if (bridge == config_.bridges.end()) {
      for (const auto& [known, unused] : config_.bridges) names.push_back(known);
      section_.mistake(
          node.at, key,
          "there is no bridge " + quoted(name->bridge) + did_you_mean(name->bridge, names));
    } else if (!bridge->second.ports.contains(name->port)) {
      for (const auto& [known, unused] : bridge->second.ports) names.push_back(known);
      section_.mistake(node.at, key,
                       "there is no port " + quoted(name->port) + " on bridge " + name->bridge +
                           did_you_mean(name->port, names));
    } else {
      return *name;
    }
    return {};
  }

  void read_drop(Expectation& out) {
    const auto drop = section_.text("drop");
    if (!drop) return;
    std::vector<std::string_view> labels;
    for (const DropReasonInfo& info : kDropReasonInfo) {
      if (info.stage == DropStage::kIngress) labels.push_back(info.label);
    }
    if (std::find(labels.begin(), labels.end(), *drop) == labels.end()) {
      section_.mistake(section_.find("drop")->value.at, "drop",
                       "there is no reason " + quoted(*drop) + " to drop a received frame" +
                           did_you_mean(*drop, labels));
    }
    out.drop = *drop;
  }

  void read_outputs(Expectation& out) {
    const Entry* entry = section_.find("outputs");
    if (entry == nullptr) {
      if (out.drop.empty()) {
        section_.mistake(section_.at(), "outputs", "must be given ([]: the frame goes nowhere)");
      }
      return;
    }
    if (entry->value.kind != Node::Kind::kArray) {
      return section_.wrong_type(entry->value, "outputs", "an array");
    }
    for (const Node& item : entry->value.items) {
      if (item.kind == Node::Kind::kTable) {
        read_output_table(item, out);
      } else {
        out.outputs.push_back({read_port_name(item, "outputs"), ""});
      }
    }
    std::sort(out.outputs.begin(), out.outputs.end());
    if (!out.outputs.empty() && !out.drop.empty()) {
      section_.mistake(entry->value.at, "outputs", "a frame that is dropped has none");
    }
  }

  void read_output_table(const Node& table, Expectation& out) {
    for (const Entry& entry : table.entries) {
      if (find_key(output_keys(), entry.key) == nullptr) {
        section_.mistake(
            entry.at, "outputs",
            "unknown key " + quoted(entry.key) + did_you_mean(entry.key, names_of(output_keys())));
      }
    }
    const Entry* port = table.find("port");
    if (port == nullptr) return section_.mistake(table.at, "outputs", "'port' must be given");
    ExpectedOutput& output = out.outputs.emplace_back();
    output.port = read_port_name(port->value, "outputs");
    const Entry* match = table.find("match");
    if (match == nullptr || output.port.port.empty()) return;
    if (match->value.kind != Node::Kind::kString) {
      return section_.wrong_type(match->value, "outputs", "a string for 'match'");
    }
    const FlowPorts ports = rule_ports(config_.bridges.at(output.port.bridge));
    const auto parsed = parse_match(match->value.text, ports);
    if (!parsed) return mistake(match->value, "outputs", parsed.error());
    output.match = print_match(*parsed, ports);
  }

  // "02:00:00:00:00:02 br0.blue", "… vlan=20"
  void read_station(const Node& node, Expectation& out) {
    std::string_view rest = node.text;
    const auto mac = MacAddress::parse(take_word(rest));
    Node port = node;
    port.text = take_word(rest);
    const auto vlan = parse_vlan_word(take_word(rest));
    if (!mac || !vlan || !take_word(rest).empty()) {
      return section_.mistake(
          node.at, "fdb",
          "expected \"MAC BRIDGE.PORT\" or \"MAC BRIDGE.PORT vlan=1\", found " + quoted(node.text));
    }
    out.fdb.push_back({*mac, *vlan, read_port_name(port, "fdb")});
  }

  Section& section_;
  const Config& config_;
};

}  // namespace

std::vector<Expectation> read_expectations(const Entry& entry, const Config& config,
                                           Mistakes& mistakes) {
  std::vector<Expectation> all;
  if (entry.value.kind != Node::Kind::kArray) {
    mistakes.add(entry.value.at, std::string("[[expect]]: expected an array of tables, found ") +
                                     describe(entry.value.kind));
    return all;
  }
  for (const Node& item : entry.value.items) {
    std::string name = "an expectation";
    const Entry* given = item.find("name");
    if (given != nullptr && given->value.kind == Node::Kind::kString) {
      name = "expectation " + quoted(given->value.text);
    }
    const Entry one{"expect", item.at, item};
    Section section(one, std::move(name), mistakes);
    all.push_back(ExpectationReader(section, config).run());
  }
  std::vector<std::pair<std::string, Expectation>> sorted;
  for (Expectation& expectation : all) {
    sorted.emplace_back(toml_text(expectation_document(expectation)), std::move(expectation));
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::transform(sorted.begin(), sorted.end(), all.begin(),
                 [](auto& keyed) { return std::move(keyed.second); });
  return all;
}

}  // namespace trestle::config
