// SPDX-License-Identifier: Apache-2.0
//
// Type netdev: an interface that exists. Its addresses are not touched; unless the port is shared,
// its frames go to the switch and not to the host's stack while it is attached.

#include <utility>

#include "control/attach/attachment.h"
#include "control/net/ingress_block.h"

namespace trestle::control {
namespace {

class NetdevAttachment : public Attachment {
 public:
  NetdevAttachment(net::Links& links, Journal& journal, net::Link device)
      : links_(links), journal_(journal), device_(std::move(device)) {}

  ~NetdevAttachment() override {
    port_.reset();
    if (pulled_) (void)links_.set_up(device_.ifindex);  // as it was found
    if (block_ && block_->remove()) journal_.remove(Journal::Kind::kBlocked, device_.name);
  }

  std::shared_ptr<Port> port() const override { return port_; }
  int ifindex() const override { return device_.ifindex; }
  std::optional<Result<net::Link>> inspect() override { return links_.find(device_.ifindex); }

  void forget_device() override {
    pulled_ = false;
    if (!block_) return;
    block_->release();
    block_.reset();
    journal_.remove(Journal::Kind::kBlocked, device_.name);
  }

  Result<void> set_carrier(bool on) override {
    auto set = on ? links_.set_up(device_.ifindex) : links_.set_down(device_.ifindex);
    if (set) pulled_ = !on;
    return set;
  }

  Result<void> open(const AttachContext& context, const config::Port& port) {
    auto opened = open_packet_port(context, device_.ifindex, device_.name, port);
    if (!opened) return tl::make_unexpected(opened.error());
    port_ = std::move(*opened);
    if (port.shared) return {};
    journal_.add(Journal::Kind::kBlocked, device_.name);
    auto block =
        net::IngressBlock::install(device_.ifindex, net::IngressBlock::Lasts::kLikeProcess);
    if (!block) {
      journal_.remove(Journal::Kind::kBlocked, device_.name);
      return tl::make_unexpected(block.error());
    }
    block_ = std::move(*block);
    return {};
  }

 private:
  net::Links& links_;
  Journal& journal_;
  const net::Link device_;
  bool pulled_ = false;  // by us: set down
  std::optional<net::IngressBlock> block_;
  std::shared_ptr<PacketPort> port_;
};

}  // namespace

Attached attach_netdev(AttachContext& context, const config::PortName& name,
                       const config::Port& port) {
  auto device = context.links.find(config::interface_name(name.bridge, name.port, port));
  if (!device) return tl::make_unexpected(device.error());
  auto attachment = std::make_unique<NetdevAttachment>(context.links, context.journal, *device);
  if (auto opened = attachment->open(context, port); !opened) {
    return tl::make_unexpected(opened.error());
  }
  return attachment;
}

}  // namespace trestle::control
