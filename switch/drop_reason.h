// SPDX-License-Identifier: Apache-2.0
//
// Why a frame went nowhere. One list gives the enum, the metric label and the help text.
//
// The stage says whose balance a reason belongs to:
//   kernel   the kernel gave the frame up before it was received: outside the balance
//   ingress  received = forwarded + dropped for one ingress reason   (counted on the port it came
//   in by) egress   staged = transmitted + dropped for one egress reason    (counted on the port it
//   was to leave by)

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trestle {

enum class DropStage : std::uint8_t { kKernel, kIngress, kEgress };

// clang-format off
#define TRESTLE_DROP_REASONS(X)                                                                                        \
  X(kReceiveRingFull,  kKernel,  "receive_ring_full",  "the port's receive ring was full when the frame arrived")       \
  X(kReceiveTruncated, kIngress, "receive_truncated",  "the kernel could not hand over the whole frame")                \
  X(kMalformed,        kIngress, "malformed",          "shorter than an Ethernet header, or its VLAN tag is cut off")    \
  X(kBadVnetHeader,    kIngress, "bad_vnet_header",    "its offload metadata (virtio_net_hdr) contradicts the frame")    \
  X(kLinkLocal,        kIngress, "link_local",         "sent to 01-80-C2-00-00-0X, and link_local says drop")            \
  X(kVlanIngress,      kIngress, "vlan_ingress",       "its VLAN, or its lack of one, is not allowed on this port")      \
  X(kSamePort,         kIngress, "same_port",          "its destination is behind the port it came from")                \
  X(kVlanEgress,       kIngress, "vlan_egress",        "its destination's port does not carry its VLAN")                 \
  X(kDestinationDown,  kIngress, "destination_down",   "its destination's port is down")                                 \
  X(kNoOutput,         kIngress, "no_output",          "flooded, but no other port is up and carries its VLAN")          \
  X(kFlowDrop,         kIngress, "flow_drop",          "a flow rule says so, or no rule of a later table matched")       \
  X(kFlowTtl,          kIngress, "flow_ttl",           "a flow rule was to decrement a TTL of 1 or 0")                   \
  X(kFlowDepth,        kIngress, "flow_depth",         "flow rules sent it round too many times (a loop of resubmits)")  \
  X(kFlowOutput,       kIngress, "flow_output",        "the ports that flow rules send it to are down or gone")          \
  X(kMeter,            kIngress, "meter",              "beyond the rate of a meter")                                     \
  X(kPunted,           kIngress, "punted",             "flow rules gave it to control (CONTROLLER) and to no port")      \
  X(kPortRemoved,      kIngress, "port_removed",       "its port was taken off the bridge while it was being received")  \
  X(kOversize,         kEgress,  "oversize",           "larger than the port's MTU")                                     \
  X(kQueueFull,        kEgress,  "queue_full",         "the port's transmit queue was full")                             \
  X(kLinkDown,         kEgress,  "link_down",          "the device was down")                                            \
  X(kDeviceGone,       kEgress,  "device_gone",        "the device no longer exists")                                    \
  X(kPatchLoop,        kEgress,  "patch_loop",         "the patch link leads to a bridge that has had this frame")       \
  X(kPatchHops,        kEgress,  "patch_hops",         "too many patch links in a row")                                  \
  X(kTransmitError,    kEgress,  "transmit_error",     "the kernel refused it for another reason")
// clang-format on

enum class DropReason : std::uint8_t {
#define X(name, stage, label, help) name,
  TRESTLE_DROP_REASONS(X)
#undef X
};

struct DropReasonInfo {
  DropStage stage;
  std::string_view label;
  std::string_view help;
};

inline constexpr DropReasonInfo kDropReasonInfo[] = {
#define X(name, stage, label, help) {DropStage::stage, label, help},
    TRESTLE_DROP_REASONS(X)
#undef X
};
inline constexpr std::size_t kDropReasons = std::size(kDropReasonInfo);

constexpr const DropReasonInfo& info(DropReason reason) {
  return kDropReasonInfo[static_cast<std::size_t>(reason)];
}

}  // namespace trestle
