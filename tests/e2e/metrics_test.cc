// SPDX-License-Identifier: Apache-2.0
//
// What monitoring sees of a running switch: probes, latency that is sampled or not, what waits in
// rings, and scrapers that are stuck.

#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>
#include <list>
#include <sstream>

#include "tests/control/web_clients.h"
#include "tests/e2e/lab.h"
#include "tests/e2e/traffic.h"

using namespace trestle::testing;

namespace {

constexpr int kPort = 9477;
const std::string kTwo = bridge_of("br0", {"red 10.1.1.2/24", "blue 10.1.1.3/24"});

// The sum of the series that begin like this.
double sum_of(const std::string& beginning) {
  std::istringstream lines(body_of(http_get(kPort, "/metrics")));
  double sum = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(beginning)) sum += std::stod(line.substr(line.rfind(' ')));
  }
  return sum;
}

double latencies(const std::string& since) {
  double sum = 0;
  for (const std::string worker : {"0", "1", "2", "3"}) {
    sum += sum_of("trestle_latency_seconds_count{worker=\"" + worker + "\",since=\"" + since);
  }
  return sum;
}

void flood_ping(const Lab& lab, const std::string& ns, int packets) {
  lab.sh("ip netns exec " + ns + " ping -q -f -c " + std::to_string(packets) + " 10.1.1.3");
}

std::size_t threads_of(pid_t pid) {
  const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid) + "/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

}  // namespace

TEST_CASE("probes find a running daemon alive and ready, whatever state its ports are in") {
  Lab lab(bridge_of("br0", {"red 10.1.1.2/24", "blue 10.1.1.3/24"}) +
              "ports.absent = { type = \"netdev\", interface = \"no-such-if\" }\n",
          Lab::Ready::kAnswers);
  lab.wait_state("br0", "red", "up");
  CHECK(lab.state("br0", "absent") == "waiting");
  CHECK(body_of(http_get(kPort, "/healthz")) == "ok\n");
  CHECK(body_of(http_get(kPort, "/readyz")) == "ready\n");
  CHECK(run("curl -sf 127.0.0.1:9477/healthz").ok());
  CHECK(run("curl -sf 127.0.0.1:9477/readyz").ok());
}

TEST_CASE("latency is measured from the kernel's ring on, until it is turned off by a reload") {
  Lab lab(kTwo);
  lab.must_ping("red", "10.1.1.3");
  const auto measured = [&] { return latencies("arrival"); };
  REQUIRE(wait_until([&] {
    flood_ping(lab, "red", 300);
    return measured() > 0;
  }));
  const double frames = sum_of("trestle_port_receive_frames_total");
  CHECK(measured() < frames);
  const double mean = sum_of("trestle_latency_seconds_sum") / measured();
  CHECK(mean > 100e-9);
  CHECK(mean < 1);
  CHECK(latencies("read") == 0);

  lab.write_config("[metrics]\nlatency = \"off\"\n" + kTwo);
  lab.must("reload");
  const double before = measured();
  flood_ping(lab, "red", 1000);
  CHECK(measured() == before);
  lab.write_config(kTwo);
  lab.must("reload");
  CHECK(wait_until([&] {
    flood_ping(lab, "red", 300);
    return measured() > before;
  }));
}

TEST_CASE("latency of a TAP is measured from the read on") {
  Lab lab(
      "[bridge.br0]\nports.red = { type = \"tap\", namespace = \"red\", address = "
      "\"10.1.1.2/24\" }\nports.blue = { type = \"tap\", namespace = \"blue\", address = "
      "\"10.1.1.3/24\" }\n");
  lab.must_ping("red", "10.1.1.3");
  CHECK(wait_until([&] {
    flood_ping(lab, "red", 300);
    return latencies("read") > 0;
  }));
  CHECK(latencies("arrival") == 0);
}

TEST_CASE("frames that wait while the switch is stopped are found in the ring's high-water mark") {
  Lab lab(kTwo);
  lab.must_ping("red", "10.1.1.3");
  CHECK(sum_of("trestle_port_receive_ring_frames{bridge=\"br0\",port=\"red\"}") >= 1024);
  kill(lab.pid(), SIGSTOP);
  const int sender = socket_in("red", AF_INET, SOCK_DGRAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(7000);
  to.sin_addr.s_addr = inet_addr("10.1.1.3");
  for (int i = 0; i < 500; ++i) {
    CHECK(sendto(sender, "frame", 5, 0, reinterpret_cast<sockaddr*>(&to), sizeof to) == 5);
  }
  close(sender);
  kill(lab.pid(), SIGCONT);
  const std::string mark = "trestle_port_receive_queue_frames_max{bridge=\"br0\",port=\"red\"}";
  CHECK(wait_until([&] { return sum_of(mark) > 400; }));
  CHECK(sum_of(mark) <= 1024);
}

TEST_CASE("scrapers that are stuck hold up no other, no frame and no stop") {
  Lab lab(kTwo);
  lab.must_ping("red", "10.1.1.3");
  const std::size_t before = threads_of(lab.pid());
  UdpFlow flow("red", "blue", "10.1.1.3");
  std::list<WebClient> stuck;
  for (int i = 0; i < 20; ++i) {
    stuck.emplace_back(kPort);
    stuck.emplace_back(kPort).say("GET /met");
    stuck.emplace_back(kPort, 4096).say("GET /metrics HTTP/1.1\r\nHost: trestle\r\n\r\n");
    CHECK(http_get(kPort, "/metrics").find("trestle_build_info") != std::string::npos);
    CHECK(body_of(http_get(kPort, "/healthz")) == "ok\n");
  }
  CHECK(threads_of(lab.pid()) == before);
  CHECK(flow.lost() == 0);
  CHECK(stuck.front().is_hung_up_on(std::chrono::seconds(20)));
  CHECK(lab.stop() == 0);
}
