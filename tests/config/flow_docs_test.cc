// SPDX-License-Identifier: Apache-2.0
//
// The examples in docs/flow-tables.md are what the parsers take.

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "config/flow/flow_text.h"
#include "config/flow/frame_text.h"
#include "tests/config/expect.h"

namespace trestle::config {
namespace {

std::string document() {
  std::ifstream file(TRESTLE_SOURCE_DIR "/docs/flow-tables.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The texts of ```LANGUAGE blocks.
std::vector<std::string> blocks(const std::string& text, const std::string& language) {
  const std::string open = "```" + language + "\n", close = "```";
  std::vector<std::string> found;
  for (std::size_t at = text.find(open); at != text.npos; at = text.find(open, at)) {
    const std::size_t start = at + open.size();
    at = text.find(close, start);
    REQUIRE(at != text.npos);
    found.push_back(text.substr(start, at - start));
  }
  return found;
}

FlowPorts any_ports() {
  FlowPorts ports;
  ports.find = [](std::string_view) { return std::optional<PortId>(1); };
  ports.name = [](PortId) { return std::optional<std::string>("port"); };
  return ports;
}

// Empty where what stands in quotes in the command is what it takes.
template <typename Parsed>
std::string mistake_in(const Parsed& parsed) {
  return parsed ? "" : parsed.error().message;
}
std::string mistake(const std::string& command, const std::string& quoted) {
  const auto begins = [&](const char* with) { return command.rfind(with, 0) == 0; };
  if (begins("trestle flow del") || begins("trestle flow list")) {
    return mistake_in(parse_selector(quoted, any_ports()));
  }
  if (begins("trestle flow ")) return mistake_in(parse_flow(quoted, any_ports()));
  if (begins("trestle group ")) return mistake_in(parse_group(quoted, any_ports()));
  if (begins("trestle meter ")) return mistake_in(parse_meter(quoted));
  if (begins("trestle why ")) return mistake_in(parse_frame(quoted));
  return "no test knows this command";
}

TEST_CASE("every TOML example in docs/flow-tables.md is a valid configuration") {
  const auto examples = blocks(document(), "toml");
  CHECK_FALSE(examples.empty());
  for (const std::string& example : examples) {
    CHECK_FALSE(parsed(example).bridges.empty());
  }
}

TEST_CASE("every command in docs/flow-tables.md has arguments that are understood") {
  std::size_t commands = 0;
  for (const std::string& block : blocks(document(), "sh")) {
    std::istringstream lines(block);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t open = line.find('\'');
      if (open == line.npos) continue;
      const std::size_t close = line.find('\'', open + 1);
      REQUIRE(close != line.npos);
      CAPTURE(line);
      CHECK(mistake(line, line.substr(open + 1, close - open - 1)) == "");
      ++commands;
    }
  }
  CHECK(commands >= 7);
}

}  // namespace
}  // namespace trestle::config
