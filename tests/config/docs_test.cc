// SPDX-License-Identifier: Apache-2.0
//
// docs/configuration.md and the parser speak of the same keys; the examples there and in examples/
// are valid.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "config/keys.h"
#include "tests/config/expect.h"

namespace trestle::config {
namespace {

std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string reference() {
  return contents_of(TRESTLE_SOURCE_DIR "/docs/configuration.md");
}

TEST_CASE("every key that the parser knows has a row in docs/configuration.md") {
  const std::string text = reference();
  REQUIRE_FALSE(text.empty());
  for (const KnownKey& known : known_keys()) {
    CAPTURE(known.section, known.key);
    const bool is_section = known.section.empty() || known.key == "ports";
    const std::string mention = is_section ? "[" + known.key : "\n| `" + known.key + "` |";
    const std::string ports = "`ports.NAME`";
    CHECK(text.find(known.key == "ports" ? ports : mention) != std::string::npos);
  }
}

TEST_CASE("the limits in docs/configuration.md are those of the code") {
  const std::string text = reference();
  for (const std::string& number :
       {std::to_string(kPortsMax), std::to_string(kWorkersMax), std::to_string(kMacLimitMax),
        std::to_string(kMtuMin), std::to_string(kMtuMax), std::to_string(kNameMax),
        std::to_string(kInterfaceNameMax), std::to_string(Bridge{}.mac_limit),
        Config{}.metrics_listen}) {
    CAPTURE(number);
    CHECK(text.find(number) != std::string::npos);
  }
}

TEST_CASE("every TOML example in docs/configuration.md is a valid configuration") {
  const std::string text = reference();
  const std::string open = "```toml\n", close = "```";
  std::size_t examples = 0;
  std::set<PortType> types;
  for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    const std::size_t start = at + open.size();
    at = text.find(close, start);
    REQUIRE(at != std::string::npos);
    const Config config = parsed(text.substr(start, at - start));
    for (const auto& [bridge_name, bridge] : config.bridges) {
      for (const auto& [name, port] : bridge.ports) types.insert(port.type);
    }
    ++examples;
  }
  CHECK(examples >= 7);
  CHECK(types.size() == port_type_words().size());
}

TEST_CASE("every configuration in examples/ is valid") {
  std::size_t examples = 0;
  for (const auto& file : std::filesystem::directory_iterator(TRESTLE_SOURCE_DIR "/examples")) {
    if (file.path().extension() != ".toml") continue;
    CAPTURE(file.path().string());
    CHECK_FALSE(parsed(contents_of(file.path())).bridges.empty());
    ++examples;
  }
  CHECK(examples > 0);
}

}  // namespace
}  // namespace trestle::config
