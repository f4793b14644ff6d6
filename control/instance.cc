// SPDX-License-Identifier: Apache-2.0

#include "control/instance.h"

#include <utility>

#include "control/attach/many.h"
#include "control/instance_state.h"

namespace trestle::control {

const char* to_string(PortState state) {
  switch (state) {
    case PortState::kUp:
      return "up";
    case PortState::kDown:
      return "down";
    case PortState::kUnplugged:
      return "unplugged";
    case PortState::kWaiting:
      return "waiting";
    case PortState::kError:
      return "error";
  }
  return "error";
}

Instance::State::State(InstanceOptions chosen, EventBus& bus, net::Links own_links,
                       net::LinkMonitor link_monitor, net::NamespaceWatcher namespace_watcher)
    : options(std::move(chosen)),
      events(bus),
      owner("trestle:" + options.state_file),
      links(std::move(own_links)),
      monitor(std::move(link_monitor)),
      watcher(std::move(namespace_watcher)),
      journal(options.state_file),
      datapath(options.spin) {}

Result<std::unique_ptr<Instance>> Instance::create(InstanceOptions options, EventBus& events) {
  // The monitor first: what happens after it was opened is seen.
  auto monitor = net::LinkMonitor::open();
  if (!monitor) return tl::make_unexpected(monitor.error());
  auto links = net::Links::open();
  if (!links) return tl::make_unexpected(links.error());
  auto watcher = net::NamespaceWatcher::open();
  if (!watcher) return tl::make_unexpected(watcher.error());
  auto state = std::make_unique<State>(std::move(options), events, std::move(*links),
                                       std::move(*monitor), std::move(*watcher));
  state->publish();
  return std::unique_ptr<Instance>(new Instance(std::move(state)));
}

Instance::Instance(std::unique_ptr<State> state) : state_(std::move(state)) {}

Instance::~Instance() {
  stop();
}

const config::Config& Instance::config() const {
  return state_->config_with_rules();
}

Result<std::vector<config::Change>> Instance::apply(config::Config next) {
  return state_->apply(std::move(next));
}

void Instance::count_reload(bool succeeded) {
  ++(succeeded ? state_->reloads_succeeded : state_->reloads_failed);
  state_->publish_inventory();
}

DeclaredPort* Instance::State::find_port(const std::string& bridge, const std::string& port) {
  const auto found = ports.find({bridge, port});
  return found == ports.end() ? nullptr : found->second.get();
}

Result<void> Instance::State::set_plugged(const std::string& bridge, const std::string& name,
                                          bool plugged) {
  DeclaredPort* port = find_port(bridge, name);
  if (port == nullptr) return fail("there is no port " + name + " on bridge " + bridge);
  port->unplugged = !plugged;
  if (port->attachment) {
    if (auto set = port->attachment->set_carrier(plugged); !set) {
      port->unplugged = plugged;
      return set;
    }
    refresh(*port);
    refresh_peer(*port);
  } else if (plugged) {
    try_attach({port}, true);
  }
  publish();
  return {};
}

Result<void> Instance::unplug(const std::string& bridge, const std::string& port) {
  return state_->set_plugged(bridge, port, false);
}

Result<void> Instance::plug(const std::string& bridge, const std::string& port) {
  return state_->set_plugged(bridge, port, true);
}

Result<void> Instance::fdb_add(const std::string& bridge, MacAddress mac, const std::string& port,
                               VlanId vlan) {
  const auto fdb = state_->fdbs.find(bridge);
  if (fdb == state_->fdbs.end()) return fail("there is no bridge " + bridge);
  const DeclaredPort* to = state_->find_port(bridge, port);
  if (to == nullptr) return fail("there is no port " + port + " on bridge " + bridge);
  if (fdb->second->add_static(vlan, mac, to->identity.id) == StaticAdded::kFull) {
    return fail("cannot add " + mac.to_string() + " to the MAC table of " + bridge +
                ": it is full");
  }
  return {};
}

Result<void> Instance::fdb_del(const std::string& bridge, MacAddress mac, VlanId vlan) {
  const auto fdb = state_->fdbs.find(bridge);
  if (fdb == state_->fdbs.end()) return fail("there is no bridge " + bridge);
  if (!fdb->second->remove(vlan, mac)) {
    return fail("the MAC table of " + bridge + " has no " + mac.to_string() +
                (vlan == kNoVlan ? "" : " in VLAN " + std::to_string(vlan)));
  }
  return {};
}

Result<std::size_t> Instance::fdb_flush(const std::string& bridge,
                                        const std::optional<std::string>& port,
                                        std::optional<VlanId> vlan) {
  const auto fdb = state_->fdbs.find(bridge);
  if (fdb == state_->fdbs.end()) return fail("there is no bridge " + bridge);
  std::optional<PortId> id;
  if (port) {
    const DeclaredPort* of = state_->find_port(bridge, *port);
    if (of == nullptr) return fail("there is no port " + *port + " on bridge " + bridge);
    id = of->identity.id;
  }
  return fdb->second->flush(id, vlan);
}

BridgeFlows* Instance::flows(const std::string& bridge) {
  const auto found = state_->flows.find(bridge);
  return found == state_->flows.end() ? nullptr : found->second.get();
}

const Topology& Instance::topology() const {
  return state_->datapath.topology();
}

std::shared_ptr<const Inventory> Instance::inventory() const {
  const std::lock_guard lock(state_->inventory_mutex);
  return state_->inventory;
}

std::vector<int> Instance::descriptors() const {
  return {state_->monitor.fd(), state_->watcher.fd()};
}

void Instance::dispatch() {
  state_->on_link_events();
  state_->on_namespace_names();
  state_->tick();
  if (state_->dirty) state_->publish();
}

void Instance::stop() {
  state_->stop();
}

void Instance::State::stop() {
  if (stopped) return;
  stopped = true;
  datapath.publish({});
  close_many(std::exchange(parting, {}));
  std::vector<std::unique_ptr<Attachment>> undone;
  for (auto& [name, port] : ports) undone.push_back(std::move(port->attachment));
  ports.clear();
  undo_many(links, std::move(undone));
  config = {};
  fdbs.clear();
  flows.clear();
  (void)namespaces.release_all();  // what is left stands in the journal
  journal.close();
  publish_inventory();
}

}  // namespace trestle::control
