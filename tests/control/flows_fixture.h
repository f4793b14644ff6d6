// SPDX-License-Identifier: Apache-2.0
//
// A running switch of memory ports, its API without a socket, and what it tells of. No root.

#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "config/parse.h"
#include "control/api/commands.h"
#include "control/frame_rate.h"
#include "control/instance.h"
#include "control/running_config.h"

namespace trestle::testing {

// Bridges br0 (ports a, b, c, d) and br1 (one port, e).
inline constexpr const char* kTwoBridges = R"(
[switch]
workers = 1
[metrics]
listen = "off"
[bridge.br0]
ports.a = { type = "memory", peer = "br0.b" }
ports.b = { type = "memory", peer = "br0.a" }
ports.c = { type = "memory", peer = "br0.d" }
ports.d = { type = "memory", peer = "br0.c" }
[bridge.br1]
ports.e = { type = "memory", peer = "br1.f" }
ports.f = { type = "memory", peer = "br1.e" }
)";

class RunningSwitch {
 public:
  explicit RunningSwitch(const std::string& config = kTwoBridges) {
    instance = control::Instance::create({.state_file = "", .spin = false}, events).value();
    running = std::make_unique<control::RunningConfig>(*instance, "");
    apply(config);
    commands = control::make_commands({*instance, *running, rate, {}});
  }

  void apply(const std::string& text) {
    auto config = config::parse(text, "test.toml");
    if (!config) {
      for (const config::Mistake& mistake : config.error()) UNSCOPED_INFO(mistake.to_string());
    }
    REQUIRE(config.has_value());
    const auto applied = instance->apply(std::move(*config));
    if (!applied) UNSCOPED_INFO(applied.error().what);
    REQUIRE(applied.has_value());
  }

  // The result, or the message of the error.
  control::Json ask(const std::string& method, const control::Json& params) {
    control::Caller caller;
    const auto reply = commands.at(method)(params, caller);
    mistakes.clear();
    if (reply) return *reply;
    mistakes = reply.error().mistakes;
    return reply.error().message;
  }
  control::Json add(const std::string& flow) {
    return ask("flow.add", {{"bridge", "br0"}, {"flow", flow}});
  }
  // "priority=10,tcp actions=NORMAL", one for each rule.
  std::vector<std::string> flows(const std::string& match = "", const std::string& bridge = "br0") {
    std::vector<std::string> texts;
    control::Json params{{"bridge", bridge}, {"match", match}};
    for (;;) {
      const control::Json page = ask("flow.list", params);
      REQUIRE(page.is_object());
      for (const control::Json& flow : page.at("flows")) {
        texts.push_back("table=" + std::to_string(flow.at("table").get<int>()) +
                        ",priority=" + std::to_string(flow.at("priority").get<int>()) + "," +
                        flow.at("match").get<std::string>() +
                        " actions=" + flow.at("actions").get<std::string>());
      }
      if (!page.contains("next")) return texts;
      params["after"] = page.at("next");
    }
  }

  // Runs the event loop until `condition` holds; false: it never did.
  template <typename Condition>
  bool wait_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      instance->dispatch();
      std::this_thread::yield();
    }
    return true;
  }

  control::EventBus events;
  std::unique_ptr<control::Instance> instance;
  std::unique_ptr<control::RunningConfig> running;
  control::FrameRate rate;
  control::CommandTable commands;
  std::vector<config::Mistake> mistakes;  // of the last refusal
};

}  // namespace trestle::testing
