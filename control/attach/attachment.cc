// SPDX-License-Identifier: Apache-2.0

#include "control/attach/attachment.h"

namespace trestle::control {

std::string interface_alias(const AttachContext& context, const config::PortName& name) {
  return context.owner + " " + name.bridge + "/" + name.port;
}

Result<std::shared_ptr<PacketPort>> open_packet_port(const AttachContext& context, int ifindex,
                                                     const std::string& name,
                                                     const config::Port& port) {
  return PacketPort::open(ifindex, name, {port.qdisc, port.queues.value_or(1)}, context.sinks,
                          context.rings);
}

Attached attach(AttachContext& context, const config::PortName& name, const config::Port& port) {
  switch (port.type) {
    case config::PortType::kVeth:
      return attach_veth(context, name, port);
    case config::PortType::kTap:
    case config::PortType::kInternal:
      return attach_tap(context, name, port);
    case config::PortType::kNetdev:
      return attach_netdev(context, name, port);
    case config::PortType::kPatch:
      return attach_patch(context, name, port);
    case config::PortType::kPcap:
      return attach_pcap(context, name, port);
    case config::PortType::kMemory:
      return attach_memory(context, name, port);
  }
  return fail("cannot attach " + name.to_string() + ": unknown port type");
}

}  // namespace trestle::control
