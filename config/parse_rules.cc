// SPDX-License-Identifier: Apache-2.0

#include "config/parse_rules.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "config/flow/flow_text.h"
#include "config/names.h"
#include "config/rule_ports.h"
#include "switch/flow/references.h"

namespace trestle::config {
namespace {

// Where a rule comes from.
struct Place {
  std::string file;  // "": the configuration itself
  Position at;

  std::string to_string() const {
    const std::string line = "line " + std::to_string(at.line);
    if (at.line == 0) return "";
    return " (" + (file.empty() ? line : file + ", " + line) + ")";
  }
};

// A path as the configuration has it is relative to the configuration's folder.
std::string next_to(const std::string& file_name, const std::string& path) {
  return std::filesystem::path(file_name).replace_filename(path);
}

class RuleReader {
 public:
  RuleReader(Section& section, const std::string& file_name, const ReadFile& read_file,
             Mistakes& mistakes, Bridge& bridge)
      : section_(section),
        file_name_(file_name),
        read_file_(read_file),
        mistakes_(mistakes),
        bridge_(bridge),
        ports_(rule_ports(bridge)) {}

  void run() {
    read_meters();
    read_groups();
    check_groups();
    read_flows_file();
    read_flows();
    for (RuleTexts* texts : {&bridge_.flows, &bridge_.groups, &bridge_.meters}) {
      std::sort(texts->begin(), texts->end());  // none is there twice
    }
  }

 private:
  // A mistake in a string of the document. Where there are no positions the text itself tells which
  // string it is.
  void mistake(const Node& node, std::string_view key, const TextMistake& found) {
    const bool placed = node.at.line != 0;
    section_.mistake(node.inside(found.column), key,
                     placed ? found.message : config::quoted(node.text) + ": " + found.message);
  }
  void mistake(const Place& place, std::string_view key, const std::string& message) {
    if (place.file.empty()) return section_.mistake(place.at, key, message);
    mistakes_.add_in(place.file, place.at, message);
  }

  static std::string one_too_many(std::size_t most, const char* what) {
    return "one too many: a bridge has at most " + std::to_string(most) + " " + what;
  }

  void read_meters() {
    for (const Node* node : section_.texts("meters")) {
      if (meters_.size() == flow::kMetersMax) {
        return section_.mistake(node->at, "meters", one_too_many(flow::kMetersMax, "meters"));
      }
      const auto meter = parse_meter(node->text);
      if (!meter) {
        mistake(*node, "meters", meter.error());
      } else if (!meters_.insert(meter->id).second) {
        section_.mistake(node->at, "meters",
                         "there is a meter " + std::to_string(meter->id) + " already");
      } else {
        bridge_.meters.push_back(print_meter(*meter));
      }
    }
  }

  void read_groups() {
    for (const Node* node : section_.texts("groups")) {
      if (groups_.size() == flow::kGroupsMax) {
        return section_.mistake(node->at, "groups", one_too_many(flow::kGroupsMax, "groups"));
      }
      const auto group = parse_group(node->text, ports_);
      if (!group) {
        mistake(*node, "groups", group.error());
      } else if (!groups_.emplace(group->id, std::pair(*group, node)).second) {
        section_.mistake(node->at, "groups",
                         "there is a group " + std::to_string(group->id) + " already");
      } else {
        bridge_.groups.push_back(print_group(*group, ports_));
      }
    }
  }

  // What groups lead to.
  void check_groups() {
    flow::Pipeline::Groups all;
    for (const auto& [id, read] : groups_) {
      const auto& [group, node] = read;
      if (const auto missing = missing_of(flow::references_of(group)); !missing.empty()) {
        section_.mistake(node->at, "groups", missing);
      }
      auto made = std::make_shared<flow::Group>();
      made->spec = group;
      all.emplace(id, std::move(made));
    }
    if (const auto looping = flow::looping_group(all)) {
      section_.mistake(groups_.at(*looping).second->at, "groups",
                       "group " + std::to_string(*looping) + " leads back to itself");
    }
  }

  // "there is no group 7", or "".
  std::string missing_of(const flow::References& references) const {
    for (const std::uint32_t id : references.groups) {
      if (!groups_.contains(id)) return "there is no group " + std::to_string(id);
    }
    for (const std::uint32_t id : references.meters) {
      if (!meters_.contains(id)) return "there is no meter " + std::to_string(id);
    }
    return "";
  }

  void read_flows_file() {
    const auto named = section_.text("flows_file");
    if (!named) return;
    const Position at = section_.find("flows_file")->value.at;
    if (const std::string fault = path_fault(*named); !fault.empty()) {
      return section_.mistake(at, "flows_file", fault);
    }
    if (!read_file_) {
      return section_.mistake(at, "flows_file", "is read only with a configuration file");
    }
    const std::string path = next_to(file_name_, *named);
    const auto text = read_file_(path);
    if (!text) return section_.mistake(at, "flows_file", text.error());
    const auto flows = parse_flow_file(*text, ports_);
    if (!flows) {
      for (const LineMistake& one : flows.error()) {
        mistakes_.add_in(path, {one.line, one.mistake.column}, one.mistake.message);
      }
      return;
    }
    for (std::size_t i = 0; i < flows->rules.size(); ++i) {
      add({path, {flows->lines[i], 1}}, "flows_file", flows->rules[i]);
    }
  }

  // Strings and tables, in one array or not.
  void read_flows() {
    const Entry* entry = section_.find("flows");
    if (entry == nullptr) return;
    if (entry->value.kind == Node::Kind::kString) return read_flow(entry->value);
    if (entry->value.kind != Node::Kind::kArray) {
      return section_.wrong_type(entry->value, "flows", "an array of strings or of tables");
    }
    for (const Node& item : entry->value.items) {
      if (item.kind == Node::Kind::kString) {
        read_flow(item);
      } else if (item.kind == Node::Kind::kTable) {
        read_flow_table(item);
      } else {
        section_.wrong_type(item, "flows", "an array of strings or of tables, and in it one");
      }
    }
  }

  void read_flow(const Node& node) {
    const auto flow = parse_flow(node.text, ports_);
    if (!flow) return mistake(node, "flows", flow.error());
    add({"", node.at}, "flows", flow->rule);
  }

  void read_flow_table(const Node& table) {
    const Entry entry{"flows", table.at, table};
    Section flow(entry, "a flow of " + section_.name(), mistakes_);
    flow.refuse_unknown(flow_keys());
    flow::RuleSpec spec;
    const auto number = [&](const char* key, std::int64_t most, auto& to) {
      if (const auto value = flow.integer(key, 0, most)) {
        to = static_cast<std::remove_reference_t<decltype(to)>>(*value);
      }
    };
    number("table", flow::kLastTable, spec.table);
    number("priority", 65535, spec.priority);
    number("cookie", std::numeric_limits<std::int64_t>::max(), spec.cookie);
    number("idle_timeout", 65535, spec.idle_timeout);
    number("hard_timeout", 65535, spec.hard_timeout);
    bool whole = true;
    const auto read = [&](const char* key, auto parse, auto& to) {
      const Entry* found = flow.find(key);
      if (found == nullptr) return;
      whole = false;
      if (!flow.text(key)) return;
      auto parsed = parse(found->value.text, ports_);
      if (!parsed) {
        return flow.mistake(found->value.inside(parsed.error().column), key,
                            parsed.error().message);
      }
      to = std::move(*parsed);
      whole = true;
    };
    read("match", parse_match, spec.match);
    if (!whole) return;
    if (flow.find("actions") == nullptr) {
      return flow.mistake(table.at, "actions", "must be given (\"drop\": to drop)");
    }
    read("actions", parse_actions, spec.actions);
    if (!whole) return;
    // What actions ask of the match, and of the table, is known to the parser of whole flows.
    const std::string text = print_flow(spec, ports_);
    const auto again = parse_flow(text, ports_);
    if (!again) return flow.mistake(table.at, "actions", again.error().message);
    add({"", table.at}, "flows", again->rule);
  }

  void add(const Place& place, std::string_view key, const flow::RuleSpec& rule) {
    if (const auto missing = missing_of(flow::references_of(rule.actions)); !missing.empty()) {
      return mistake(place, key, missing);
    }
    std::string text = print_flow(rule, ports_);
    flow::RuleSpec bare;
    bare.table = rule.table, bare.priority = rule.priority, bare.match = rule.match;
    const auto [first, is_new] = places_.emplace(print_flow(bare, ports_), std::pair(place, text));
    if (is_new) {
      if (bridge_.flows.size() == flow::kRulesMax) {
        if (!std::exchange(is_full_, true)) {
          mistake(place, key, one_too_many(flow::kRulesMax, "flows"));
        }
        return;
      }
      bridge_.flows.push_back(std::move(text));
    } else if (first->second.second != text) {
      mistake(place, key,
              "another flow" + first->second.first.to_string() +
                  " has the same table, priority and match, and does something else");
    }
  }

  Section& section_;
  const std::string& file_name_;
  const ReadFile& read_file_;
  Mistakes& mistakes_;
  Bridge& bridge_;
  const FlowPorts ports_;
  std::map<std::uint32_t, std::pair<flow::GroupSpec, const Node*>> groups_;
  std::set<std::uint32_t> meters_;
  bool is_full_ = false;  // there was a flow too many, and that was told
  // By table, priority and match: where that was first, and all of the flow.
  std::unordered_map<std::string, std::pair<Place, std::string>> places_;
};

}  // namespace

void read_rules(Section& section, const std::string& file_name, const ReadFile& read_file,
                Mistakes& mistakes, Bridge& bridge) {
  RuleReader(section, file_name, read_file, mistakes, bridge).run();
}

}  // namespace trestle::config
