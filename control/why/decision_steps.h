// SPDX-License-Identifier: Apache-2.0
//
// Listens to the Translator and writes down which tables it visits and what the rules say. For
// explain.cc only.

#pragma once

#include <cstddef>
#include <vector>

#include "config/flow/flow_text.h"
#include "control/why/explanation.h"
#include "switch/flow/translate.h"

namespace trestle::control {

class DecisionSteps : public flow::Observer {
 public:
  DecisionSteps(std::vector<WhyStep>& steps, const config::FlowPorts& ports)
      : steps_(steps), ports_(ports) {}

  void lookup(std::uint8_t table, const flow::Classifier* rules, const flow::Fields& fields,
              const flow::Rule* rule) override;
  void action(const flow::Action& action, unsigned depth) override;
  void bucket(const flow::Group& group, std::size_t bucket) override;
  void note(const char* text) override;

 private:
  void add(WhyStep step);

  std::vector<WhyStep>& steps_;
  const config::FlowPorts& ports_;
  unsigned depth_ = 0;              // of what comes next
  std::size_t rules_compared_ = 0;  // with the frame, over all tables
};

// "set dl_dst=…, output:blue, NORMAL": the steps of a program, for a megaflow.
std::string print_program(const flow::Program& program, const config::FlowPorts& ports);

}  // namespace trestle::control
