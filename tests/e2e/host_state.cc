// SPDX-License-Identifier: Apache-2.0

#include "tests/e2e/host_state.h"

#include <filesystem>

#include <nlohmann/json.hpp>

#include "tests/sandbox.h"

namespace trestle::testing {
namespace {

using Json = nlohmann::json;

Json json_of(const std::string& command) {
  const Outcome outcome = shell(command + " 2>/dev/null");
  const Json parsed = Json::parse(outcome.output, nullptr, false);
  return parsed.is_array() ? parsed : Json::array();
}

// `ns`: "" for the sandbox itself, else a name in /run/netns.
void add_links(const std::string& ns, std::set<std::string>& state) {
  const std::string in = ns.empty() ? "" : "-n " + ns + " ";
  for (const Json& link : json_of("ip " + in + "-d -j link")) {
    std::string line = "link " + ns + "/" + link.value("ifname", "?") + " mtu " +
                       std::to_string(link.value("mtu", 0)) + " mac " + link.value("address", "") +
                       " promiscuity " + std::to_string(link.value("promiscuity", 0)) +
                       " addrgen " + link.value("inet6_addr_gen_mode", "");
    state.insert(line);
  }
  for (const Json& link : json_of("ip " + in + "-j addr")) {
    for (const Json& address : link.value("addr_info", Json::array())) {
      if (address.value("scope", "") == "link") continue;  // comes and goes with carrier
      state.insert("address " + ns + "/" + link.value("ifname", "?") + " " +
                   address.value("local", "?") + "/" +
                   std::to_string(address.value("prefixlen", 0)));
    }
  }
  for (const Json& qdisc : json_of("tc " + in + "-j qdisc")) {
    state.insert("qdisc " + ns + "/" + qdisc.value("dev", "?") + " " + qdisc.value("kind", "?"));
  }
}

void add_files(const std::string& directory, const std::set<std::string>& ignored,
               std::set<std::string>& state) {
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory, error)) {
    const std::string name = entry.path().filename();
    if (!ignored.contains(name)) state.insert("file " + entry.path().string());
  }
}

}  // namespace

std::set<std::string> host_state(const std::string& directory,
                                 const std::set<std::string>& ignored) {
  std::set<std::string> state;
  add_links("", state);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/run/netns", error)) {
    const std::string ns = entry.path().filename();
    state.insert("namespace " + ns);
    add_links(ns, state);
  }
  add_files("/etc/netns", {}, state);
  add_files("/run/trestle", {}, state);
  add_files(directory, ignored, state);
  return state;
}

}  // namespace trestle::testing
