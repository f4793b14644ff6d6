// SPDX-License-Identifier: Apache-2.0
//
// A switch and the ends around it: network namespaces, one for each end with its interface eth0,
// and one for the switch. Everything of it is inside the sandbox (sandbox.h) and goes with it.
// One thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "control/net/namespaces.h"
#include "datapath/error.h"
#include "measure/lab/process.h"
#include "measure/traffic/cpu_plan.h"
#include "measure/traffic/sending_means.h"
#include "measure/traffic/trial.h"
#include "switch/mac_address.h"

namespace trestle::measure {

// kCrowd: veth ends for hundreds of ports, or for none (crowd.h).
enum class EndKind { kVeth, kTap, kCrowd };

// The Nth end (N counts from 1, functions' `number` from 0) of the lab with number LAB.
struct End {
  std::string space;      // name of its network namespace: "trestle.LAB-N"
  std::string interface;  // its name there: "eth0"; in a crowd "endN"
  MacAddress mac;       // of its interface: 02:00:00:00:LAB:N, from 256 on 02:00:00:N/256:LAB:N%256
  std::string address;  // IPv4 of its eth0, without prefix length: 10.LAB.0.N; in a crowd none
};

class Switch;  // measure/switches/switch.h

// What the labs of a run have in common.
struct Rig {
  CpuPlan cpus;
  std::string directory;     // of each lab there is one in it
  std::uint32_t mtu = 1500;  // of veth ends and the switch's side of them
  SendingMeans sending = SendingMeans::kBest;
};

// Frames are sent and received at the ends' eth0, which are veth ends or, of a lab of TAPs, the
// host's side of each TAP. The ends know each other's MACs from the start and never ask, and there
// is no IPv6: whatever else is sent, it is not by them. (Of a crowd only end 0 sends.)
class Lab {
 public:
  // Makes `ends` ends around `subject` and starts it; returns when ends 0 and 1 have pinged each
  // other (both know the other's MAC), and with a crowd when the switch says that it forwards.
  // `number`: 1 … 250, another for each lab of a run.
  static Result<std::unique_ptr<Lab>> build(std::unique_ptr<Switch> subject, unsigned number,
                                            std::size_t ends, EndKind kind, const Rig& rig);
  ~Lab();

  Switch& subject() { return *subject_; }
  const std::vector<End>& ends() const { return ends_; }
  EndKind kind() const { return kind_; }
  const CpuPlan& cpus() const { return rig_.cpus; }
  std::uint32_t mtu() const { return rig_.mtu; }
  // The switch's own namespace; where its ends of veth pairs are: "port1", "port2", …
  const std::string& space() const { return space_; }
  // A directory of the lab's own, for configs, sockets and logs.
  const std::string& directory() const { return directory_; }

  // Frames between the ends. During a trial the ends' IP stacks see nothing.
  TrialRunner& trials();
  // Sends from each end so that the switch knows where each MAC is: all have pinged the first one,
  // and it has answered. Nothing with a crowd, which cannot ping.
  Result<void> learn();
  // The same if it is a minute since the last time: switches forget addresses after five. RFC 2544
  // 23 sends learning frames before every trial.
  Result<void> keep_learned();
  // One ping, answered within `timeout_seconds`. Never in a crowd.
  bool pings(std::size_t from, std::size_t to, double timeout_seconds = 0.5);
  // Stops and continues the switch's processes, so that it takes nothing from another's
  // measurement. It stands still when pause() returns.
  void pause();
  void resume();
  // Puts the switch's threads on the plan's switch CPUs; or on all. A restart keeps it so.
  void pin_switch();
  void unpin_switch();
  // Where its processes may run now; empty: on all.
  std::vector<int> switch_cpus() const { return pinned_ ? rig_.cpus.subject : std::vector<int>(); }
  // Runs a program in the namespace of end `number` and waits. Its stdout; the error has its last
  // words.
  Result<std::string> run_at(std::size_t number, const std::vector<std::string>& command,
                             double timeout_seconds);
  // The same for one that stays; it ends with the returned object.
  Result<std::unique_ptr<Process>> start_at(std::size_t number,
                                            const std::vector<std::string>& command);

  // For switches that attach to interfaces which exist: makes the veth pairs, "port1", … in
  // `space()`.
  Result<void> make_veth_ends();
  std::vector<std::string> ports() const;  // their names
  // For those that make the device themselves, in `space()`: moves `device` to end `number`, names
  // it eth0 and dresses it. And for those that already put it there: dresses eth0.
  Result<void> take_device(const std::string& device, std::size_t number);
  Result<void> dress(std::size_t number);
  // Has `device` take frames as the rig sends them from the other side: of those that the kernel
  // sends by itself (XDP) a veth takes none unless its GRO is on.
  Result<void> ready_to_receive(const std::string& space, const std::string& device);

  // Frames that the interfaces of all ends have received so far.
  Result<std::uint64_t> received() const;

 private:
  Lab(std::unique_ptr<Switch> subject, unsigned number, std::size_t ends, EndKind kind,
      const Rig& rig);
  Result<void> furnish();
  Result<void> open_trials();
  Result<void> introduce(std::size_t number);
  void signal_switch(int number);
  void place_switch(const std::vector<int>& cpus);

  std::unique_ptr<Switch> subject_;
  std::vector<End> ends_;
  EndKind kind_;
  Rig rig_;
  std::vector<std::string> end_spaces_;
  std::string space_;
  std::string directory_;
  bool pinned_ = false;
  std::chrono::steady_clock::time_point learned_at_;
  std::unique_ptr<TrialRunner> trials_;
};

}  // namespace trestle::measure
