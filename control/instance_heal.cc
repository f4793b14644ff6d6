// SPDX-License-Identifier: Apache-2.0
//
// World -> state. A port is declared by names; what the kernel says of devices and namespaces makes
// it come and go.

#include <time.h>

#include <algorithm>
#include <utility>

#include "control/attach/many.h"
#include "control/instance_state.h"

namespace trestle::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kRetryMissing{500};  // netlink and inotify tell most of it sooner
constexpr milliseconds kRetryFailed{1000};
constexpr milliseconds kRetryTold{250};      // an attempt that fails makes link messages, too
constexpr milliseconds kInspectEvery{1000};  // devices in other namespaces
constexpr int kInspectionsPerTick = 4;       // 0.1 ms each: bounds what a thousand of them cost
constexpr seconds kAgeEvery{1};

Ticks now_ticks() {
  return static_cast<Ticks>(monotonic_now() / 1'000'000'000);
}

}  // namespace

void Instance::State::set_state(DeclaredPort& port, PortState state, std::string message) {
  if (port.state == state && port.message == message) return;
  const bool was_up = port.state == PortState::kUp;
  port.state = state;
  port.message = std::move(message);
  dirty = true;
  // Stations behind a port that went down may be found elsewhere.
  if (was_up && state != PortState::kUp) stale_macs.insert(port.name);
  events.raise("port.state", {{"bridge", port.name.bridge},
                              {"port", port.name.port},
                              {"state", to_string(state)},
                              {"message", port.message}});
}

void Instance::State::try_attach(const std::vector<DeclaredPort*>& wanting,
                                 bool create_namespaces) {
  const AttachContext context{links, sinks, rings, namespaces, journal, cables, owner, workers};
  std::vector<AttachJob> jobs;
  for (DeclaredPort* port : wanting) {
    port->tried_at = Clock::now();
    AttachJob job{&port->name, port->config, create_namespaces || port->make_namespace};
    if (!job.port.mac && !port->station_mac.is_zero()) job.port.mac = port->station_mac;
    jobs.push_back(std::move(job));
  }
  attach_many(context, jobs);
  for (std::size_t i = 0; i < jobs.size(); ++i)
    take_up(*wanting[i], std::move(jobs[i].attached), jobs[i].create_namespace);
}

void Instance::State::take_up(DeclaredPort& port, Attached attached, bool created_namespace) {
  if (attached) {
    const auto datapath_port = (*attached)->port();
    if (datapath_port) {
      if (auto ready = datapath_port->prepare(workers); !ready)
        attached = tl::make_unexpected(ready.error());
    }
  }
  if (!attached) {
    const bool missing = is_missing(attached.error());
    port.make_namespace = created_namespace && !missing;
    port.retry_at = Clock::now() + (missing ? kRetryMissing : kRetryFailed);
    set_state(port, missing ? PortState::kWaiting : PortState::kError, attached.error().what);
    return;
  }
  port.attachment = std::move(*attached);
  port.make_namespace = false;
  if (port.unplugged) (void)port.attachment->set_carrier(false);
  port.inspect_at = Clock::now() + kInspectEvery;
  dirty = true;
  refresh(port);
  refresh_peer(port);
}

void Instance::State::detach(DeclaredPort& port, PortState state, std::string message) {
  if (port.attachment) {
    parting.push_back(port.attachment->port());  // the workers are still in it
    port.attachment.reset();
  }
  port.device = {};
  port.retry_at = Clock::now();  // at once: what went may be back already
  dirty = true;
  set_state(port, state, std::move(message));
}

void Instance::State::refresh(DeclaredPort& port) {
  if (!port.attachment) return;
  const auto datapath_port = port.attachment->port();
  if (datapath_port && datapath_port->failed()) {
    port.attachment->forget_device();
    return detach(port, PortState::kWaiting, "its device has gone");
  }
  if (auto seen = port.attachment->inspect()) {
    if (!*seen) {
      if (is_missing(seen->error())) {
        port.attachment->forget_device();
        return detach(port, PortState::kWaiting, seen->error().what);
      }
      port.inspect_at = Clock::now() + kRetryFailed;
      return set_state(port, PortState::kError, seen->error().what);
    }
    if (!(**seen == port.device)) dirty = true;
    port.device = **seen;
    if (const MacAddress mac = port.attachment->station_mac(); !mac.is_zero())
      port.station_mac = mac;
    if (!port.unplugged && !port.device.admin_up) {
      return set_state(port, PortState::kDown, port.device.name + " is set down");
    }
    if (!port.unplugged && !port.device.carrier) {
      return set_state(port, PortState::kDown, port.device.name + " has no carrier");
    }
  }
  if (port.config.type == config::PortType::kPatch && !port.unplugged) {
    const DeclaredPort* peer = find_port(port.config.peer->bridge, port.config.peer->port);
    if (peer == nullptr || !peer->attachment || peer->unplugged) {
      return set_state(port, PortState::kDown,
                       "its other end, " + port.config.peer->to_string() + ", is unplugged");
    }
  }
  set_state(port, port.unplugged ? PortState::kUnplugged : PortState::kUp, "");
}

void Instance::State::refresh_peer(const DeclaredPort& port) {
  if (port.config.type != config::PortType::kPatch) return;
  DeclaredPort* peer = find_port(port.config.peer->bridge, port.config.peer->port);
  if (peer != nullptr) refresh(*peer);
}

void Instance::State::retry_soon(DeclaredPort& port) {
  if (port.state != PortState::kWaiting) return;  // what failed is tried again in its own time
  port.retry_at = std::min(port.retry_at, std::max(Clock::now(), port.tried_at + kRetryTold));
}

void Instance::State::on_link_events() {
  auto drained = monitor.drain();
  if (!drained) return;
  std::map<int, DeclaredPort*> attached;
  std::multimap<std::string, DeclaredPort*> waiting;  // by the interface that may be waited for
  for (auto& [name, port] : ports) {
    if (port->attachment) {
      attached.emplace(port->attachment->ifindex(), port.get());
    } else {
      waiting.emplace(config::interface_name(name.bridge, name.port, port->config), port.get());
    }
  }
  // What a link was like before its latest message is of no interest: refresh() looks for itself.
  std::map<int, const net::LinkEvent*> latest;
  for (const net::LinkEvent& event : drained->events) latest[event.link.ifindex] = &event;
  for (const net::LinkEvent& event : drained->events) {
    const bool deleted = event.kind == net::LinkEvent::Kind::kDeleted;
    if (!deleted && latest.at(event.link.ifindex) != &event) continue;
    const auto port = attached.find(event.link.ifindex);
    if (port != attached.end()) on_link(event, *port->second);
    if (deleted) continue;
    const auto [first, last] = waiting.equal_range(event.link.name);
    for (auto one = first; one != last; ++one) retry_soon(*one->second);
  }
  if (!drained->overrun) return;
  for (auto& [name, port] : ports) {
    if (port->attachment) {
      refresh(*port);
    } else {
      retry_soon(*port);
    }
  }
}

void Instance::State::on_link(const net::LinkEvent& event, DeclaredPort& port) {
  if (!port.attachment || port.attachment->ifindex() != event.link.ifindex) return;
  if (event.kind == net::LinkEvent::Kind::kDeleted) {
    raise_link_change(port, event.link.name, "deleted");
    port.attachment->forget_device();
    return detach(port, PortState::kWaiting, "interface " + event.link.name + " was deleted");
  }
  const net::Link before = port.device;
  refresh(port);
  // The kernel repeats itself: one change of ours makes several messages.
  if (!(port.device == before)) raise_link_change(port, event.link.name, "changed");
}

void Instance::State::raise_link_change(const DeclaredPort& port, const std::string& interface,
                                        const char* change) {
  events.raise("link.change", {{"bridge", port.name.bridge},
                               {"port", port.name.port},
                               {"interface", interface},
                               {"change", change}});
}

// A name that now stands for another namespace: what is in the old one is of no use to anybody who
// uses the name.
void Instance::State::on_namespace_names() {
  for (const std::string& name : watcher.drain()) {
    const auto now = net::open_namespace(name);
    if (!now) namespaces.disown(name);
    for (auto& [port_name, port] : ports) {
      if (port->config.ns != name) continue;
      if (!port->attachment) retry_soon(*port);
      if (!port->attachment || !now) continue;
      const auto inside = port->attachment->inside();
      if (inside && *inside != now->identity()) {
        namespaces.disown(name);
        detach(*port, PortState::kWaiting, "namespace " + name + " is another one now");
      }
    }
  }
}

void Instance::State::tick() {
  const auto now = Clock::now();
  std::vector<DeclaredPort*> due;
  for (auto& [name, port] : ports) {
    if (!port->attachment && port->retry_at <= now) {
      due.push_back(port.get());
    } else if (port->attachment && port->attachment->port() && port->attachment->port()->failed()) {
      refresh(*port);
    }
  }
  if (!due.empty()) {
    if (!parting.empty()) publish();  // their old selves must be gone before they can be made anew
    try_attach(due, false);
  }
  look_inside_namespaces(now);
  tend_ports();
  pass_on_fdb_events();
  pass_on_punts();
  expire_rules();
  for (const auto& [bridge, fdb] : fdbs) fdb->grow_if_crowded();
  if (now < age_at) return;
  age_at = now + kAgeEvery;
  age_macs();
  collect_kernel_drops();
  balance_workers();
}

// No event reaches us from other namespaces (a socket there would keep them alive): look now and
// then, at all in turn. And again at what could not be looked at.
void Instance::State::look_inside_namespaces(Clock::time_point now) {
  int left = kInspectionsPerTick;
  auto at = ports.upper_bound(inspected_last);
  for (std::size_t n = ports.size(); n != 0 && left != 0; --n, ++at) {
    if (at == ports.end()) at = ports.begin();
    DeclaredPort& port = *at->second;
    const bool untold =
        port.attachment && (port.attachment->inside() || port.state == PortState::kError);
    if (!untold || port.inspect_at > now) continue;
    port.inspect_at = now + kInspectEvery;
    inspected_last = port.name;
    refresh(port);
    --left;
  }
}

void Instance::State::collect_kernel_drops() {
  for (auto& [name, port] : ports) {
    const auto datapath_port = port->attachment ? port->attachment->port() : nullptr;
    if (!datapath_port) continue;
    std::uint64_t drops = 0;
    for (RxQueue* queue : datapath_port->queues()) drops += queue->take_kernel_drops();
    if (drops != 0)
      port->identity.stats->block(kControlBlock).drop(DropReason::kReceiveRingFull, drops);
  }
}

void Instance::State::age_macs() {
  const Ticks now = now_ticks();
  const bool wanted = events.has_listeners();
  for (const auto& [bridge, fdb] : fdbs) {
    fdb->age(now, [&, &bridge_name = bridge](const FdbEntry& entry) {
      if (!wanted) return;
      events.raise("fdb.age", {{"bridge", bridge_name},
                               {"mac", entry.mac.to_string()},
                               {"vlan", std::to_string(entry.vlan)}});
    });
  }
}

void Instance::State::pass_on_fdb_events() {
  static constexpr const char* kTypes[] = {"fdb.learn", "fdb.move", "fdb.evict"};
  drain_rings(&Worker::events, [&](const FdbEvent& event, const PortNames& names) {
    const auto port = names.find(event.port);
    if (port == names.end()) return;  // removed since
    std::vector<std::pair<std::string, std::string>> fields = {
        {"bridge", port->second->bridge},
        {"port", port->second->port},
        {"mac", event.mac.to_string()},
        {"vlan", std::to_string(event.vlan)}};
    if (const auto from = names.find(event.old_port); from != names.end()) {
      fields.emplace_back("old_port", from->second->port);
    }
    events.raise(kTypes[static_cast<std::size_t>(event.kind)], std::move(fields));
  });
}

}  // namespace trestle::control
