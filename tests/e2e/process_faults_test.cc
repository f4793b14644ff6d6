// SPDX-License-Identifier: Apache-2.0
//
// Faults of the daemon's own life and of its clients: crashes, bad reloads, a stop under load, a
// second daemon, clients that misbehave.

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>

#include "config/parse.h"
#include "tests/e2e/lab.h"
#include "tests/e2e/traffic.h"

using namespace trestle::testing;

namespace {

const std::string kTwo = bridge_of("br0", {"red 10.1.1.2/24", "blue 10.1.1.3/24"});

// VmRSS of a process in KiB.
std::uint64_t resident_kib(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  return std::stoull(status.substr(status.find("VmRSS:") + 6));
}

// A connection of a client of its own kind. Non-blocking.
class Client {
 public:
  explicit Client(const Lab& lab) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, lab.socket().c_str(), sizeof address.sun_path - 1);
    REQUIRE(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // How many of `bytes` went out before the daemon hung up or took nothing for a second.
  std::uint64_t send(const std::string& block, std::uint64_t bytes) const {
    std::uint64_t sent = 0;
    while (sent < bytes) {
      const ssize_t n = ::send(fd_, block.data(), block.size(), MSG_NOSIGNAL);
      if (n > 0) {
        sent += static_cast<std::uint64_t>(n);
        continue;
      }
      if (errno != EAGAIN) break;
      pollfd writable{fd_, POLLOUT, 0};
      if (poll(&writable, 1, 1000) != 1) break;
    }
    return sent;
  }
  // Whether the daemon hangs up; reads (and forgets) what it has to say first.
  bool hung_up(Seconds limit) const {
    return wait_until(
        [this] {
          char buffer[65536];
          ssize_t n;
          while ((n = recv(fd_, buffer, sizeof buffer, 0)) > 0) continue;
          return n == 0 || errno != EAGAIN;
        },
        limit);
  }
  std::string line(Seconds limit = Seconds(5)) const {
    std::string text;
    wait_until(
        [&] {
          char c;
          while (text.find('\n') == std::string::npos && recv(fd_, &c, 1, 0) == 1) text += c;
          return text.find('\n') != std::string::npos;
        },
        limit);
    return text;
  }

 private:
  int fd_;
};

ino_t namespace_inode(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

}  // namespace

TEST_CASE("after kill -9 a new daemon takes over, and processes in the namespaces keep running") {
  Lab lab(example("namespaces-and-host.toml"));
  lab.must_ping("red", "192.168.15.2");
  Process user({"ip", "netns", "exec", "red", "sleep", "1000"}, lab.directory() + "/log");
  const std::string own = "/proc/" + std::to_string(user.pid()) + "/ns/net";
  REQUIRE(wait_until([&] { return namespace_inode(own) == namespace_inode("/run/netns/red"); }));

  lab.crash();
  CHECK(user.running());
  SECTION("with the same config") {
    lab.start();
    lab.must_ping("red", "192.168.15.2");
    lab.must_ping("", "192.168.15.1");
    lab.must_ping("blue", "192.168.15.5");
  }
  SECTION("with a config that lacks some of what the first one made") {
    lab.write_config(bridge_of("br0", {"red 192.168.15.1/24", "white 192.168.15.7/24"}));
    lab.start();
    lab.must_ping("red", "192.168.15.7");
    CHECK(wait_until([] { return !run("ip netns list | grep -q green").ok(); }));
    CHECK(run("ip -o link | grep -vc -e ' lo:' -e ' tr'").output == "0\n");
  }
  CHECK(user.running());
  CHECK(namespace_inode(own) == namespace_inode("/run/netns/red"));
  user.send(SIGKILL);
  user.wait(Seconds(5));
}

TEST_CASE("a config file cut short at any byte is refused, and what runs goes on without a loss") {
  const std::string whole = example("two-namespaces.toml");
  Lab lab(whole);
  UdpFlow flow("red", "blue", "10.1.1.3");
  const std::string shown = lab.trestle("config show").output;
  std::size_t refused = 0;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string cut = whole.substr(0, length);
    // A file that ends between two entries is a good file for a smaller switch: nobody can tell.
    if (trestle::config::parse(cut, "cut")) continue;
    lab.write_config(cut);
    const Outcome outcome = lab.trestle("reload");
    INFO(length << ": " << outcome.output);
    REQUIRE(outcome.status == 1);
    ++refused;
  }
  CHECK(refused > 200);
  CHECK(lab.trestle("config show").output == shown);
  CHECK(flow.lost() == 0);
  const std::string metrics = lab.trestle("metrics").output;
  CHECK(metrics.find("trestle_config_reloads_total{result=\"failure\"} " +
                     std::to_string(refused)) != std::string::npos);
  lab.write_config(whole);
  lab.must("reload");
}

TEST_CASE("a thousand reloads that alternate two configs lose no frame of the ports they share") {
  enter_sandbox();
  REQUIRE(run("ip netns add green").ok());
  Lab lab(kTwo);
  const std::string more =
      "[bridge.br0]\nageing = \"200s\"\n" + kTwo.substr(kTwo.find('\n') + 1) +
      "ports.green = { type = \"veth\", namespace = \"green\", address = [\"10.1.1.4/24\"] }\n"
      "ports.up = { type = \"patch\", peer = \"br1.down\" }\n"
      "[bridge.br1]\nports.down = { type = \"patch\", peer = \"br0.up\" }\n";
  UdpFlow flow("red", "blue", "10.1.1.3");
  const std::uint64_t rss = resident_kib(lab.pid());
  for (int i = 0; i < 1000; ++i) {
    lab.write_config(i % 2 == 0 ? more : kTwo);
    const Outcome outcome = lab.trestle("reload");
    INFO("reload " << i << ": " << outcome.output);
    REQUIRE(outcome.ok());
  }
  CHECK(lab.ports().size() == 2);
  CHECK(flow.lost() == 0);
  CHECK(resident_kib(lab.pid()) < rss + 32 * 1024);  // nothing piles up
}

TEST_CASE("SIGTERM under load stops within seconds, with status 0 and nothing left behind") {
  Lab lab(kTwo);
  UdpFlow flow("red", "blue", "10.1.1.3", {.per_second = 20'000, .payload = 400, .port = 7200});
  Process server({"ip", "netns", "exec", "blue", "iperf3", "-s", "-1"}, lab.directory() + "/log");
  REQUIRE(wait_until(
      [] { return run("ip netns exec blue ss -Hltn sport = :5201 | grep -q LISTEN").ok(); }));
  Process client({"ip", "netns", "exec", "red", "iperf3", "-c", "10.1.1.3", "-t", "60"},
                 lab.directory() + "/log");
  REQUIRE(wait_until([&] {
    return lab.port("br0", "red").at("receive").at("bytes").get<std::uint64_t>() > 10'000'000;
  }));
  CHECK(lab.stop(Seconds(5)) == 0);
}

TEST_CASE("a second daemon on the same socket refuses to start and harms nothing") {
  Lab lab(kTwo);
  UdpFlow flow("red", "blue", "10.1.1.3");
  const Outcome second =
      run(program("trestled") + " --config " + lab.config_file() + " --socket " + lab.socket(),
          Seconds(10));
  INFO(second.output);
  CHECK(second.status == 1);
  CHECK(second.output.find(lab.socket()) != std::string::npos);
  CHECK(second.output.find(std::to_string(lab.pid())) != std::string::npos);
  lab.must("status");
  lab.must_ping("red", "10.1.1.3");
  CHECK(flow.lost() == 0);
}

TEST_CASE("a client that sends garbage gets an answer or is cut off; others are served") {
  Lab lab(kTwo);
  Client polite(lab);
  for (const std::string& garbage :
       {std::string("\n"), std::string("}{\n"), std::string("[]\n"), std::string("\0\xff\xfe\n", 4),
        std::string("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}\n"),
        std::string("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"port.add\",\"params\":[[[1]]]}\n"),
        std::string(10'000, '[') + "\n"}) {
    Client client(lab);
    client.send(garbage, garbage.size());
    lab.must("status");
  }
  const std::string request = "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"version\"}\n";
  polite.send(request, request.size());
  CHECK(Json::parse(polite.line()).at("id") == 5);
}

TEST_CASE("a client that sends 1 GB without a newline takes no memory and is cut off") {
  Lab lab(kTwo);
  UdpFlow flow("red", "blue", "10.1.1.3");
  const std::uint64_t before = resident_kib(lab.pid());
  Client client(lab);
  constexpr std::uint64_t kBytes = 1 << 30;
  const std::uint64_t sent = client.send(std::string(65536, 'x'), kBytes);
  CHECK(resident_kib(lab.pid()) < before + 16 * 1024);
  CHECK((sent == kBytes || client.hung_up(Seconds(10))));
  lab.must("status");
  CHECK(flow.lost() == 0);
}

TEST_CASE("a client that stops reading is cut off or left alone, never waited for") {
  Lab lab(kTwo);
  UdpFlow flow("red", "blue", "10.1.1.3");
  const std::uint64_t before = resident_kib(lab.pid());
  Client client(lab);
  std::string requests;
  for (int i = 0; i < 1000; ++i) {
    requests += "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"metrics\"}\n";
  }
  client.send(requests, 100 * requests.size());
  lab.must("status");
  CHECK(resident_kib(lab.pid()) < before + 100 * 1024);

  Client subscriber(lab);
  const std::string subscribe = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events\"}\n";
  subscriber.send(subscribe, subscribe.size());
  CHECK_FALSE(subscriber.line().empty());
  for (int i = 0; i < 50; ++i) lab.must("fdb flush br0");
  lab.must("status");
  CHECK(flow.lost() == 0);
}
