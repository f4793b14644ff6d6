// SPDX-License-Identifier: Apache-2.0
//
// What a user can ask of a switch, as plain values: the typed form of the TOML file, of `trestle
// port add …` and of the API. Each option stands here once, with its default, its unit and its
// meaning. Nothing here touches the world; any thread may own a copy.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "switch/link_local.h"
#include "switch/mac_address.h"
#include "switch/vlan.h"

namespace trestle::config {

// An IPv4 or IPv6 address with its prefix length, as text that has been checked ("10.1.1.2/24").
using InterfaceAddress = std::string;
// An IPv4 or IPv6 address as text that has been checked ("10.1.1.1").
using HostAddress = std::string;

enum class PortType { kVeth, kTap, kNetdev, kInternal, kPatch, kPcap, kMemory };

// "BRIDGE.PORT": how one port names another.
struct PortName {
  std::string bridge;
  std::string port;
  friend auto operator<=>(const PortName&, const PortName&) = default;
  std::string to_string() const { return bridge + "." + port; }
};

struct Port {
  PortType type = PortType::kVeth;

  // veth, tap: where the device lives: a name in /run/netns, "pid:1234" or a path. Absent: for a
  // tap the switch's own namespace; a veth always needs one.
  std::optional<std::string> ns;
  // The device's name; absent: derived from the port's name (see interface_name).
  std::optional<std::string> interface;
  std::vector<InterfaceAddress> address;  // veth, tap, internal: given to the device
  std::vector<HostAddress> gateway;  // veth, tap with a namespace: default route(s), one per family
  std::optional<MacAddress> mac;  // veth, tap, internal: the device's MAC; absent: the kernel picks
  std::optional<std::uint32_t> mtu;  // bytes; veth, tap, internal: set on the device; absent: 1500
  bool qdisc = false;                // veth, netdev: send through the device's queueing discipline
  // veth, netdev, tap, internal: receive queues, each flow in one of them; the workers share them.
  // Absent: for a tap or an internal port one for each worker, else 1.
  std::optional<std::uint32_t> queues;
  bool gro = true;               // veth: TCP segments that arrive together travel as one frame
  bool shared = false;           // netdev: the host's stack keeps its frames, too
  std::optional<PortName> peer;  // patch, memory: the other end
  std::optional<std::string> read_file;   // pcap: `read`: capture file to take frames from
  std::optional<std::string> write_file;  // pcap: `write`: capture file to put frames in
  std::optional<std::uint32_t>
      mac_limit;  // MACs that may be learned behind this port; absent or 0: no limit of its own

  PortVlan vlan;  // `vlan`, `trunk`, `native`; none of them: transparent to tags

  friend bool operator==(const Port&, const Port&) = default;
};

// A rule, a group or a meter as text in the one form that config/flow/flow_text.h prints: with the
// names of ports. Sorted and without duplicates, so that equal lists are the same rules.
using RuleTexts = std::vector<std::string>;

struct Bridge {
  std::chrono::seconds ageing{300};   // a learned MAC is forgotten this long after its last frame
  std::uint32_t mac_limit = 16384;    // learned MACs; 0: none
  LinkLocalPolicy link_local;         // what to do with 01-80-C2-00-00-0X
  std::map<std::string, Port> ports;  // by logical name, up to 63 characters
  RuleTexts flows;                    // `flows` and what stands in `flows_file`
  RuleTexts groups;
  RuleTexts meters;

  friend bool operator==(const Bridge&, const Bridge&) = default;
};

struct Namespace {
  std::vector<HostAddress> dns;  // written to /etc/netns/NAME/resolv.conf, as ip-netns(8) reads it

  friend bool operator==(const Namespace&, const Namespace&) = default;
};

// `[[expect]]`: what must become of a frame. Checked before a configuration is put in force
// (control/why/expect.h).
struct ExpectedOutput {
  PortName port;
  std::string match;  // of the frame as it leaves, in ovs-ofctl's syntax; "": any
  friend auto operator<=>(const ExpectedOutput&, const ExpectedOutput&) = default;
};
struct KnownStation {
  MacAddress mac;
  VlanId vlan = kNoVlan;
  PortName port;
  friend bool operator==(const KnownStation&, const KnownStation&) = default;
};
struct Expectation {
  std::string name;                     // may be empty
  PortName port;                        // by which the frame comes in
  std::string frame;                    // fields or hexadecimal digits (config/flow/frame_text.h)
  std::vector<ExpectedOutput> outputs;  // sorted; empty: goes nowhere
  std::string drop;                     // label of the DropReason that must be given; "": any
  std::vector<KnownStation> fdb;        // MAC addresses that the bridges know beforehand

  // Where it stands in the file; says nothing about what it is.
  struct Place {
    int line = 0, column = 0;
    friend bool operator==(const Place&, const Place&) { return true; }
  } place;

  friend bool operator==(const Expectation&, const Expectation&) = default;
};

// How workers wait for frames: `low` asks on for long, `idle` sleeps at once.
enum class Latency { kLow, kBalanced, kIdle };

struct Config {
  std::optional<std::uint32_t> workers;  // absent: one per core, at most one per two ports
  std::vector<std::uint32_t> cpus;       // worker i runs on cpus[i % size]; empty: anywhere
  Latency latency = Latency::kBalanced;
  // How long a worker polls a queue after its last frame; given, `latency` means nothing.
  std::optional<std::chrono::microseconds> busy_poll;
  std::string metrics_listen = "127.0.0.1:9477";  // empty: off
  bool metrics_latency = true;                    // sampled; false: off
  std::map<std::string, Namespace> namespaces;
  std::map<std::string, Bridge> bridges;
  std::vector<Expectation> expectations;  // in the order of their text; that of the file is lost

  friend bool operator==(const Config&, const Config&) = default;
};

// Limits a config must keep (checked by the parser; reasons beside each).
inline constexpr std::size_t kNameMax = 63;           // as a DNS label; bridge and port names
inline constexpr std::size_t kInterfaceNameMax = 15;  // IFNAMSIZ - 1 (linux/if.h)
inline constexpr std::size_t kPortsMax = 4000;  // FDB entries hold 12 bits of port (switch/fdb.h)
inline constexpr std::uint32_t kWorkersMax = 64;
inline constexpr std::uint32_t kCpuMax = 1023;   // CPU_SETSIZE - 1 (sched.h)
inline constexpr std::uint32_t kQueuesMax = 64;  // no more than there can be workers
inline constexpr std::uint32_t kMacLimitMax = 1u << 24;
inline constexpr std::chrono::seconds kAgeingMax{259200};  // 3 days: the FDB's age stamp wraps at 6
inline constexpr std::chrono::microseconds kBusyPollMax{
    1'000'000};                               // a worker is to sleep some time
inline constexpr std::uint32_t kMtuMin = 68;  // RFC 791
inline constexpr std::uint32_t kMtuMax =
    65521;  // the largest TAP takes: 65535 less an Ethernet header

// The name of the device in its namespace: `interface`, or the port's name cut to 15 characters
// with a hash of the whole for its tail when it is longer. A pure function of the config, so that a
// restarted daemon finds what an earlier one made.
std::string interface_name(const std::string& bridge, const std::string& port, const Port& config);
// veth: the name of the switch's own end, unique per (bridge, port): "tr" and a hash, 15 characters
// at most.
std::string switch_end_name(const std::string& bridge, const std::string& port);

const char* to_string(PortType type);
const char* to_string(Latency latency);

}  // namespace trestle::config
