// SPDX-License-Identifier: Apache-2.0
//
// What attaching a port has brought about in the world: a device made or taken, sockets open, the
// host kept out. Destroying it undoes all of that. One file in this folder for each kind; attach()
// picks it. Control thread.

#pragma once

#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include "config/config.h"
#include "control/attach/memory_cables.h"
#include "control/attach/owned_namespaces.h"
#include "control/net/links.h"
#include "datapath/error.h"
#include "datapath/port.h"
#include "datapath/ports/packet_port.h"

namespace trestle::control {

class Attachment {
 public:
  virtual ~Attachment() = default;

  // What the datapath works with; null: nothing to receive from or send to (a patch).
  virtual std::shared_ptr<Port> port() const = 0;
  // The device in the switch's own namespace that link events may be about; 0: none.
  virtual int ifindex() const { return 0; }
  // The device as it is now: name, address, MTU (the smaller one, of a pair), carrier. Absent:
  // there is none.
  virtual std::optional<Result<net::Link>> inspect() { return std::nullopt; }
  // The address that stations on the bridge know the device by (a veth's: its far end), as
  // inspect() last saw it; zero: none, or not ours to give. A device made anew for the port gets it
  // again, because neighbours remember the old one for longer than healing takes.
  virtual MacAddress station_mac() const { return {}; }
  // The namespace in which part of it lives; absent: the switch's own.
  virtual std::optional<net::NamespaceHandle::Identity> inside() const { return std::nullopt; }

  // The device that was made for this port and goes with it.
  struct OwnDevice {
    std::string ns;  // where its ifindex counts; empty: in the switch's own
    int ifindex = 0;
  };
  virtual std::optional<OwnDevice> own_device() const { return std::nullopt; }
  // The device has gone by itself: nothing of it is left to remove.
  virtual void forget_device() {}
  // Addresses, gateways, MAC, MTU: from what they were to what they are to be.
  virtual Result<void> reconfigure(const config::Port&, const config::Port&) { return {}; }
  // A cable pulled or plugged in, as the far end sees it.
  virtual Result<void> set_carrier(bool) {
    return fail("it has no carrier to take away or give back", EOPNOTSUPP);
  }
};

// What attaching may use. All of it outlives the attachments. Several threads may attach at once, a
// context each (control/attach/many.h); what it refers to is made for that.
struct AttachContext {
  net::Links& links;  // of the switch's namespace
  std::shared_ptr<PacketSinks> sinks;
  std::shared_ptr<RingBudget> rings;
  OwnedNamespaces& namespaces;
  Journal& journal;
  MemoryCables& cables;
  std::string owner;               // marks our interfaces, in their alias
  std::size_t workers = 1;         // there are, or are going to be
  bool create_namespaces = false;  // a missing namespace is made, else waited for
  bool among_many = false;         // time to attach matters more than the last bit of speed
};

// "trestle:OWNER BRIDGE/PORT".
std::string interface_alias(const AttachContext& context, const config::PortName& name);

// What receives from device `ifindex` and sends by it, as `port` wants it.
Result<std::shared_ptr<PacketPort>> open_packet_port(const AttachContext& context, int ifindex,
                                                     const std::string& name,
                                                     const config::Port& port);

// Codes ENODEV and ENOENT mean that something is not there (yet): the port waits for it.
using Attached = Result<std::unique_ptr<Attachment>>;
Attached attach(AttachContext& context, const config::PortName& name, const config::Port& port);
inline bool is_missing(const Error& error) {
  return error.code == ENODEV || error.code == ENOENT;
}

// One for each kind of port.
Attached attach_veth(AttachContext& context, const config::PortName& name,
                     const config::Port& port);
Attached attach_tap(AttachContext& context, const config::PortName& name,
                    const config::Port& port);  // and internal
Attached attach_netdev(AttachContext& context, const config::PortName& name,
                       const config::Port& port);
Attached attach_pcap(AttachContext& context, const config::PortName& name,
                     const config::Port& port);
Attached attach_memory(AttachContext& context, const config::PortName& name,
                       const config::Port& port);
Attached attach_patch(AttachContext& context, const config::PortName& name,
                      const config::Port& port);

}  // namespace trestle::control
