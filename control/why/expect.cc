// SPDX-License-Identifier: Apache-2.0

#include "control/why/expect.h"

#include <algorithm>
#include <utility>

#include "config/flow/frame_text.h"
#include "control/why/config_topology.h"
#include "control/why/differences.h"
#include "switch/flow/extract.h"

namespace trestle::control {
namespace {

constexpr std::int64_t kNow = 1'000'000'000;

std::string list_of(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

// "table 0: priority=10,tcp actions=drop": the rule that had the last word.
std::string decider(const Explanation& explanation) {
  for (auto visit = explanation.visits.rbegin(); visit != explanation.visits.rend(); ++visit) {
    for (auto step = visit->steps.rbegin(); step != visit->steps.rend(); ++step) {
      if (step->kind != WhyStep::Kind::kTable) continue;
      const std::string where =
          "bridge " + visit->in.bridge + ", table " + std::to_string(step->table);
      return "; decided in " + where + " by " +
             (step->rule.empty() ? "no rule: none matches" : "'" + step->rule + "'");
    }
  }
  return "";
}

// What became of the frame, in words.
std::string outcome(const Explanation& explanation) {
  std::vector<std::string> ports, reasons;
  for (const WhyExit& exit : explanation.exits) {
    if (exit.drop) {
      reasons.push_back(std::string(info(*exit.drop).label) + " at " + exit.port.to_string());
    } else {
      ports.push_back(exit.port.to_string());
    }
  }
  for (const WhyVisit& visit : explanation.visits) {
    if (visit.drop) reasons.push_back(std::string(info(*visit.drop).label));
  }
  std::sort(ports.begin(), ports.end());
  const std::string left = ports.empty() ? "it goes nowhere" : "it leaves by " + list_of(ports);
  return left + (reasons.empty() ? "" : " (" + list_of(reasons) + ")") + decider(explanation);
}

class Judge {
 public:
  Judge(const ConfigTopology& topology, const config::Expectation& expectation)
      : topology_(topology), expectation_(expectation) {}

  // What does not hold; "" when all does.
  std::string run() {
    const auto bytes = config::parse_frame(expectation_.frame);
    if (!bytes) return "'frame': " + bytes.error().message;
    Frame frame;
    frame.data = bytes->data();
    frame.size = static_cast<std::uint32_t>(bytes->size());
    const Topology topology = topology_.with_stations(expectation_.fdb);
    const Explanation explanation =
        explain(topology, topology_.names(), topology_.id(expectation_.port), frame, kNow);
    const std::string fault = compare(explanation);
    return fault.empty() ? "" : fault + "; " + outcome(explanation);
  }

 private:
  std::string compare(const Explanation& explanation) {
    std::vector<const WhyExit*> left;
    for (const WhyExit& exit : explanation.exits) {
      if (!exit.drop) left.push_back(&exit);
    }
    // The pickiest first, so that one that takes any frame of a port leaves the others theirs.
    std::vector<config::ExpectedOutput> expected = expectation_.outputs;
    std::stable_partition(expected.begin(), expected.end(),
                          [](const auto& output) { return !output.match.empty(); });
    for (const config::ExpectedOutput& output : expected) {
      std::string mismatch;
      const auto found = std::find_if(left.begin(), left.end(), [&](const WhyExit* exit) {
        if (exit->port != output.port) return false;
        const std::string difference = difference_of(*exit, output);
        if (!difference.empty()) mismatch = difference;
        return difference.empty();
      });
      if (found != left.end()) {
        left.erase(found);
      } else if (!mismatch.empty()) {
        return "it leaves by " + output.port.to_string() + " otherwise than expected: " + mismatch;
      } else {
        return "it does not leave by " + output.port.to_string();
      }
    }
    if (!left.empty()) {
      return expected.empty() ? "it should go nowhere"
                              : "it should not leave by " + left.front()->port.to_string();
    }
    if (expectation_.drop.empty()) return "";
    const bool dropped = std::any_of(
        explanation.visits.begin(), explanation.visits.end(), [&](const WhyVisit& visit) {
          return visit.drop && info(*visit.drop).label == expectation_.drop;
        });
    return dropped ? "" : "it should be dropped for " + expectation_.drop;
  }

  std::string difference_of(const WhyExit& exit, const config::ExpectedOutput& output) const {
    if (output.match.empty()) return "";
    const config::FlowPorts& ports = topology_.flow_ports(output.port.bridge);
    const auto match = config::parse_match(output.match, ports);
    if (!match) return match.error().message;
    flow::Fields fields;
    flow::extract(exit.bytes, exit.bytes.size(), {}, flow::Depth::kL4, fields);
    fields.set_in_port(topology_.id(expectation_.port));
    return first_difference(*match, fields, ports);
  }

  const ConfigTopology& topology_;
  const config::Expectation& expectation_;
};

}  // namespace

std::vector<config::Mistake> failed_expectations(const config::Config& config,
                                                 const std::string& file) {
  if (config.expectations.empty()) return {};
  config::Mistakes mistakes(file);
  const auto topology = ConfigTopology::make(config);
  if (!topology) {
    mistakes.add({}, topology.error());
    return mistakes.in_file_order();
  }
  for (const config::Expectation& one : config.expectations) {
    const std::string fault = Judge(*topology, one).run();
    if (fault.empty()) continue;
    const std::string name =
        one.name.empty() ? "an expectation" : "expectation " + config::quoted(one.name);
    mistakes.add({one.place.line, one.place.column}, name + " does not hold: " + fault);
  }
  return mistakes.in_file_order();
}

}  // namespace trestle::control
