// SPDX-License-Identifier: Apache-2.0
//
// The heap of port shares (see the header). Under the FDB's lock, on the slow step of learning.

#include "switch/fdb_shares.h"

#include <cassert>

namespace trestle {
namespace {

constexpr std::uint16_t kNowhere = 0xffff;
static_assert(kMaxPorts < kNowhere);

}  // namespace

FdbShares::FdbShares() : counts_(kMaxPorts), limits_(kMaxPorts), place_of_(kMaxPorts, kNowhere) {
  heap_.reserve(kMaxPorts);
}

void FdbShares::add(PortId port) {
  if (place_of_[port] == kNowhere) {
    heap_.push_back(port);
    place_of_[port] = static_cast<std::uint16_t>(heap_.size() - 1);
  }
  ++counts_[port];
  rise(place_of_[port]);
}

void FdbShares::remove(PortId port) {
  assert(counts_[port] != 0);
  --counts_[port];
  sink(place_of_[port]);
}

PortId FdbShares::largest(PortId favoured) const {
  if (heap_.empty() || counts_[heap_.front()] == 0) return kNoPort;
  const PortId top = heap_.front();
  return favoured != kNoPort && counts_[favoured] == counts_[top] ? favoured : top;
}

void FdbShares::place(std::uint16_t at, PortId port) {
  heap_[at] = port;
  place_of_[port] = at;
}

void FdbShares::rise(std::uint16_t at) {
  const PortId port = heap_[at];
  while (at != 0) {
    const auto above = static_cast<std::uint16_t>((at - 1) / 2);
    if (counts_[heap_[above]] >= counts_[port]) break;
    place(at, heap_[above]);
    at = above;
  }
  place(at, port);
}

void FdbShares::sink(std::uint16_t at) {
  const PortId port = heap_[at];
  for (;;) {
    auto below = static_cast<std::uint16_t>(2 * at + 1);
    if (below >= heap_.size()) break;
    if (below + 1u < heap_.size() && counts_[heap_[below + 1u]] > counts_[heap_[below]]) ++below;
    if (counts_[heap_[below]] <= counts_[port]) break;
    place(at, heap_[below]);
    at = below;
  }
  place(at, port);
}

}  // namespace trestle
