// SPDX-License-Identifier: Apache-2.0
//
// Links, addresses, routes, the monitor and missing capabilities, against the kernel of this host.

#include <cap-ng.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "control/net/capabilities.h"
#include "control/net/links.h"
#include "control/net/monitor.h"
#include "tests/sandbox.h"

using namespace trestle;
using namespace trestle::net;
using trestle::testing::Sandbox;
using trestle::testing::shell;

namespace {

// A namespace of this name for the length of a test case.
struct Named {
  explicit Named(std::string n) : name(std::move(n)) {
    const auto made = create_named(name);
    INFO((made ? std::string() : made.error().what));
    REQUIRE(made);
  }
  ~Named() { static_cast<void>(delete_named(name)); }
  NamespaceHandle open() const { return open_namespace(name).value(); }
  bool pings(const std::string& address) const {
    return shell("ip netns exec " + name + " ping -n -c 1 -W 1 " + address).ok();
  }
  std::string name;
};

// Waits until an event that `wanted` accepts has come; false after 5 s without one.
template <typename Wanted>
bool sees(LinkMonitor& monitor, Wanted wanted) {
  pollfd descriptor{monitor.fd(), POLLIN, 0};
  while (poll(&descriptor, 1, 5000) == 1) {
    const auto drained = monitor.drain();
    REQUIRE(drained);
    if (std::any_of(drained->events.begin(), drained->events.end(), wanted)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE_METHOD(Sandbox,
                 "a veth into a namespace comes with its name, address, MTU and MAC, and pings") {
  Named red("red");
  auto host = Links::open().value();
  const auto mac = MacAddress::parse("02:00:00:00:00:02").value();
  const auto made = host.create_veth({.name = "trred",
                                      .alias = "trestle br0.red",
                                      .peer_name = "eth0",
                                      .mtu = 1400,
                                      .peer_mac = mac},
                                     red.open());
  REQUIRE(made);
  CHECK(made->kind == "veth");
  CHECK(made->mtu == 1400);
  CHECK(made->alias == "trestle br0.red");
  CHECK_FALSE(made->admin_up);
  CHECK(host.find("trred")->alias == "trestle br0.red");

  auto inside = Links::open_in(red.open()).value();
  const auto peer = inside.find("eth0");
  REQUIRE(peer);
  CHECK(peer->mac == mac);
  CHECK(peer->mtu == 1400);
  CHECK(peer->peer_ifindex == made->ifindex);
  CHECK(made->peer_ifindex == peer->ifindex);
  CHECK(made->link_netnsid >= 0);

  REQUIRE(host.set_up(made->ifindex));
  CHECK(host.find("trred")->admin_up);
  CHECK_FALSE(host.find("trred")->carrier);
  REQUIRE(inside.set_up(peer->ifindex));
  CHECK(host.find("trred")->carrier);

  for (int again = 0; again < 2; ++again) {
    REQUIRE(host.add_address(made->ifindex, "10.1.1.1/24"));
    REQUIRE(inside.add_address(peer->ifindex, "10.1.1.2/24"));
    REQUIRE(inside.set_default_route(peer->ifindex, "10.1.1.1"));
  }
  CHECK(inside.addresses(peer->ifindex).value() == std::vector<std::string>{"10.1.1.2/24"});
  CHECK(red.pings("10.1.1.1"));
  REQUIRE(host.add_address(1, "10.9.9.9/32"));
  CHECK(red.pings("10.9.9.9"));

  for (int again = 0; again < 2; ++again) {
    REQUIRE(inside.remove_default_route(peer->ifindex, "10.1.1.1"));
    REQUIRE(inside.remove_address(peer->ifindex, "10.1.1.2/24"));
    REQUIRE(host.remove_address(1, "10.9.9.9/32"));
  }
  CHECK(inside.addresses(peer->ifindex)->empty());
  REQUIRE(host.remove(made->ifindex));
  REQUIRE(host.remove(made->ifindex));
  CHECK(host.find("trred").error().code == ENODEV);
  CHECK(inside.find("eth0").error().code == ENODEV);
}

TEST_CASE_METHOD(Sandbox, "an IPv6 address and gateway are usable at once") {
  Named red("red6");
  auto host = Links::open().value();
  const auto made = host.create_veth(
      {.name = "trred6", .alias = {}, .peer_name = "eth0", .mtu = {}, .peer_mac = {}}, red.open());
  REQUIRE(made);
  auto inside = Links::open_in(red.open()).value();
  const int peer = inside.find("eth0")->ifindex;
  REQUIRE(host.set_up(made->ifindex));
  REQUIRE(inside.set_up(peer));
  REQUIRE(host.add_address(made->ifindex, "fd00::1/64"));
  REQUIRE(inside.add_address(peer, "fd00::2/64"));
  REQUIRE(inside.add_address(peer, "fd00::2/64"));
  REQUIRE(inside.set_default_route(peer, "fd00::1"));
  CHECK(inside.addresses(peer).value() == std::vector<std::string>{"fd00::2/64"});
  const auto clash = inside.add_address(peer, "fd00::2/48");
  REQUIRE_FALSE(clash);
  CHECK_THAT(clash.error().what, Catch::Contains("another prefix length"));
  const auto flags = shell("ip -netns red6 -6 addr show dev eth0").output;
  CHECK_THAT(flags, Catch::Contains("fd00::2/64") && !Catch::Contains("tentative dadfailed"));
  CHECK(red.pings("fd00::1"));
  REQUIRE(inside.remove_default_route(peer, "fd00::1"));
  CHECK(shell("ip -netns red6 -6 route show default").output.empty());
  REQUIRE(host.remove(made->ifindex));
}

TEST_CASE_METHOD(Sandbox, "a switch's end without address generation gets no link-local address") {
  Named red("red-ll");
  auto host = Links::open().value();
  const auto made = host.create_veth(
      {.name = "trll", .alias = {}, .peer_name = "eth0", .mtu = {}, .peer_mac = {}}, red.open());
  REQUIRE(made);
  auto inside = Links::open_in(red.open()).value();
  REQUIRE(host.disable_ipv6_addrgen(made->ifindex));
  REQUIRE(host.set_up(made->ifindex));
  REQUIRE(inside.set_up(inside.find("eth0")->ifindex));
  CHECK(shell("ip -6 addr show dev trll").output.empty());
  CHECK_THAT(shell("ip -netns red-ll -6 addr show dev eth0").output, Catch::Contains("fe80::"));
  // Where IPv6 is off on the link there is nothing to turn off, and that is no error.
  REQUIRE(shell("sysctl -qw net.ipv6.conf.trll.disable_ipv6=1").ok());
  REQUIRE(host.set_mtu(made->ifindex, 600));
  CHECK(host.disable_ipv6_addrgen(made->ifindex));
  CHECK_FALSE(host.disable_ipv6_addrgen(99999));
  REQUIRE(host.remove(made->ifindex));
}

TEST_CASE_METHOD(Sandbox,
                 "a peer's name may be taken in the switch's namespace but not in its own") {
  Named red("red-clash");
  REQUIRE(shell("ip link add eth0 type veth peer name eth0peer").ok());
  auto host = Links::open().value();
  const auto ns = red.open();
  REQUIRE(host.create_veth(
      {.name = "trc1", .alias = {}, .peer_name = "eth0", .mtu = {}, .peer_mac = {}}, ns));
  const auto taken_there = host.create_veth(
      {.name = "trc2", .alias = {}, .peer_name = "eth0", .mtu = {}, .peer_mac = {}}, ns);
  REQUIRE_FALSE(taken_there);
  CHECK(taken_there.error().code == EEXIST);
  CHECK_THAT(taken_there.error().what,
             Catch::Contains("an interface named eth0 exists already in the peer's namespace"));
  const auto taken_here = host.create_veth(
      {.name = "trc1", .alias = {}, .peer_name = "eth1", .mtu = {}, .peer_mac = {}}, ns);
  REQUIRE_FALSE(taken_here);
  CHECK_THAT(taken_here.error().what, Catch::EndsWith("an interface named trc1 exists already"));
  CHECK(host.find("trc2").error().code == ENODEV);
  const auto too_long = host.find("a-name-too-long-for-linux");
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().code == EINVAL);
  REQUIRE(shell("ip link del eth0; ip link del trc1").ok());
}

TEST_CASE_METHOD(Sandbox,
                 "a link is renamed, given another MAC and MTU, and moved under a new name") {
  Named red("red-move");
  REQUIRE(shell("ip link add mv0 type veth peer name mv1").ok());
  auto host = Links::open().value();
  const int ifindex = host.find("mv0")->ifindex;
  REQUIRE(host.rename(ifindex, "mv2"));
  const auto taken = host.rename(ifindex, "mv1");
  REQUIRE_FALSE(taken);
  CHECK_THAT(taken.error().what, Catch::Contains("an interface named mv1 exists already"));
  const auto mac = MacAddress::parse("02:00:00:00:00:77").value();
  REQUIRE(host.set_mac(ifindex, mac));
  REQUIRE(host.set_mtu(ifindex, 9000));
  REQUIRE(host.set_up(ifindex));
  const auto link = host.find(ifindex);
  REQUIRE(link);
  CHECK(link->name == "mv2");
  CHECK(link->mac == mac);
  CHECK(link->mtu == 9000);
  const auto all = host.list();
  REQUIRE(all);
  CHECK(all->size() == 3);
  CHECK(std::find(all->begin(), all->end(), *link) != all->end());
  REQUIRE(host.set_down(ifindex));
  CHECK_FALSE(host.find(ifindex)->admin_up);

  REQUIRE(host.move_to_namespace(ifindex, red.open(), "eth0"));
  CHECK(host.find("mv2").error().code == ENODEV);
  CHECK(Links::open_in(red.open())->find("eth0")->mac == mac);
  const auto refused = host.set_mtu(host.find("mv1")->ifindex, 7);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().what,
             Catch::Contains("cannot set MTU 7") && Catch::Contains("mtu less than"));
  REQUIRE(shell("ip link del mv1").ok());
}

TEST_CASE_METHOD(Sandbox,
                 "the monitor sees a link made, renamed, set down, moved away and deleted") {
  Named red("red-mon");
  auto monitor = LinkMonitor::open().value();
  using Kind = LinkEvent::Kind;
  REQUIRE(
      shell(
          "ip link add mon0 type veth peer name mon1 && ip link set mon0 up && ip link set mon1 up")
          .ok());
  CHECK(sees(monitor, [](const LinkEvent& e) {
    return e.link.name == "mon0" && e.link.admin_up && e.link.carrier;
  }));
  auto links = Links::open().value();
  const int ifindex = links.find("mon0")->ifindex;
  REQUIRE(shell("ip link set mon1 down").ok());
  CHECK(sees(monitor,
             [&](const LinkEvent& e) { return e.link.ifindex == ifindex && !e.link.carrier; }));
  REQUIRE(shell("ip link set mon0 down && ip link set mon0 name mon2").ok());
  CHECK(sees(monitor, [&](const LinkEvent& e) {
    return e.kind == Kind::kNewOrChanged && e.link.ifindex == ifindex && e.link.name == "mon2" &&
           !e.link.admin_up;
  }));
  const int other = links.find("mon1")->ifindex;
  REQUIRE(shell("ip link set mon1 netns red-mon").ok());
  CHECK(sees(monitor, [&](const LinkEvent& e) {
    return e.kind == Kind::kDeleted && e.link.ifindex == other;
  }));
  REQUIRE(shell("ip link del mon2").ok());
  CHECK(sees(monitor, [&](const LinkEvent& e) {
    return e.kind == Kind::kDeleted && e.link.ifindex == ifindex;
  }));
}

TEST_CASE_METHOD(Sandbox, "many interfaces are removed at once, and nobody else's") {
  REQUIRE(shell("for i in 1 2 3 4 5; do ip link add a$i type veth peer name b$i; done").ok());
  auto links = Links::open().value();
  std::vector<int> three;
  for (const char* name : {"a1", "a3", "a5"}) three.push_back(links.find(name)->ifindex);
  three.push_back(1'000'000);  // gone before
  REQUIRE(links.remove_all(three));
  for (const char* name : {"a1", "b1", "a3", "b3", "a5", "b5"}) CHECK_FALSE(links.find(name));
  for (const char* name : {"a2", "b2", "a4", "b4", "lo"}) CHECK(links.find(name));
  REQUIRE(links.remove_all(three));
}

TEST_CASE_METHOD(Sandbox, "a port that leaves a kernel bridge is not a link deleted") {
  if (!shell("ip link add kbr type bridge").ok()) {
    WARN("no kernel bridge here: not tested");
    return;
  }
  REQUIRE(shell("ip link add mon0 type veth peer name mon1 && ip link set mon0 master kbr").ok());
  auto monitor = LinkMonitor::open().value();
  REQUIRE(shell("ip link set mon0 nomaster && ip link set mon0 up").ok());
  bool deleted = false;
  CHECK(sees(monitor, [&](const LinkEvent& e) {
    deleted = deleted || e.kind == LinkEvent::Kind::kDeleted;
    return e.link.name == "mon0" && e.link.admin_up;
  }));
  CHECK_FALSE(deleted);
  REQUIRE(shell("ip link del mon0 && ip link del kbr").ok());
}

TEST_CASE_METHOD(Sandbox,
                 "a monitor that was not read for too long says that it lost events, and goes on") {
  auto monitor = LinkMonitor::open().value();
  const int tiny = 1;
  REQUIRE(setsockopt(monitor.fd(), SOL_SOCKET, SO_RCVBUF, &tiny, sizeof tiny) == 0);
  REQUIRE(
      shell("for i in 1 2 3 4 5 6; do ip link add over$i type veth peer name rest$i; done").ok());
  const auto drained = monitor.drain();
  REQUIRE(drained);
  CHECK(drained->overrun);
  CHECK_FALSE(monitor.drain()->overrun);
  REQUIRE(shell("for i in 1 2 3 4 5 6; do ip link del over$i; done").ok());
}

TEST_CASE_METHOD(Sandbox,
                 "a thread without a privilege is told which one, and an attempt names it too") {
  CHECK(missing_for({Purpose::kLinks, Purpose::kPacketSockets, Purpose::kNamespaces,
                     Purpose::kIngressBlock})
            .empty());
  std::vector<std::string> raw, all;
  Error refused;
  std::thread([&] {
    capng_get_caps_process();
    capng_updatev(CAPNG_DROP, CAPNG_EFFECTIVE, CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF, CAP_SYS_ADMIN,
                  -1);
    if (capng_apply(CAPNG_SELECT_CAPS) != 0) return;
    raw = missing_for({Purpose::kPacketSockets});
    all = missing_for(
        {Purpose::kLinks, Purpose::kPacketSockets, Purpose::kNamespaces, Purpose::kIngressBlock});
    const auto result = Links::open()->set_mtu(1, 1500);
    if (!result) refused = result.error();
  }).join();
  CHECK(raw == std::vector<std::string>{
                   "CAP_NET_RAW is missing: needed for AF_PACKET sockets (veth and netdev ports)"});
  CHECK(all.size() == 4);
  CHECK_THAT(refused.what,
             Catch::Contains("cannot set MTU 1500") && Catch::Contains("needs CAP_NET_ADMIN"));
}
