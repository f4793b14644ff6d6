// SPDX-License-Identifier: Apache-2.0

#include "control/why/decision_steps.h"

#include <utility>

#include "control/why/differences.h"

namespace trestle::control {
namespace {

// A loop of resubmits visits thousands of tables; its first steps show what it is.
constexpr std::size_t kStepsMax = 500;
// Rules that are compared with the frame to say why they did not match; some 10 ns each.
constexpr std::size_t kComparedMax = 4'000'000;

}  // namespace

void DecisionSteps::add(WhyStep step) {
  if (steps_.size() > kStepsMax) return;
  if (steps_.size() == kStepsMax) {
    step = {};
    step.text = "further steps are not shown";
  }
  steps_.push_back(std::move(step));
}

void DecisionSteps::lookup(std::uint8_t table, const flow::Classifier* rules,
                           const flow::Fields& fields, const flow::Rule* rule) {
  if (steps_.size() > kStepsMax) return;
  WhyStep step;
  step.kind = WhyStep::Kind::kTable;
  step.depth = depth_;
  step.table = table;
  if (rule != nullptr) step.rule = config::print_flow(rule->spec, ports_);
  if (rules != nullptr && rules_compared_ < kComparedMax) {
    rules_compared_ += rules->size();
    note_passed_over(*rules, rule, fields, ports_, step);
  }
  add(std::move(step));
}

void DecisionSteps::action(const flow::Action& action, unsigned depth) {
  if (steps_.size() > kStepsMax) return;
  WhyStep step;
  step.kind = WhyStep::Kind::kAction;
  step.depth = depth;
  step.text = config::print_actions({action}, ports_);
  add(std::move(step));
  depth_ = depth + (std::holds_alternative<flow::Resubmit>(action) ? 1 : 0);
}

void DecisionSteps::bucket(const flow::Group& group, std::size_t bucket) {
  WhyStep step;
  step.kind = WhyStep::Kind::kBucket;
  step.depth = depth_;
  step.text = "group " + std::to_string(group.spec.id) + ", bucket " + std::to_string(bucket) +
              " of " + std::to_string(group.spec.buckets.size());
  add(std::move(step));
}

void DecisionSteps::note(const char* text) {
  WhyStep step;
  step.depth = depth_;
  step.text = text;
  add(std::move(step));
}

std::string print_program(const flow::Program& program, const config::FlowPorts& ports) {
  using Kind = flow::Op::Kind;
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  const auto hex16 = [](std::uint16_t type) {
    return std::string{
        '0', 'x', kHex[type >> 12], kHex[type >> 8 & 15], kHex[type >> 4 & 15], kHex[type & 15]};
  };
  for (const flow::Op& op : program.ops) {
    switch (op.kind) {
      case Kind::kOutput:
        add(config::print_actions({flow::Output{op.port}}, ports));
        break;
      case Kind::kFlood:
        add("FLOOD");
        break;
      case Kind::kNormal:
        add("NORMAL");
        break;
      case Kind::kPunt:
        add("CONTROLLER:" + std::to_string(op.length));
        break;
      case Kind::kSet: {
        flow::Fields value, mask;
        value[op.word] = op.value, mask[op.word] = op.mask;
        add("set(" + config::print_fields(value, mask, ports) + ")");
        break;
      }
      case Kind::kPushVlan:
        add("push_vlan:" + hex16(op.type));
        break;
      case Kind::kPopVlan:
        add("pop_vlan");
        break;
      case Kind::kPushMpls:
        add("push_mpls:" + hex16(op.type));
        break;
      case Kind::kPopMpls:
        add("pop_mpls:" + hex16(op.type));
        break;
      case Kind::kSave:
        add("clone(");
        break;
      case Kind::kRestore:
        add(")");
        break;
      case Kind::kMeter:
        add("meter");
        break;
    }
  }
  return out.empty() ? "drop" : out;
}

}  // namespace trestle::control
