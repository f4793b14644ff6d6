// SPDX-License-Identifier: Apache-2.0

#include "tests/ovs/random_rules.h"

#include <numeric>

#include "tests/ovs/random_match.h"

namespace trestle::testing {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

class Rules {
 public:
  explicit Rules(const Dice& dice)
      : dice_(dice), oldest_(dice(3) == 0), pops_(dice(2) == 0), edits_(dice, oldest_, pops_) {}

  RuleSet make() {
    RuleSet set;
    set.version = oldest_ ? "OpenFlow10" : "OpenFlow1" + std::to_string(3 + dice_(3));
    if (!oldest_) {
      meters_ = dice_(2);
      for (unsigned id = 1; id <= meters_; ++id) {  // nothing comes close to these rates
        set.meters.push_back("meter=" + std::to_string(id) +
                             ",pktps,burst,band=type=drop,rate=1000000,burst_size=1000000");
      }
      for (const unsigned wanted = dice_(4); groups_ < wanted; ++groups_) {
        set.groups.push_back(group(groups_ + 1));
      }
    }
    for (unsigned table = 0; table < kTablesUsed; ++table) {
      std::vector<unsigned> priorities(3 + dice_(8));
      std::iota(priorities.begin(), priorities.end(), 1);
      for (const unsigned priority : priorities) {
        const std::string rule =
            "table=" + std::to_string(table) + ",priority=" + std::to_string(priority * 7);
        set.rules.push_back(rule + this->rule(table));
      }
    }
    return set;
  }

 private:
  std::string rule(unsigned table) {
    Known known;
    const std::string match = random_match(dice_, known);
    return (match.empty() ? "" : "," + match) + ",actions=" + actions(table, known);
  }

  // In the order of OpenFlow's instructions.
  std::string actions(unsigned table, Known known) {
    if (dice_(10) == 0) return "drop";
    std::vector<std::string> list;
    if (meters_ > 0 && dice_(6) == 0) list.push_back("meter:1");
    for (unsigned steps = dice_(5); steps > 0; --steps) {
      list.push_back(dice_(2) == 0 ? output(table) : edits_.random(known));
    }
    const bool later = table + 1 < kTablesUsed;
    if (!oldest_) {
      if (dice_(16) == 0) list.push_back("clear_actions");
      if (!pops_ && dice_(5) == 0) list.push_back("write_actions(" + action_set(known) + ")");
      if (dice_(8) == 0) list.push_back("write_metadata:" + masked_hex(dice_, 0xffff));
      if (later && dice_(2) == 0) list.push_back("goto_table:" + next_table(table));
    } else if (later && dice_(2) == 0) {
      list.push_back("resubmit(," + next_table(table) + ")");
    }
    if (list.empty()) list.push_back(output(table));
    return joined(list);
  }

  std::string next_table(unsigned table) {
    return std::to_string(table + 1 + dice_(kTablesUsed - table - 1));
  }

  std::string port() {
    const unsigned number = 1 + dice_(kPortsUsed + 1);
    return number > kPortsUsed ? "LOCAL" : std::to_string(number);
  }

  std::string output(unsigned table) {
    switch (dice_(14)) {
      case 0:
        return "in_port";
      case 1:
        return dice_(2) == 0 ? "ALL" : "FLOOD";
      case 2:
        return dice_(2) == 0 ? "CONTROLLER:64" : "CONTROLLER";
      case 3:
        if (dice_(2) == 0) return "NORMAL";
        break;
      case 4:
      case 5:
        if (groups_ > 0) return "group:" + std::to_string(1 + dice_(groups_));
        break;
      case 6:
      case 7:
        if (table + 1 < kTablesUsed) {
          return "resubmit(" + (dice_(3) == 0 ? port() : "") + "," + next_table(table) + ")";
        }
        break;
      default:
        break;
    }
    return dice_(2) == 0 ? port() : "output:" + port();
  }

  // What write_actions and buckets hold: edits, and at most one way out.
  std::string action_set(Known known) {
    std::vector<std::string> list;
    for (unsigned steps = dice_(3); steps > 0; --steps) list.push_back(edits_.in_set(known));
    if (groups_ > 0 && dice_(4) == 0) {
      list.push_back("group:" + std::to_string(1 + dice_(groups_)));
    } else if (list.empty() || dice_(4) != 0) {
      list.push_back("output:" + port());
    }
    return joined(list);
  }

  // Choices between buckets that depend on a hash are left out: each switch has its own hash.
  std::string group(unsigned id) {
    static constexpr std::array<const char*, 4> kTypes{"all", "select", "indirect",
                                                       "fast_failover"};
    const unsigned type = dice_(4);
    std::string text = "group_id=" + std::to_string(id) + ",type=" + kTypes[type];
    const unsigned buckets = type == 2 ? 1 : 1 + dice_(3);
    const unsigned chosen = dice_(buckets);
    for (unsigned i = 0; i < buckets; ++i) {
      text += ",bucket=";
      if (type == 1) text += "weight:" + std::to_string(i == chosen ? 1 + dice_(9) : 0) + ",";
      if (type == 3) text += "watch_port:" + std::to_string(1 + dice_(kPortsUsed)) + ",";
      Known known;
      known.anything = true;
      text += "actions=" + action_set(known);
    }
    return text;
  }

  const Dice& dice_;
  const bool oldest_;  // OpenFlow 1.0 with Nicira's extensions
  // Taking labels off, or write_actions: ovs-vswitchd 3.1 ends itself (an assertion in
  // recirc_alloc_id__) when it must look a frame up anew while its action set is not empty.
  const bool pops_;
  Edits edits_;
  unsigned groups_ = 0, meters_ = 0;
};

}  // namespace

RuleSet random_rules(const Dice& dice) {
  return Rules(dice).make();
}

std::string lines(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + "\n";
  return all;
}

}  // namespace trestle::testing
