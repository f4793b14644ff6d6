// SPDX-License-Identifier: Apache-2.0
//
// Config -> workers: how many there are, on which CPUs they run, and which port is moved from one
// to another because the load asks for it.

#include <sched.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "control/instance_state.h"
#include "control/log.h"

namespace trestle::control {
namespace {

// "0-3,7".
std::string ranges_of(const cpu_set_t& set) {
  std::string text;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &set)) continue;
    int last = cpu;
    while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &set)) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(cpu);
    if (last > cpu) text += "-" + std::to_string(last);
    cpu = last;
  }
  return text;
}

}  // namespace

std::size_t Instance::State::workers_for(const config::Config& wanted) const {
  if (wanted.workers) return *wanted.workers;
  std::size_t count = 0;
  for (const auto& [name, bridge] : wanted.bridges) count += bridge.ports.size();
  const std::set<std::uint32_t> cpus(wanted.cpus.begin(), wanted.cpus.end());
  const std::size_t cores =
      cpus.empty() ? std::max(1u, std::thread::hardware_concurrency()) : cpus.size();
  return std::clamp<std::size_t>(count / 2, 1, std::min(cores, kWorkersMax));
}

// This thread may run wherever the process may: only workers are pinned.
Result<void> Instance::State::check_cpus(const config::Config& wanted) const {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (wanted.cpus.empty() || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return {};
  for (const std::uint32_t cpu : wanted.cpus) {
    if (CPU_ISSET(cpu, &allowed)) continue;
    return fail("cannot run workers on CPU " + std::to_string(cpu) +
                " ('cpus' of [switch]): " + "trestled may use " + ranges_of(allowed));
  }
  return {};
}

void Instance::State::pin_workers() {
  if (!datapath.set_cpus({config.cpus.begin(), config.cpus.end()}))
    log_warning("not every worker runs on its CPU: the kernel refused");
}

void Instance::State::balance_workers() {
  if (datapath.workers() < 2) return;
  LoadSample sample{.now = monotonic_now(), .works = {}, .queues = {}};
  for (std::size_t i = 0; i < datapath.workers(); ++i) {
    const WorkerCounters& counters = *datapath.counters()[i];
    const std::uint64_t spun = counters.spin_nanoseconds.get();  // first: never more than busy
    sample.works.push_back(counters.busy_nanoseconds.get() - spun);
  }
  PortNames names;
  for (const auto& [name, port] : ports) {
    const auto datapath_port = port->attachment ? port->attachment->port() : nullptr;
    if (!datapath_port || datapath_port->queues().empty()) continue;
    if (datapath_port->queues().size() > 1) {
      for (std::size_t i = 0; i < datapath.workers(); ++i) {
        const PortCounters& counters = port->identity.stats->block(i);
        sample.fixed.push_back(
            {port->identity.id, i, counters.rx_frames.get(), counters.rx_bytes.get()});
      }
      continue;
    }
    const auto worker = datapath.owner(*datapath_port);
    if (!worker) continue;
    const PortTotals totals = port->identity.stats->totals();
    sample.queues.push_back({port->identity.id, *worker, totals.rx_frames, totals.rx_bytes});
    names[port->identity.id] = &name;
  }
  const auto move = load_watch.look(std::move(sample));
  if (!move) return;
  const config::PortName& name = *names.at(move->port);
  const auto port = ports.at(name)->attachment->port();
  const std::size_t from = datapath.owner(*port).value_or(0);
  if (dirty || !datapath.move(*port, move->to)) return;
  publish_inventory();
  events.raise("queue.move", {{"bridge", name.bridge},
                              {"port", name.port},
                              {"from_worker", std::to_string(from)},
                              {"to_worker", std::to_string(move->to)}});
}

}  // namespace trestle::control
