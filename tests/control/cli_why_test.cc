// SPDX-License-Identifier: Apache-2.0
//
// The answer of `why` as text, of steps that are deep inside each other.

#include <catch2/catch.hpp>

#include <sstream>
#include <string>
#include <string_view>

#include "control/cli/show.h"

using namespace trestle::control;

namespace {

Json lookup(std::size_t depth) {
  return {
      {"kind", "table"}, {"depth", depth}, {"table", 0}, {"rule", "at " + std::to_string(depth)}};
}

std::string shown(const Json& steps) {
  const Json visit{{"bridge", "br0"}, {"port", "red"}, {"frame", "tcp"}, {"steps", steps}};
  std::ostringstream out;
  show_why({{"visits", Json::array({visit})}}, out);
  return out.str();
}

std::string line(std::size_t indent, std::string_view text) {
  std::string out(indent, ' ');
  out.append(text).append("\n");
  return out;
}

}  // namespace

TEST_CASE("why shows the first levels of a loop of rules and counts the others") {
  Json steps = Json::array();
  for (std::size_t depth = 0; depth < 64; ++depth) steps.push_back(lookup(depth));
  steps.push_back({{"kind", "note"}, {"text", "that is too deep"}});
  std::string wanted = "br0.red: tcp\n";
  for (std::size_t depth = 0; depth <= 8; ++depth) {
    wanted += line(depth < 7 ? 2 + 2 * depth : 16, "table 0: at " + std::to_string(depth));
  }
  wanted += line(18, "… 55 more, inside each other");
  wanted += line(4, "note: that is too deep");
  wanted += line(0, "nothing leaves");
  CHECK(shown(steps) == wanted);
}

TEST_CASE("why counts deep steps where they are") {
  std::string wanted = "br0.red: tcp\n";
  wanted += line(16, "table 0: at 8");
  wanted += line(18, "… 1 more, inside each other");
  wanted += line(4, "table 0: at 1");
  wanted += line(18, "… 2 more, inside each other");
  wanted += line(0, "nothing leaves");
  CHECK(shown({lookup(8), lookup(9), lookup(1), lookup(9), lookup(10)}) == wanted);
}
