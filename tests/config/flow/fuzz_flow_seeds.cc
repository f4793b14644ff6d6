// SPDX-License-Identifier: Apache-2.0
//
// Writes the texts of the tests into a directory, one file each, as seeds for fuzz_flow_text.

#include <cstdio>
#include <fstream>
#include <string>

#include "tests/config/flow/flow_texts.h"
#include "tests/config/flow/random_rule.h"

using namespace trestle;
using namespace trestle::config;

namespace {

int written = 0;

void write(const std::string& directory, char kind, std::string_view text) {
  std::ofstream file(directory + "/" + kind + std::to_string(written++), std::ios::binary);
  file << kind << text;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::fprintf(stderr, "usage: fuzz_flow_seeds DIRECTORY\n"), 2;
  const std::string directory = arguments[1];
  for (const GoodText& good : good_flows()) write(directory, 'f', good.text);
  for (const GoodText& good : good_groups()) write(directory, 'g', good.text);
  for (const GoodText& good : good_meters()) write(directory, 'b', good.text);
  for (const BadText& bad : bad_selectors()) write(directory, 'm', bad.text);
  for (const BadText& bad : bad_actions()) write(directory, 'f', bad.text);
  flow::Dice dice(1);
  const FlowPorts ports = flow::plain_ports(5);
  for (unsigned i = 0; i < 200; ++i) {
    const flow::RuleSpec rule = flow::random_rule(dice, {.ports = 5, .groups = 2, .meters = 2});
    write(directory, 'f', print_flow(rule, ports));
    write(directory, 'm', print_match(rule.match, ports));
    write(directory, 'a', print_actions(rule.actions, ports));
    write(directory, 'l', "# one\n" + print_flow(rule, ports) + "\n");
  }
  return 0;
}
