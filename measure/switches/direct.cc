// SPDX-License-Identifier: Apache-2.0
//
// No switch at all: what the rig itself can send and receive, the ceiling of every other figure.

#include "control/net/links.h"
#include "measure/switches/kinds.h"

namespace trestle::measure {
namespace {

class Direct final : public Switch {
 public:
  Direct() : Switch("direct") {}

  std::string what() const override { return "the two ends are one veth pair: the rig's ceiling"; }
  std::string version() const override { return ""; }
  bool takes(EndKind kind, std::size_t ends) const override {
    return kind == EndKind::kVeth && ends == 2;
  }

  Result<void> attach(Lab& lab) override {
    auto first = net::open_namespace(lab.ends()[0].space);
    if (!first) return tl::make_unexpected(first.error());
    auto second = net::open_namespace(lab.ends()[1].space);
    if (!second) return tl::make_unexpected(second.error());
    auto links = net::Links::open_in(*first);
    if (!links) return tl::make_unexpected(links.error());
    net::VethPair pair;
    pair.name = "eth0";
    pair.peer_name = "eth0";
    pair.mtu = lab.mtu();
    if (auto made = links->create_veth(pair, *second); !made) {
      return tl::make_unexpected(made.error());
    }
    return lab.dress(0)
        .and_then([&] { return lab.dress(1); })
        .and_then([&] { return lab.ready_to_receive(lab.ends()[0].space, "eth0"); })
        .and_then([&] { return lab.ready_to_receive(lab.ends()[1].space, "eth0"); });
  }
};

}  // namespace

std::unique_ptr<Switch> make_direct() {
  return std::make_unique<Direct>();
}

}  // namespace trestle::measure
