// SPDX-License-Identifier: Apache-2.0
//
// No two workers write to the same cache line, nor to two lines that are fetched together: where
// what each of them writes for every frame lies. That this keeps a frame's cost the same with many
// workers is measured by bench/workers_bench.cc.

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "datapath/counters.h"
#include "datapath/ports/memory.h"
#include "datapath/ports/packet_ring.h"
#include "datapath/worker.h"
#include "switch/flow/flow_engine.h"

namespace trestle {
namespace {

constexpr std::size_t kWorkers = 4;
constexpr std::size_t kPorts = 16;

static_assert(alignof(PortCounters) == kOwnLines && sizeof(PortCounters) % kOwnLines == 0);
static_assert(alignof(WorkerCounters) == kOwnLines && sizeof(WorkerCounters) % kOwnLines == 0);
static_assert(alignof(Worker) >= kOwnLines);
static_assert(alignof(flow::FlowCache) >= kOwnLines);
// What a worker writes in a port: where it is in its queue, and what it has staged.
static_assert(alignof(RxQueue) >= kOwnLines && alignof(Sink) >= kOwnLines);
static_assert(alignof(PacketRing) >= kOwnLines);

// Which worker writes where.
class Lines {
 public:
  template <typename T>
  void written(const T& block, std::size_t worker, const std::string& what) {
    const auto first = reinterpret_cast<std::uintptr_t>(&block) / kOwnLines;
    const auto last = (reinterpret_cast<std::uintptr_t>(&block) + sizeof block - 1) / kOwnLines;
    for (auto line = first; line <= last; ++line) {
      const auto [at, fresh] = writers_.emplace(line, Writer{worker, what});
      INFO("worker " << worker << "'s " << what << " and worker " << at->second.worker << "'s "
                     << at->second.what);
      CHECK((fresh || at->second.worker == worker));
    }
  }
  std::size_t count() const { return writers_.size(); }

 private:
  struct Writer {
    std::size_t worker;
    std::string what;
  };
  std::map<std::uintptr_t, Writer> writers_;
};

TEST_CASE("what one worker writes for a frame shares no cache lines with another's") {
  std::vector<std::unique_ptr<PortStats>> stats;
  std::vector<MemoryCable> cables;
  std::vector<std::shared_ptr<WorkerCounters>> counters;
  std::vector<std::unique_ptr<Worker>> workers;
  flow::FlowEngine flows(1);
  for (std::size_t i = 0; i < kPorts; ++i) {
    stats.push_back(std::make_unique<PortStats>());
    cables.push_back(
        MemoryCable::make({.wakeable = false, .limits = {.small = 64, .large = 1}}).value());
    REQUIRE(cables[i].a->prepare(kWorkers));
  }
  for (std::size_t w = 0; w < kWorkers; ++w) {
    counters.push_back(std::make_shared<WorkerCounters>());
    workers.push_back(std::make_unique<Worker>(w, false, counters[w]));
  }

  Lines lines;
  for (std::size_t w = 0; w < kWorkers; ++w) {
    lines.written(*counters[w], w, "counters");
    lines.written(*workers[w], w, "own state");
    lines.written(flows.cache(w), w, "flow cache");
    for (std::size_t i = 0; i < kPorts; ++i) {
      lines.written(stats[i]->block(w), w, "counters of port " + std::to_string(i));
      lines.written(*cables[i].a->sink(w), w, "sink of port " + std::to_string(i));
    }
  }
  // A port's queue is one worker's.
  for (std::size_t i = 0; i < kPorts; ++i)
    lines.written(*cables[i].a, i % kWorkers, "queue of port " + std::to_string(i));
  CHECK(lines.count() > kWorkers * kPorts);
}

}  // namespace
}  // namespace trestle
