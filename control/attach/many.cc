// SPDX-License-Identifier: Apache-2.0

#include "control/attach/many.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "config/names.h"

namespace trestle::control {
namespace {

// They wait, they do not work: more than there are CPUs.
constexpr std::size_t kThreadsMax = 32;
// A thread is worth its making for so many turns.
constexpr std::size_t kTurnsPerThread = 4;
// Ports attached at once, up to which each gets the fastest there is.
constexpr std::size_t kFew = 64;

// Calls act(i) for each i < count, in several threads if there is enough to do.
template <typename Act>
void side_by_side(std::size_t count, const Act& act) {
  std::atomic<std::size_t> next{0};
  const auto take_turns = [&] {
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) act(i);
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(kThreadsMax, count / kTurnsPerThread); ++i) {
    try {
      threads.emplace_back(take_turns);
    } catch (const std::system_error&) {
      break;  // no more threads: those there are do it all
    }
  }
  take_turns();
  for (std::thread& thread : threads) thread.join();
}

// What ports must have in common to be attached one after the other; empty: nothing.
std::string order_of(const config::Port& port) {
  if (port.type == config::PortType::kPcap) return "pcap";  // libpcap does not promise more
  return port.gateway.empty() ? ""
                              : "gateways in " + config::canonical_namespace(port.ns.value_or(""));
}

// Jobs that must follow each other are one turn.
std::vector<std::vector<AttachJob*>> in_turns(std::span<AttachJob> jobs) {
  std::vector<std::vector<AttachJob*>> turns;
  std::map<std::string, std::size_t> ordered;
  for (AttachJob& job : jobs) {
    std::size_t turn = turns.size();
    if (const std::string order = order_of(job.port); !order.empty())
      turn = ordered.emplace(order, turn).first->second;
    if (turn == turns.size()) turns.emplace_back();
    turns[turn].push_back(&job);
  }
  return turns;
}

// Devices of one namespace, and whose they are.
struct Household {
  std::vector<int> devices;
  std::vector<Attachment*> owners;
};

// False: what could not be removed so, each attachment removes for itself.
bool remove_devices(net::Links& links, const std::string& ns, const Household& household) {
  if (ns.empty()) return links.remove_all(household.devices).has_value();
  const auto handle = net::open_namespace(ns);
  // What is called so now may be another one.
  const bool same = handle && std::all_of(household.owners.begin(), household.owners.end(),
                                          [&](const Attachment* owner) {
                                            return owner->inside() == handle->identity();
                                          });
  if (!same) return false;
  auto there = net::Links::open_in(*handle);
  return there && there->remove_all(household.devices);
}

}  // namespace

void attach_many(const AttachContext& context, std::span<AttachJob> jobs) {
  const auto turns = in_turns(jobs);
  side_by_side(turns.size(), [&](std::size_t turn) {
    AttachContext own = context;
    own.among_many = turns.size() > kFew;
    for (AttachJob* job : turns[turn]) {
      own.create_namespaces = job->create_namespace;
      job->attached = attach(own, *job->name, job->port);
    }
  });
}

void undo_many(net::Links& links, std::vector<std::unique_ptr<Attachment>> attachments) {
  std::map<std::string, Household> households;
  for (const auto& attachment : attachments) {
    const auto device = attachment ? attachment->own_device() : std::nullopt;
    if (!device) continue;
    Household& household = households[device->ns];
    household.devices.push_back(device->ifindex);
    household.owners.push_back(attachment.get());
  }
  for (auto& [ns, household] : households) {
    if (household.devices.size() < 2 || !remove_devices(links, ns, household)) continue;
    for (Attachment* owner : household.owners) owner->forget_device();
  }
  side_by_side(attachments.size(), [&](std::size_t i) { attachments[i].reset(); });
}

void close_many(std::vector<std::shared_ptr<Port>> ports) {
  side_by_side(ports.size(), [&](std::size_t i) { ports[i].reset(); });
}

}  // namespace trestle::control
