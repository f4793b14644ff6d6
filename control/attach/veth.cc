// SPDX-License-Identifier: Apache-2.0
//
// Type veth: a pair made by trestle. One end stays in the switch's namespace, where its frames are
// kept from the host's stack; the other one goes to a namespace and is configured there.

#include <algorithm>
#include <utility>

#include "control/attach/attachment.h"
#include "control/attach/device_settings.h"
#include "control/net/ingress_block.h"
#include "control/net/offloads.h"

namespace trestle::control {
namespace {

class VethAttachment : public Attachment {
 public:
  VethAttachment(net::Links& links, net::Link near, std::string ns,
                 net::NamespaceHandle::Identity inside, int far_ifindex)
      : links_(links),
        near_(std::move(near)),
        ns_(std::move(ns)),
        inside_(inside),
        far_(far_ifindex) {}

  ~VethAttachment() override {
    port_.reset();
    if (block_) block_->release();  // goes with the device
    // Nothing to be done about a failure here: the interface bears our mark, and the next start
    // removes it.
    if (near_.ifindex != 0) (void)links_.remove(near_.ifindex);
  }

  std::shared_ptr<Port> port() const override { return port_; }
  int ifindex() const override { return near_.ifindex; }
  std::optional<OwnDevice> own_device() const override {
    return near_.ifindex == 0 ? std::nullopt : std::optional(OwnDevice{"", near_.ifindex});
  }
  std::optional<net::NamespaceHandle::Identity> inside() const override { return inside_; }

  std::optional<Result<net::Link>> inspect() override {
    auto near = links_.find(near_.ifindex);
    if (!near) return near;
    const auto far = with_far_end([&](net::Links& links) { return links.find(far_); });
    if (far) {
      near->mtu = std::min(near->mtu, far->mtu);
      far_mac_ = far->mac;
    }
    return near;
  }
  MacAddress station_mac() const override { return far_mac_; }

  void forget_device() override {
    near_.ifindex = 0;
    if (block_) block_->release();
  }

  Result<void> reconfigure(const config::Port& from, const config::Port& to) override {
    const std::uint32_t mtu = to.mtu.value_or(kDefaultMtu);
    if (auto set = links_.set_mtu(near_.ifindex, mtu); !set) return set;
    if (to.gro != from.gro) {
      const auto near = links_.find(near_.ifindex);  // it may have been renamed
      if (!near) return tl::make_unexpected(near.error());
      if (auto set = net::set_gro(near->name, to.gro); !set) return set;
    }
    return with_far_end([&](net::Links& links) { return configure_device(links, far_, from, to); });
  }

  Result<void> set_carrier(bool on) override {
    return on ? links_.set_up(near_.ifindex) : links_.set_down(near_.ifindex);
  }

  // The order keeps the host out from the first frame on: cut off, listening, then up.
  Result<void> open(const AttachContext& context, const config::Port& port) {
    if (auto off = links_.disable_ipv6_addrgen(near_.ifindex); !off) return off;
    // Attaching by tcx, and deleting a device that has it, waits for a grace period under the lock
    // of all links: for a thousand ports that is ten seconds (bench/scale).
    const auto means =
        context.among_many ? net::IngressBlock::Means::kClsact : net::IngressBlock::Means::kBest;
    auto block =
        net::IngressBlock::install(near_.ifindex, net::IngressBlock::Lasts::kLikeDevice, means);
    if (!block) return tl::make_unexpected(block.error());
    block_ = std::move(*block);
    if (port.queues.value_or(1) > 1) {  // before Linux 6.13 they want a device that is up
      if (auto up = links_.set_up(near_.ifindex); !up) return up;
    }
    auto opened = open_packet_port(context, near_.ifindex, near_.name, port);
    if (!opened) return tl::make_unexpected(opened.error());
    port_ = std::move(*opened);
    if (auto set = net::set_gro(near_.name, port.gro); !set) return set;
    if (auto set = links_.set_mtu(near_.ifindex, port.mtu.value_or(kDefaultMtu)); !set) return set;
    return links_.set_up(near_.ifindex);
  }

  Result<void> configure_far_end(const config::Port& before, const config::Port& now) {
    return with_far_end(
        [&](net::Links& links) { return configure_device(links, far_, before, now); });
  }

 private:
  template <typename Act>
  auto with_far_end(Act act) -> decltype(act(std::declval<net::Links&>())) {
    auto handle = net::open_namespace(ns_);
    if (!handle) return tl::make_unexpected(handle.error());
    if (handle->identity() != inside_)
      return fail("namespace " + ns_ + " is another one now", ENOENT);
    auto links = net::Links::open_in(*handle);
    if (!links) return tl::make_unexpected(links.error());
    return act(*links);
  }

  net::Links& links_;
  net::Link near_;
  const std::string ns_;
  const net::NamespaceHandle::Identity inside_;
  const int far_;
  MacAddress far_mac_;
  std::optional<net::IngressBlock> block_;
  std::shared_ptr<PacketPort> port_;
};

// The pair that an earlier daemon made for this very port, if it is whole and in its place: whoever
// uses the far end notices nothing.
struct Pair {
  net::Link near, far;
};
std::optional<Pair> find_left_over(AttachContext& context, const config::PortName& name,
                                   const std::string& near_name, const std::string& far_name,
                                   net::Links& there) {
  auto near = context.links.find(near_name);
  if (!near || near->alias != interface_alias(context, name)) return std::nullopt;
  auto far = there.find(far_name);
  if (far && far->kind == "veth" && far->peer_ifindex == near->ifindex) return Pair{*near, *far};
  if (!context.links.remove(near->ifindex)) return std::nullopt;  // ours, but of no use
  return std::nullopt;
}

Result<Pair> make_pair(AttachContext& context, const config::PortName& name,
                       const config::Port& port, const std::string& near_name,
                       const std::string& far_name, const net::NamespaceHandle& there_handle,
                       net::Links& there) {
  if (auto left = find_left_over(context, name, near_name, far_name, there)) return *left;
  net::VethPair pair;
  pair.name = near_name;
  pair.alias = interface_alias(context, name);
  pair.peer_name = far_name;
  pair.mtu = port.mtu.value_or(kDefaultMtu);
  pair.peer_mac = port.mac;
  auto near = context.links.create_veth(pair, there_handle);
  if (!near) return tl::make_unexpected(near.error());
  auto far = there.find(far_name);
  if (!far) return tl::make_unexpected(far.error());
  return Pair{*near, *far};
}

}  // namespace

Attached attach_veth(AttachContext& context, const config::PortName& name,
                     const config::Port& port) {
  const std::string& ns = *port.ns;  // the parser sees to it that a veth has one
  auto handle = context.namespaces.open(ns, context.create_namespaces);
  if (!handle) return tl::make_unexpected(handle.error());
  auto there = net::Links::open_in(*handle);
  if (!there) return tl::make_unexpected(there.error());

  auto pair = make_pair(context, name, port, config::switch_end_name(name.bridge, name.port),
                        config::interface_name(name.bridge, name.port, port), *handle, *there);
  if (!pair) return tl::make_unexpected(pair.error());
  auto attachment = std::make_unique<VethAttachment>(context.links, pair->near, ns,
                                                     handle->identity(), pair->far.ifindex);
  if (auto opened = attachment->open(context, port); !opened) {
    return tl::make_unexpected(opened.error());
  }
  // One that was taken over may have addresses of an older configuration.
  config::Port before;
  if (auto had = there->addresses(pair->far.ifindex)) before.address = std::move(*had);
  if (auto configured = attachment->configure_far_end(before, port); !configured) {
    return tl::make_unexpected(configured.error());
  }
  return attachment;
}

}  // namespace trestle::control
