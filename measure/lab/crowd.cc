// SPDX-License-Identifier: Apache-2.0

#include "measure/lab/crowd.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "control/net/namespaces.h"

namespace trestle::measure {
namespace {

// "  eth0: BYTES FRAMES …" of proc_net_dev(5), after two lines of headings.
std::uint64_t frames_received(std::istream& devices) {
  std::uint64_t sum = 0;
  for (std::string line; std::getline(devices, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::istringstream name(line.substr(0, colon)), counts(line.substr(colon + 1));
    std::string device;
    std::uint64_t bytes = 0, frames = 0;
    if (name >> device && device != "lo" && counts >> bytes >> frames) sum += frames;
  }
  return sum;
}

}  // namespace

std::size_t end_spaces_in(EndKind kind, std::size_t ends) {
  return kind == EndKind::kCrowd ? std::min(ends, kCrowdSpaces) : ends;
}

Result<std::uint64_t> frames_received_in(const std::vector<std::string>& spaces) {
  std::uint64_t sum = 0;
  for (const std::string& each : spaces) {
    auto space = net::open_namespace(each);
    if (!space) return tl::make_unexpected(space.error());
    auto scope = net::NamespaceScope::enter(*space);
    if (!scope) return tl::make_unexpected(scope.error());
    std::ifstream devices("/proc/thread-self/net/dev");
    if (!devices) return fail("cannot read /proc/thread-self/net/dev");
    sum += frames_received(devices);
  }
  return sum;
}

}  // namespace trestle::measure
