// SPDX-License-Identifier: Apache-2.0
//
// The block at a device's ingress: who sees frames and who does not, and what stays behind.

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <utility>

#include "control/net/drop_program.h"
#include "control/net/ingress_block.h"
#include "control/net/links.h"
#include "control/net/namespaces.h"
#include "control/net/tcx.h"
#include "tests/sandbox.h"

using namespace trestle;
using namespace trestle::net;
using Lasts = IngressBlock::Lasts;
using Means = IngressBlock::Means;
using trestle::testing::Sandbox;
using trestle::testing::shell;

namespace {

// Namespace "far" with 10.1.1.2 on a veth whose other end here is "near" with 10.1.1.1.
struct Pair : Sandbox {
  Pair() {
    REQUIRE(create_named("far"));
    auto links = Links::open().value();
    const auto made = links.create_veth(
        {.name = "near", .alias = {}, .peer_name = "eth0", .mtu = {}, .peer_mac = {}},
        open_namespace("far").value());
    REQUIRE(made);
    ifindex = made->ifindex;
    REQUIRE(links.set_up(ifindex));
    REQUIRE(links.add_address(ifindex, "10.1.1.1/24"));
    REQUIRE(shell("ip -netns far link set eth0 up && ip -netns far addr add 10.1.1.2/24 dev eth0")
                .ok());
    REQUIRE(pings());
  }
  ~Pair() { shell("ip link del near; ip netns del far"); }

  bool pings() const { return shell("ip netns exec far ping -n -c 1 -W 0.5 10.1.1.1").ok(); }
  std::string qdiscs() const { return shell("tc qdisc show dev near").output; }
  bool has_clsact() const { return qdiscs().find("clsact") != std::string::npos; }
  std::string filters() const { return shell("tc filter show dev near ingress").output; }

  // Without it, what a crash leaves lasts like the device.
  static bool has_tcx() {
    utsname kernel{};
    int major = 0, minor = 0;
    REQUIRE(uname(&kernel) == 0);
    REQUIRE(std::sscanf(kernel.release, "%d.%d", &major, &minor) == 2);
    const bool has = major > 6 || (major == 6 && minor >= 6);
    if (!has) WARN("Skipped: Linux " << kernel.release << " has no tcx");
    return has;
  }

  // A process that installs the block and dies without undoing it.
  void crash_with_block(Lasts lasts, Means means) const {
    const pid_t child = fork();
    if (child == 0) {
      auto block = IngressBlock::install(ifindex, lasts, means);
      _exit(block ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
  }

  int ifindex = 0;
};

// Whether a ping's frame (84 octets of IPv4) waits in the socket.
bool receives_ping(int tap) {
  char frame[2048];
  for (ssize_t n; (n = recv(tap, frame, sizeof frame, 0)) > 0;) {
    if (n == ETH_HLEN + 84) return true;
  }
  return false;
}

}  // namespace

TEST_CASE_METHOD(Pair, "a blocked device's frames reach a packet socket and not the host's stack") {
  // For all protocols: only that is a tap. A socket for one protocol comes after tc, as the stack
  // does.
  const int tap = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = ifindex;
  REQUIRE(bind(tap, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const auto lasts = GENERATE(Lasts::kLikeProcess, Lasts::kLikeDevice);
  const auto means = GENERATE(Means::kBest, Means::kClsact);
  auto block = IngressBlock::install(ifindex, lasts, means);
  REQUIRE(block);
  if (means == Means::kClsact) {
    CHECK(has_clsact());
    CHECK_THAT(filters(), Catch::Contains("trestle_drop"));
  } else if (has_tcx()) {
    CHECK_FALSE(has_clsact());
  }
  CHECK_FALSE(pings());
  CHECK(receives_ping(tap));

  auto moved = std::move(*block);
  CHECK_FALSE(pings());
  REQUIRE(moved.remove());
  CHECK_FALSE(has_clsact());
  CHECK(pings());
  REQUIRE(moved.remove());
  close(tap);
}

TEST_CASE_METHOD(Pair, "a block comes before a filter that lets all pass") {
  REQUIRE(shell("tc qdisc add dev near clsact && "
                "tc filter add dev near ingress pref 9 bpf da bytecode '1,6 0 0 0'")
              .ok());
  REQUIRE(pings());
  const auto means = GENERATE(Means::kBest, Means::kClsact);
  {
    auto block = IngressBlock::install(ifindex, Lasts::kLikeDevice, means);
    REQUIRE(block);
    CHECK_FALSE(pings());
  }
  CHECK_THAT(filters(), Catch::Contains("pref 9"));
  CHECK(pings());
}

TEST_CASE_METHOD(Pair, "a clsact qdisc that was there before stays") {
  REQUIRE(shell("tc qdisc add dev near clsact").ok());
  {
    auto block = IngressBlock::install(ifindex, Lasts::kLikeDevice, Means::kClsact);
    REQUIRE(block);
    CHECK_FALSE(pings());
  }
  CHECK(has_clsact());
  CHECK(filters().empty());
  CHECK(pings());
}

TEST_CASE_METHOD(Pair, "our clsact qdisc stays when somebody else has put a filter on it") {
  {
    auto block = IngressBlock::install(ifindex, Lasts::kLikeDevice, Means::kClsact);
    REQUIRE(block);
    REQUIRE(shell("tc filter add dev near egress bpf da bytecode '1,6 0 0 4294967295'").ok());
  }
  CHECK(has_clsact());
  CHECK_THAT(shell("tc filter show dev near egress").output, Catch::Contains("bpf"));
  CHECK(pings());
}

TEST_CASE_METHOD(Pair, "a block that a crash left is taken over, and clsact goes if it was ours") {
  const auto now = GENERATE(Means::kBest, Means::kClsact);
  SECTION("made by us") {
    crash_with_block(Lasts::kLikeProcess, Means::kClsact);
    CHECK_FALSE(pings());
    auto block = IngressBlock::install(ifindex, Lasts::kLikeProcess, now);
    REQUIRE(block);
    CHECK_FALSE(pings());
    REQUIRE(block->remove());
    CHECK_FALSE(has_clsact());
  }
  SECTION("there before") {
    REQUIRE(shell("tc qdisc add dev near clsact").ok());
    crash_with_block(Lasts::kLikeProcess, Means::kClsact);
    auto block = IngressBlock::install(ifindex, Lasts::kLikeProcess, now);
    REQUIRE(block);
    REQUIRE(block->remove());
    CHECK(has_clsact());
    CHECK(filters().empty());
  }
  CHECK(pings());
}

TEST_CASE_METHOD(Pair,
                 "a killed process gives the host its device back, and keeps its own blocked") {
  if (!has_tcx()) return;
  crash_with_block(Lasts::kLikeProcess, Means::kBest);
  CHECK(pings());
  crash_with_block(Lasts::kLikeDevice, Means::kBest);
  CHECK_FALSE(pings());
  // That one left this process's own program there; another daemon leaves another.
  const int other = load_drop_program().value();
  REQUIRE(attach_tcx(ifindex, other));
  close(other);
  auto block = IngressBlock::install(ifindex, Lasts::kLikeDevice);
  REQUIRE(block);
  CHECK_FALSE(pings());
  REQUIRE(block->remove());  // and nothing of the crashed ones is left
  CHECK(pings());
}

TEST_CASE_METHOD(Pair, "a block whose device is gone is removed without an error, or released") {
  const auto lasts = GENERATE(Lasts::kLikeProcess, Lasts::kLikeDevice);
  const auto means = GENERATE(Means::kBest, Means::kClsact);
  auto block = IngressBlock::install(ifindex, lasts, means);
  REQUIRE(block);
  REQUIRE(shell("ip link del near").ok());
  SECTION("removed") {
    CHECK(block->remove());
  }
  SECTION("released") {
    block->release();
    CHECK(block->ifindex() == 0);
  }
  const auto none = IngressBlock::install(ifindex, lasts, means);
  REQUIRE_FALSE(none);
  CHECK_THAT(none.error().what, Catch::Contains("from the host's stack"));
}
