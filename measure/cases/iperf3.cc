// SPDX-License-Identifier: Apache-2.0

#include "measure/cases/iperf3.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>

#include <nlohmann/json.hpp>

#include "measure/lab/cpu_time.h"
#include "measure/lab/process.h"

namespace trestle::measure {
namespace {

constexpr std::uint16_t kPort = 5201;  // iperf3's own
constexpr int kConnectMilliseconds = 1500;
constexpr double kPatience = 10;  // s that it may take beyond the transfer

double number_at(const nlohmann::json& json, const char* pointer) {
  const nlohmann::json::json_pointer where(pointer);
  if (!json.contains(where) || !json.at(where).is_number()) return 0;
  return json.at(where).get<double>();
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Result<std::unique_ptr<Process>> start_server(Lab& lab) {
  auto server =
      lab.start_at(1, {"iperf3", "--server", "--one-off", "--port", std::to_string(kPort)});
  if (!server) return server;
  const std::string tables = fmt::format("/proc/{}/net/", (*server)->pid());
  const auto ready = [&] {
    return listens(contents(tables + "tcp6"), kPort) || listens(contents(tables + "tcp"), kPort);
  };
  // What has ended will not listen.
  const auto settled = [&] { return !(*server)->running() || ready(); };
  if (auto seen = wait_until(settled, 5, "iperf3 does not listen"); !seen) {
    return tl::make_unexpected(seen.error());
  }
  if (!(*server)->running()) return fail("iperf3 has ended: " + (*server)->last_words());
  return server;
}

}  // namespace

Result<Transfer> parse_iperf3(const std::string& json) {
  const auto report = nlohmann::json::parse(json, nullptr, false);
  if (!report.is_object()) return fail("iperf3 printed no report: " + json.substr(0, 200));
  Transfer found;
  if (report.contains("error")) {
    const auto& error = report.at("error");
    found.trouble = error.is_string() ? error.get<std::string>() : error.dump();
    return found;
  }
  if (!report.contains(nlohmann::json::json_pointer("/end/sum_received/bits_per_second"))) {
    return fail("iperf3's report tells nothing of what was received");
  }
  found.bits_per_second = number_at(report, "/end/sum_received/bits_per_second");
  found.bytes = number_at(report, "/end/sum_received/bytes");
  found.retransmits = number_at(report, "/end/sum_sent/retransmits");
  return found;
}

// Lines are "  0: LOCAL:PORT REMOTE:PORT STATE …", hexadecimal; state 0A is TCP_LISTEN.
bool listens(const std::string& table, std::uint16_t port) {
  const std::string ending = fmt::format(":{:04X}", port);
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string number, local, remote, state;
    words >> number >> local >> remote >> state;
    const bool here = local.size() >= ending.size() &&
                      local.compare(local.size() - ending.size(), ending.size(), ending) == 0;
    if (here && state == "0A") return true;
  }
  return false;
}

Result<Transfer> transfer(Lab& lab, unsigned streams, const std::string& congestion,
                          double seconds) {
  const auto server = start_server(lab);
  if (!server) return tl::make_unexpected(server.error());
  const auto whole = std::max(1L, std::lround(seconds));
  const Stopwatch watch;
  // Its report is wanted also where its exit status says that it failed.
  const auto said =
      lab.run_at(0,
                 {"sh", "-c", "iperf3 \"$@\" || :", "iperf3", "--client", lab.ends()[1].address,
                  "--port", std::to_string(kPort), "--json", "--congestion", congestion, "--time",
                  std::to_string(whole), "--parallel", std::to_string(streams), "--connect-timeout",
                  std::to_string(kConnectMilliseconds)},
                 static_cast<double>(whole) + kPatience);
  const double busy = watch.busy_seconds();
  if (!said) return Transfer{.trouble = said.error().what};
  auto found = parse_iperf3(*said);
  if (found) found->busy_seconds = busy;
  return found;
}

}  // namespace trestle::measure
