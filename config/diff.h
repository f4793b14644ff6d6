// SPDX-License-Identifier: Apache-2.0
//
// Two configs -> what must be done to get from one to the other: the plan that `trestle plan`
// prints and control applies. Pure; any thread.

#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace trestle::config {

struct Change {
  enum class Kind {
    kRemovePort,
    kRemoveBridge,
    kRemoveNamespace,
    kModifySwitch,
    kModifyMetrics,
    kAddNamespace,
    kModifyNamespace,
    kAddBridge,
    kModifyBridge,
    kModifyPort,
    kAddPort,
  };

  Kind kind = Kind::kAddPort;
  std::string bridge;  // for namespaces: the namespace's name
  std::string port;    // ports only
  // Modify: one for each key, "mtu: 1500 -> 1400"; a key that is not given shows its default. Add:
  // the keys that are given, "namespace red"; of a port, first its type alone, "veth". Remove: of a
  // port, its type. Of rules and expectations how many: "flows: 3 to add, 1 to remove", "12 flows".
  std::vector<std::string> details;
  // kModifyPort: type, namespace, interface, peer, files, qdisc, queues or shared changed: the port
  // must be taken down and put up again. Else it goes on running and is only told the new values.
  bool reattach = false;

  // One line: "+ port br0.red (veth, namespace red)", "~ port br0.red mtu: 1500 -> 1400".
  std::string to_string() const;
  friend bool operator==(const Change&, const Change&) = default;
};

// In the order of application, which is the order of Kind; inside a kind by name. A bridge comes
// and goes with its ports as changes of their own. Ports that trade a device between them are all
// kModifyPort with `reattach`: take every one of those down before the first goes up. Equal
// configs: empty.
std::vector<Change> diff(const Config& from, const Config& to);

// "2 to add, 1 to change, 3 to remove"; "no changes".
std::string summary(const std::vector<Change>& changes);

}  // namespace trestle::config
