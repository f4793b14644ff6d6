// SPDX-License-Identifier: Apache-2.0
//
// Carries trials out between network interfaces in namespaces: threads that send, the devices'
// counters and threads that read what arrives. One thread; what it starts ends with each run().

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "control/net/namespaces.h"
#include "datapath/error.h"
#include "measure/traffic/cpu_plan.h"
#include "measure/traffic/sending_means.h"
#include "measure/traffic/trial.h"
#include "switch/mac_address.h"

namespace trestle::measure {

// An end of the switch. It holds its namespace until it goes.
struct Port {
  net::NamespaceHandle space;
  std::string interface;
  MacAddress mac;
};

// Sockets and rings are opened once and kept from trial to trial; a device that was made anew under
// its name is found again at the next trial. The ends' IP stacks see nothing of the frames, and all
// else (stack_shield.h). Between trials nothing of this is in the way of other traffic, but the
// shield's look at each frame.
//
// A trial's error says what could not be opened or what it asks for that cannot be sent. Needs
// CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF, and CAP_SYS_ADMIN to enter namespaces.
class LinkTrials final : public TrialRunner {
 public:
  static Result<std::unique_ptr<LinkTrials>> open(std::vector<Port> ports, const CpuPlan& cpus,
                                                  SendingMeans means = SendingMeans::kBest);
  ~LinkTrials() override;

  // Returns early, with what came until then, when interrupted().
  Result<TrialResult> run(const Trial& trial) override;
  std::size_t ends() const override;
  MacAddress mac(std::size_t end) const override;

 private:
  struct State;
  explicit LinkTrials(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace trestle::measure
