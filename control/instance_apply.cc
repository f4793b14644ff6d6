// SPDX-License-Identifier: Apache-2.0
//
// Config -> world. The order keeps what does not change running: first the datapath lets go of what
// goes, then that is removed from the host, then what comes is made, then the datapath takes it up.

#include <unistd.h>

#include <algorithm>
#include <random>
#include <utility>

#include "config/diff.h"
#include "control/attach/many.h"
#include "control/instance_state.h"
#include "control/log.h"
#include "control/net/ingress_block.h"

namespace trestle::control {
namespace {

using Kind = config::Change::Kind;

std::uint64_t random_seed() {
  std::random_device source;
  const std::uint64_t high = source();
  return high << 32 | source();
}

}  // namespace

Result<std::vector<config::Change>> Instance::State::apply(config::Config next) {
  if (stopped) return fail("cannot apply a configuration: the switch is stopping");
  if (auto checked = check_rules(next); !checked) return tl::make_unexpected(checked.error());
  // Only when asked for: what the daemon may use can shrink later, and that is no reason to refuse
  // another change.
  if (next.cpus != config.cpus) {
    if (auto checked = check_cpus(next); !checked) return tl::make_unexpected(checked.error());
  }
  const std::vector<config::Change> changes = config::diff(config_with_rules(), next);
  const auto rules = config::take_rules(next);

  take_down(changes);
  config = std::move(next);
  workers = workers_for(config);
  pin_workers();
  change_bridges(changes, config);
  change_ports(changes, config);
  declare_ports(changes, config);
  set_rule_ports();
  set_rules(rules);
  namespaces.release_unused(config);
  if (!parting.empty()) publish();  // an old self must be gone before it can be made anew
  bring_up();
  // A namespace without its resolv.conf is no reason to take its ports away.
  if (auto written = namespaces.set_dns(config.namespaces); !written) {
    log_warning(written.error().what);
  }
  if (!swept) remove_left_over();
  publish();

  for (const config::Change& change : changes)
    events.raise("config.change", {{"change", change.to_string()}});
  return changes;
}

// Ports that go, or must be made anew, leave the datapath together and are then undone.
void Instance::State::take_down(const std::vector<config::Change>& changes) {
  std::vector<std::unique_ptr<DeclaredPort>> removed;
  std::vector<std::unique_ptr<Attachment>> undone;
  for (const config::Change& change : changes) {
    const config::PortName name{change.bridge, change.port};
    if (change.kind == Kind::kRemovePort) {
      auto node = ports.extract(name);
      removed.push_back(std::move(node.mapped()));
      undone.push_back(std::move(removed.back()->attachment));
    } else if (change.kind == Kind::kModifyPort && change.reattach) {
      DeclaredPort& port = *ports.at(name);
      undone.push_back(std::move(port.attachment));
      port.state = PortState::kWaiting;
      port.device = {};
      stale_macs.insert(name);
    }
  }
  if (undone.empty()) return;
  publish();
  undo_many(links, std::move(undone));
  for (const auto& port : removed) {
    flush_macs_of(*port, true);  // its id may become another port's
    ids.give_back(port->name);
  }
}

void Instance::State::change_bridges(const std::vector<config::Change>& changes,
                                     const config::Config& next) {
  for (const config::Change& change : changes) {
    if (change.kind == Kind::kRemoveBridge) {
      fdbs.erase(change.bridge);
      flows.erase(change.bridge);
    } else if (change.kind == Kind::kAddBridge) {
      const config::Bridge& bridge = next.bridges.at(change.bridge);
      const auto ageing = static_cast<Ticks>(bridge.ageing.count());
      fdbs[change.bridge] =
          std::make_shared<Fdb>(bridge.mac_limit, FdbHash(random_seed()), ageing, &Datapath::defer);
      flows[change.bridge] = std::make_unique<BridgeFlows>(
          change.bridge, random_seed(), events, [this] { datapath.flush_flow_counts(); });
    } else if (change.kind == Kind::kModifyBridge) {
      const config::Bridge& bridge = next.bridges.at(change.bridge);
      Fdb& fdb = *fdbs.at(change.bridge);
      fdb.set_ageing(static_cast<Ticks>(bridge.ageing.count()));
      fdb.set_mac_limit(bridge.mac_limit);
    }
  }
}

void Instance::State::change_ports(const std::vector<config::Change>& changes,
                                   const config::Config& next) {
  for (const config::Change& change : changes) {
    if (change.kind != Kind::kModifyPort) continue;
    DeclaredPort& port = *ports.at({change.bridge, change.port});
    const config::Port before =
        std::exchange(port.config, next.bridges.at(change.bridge).ports.at(change.port));
    fdbs.at(change.bridge)->set_port_limit(port.identity.id, port.config.mac_limit.value_or(0));
    if (before.mac && !port.config.mac) port.station_mac = {};  // the kernel's choice again
    if (!(before.vlan == port.config.vlan)) {
      stale_macs.insert(port.name);  // learned in VLANs it may no longer have
    }
    if (!change.reattach && port.attachment) {
      if (auto done = port.attachment->reconfigure(before, port.config); !done) {
        detach(port, PortState::kError, done.error().what);
      } else {
        refresh(port);
      }
    }
  }
}

void Instance::State::declare_ports(const std::vector<config::Change>& changes,
                                    const config::Config& next) {
  for (const config::Change& change : changes) {
    if (change.kind != Kind::kAddPort) continue;
    const config::PortName name{change.bridge, change.port};
    auto port = std::make_unique<DeclaredPort>();
    port->name = name;
    port->config = next.bridges.at(change.bridge).ports.at(change.port);
    port->identity = *ids.take(name);  // the parser allows no more ports than there are ids
    fdbs.at(change.bridge)->set_port_limit(port->identity.id, port->config.mac_limit.value_or(0));
    ports.emplace(name, std::move(port));
  }
}

// Whoever is not attached gets a try; a missing namespace is made here and only here.
void Instance::State::bring_up() {
  std::vector<DeclaredPort*> wanting;
  for (auto& [name, port] : ports) {
    if (port->attachment) {
      if (const auto datapath_port = port->attachment->port()) {
        if (auto ready = datapath_port->prepare(workers); !ready) {
          detach(*port, PortState::kError, ready.error().what);
        }
      }
      continue;
    }
    wanting.push_back(port.get());
  }
  try_attach(wanting, true);
}

// What an earlier daemon on this socket left and nobody has taken over.
void Instance::State::remove_left_over() {
  swept = true;
  if (options.state_file.empty()) return;
  std::set<int> ours;
  std::set<std::string> blocked;
  for (const auto& [name, port] : ports) {
    if (!port->attachment) continue;
    ours.insert(port->attachment->ifindex());
    if (port->config.type == config::PortType::kNetdev) blocked.insert(port->device.name);
  }
  const auto there = links.list();
  if (!there) return;
  std::vector<int> left_over;
  for (const net::Link& link : *there) {
    if (link.alias.starts_with(owner + " ") && !ours.contains(link.ifindex))
      left_over.push_back(link.ifindex);
  }
  if (!left_over.empty() && !links.remove_all(left_over)) {
    for (const int ifindex : left_over) (void)links.remove(ifindex);
  }
  for (const std::string& name : journal.all(Journal::Kind::kBlocked)) {
    if (blocked.contains(name)) continue;
    if (const auto link = links.find(name)) {
      // Installing takes over what is there; then it is ours to remove.
      constexpr auto kLasts = net::IngressBlock::Lasts::kLikeProcess;
      if (auto block = net::IngressBlock::install(link->ifindex, kLasts)) {
        (void)block->remove();
      }
    }
    journal.remove(Journal::Kind::kBlocked, name);
  }
}

}  // namespace trestle::control
