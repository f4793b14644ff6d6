// SPDX-License-Identifier: Apache-2.0
//
// Attaching and undoing many ports at once. Nearly all the time that one takes is spent waiting for
// the kernel: opening and closing a packet socket waits for one and two RCU grace periods of some
// 10 ms, deleting a device for more. Ports that wait side by side wait for the same grace periods,
// and devices that are deleted by one message share theirs (bench/scale).
//
// Thread-safety: control thread; the threads that work for it have ended when a call returns.

#pragma once

#include <memory>
#include <span>
#include <vector>

#include "control/attach/attachment.h"

namespace trestle::control {

// One port to attach, and how that went.
struct AttachJob {
  const config::PortName* name;
  config::Port port;
  bool create_namespace;  // if it is missing
  Attached attached = nullptr;
};

// As attach() for each. Side by side, but ports with gateways in one namespace in the order they
// have here: of several default routes the last one stays.
void attach_many(const AttachContext& context, std::span<AttachJob> jobs);

// Undoes each: first the devices made for them go together, then the rest.
void undo_many(net::Links& links, std::vector<std::unique_ptr<Attachment>> attachments);

// Lets go of ports that nobody uses any more.
void close_many(std::vector<std::shared_ptr<Port>> ports);

}  // namespace trestle::control
