// SPDX-License-Identifier: Apache-2.0
//
// Groups (OpenFlow 1.5 5.10): several lists of actions, and which of them a frame gets. Immutable
// once published; any thread.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "switch/flow/rule.h"

namespace trestle::flow {

enum class GroupType : std::uint8_t {
  kAll,           // every bucket, each with its own version of the frame
  kSelect,        // one bucket, by a hash of the connection, in proportion to the weights
  kIndirect,      // its only bucket
  kFastFailover,  // the first bucket that is alive
};

struct Bucket {
  std::uint16_t weight = 1;                  // kSelect; 0: never
  std::optional<PortId> watch_port;          // alive only while this port is up …
  std::optional<std::uint32_t> watch_group;  // … or this group has a bucket that is alive
  ActionList actions;

  friend bool operator==(const Bucket&, const Bucket&) = default;
};

struct GroupSpec {
  std::uint32_t id = 0;
  GroupType type = GroupType::kAll;
  std::vector<Bucket> buckets;

  friend bool operator==(const GroupSpec&, const GroupSpec&) = default;
};

struct Group {
  GroupSpec spec;
  Milliseconds created = 0;
  std::shared_ptr<HitCounter> hits;                      // not null
  std::vector<std::shared_ptr<HitCounter>> bucket_hits;  // one for each bucket
};

inline constexpr std::uint32_t kGroupIdMax = 0xffffff00;  // OpenFlow 1.5 7.3.4.3: OFPG_MAX
inline constexpr std::size_t kGroupsMax = 4096;           // of one bridge
inline constexpr std::size_t kBucketsMax = 256;           // of one group

}  // namespace trestle::flow
