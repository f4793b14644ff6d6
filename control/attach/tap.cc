// SPDX-License-Identifier: Apache-2.0
//
// Types tap and internal: a TAP device made (or, when it is a persistent one, opened) by trestle. A
// tap may live in a namespace; an internal port is the host's own and lives with the switch.

#include <utility>

#include "control/attach/attachment.h"
#include "control/attach/device_settings.h"
#include "datapath/ports/tap.h"

namespace trestle::control {
namespace {

class TapAttachment : public Attachment {
 public:
  // `ns`: where the device is now, empty for the switch's own namespace; `ifindex`: its index
  // there.
  TapAttachment(net::Links& links, std::shared_ptr<TapPort> port, int ifindex)
      : links_(links), port_(std::move(port)), device_(ifindex) {}

  void moved_to(std::string ns, net::NamespaceHandle::Identity inside, int ifindex) {
    ns_ = std::move(ns);
    inside_ = inside;
    device_ = ifindex;
  }

  std::shared_ptr<Port> port() const override { return port_; }
  int ifindex() const override { return inside_ ? 0 : device_; }
  std::optional<net::NamespaceHandle::Identity> inside() const override { return inside_; }
  std::optional<OwnDevice> own_device() const override {
    return port_->persistent() ? std::nullopt : std::optional(OwnDevice{ns_, device_});
  }

  std::optional<Result<net::Link>> inspect() override {
    auto device = with_links([&](net::Links& links) { return links.find(device_); });
    if (device) mac_ = device->mac;
    return device;
  }
  MacAddress station_mac() const override { return mac_; }
  Result<void> reconfigure(const config::Port& from, const config::Port& to) override {
    return with_links(
        [&](net::Links& links) { return configure_device(links, device_, from, to); });
  }
  Result<void> set_carrier(bool on) override { return port_->set_carrier(on); }

 private:
  template <typename Act>
  auto with_links(Act act) -> decltype(act(std::declval<net::Links&>())) {
    if (!inside_) return act(links_);
    auto handle = net::open_namespace(ns_);
    if (!handle) return tl::make_unexpected(handle.error());
    if (handle->identity() != *inside_)
      return fail("namespace " + ns_ + " is another one now", ENOENT);
    auto links = net::Links::open_in(*handle);
    if (!links) return tl::make_unexpected(links.error());
    return act(*links);
  }

  net::Links& links_;
  std::shared_ptr<TapPort> port_;
  int device_;
  MacAddress mac_;  // the device's
  std::string ns_;
  std::optional<net::NamespaceHandle::Identity> inside_;
};

Result<void> move_inside(AttachContext& context, TapAttachment& attachment, int ifindex,
                         const std::string& ns, const std::string& interface) {
  auto handle = context.namespaces.open(ns, context.create_namespaces);
  if (!handle) return tl::make_unexpected(handle.error());
  auto there = net::Links::open_in(*handle);
  if (!there) return tl::make_unexpected(there.error());
  if (there->find(interface)) {
    return fail("cannot put a TAP into namespace " + ns + ": an interface named " + interface +
                    " exists already",
                EEXIST);
  }
  if (auto moved = context.links.move_to_namespace(ifindex, *handle, interface); !moved)
    return moved;
  auto device = there->find(interface);
  if (!device) return tl::make_unexpected(device.error());
  attachment.moved_to(ns, handle->identity(), device->ifindex);
  return {};
}

}  // namespace

Attached attach_tap(AttachContext& context, const config::PortName& name,
                    const config::Port& port) {
  const std::string interface = config::interface_name(name.bridge, name.port, port);
  // On its way to a namespace it needs a name here that nobody has.
  const std::string first_name =
      port.ns ? config::switch_end_name(name.bridge, name.port) : interface;
  if (port.ns) {
    // Asked first, so that waiting for a namespace makes no device.
    if (auto handle = context.namespaces.open(*port.ns, context.create_namespaces); !handle) {
      return tl::make_unexpected(handle.error());
    }
  }
  const bool existed = context.links.find(first_name).has_value();
  auto opened = TapPort::open(first_name, port.queues.value_or(context.workers));
  if (!opened) return tl::make_unexpected(opened.error());
  if (existed && !(*opened)->persistent()) {
    // With several queues the kernel lets anybody join in.
    return fail("cannot open TAP " + first_name + ": another process has it open", EBUSY);
  }
  if (port.queues && (*opened)->queues().size() < *port.queues) {
    return fail("cannot open TAP " + first_name + " with " + std::to_string(*port.queues) +
                    " queues: the device was made for one (ip tuntap add … multi_queue)",
                EINVAL);
  }
  auto device = context.links.find(first_name);
  if (!device) return tl::make_unexpected(device.error());

  auto attachment = std::make_unique<TapAttachment>(context.links, *opened, device->ifindex);
  if (port.ns) {
    if (auto moved = move_inside(context, *attachment, device->ifindex, *port.ns, interface);
        !moved) {
      return tl::make_unexpected(moved.error());
    }
  } else if (!(*opened)->persistent()) {
    if (auto marked = context.links.set_alias(device->ifindex, interface_alias(context, name));
        !marked) {
      return tl::make_unexpected(marked.error());
    }
  }
  if (auto configured = attachment->reconfigure({}, port); !configured) {
    return tl::make_unexpected(configured.error());
  }
  return attachment;
}

}  // namespace trestle::control
