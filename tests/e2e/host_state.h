// SPDX-License-Identifier: Apache-2.0
//
// What there is on the host (here: in the sandbox) that a switch could leave behind or damage.

#pragma once

#include <set>
#include <string>

namespace trestle::testing {

// One line for each thing: links with their MTU, MAC and addresses, namespaces and the links in
// them, qdiscs, files under /etc/netns and in `directory` (but for those that `directory`'s owner
// names in `ignored`). Interface indices and carrier are left out: they may differ without anything
// being left behind.
std::set<std::string> host_state(const std::string& directory,
                                 const std::set<std::string>& ignored);

}  // namespace trestle::testing
