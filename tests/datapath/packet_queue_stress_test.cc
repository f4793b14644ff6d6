// SPDX-License-Identifier: Apache-2.0
//
// Queues that change over from ring to ring while frames come in by two CPUs, a worker receives and
// rests, and control changes them over, each in a thread: no frame is lost, repeated or overtaken
// by one of its flow.

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "datapath/ports/packet_queue.h"
#include "tests/datapath/filled_ring.h"
#include "tests/sanitized.h"

using namespace trestle;
using namespace trestle::testing;
using Stage = PacketQueue::Stage;

namespace {

constexpr std::size_t kSenders = 2;
constexpr std::uint32_t kChanges = steps(1600u);

// The kernel's side: which ring is filled, and who is just doing it.
struct Kernel {
  std::atomic<FilledRing*> filled;
  struct alignas(64) Sender {
    std::atomic<std::uint32_t> passes{0};  // odd: it has looked up the ring and may fill it
  };
  Sender senders[kSenders];
  std::atomic<bool> done{false};

  bool send(std::size_t sender, std::uint32_t number) {
    senders[sender].passes.fetch_add(1);
    const bool sent = filled.load()->fill({static_cast<std::uint32_t>(sender), number});
    senders[sender].passes.fetch_add(1);
    return sent;
  }
  // As synchronize_net().
  void wait_for_senders() {
    for (Sender& sender : senders) {
      const std::uint32_t passes = sender.passes.load();
      while (passes % 2 != 0 && sender.passes.load() == passes) std::this_thread::yield();
    }
  }
};

// The worker's side. A queue that rests is watched by the descriptor that it gave; nothing may come
// from another ring before it is not.
struct Worker {
  PacketQueue& queue;
  Burst burst{};
  std::uint32_t expected[kSenders] = {};
  std::uint64_t wrong = 0;
  bool watched = false;

  std::size_t round() {
    burst.clear();
    queue.receive(burst);
    for (std::size_t i = 0; i < burst.count; ++i) {
      const Numbered content = content_of(burst.frames[i]);
      if (content.flow >= kSenders || content.number != expected[content.flow]++) ++wrong;
    }
    if (burst.count != 0) queue.release();
    const Stage stage = queue.stage();  // once: control may end a changeover at any moment
    if (watched && (stage == Stage::kBoth || stage == Stage::kQuiet)) ++wrong;
    return burst.count;
  }
  void run(const std::atomic<bool>& stop) {
    unsigned busy = 0;
    while (!stop.load() || round() != 0) {
      if (round() == 0) {
        if (!watched && queue.fd() >= 0) queue.watched(watched = true);
        std::this_thread::yield();
      } else if (watched && ++busy % 2 == 0) {
        queue.watched(watched = false);
      }
    }
  }
};

}  // namespace

TEST_CASE("a queue that goes from ring to ring keeps every frame, once and in order") {
  auto current = std::make_unique<FilledRing>(64);
  Kernel kernel;
  kernel.filled = current.get();
  PacketQueue queue(current->take());
  Worker worker{queue};

  std::vector<std::thread> senders;
  std::uint32_t sent[kSenders] = {};
  for (std::size_t i = 0; i < kSenders; ++i) {
    senders.emplace_back([&, i] {
      while (!kernel.done.load()) {
        if (kernel.send(i, sent[i])) {
          ++sent[i];
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  std::atomic<bool> stop{false};
  std::thread receiving([&] { worker.run(stop); });

  for (std::uint32_t change = 0; change < kChanges; ++change) {
    auto next = std::make_unique<FilledRing>(64u << change % 3);
    queue.offer(next->take());
    while (queue.stage() != Stage::kBoth) std::this_thread::yield();
    kernel.filled = next.get();
    kernel.wait_for_senders();
    queue.old_quiet();
    while (queue.stage() != Stage::kLeft) std::this_thread::yield();
    queue.finish();
    current = std::move(next);
  }
  kernel.done = true;
  for (std::thread& sender : senders) sender.join();
  stop = true;
  receiving.join();

  CHECK(worker.wrong == 0);
  for (std::size_t i = 0; i < kSenders; ++i) {
    CHECK(sent[i] > 0);
    CHECK(worker.expected[i] == sent[i]);
  }
}
