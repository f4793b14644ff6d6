// SPDX-License-Identifier: Apache-2.0
//
// What does a frame cost when other workers are at work? 1, 2, 4 and 8 workers on one bridge with
// one MAC table, each in a thread of its own between a pair of memory ports of its own: if a frame
// wrote to anything that workers share, it would cost more the more of them there are. Measured is
// the threads' own CPU time, so that more workers than CPUs is no matter, but then not all of them
// run at once. The last two lines are a counter-check: what it looks like when all workers do
// count in one place.

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "datapath/datapath.h"
#include "datapath/ports/memory.h"
#include "datapath/worker.h"

namespace {

using namespace trestle;

constexpr std::size_t kWorkersMost = 8;
constexpr std::size_t kStations = 64;  // behind each port
constexpr std::size_t kFrameBytes = 64;
constexpr int kRounds = 5;  // of which the best counts: others use the machine too

struct Addresses {  // as on the wire
  std::uint8_t destination[6], source[6];
};

MacAddress station(std::size_t port, std::size_t number) {
  return MacAddress::from_u64(0x0200'0000'0000 + (port << 16) + number);
}

double thread_cpu_nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// One bridge: worker w receives from port 2w and sends by port 2w + 1.
class Bench {
 public:
  explicit Bench(std::size_t workers) : frames_(workers) {
    Topology topology;
    topology.workers = workers;
    std::vector<BridgePort> ports;
    const auto now = static_cast<Ticks>(monotonic_now() / 1'000'000'000);
    for (std::size_t i = 0; i < 2 * workers; ++i) {
      const auto id = static_cast<PortId>(i);
      MemoryCable::Options options;
      options.wakeable = false;
      options.limits = {.small = 512, .large = 1};
      cables_.push_back(MemoryCable::make(options).value());
      if (!cables_[i].a->prepare(workers)) std::abort();
      ports.push_back({id, true, false, {}, {}});
      topology.ports.push_back({id, 0, kNoPort, 1500, cables_[i].a, std::make_shared<PortStats>()});
      for (std::size_t n = 0; n < kStations; ++n) fdb_->learn(kNoVlan, station(i, n), id, now);
    }
    topology.bridges.push_back(std::make_shared<const Bridge>(LinkLocalPolicy(), fdb_, ports));
    std::vector<const RxQueue*> queues;
    for (const MemoryCable& cable : cables_) queues.push_back(cable.a->queues().front());
    snapshot_ = make_snapshot(std::move(topology), [&](const RxQueue& queue) {
      const auto found = std::find(queues.begin(), queues.end(), &queue);
      return std::optional<std::size_t>((found - queues.begin()) / 2);
    });
    for (std::size_t w = 0; w < workers; ++w) {
      workers_.push_back(std::make_unique<Worker>(w, false, std::make_shared<WorkerCounters>()));
      workers_[w]->adopt(snapshot_.get());
      draw_frames(w);
    }
  }

  // Nanoseconds of CPU time that a frame costs, the mean of the workers'.
  double run(double seconds, std::atomic<std::uint64_t>* shared) {
    std::vector<double> costs(workers_.size());
    std::barrier start(static_cast<std::ptrdiff_t>(workers_.size()));
    std::vector<std::thread> threads;
    for (std::size_t w = 0; w < workers_.size(); ++w) {
      threads.emplace_back([&, w] {
        start.arrive_and_wait();
        costs[w] = drive(w, seconds * 1e9, shared);
      });
    }
    for (std::thread& thread : threads) thread.join();
    double sum = 0;
    for (const double cost : costs) sum += cost;
    return sum / static_cast<double>(costs.size());
  }

 private:
  void draw_frames(std::size_t w) {
    std::mt19937_64 random(w);
    for (std::size_t i = 0; i < 1024; ++i) {
      Addresses one;
      std::memcpy(one.destination, station(2 * w + 1, random() % kStations).octets().data(), 6);
      std::memcpy(one.source, station(2 * w, random() % kStations).octets().data(), 6);
      frames_[w].push_back(one);
    }
    std::vector<std::byte> frame(kFrameBytes);
    std::memcpy(frame.data(), frames_[w].data(), sizeof(Addresses));
    frame[12] = std::byte{0x08};
    while (cables_[2 * w].b->send(frame)) {
    }
    while (workers_[w]->poll_once() != 0) drain(w);
  }

  void drain(std::size_t w) {
    while (cables_[2 * w + 1].b->discard() != 0) {
    }
  }

  double drive(std::size_t w, double nanoseconds, std::atomic<std::uint64_t>* shared) {
    const std::vector<Addresses>& drawn = frames_[w];
    std::size_t next = 0;
    std::uint64_t frames = 0;
    const double from = thread_cpu_nanoseconds();
    double now = from;
    while (now - from < nanoseconds) {
      for (int i = 0; i < 64; ++i) {
        const std::size_t sent = cables_[2 * w].b->send_again(kBurstMax, [&](std::byte* frame) {
          std::memcpy(frame, &drawn[next], sizeof(Addresses));
          next = (next + 1) % drawn.size();
          if (shared != nullptr) shared->fetch_add(1, std::memory_order_relaxed);
        });
        workers_[w]->poll_once();
        drain(w);
        frames += sent;
      }
      now = thread_cpu_nanoseconds();
    }
    return (now - from) / static_cast<double>(frames);
  }

  std::shared_ptr<Fdb> fdb_ = std::make_shared<Fdb>(0, 42);
  std::vector<MemoryCable> cables_;
  std::vector<std::vector<Addresses>> frames_;  // by worker
  std::unique_ptr<const Snapshot> snapshot_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.2;  // of CPU, a worker and round
  struct Case {
    std::size_t workers;
    bool shared;
    double best = 1e9;
  };
  std::vector<Case> cases;
  for (std::size_t n = 1; n <= kWorkersMost; n *= 2) cases.push_back({n, false});
  cases.push_back({1, true});
  cases.push_back({2, true});
  std::vector<std::unique_ptr<Bench>> benches;
  for (const Case& one : cases) benches.push_back(std::make_unique<Bench>(one.workers));
  std::atomic<std::uint64_t> shared{0};
  for (int round = 0; round < kRounds; ++round) {  // in turn, so that a disturbance hits all
    for (std::size_t i = 0; i < cases.size(); ++i) {
      cases[i].best =
          std::min(cases[i].best, benches[i]->run(seconds, cases[i].shared ? &shared : nullptr));
    }
  }
  std::printf("%-34s %14s %10s\n", "", "ns CPU a frame", "to alone");
  for (const Case& one : cases) {
    const std::string name = std::to_string(one.workers) +
                             (one.workers == 1 ? " worker" : " workers") +
                             (one.shared ? ", counting in one place" : "");
    std::printf("%-34s %14.1f %10.2f\n", name.c_str(), one.best, one.best / cases[0].best);
  }
  return 0;
}
