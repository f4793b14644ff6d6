// SPDX-License-Identifier: Apache-2.0
//
// Through the tables: lookups, the lists of actions they lead to, and at the end the action set.

#include "switch/flow/translate.h"

#include <algorithm>
#include <utility>

#include "switch/flow/action_set.h"
#include "switch/flow/translation_run.h"

namespace trestle::flow {

void Translator::translate(const Pipeline& pipeline, const Bridge& bridge, const Fields& packet,
                           Reparse& reparse, Translation& out, Observer* observer) {
  Run run{.pipeline = pipeline,
          .bridge = bridge,
          .reparse = reparse,
          .out = out,
          .observer = observer,
          .action_set = action_set_,
          .running_set = running_set_,
          .now = {}};
  run.begin(packet);
  run.run();
  run.finish();
}

void Translator::Run::run() {
  action_set.clear();
  cookie = ~std::uint64_t{0};
  run_table(0, now.fields.in_port());
  if (!stopped) run_action_set();
}

void Translator::Run::run_table(std::uint8_t first, PortId in_port) {
  const std::uint8_t table_before = table;
  std::uint64_t cookie_after = cookie;
  const unsigned depth_before = depth;
  if (nesting >= kNestingMax) return give_up("too many resubmits inside each other");
  ++nesting;
  bool entered = nesting == 1;  // by the frame itself
  for (unsigned next = first; next != kNoTable;) {
    const auto number = static_cast<std::uint8_t>(next);
    const Rule* rule = lookup(number, in_port);
    if (rule == nullptr) {
      if (number == 0) emit({.kind = Op::Kind::kNormal});
      break;
    }
    hit(rule->hits);
    // To later tables one can go only so often: that does not count.
    if (!entered && number <= table) ++depth;
    table = number;
    cookie = rule->spec.cookie;
    if (entered) cookie_after = cookie;
    entered = false;
    next = run_list(rule->spec.actions);
    in_port = now.fields.in_port();
  }
  --nesting;
  depth = depth_before;
  table = table_before;
  cookie = cookie_after;
}

// Apart from run_table, so that what it needs does not lie on the stack for each table.
[[gnu::noinline]] const Rule* Translator::Run::lookup(std::uint8_t number, PortId in_port) {
  if (stopped) return nullptr;
  if (depth >= kDepthMax || lookups >= kLookupsMax) {
    give_up("a loop: too many resubmits");
    return nullptr;
  }
  ++lookups;
  const Classifier* rules = number <= kLastTable ? pipeline.tables[number].get() : nullptr;
  const Rule* rule = nullptr;
  const PortId own = now.fields.in_port();
  if (rules != nullptr) {
    if (now.unknown != nullptr) reveal(rules->interest());
    if (stopped) return nullptr;
    now.fields.set_in_port(in_port);
    Fields read;
    rule = rules->lookup(now.fields, read);
    examine(read);
  }
  now.fields.set_in_port(in_port);
  if (observer != nullptr) observer->lookup(number, rules, now.fields, rule);
  now.fields.set_in_port(own);
  return rule;
}

unsigned Translator::Run::run_list(const ActionList& actions) {
  for (const Action& action : actions) {
    if (stopped) break;
    const auto* next = std::get_if<GotoTable>(&action);
    if (next != nullptr && &action == &actions.back()) {
      if (observer != nullptr) observer->action(action, nesting - 1);
      return next->table;
    }
    if (!act(action)) break;
  }
  return kNoTable;
}

void Translator::Run::run_action_set() {
  // What is written while it is being done (by a table that it resubmits to) is lost.
  std::swap(action_set, running_set);
  action_set.clear();
  for_each_in_set(
      running_set.size(), [this](std::size_t i) -> const Action& { return *running_set[i]; },
      [this](const Action& action) { return act(action) && !stopped; });
}

void Translator::Run::finish() {
  Program& program = out.program;
  // What is done to the frame after its last output need not be done.
  while (!program.ops.empty()) {
    const Op::Kind last = program.ops.back().kind;
    if (last == Op::Kind::kRestore) {
      std::size_t start = program.ops.size() - 1;
      for (unsigned inside = 1; inside > 0;) {
        const Op::Kind kind = program.ops[--start].kind;
        if (kind == Op::Kind::kRestore) ++inside;
        if (kind == Op::Kind::kSave) --inside;
      }
      remove_op(start);
    } else if (!is_edit(last) && last != Op::Kind::kSave) {
      break;
    }
    program.ops.pop_back();
  }
  const auto end = static_cast<std::uint32_t>(program.ops.size());
  for (Hit& counted : program.hits) counted.before = std::min(counted.before, end);
  std::fill(out.examined.words.begin() + kPacketWords, out.examined.words.end(), 0);
}

bool Translator::Run::act(const Action& action) {
  if (observer != nullptr) observer->action(action, nesting == 0 ? 0 : nesting - 1);
  return std::visit([this](const auto& which) { return act(which); }, action.as_variant());
}

bool Translator::Run::act(const Output& action) {
  if (action.port == now.fields.in_port()) {
    note("not sent back to the port it came in by");
  } else {
    emit({.kind = Op::Kind::kOutput, .port = action.port});
  }
  return true;
}

bool Translator::Run::act(const OutputInPort&) {
  emit({.kind = Op::Kind::kOutput, .port = now.fields.in_port()});
  return true;
}

bool Translator::Run::act(const Flood&) {
  emit({.kind = Op::Kind::kFlood});
  return true;
}

bool Translator::Run::act(const Normal&) {
  emit({.kind = Op::Kind::kNormal});
  return true;
}

bool Translator::Run::act(const Punt& action) {
  emit({.kind = Op::Kind::kPunt, .word = table, .length = action.max_len, .value = cookie});
  return true;
}

bool Translator::Run::act(const GotoTable& action) {
  run_table(action.table, now.fields.in_port());
  return true;
}

bool Translator::Run::act(const Resubmit& action) {
  run_table(action.table.value_or(table), action.in_port.value_or(now.fields.in_port()));
  return true;
}

bool Translator::Run::act(const WriteActions& action) {
  for (const Action& written : action.actions) action_set.push_back(&written);
  return true;
}

bool Translator::Run::act(const ClearActions&) {
  action_set.clear();
  return true;
}

bool Translator::Run::act(const WriteMetadata& action) {
  write(kWordMetadata, action.value, action.mask);
  return true;
}

bool Translator::Run::act(const ToMeter& action) {
  const Meter* meter = pipeline.meter(action.meter);
  if (meter == nullptr) {
    note("there is no such meter");
  } else {
    emit({.kind = Op::Kind::kMeter, .meter = meter->state});
  }
  return true;
}

void Translator::Run::emit(Op op) {
  if (stopped) return;
  if (out.program.ops.size() >= kOpsMax) return give_up("too many steps");
  out.program.ops.push_back(std::move(op));
}

void Translator::Run::hit(const std::shared_ptr<HitCounter>& counter) {
  if (stopped) return;
  out.program.hits.push_back({counter, static_cast<std::uint32_t>(out.program.ops.size())});
  if (out.program.hits.size() >= kHitsMax) give_up("too many groups and rules");
}

void Translator::Run::give_up(const char* why) {
  if (stopped) return;
  note(why);
  stopped = true;
  // The rules were hit all the same.
  out.program.ops.clear();
  for (Hit& counted : out.program.hits) counted.before = 0;
  out.program.reason = DropReason::kFlowDepth;
}

}  // namespace trestle::flow
