// SPDX-License-Identifier: Apache-2.0
//
// Readers in a published version while one thread makes the next ones and drops the old, mostly for
// the thread sanitizer. Rules check themselves: the serial of each follows from its match, so that
// an answer from freed or half-made memory is recognised.

#include <catch2/catch.hpp>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include "tests/sanitized.h"
#include "tests/switch/flow/linear_classifier.h"

namespace trestle::flow {
namespace {

constexpr int kChanges = testing::kSanitized ? 4'000 : 40'000;
constexpr std::size_t kReaders = 2;

// Of all words of a match.
std::uint64_t digest(const Match& match, std::uint16_t priority) {
  std::uint64_t sum = priority;
  for (std::size_t i = 0; i < kWords; ++i)
    sum = (sum ^ match.mask[i] ^ match.value[i] << 1) * 0x9e37'79b9'7f4a'7c15;
  return sum;
}

class Stress {
 public:
  void run() {
    published_ = new Classifier;
    std::vector<std::thread> readers;
    for (std::size_t i = 0; i < kReaders; ++i) readers.emplace_back([this, i] { read(i); });
    write();
    stop_ = true;
    for (std::thread& reader : readers) reader.join();
    for (const auto& [version, round] : retired_) delete version;
    delete published_.load();
    CHECK(wrong_ == 0);
    CHECK(found_ > 0);
  }

 private:
  // As a worker: takes the version anew for each burst, and says so when it is done with it. Some
  // bursts at least, should all changes be made before this thread gets its turn.
  void read(std::size_t reader) {
    RandomRules random(100 + reader);
    for (int bursts = 0; bursts < 100 || !stop_; ++bursts) {
      passed_[reader].store(round_.load(std::memory_order_acquire), std::memory_order_release);
      const Classifier* version = published_.load(std::memory_order_acquire);
      for (int i = 0; i < 32; ++i) {
        const Fields fields = random.frame();
        Fields examined;
        const Rule* rule = version->lookup(fields, examined);
        if (rule == nullptr) continue;
        ++found_;
        if (!rule->spec.match.matches(fields) ||
            rule->serial != digest(rule->spec.match, rule->spec.priority))
          ++wrong_;
        for (std::size_t w = 0; w < kWords; ++w)
          if ((examined[w] & ~version->interest()[w]) != 0) ++wrong_;
      }
    }
    passed_[reader].store(~std::uint64_t{0}, std::memory_order_release);
  }

  void write() {
    RandomRules random(1);
    std::vector<RulePtr> rules;
    for (int i = 0; i < kChanges; ++i) {
      const Classifier& before = *published_.load(std::memory_order_relaxed);
      if (rules.size() < 100 || (rules.size() < 400 && random.one_in(2))) {
        auto rule = std::make_shared<Rule>(*random.rule());
        rule->serial = digest(rule->spec.match, rule->spec.priority);
        if (before.find(rule->spec.match, rule->spec.priority) == nullptr) rules.push_back(rule);
        publish(before.with(rule));
      } else {
        std::swap(rules[random.below(rules.size())], rules.back());
        publish(before.without(rules.back()->spec.match, rules.back()->spec.priority));
        rules.pop_back();
      }
    }
    CHECK(published_.load()->size() == rules.size());
  }

  void publish(Classifier next) {
    retired_.emplace_back(published_.exchange(new Classifier(std::move(next))), 0);
    retired_.back().second = round_.fetch_add(1) + 1;
    // What every reader has begun a burst after.
    std::uint64_t passed = ~std::uint64_t{0};
    for (const auto& reader : passed_) passed = std::min(passed, reader.load());
    while (!retired_.empty() && retired_.front().second <= passed) {
      delete retired_.front().first;
      retired_.pop_front();
    }
  }

  std::atomic<const Classifier*> published_{nullptr};
  std::deque<std::pair<const Classifier*, std::uint64_t>> retired_;  // and the round they went in
  std::atomic<std::uint64_t> round_{0};
  std::array<std::atomic<std::uint64_t>, kReaders> passed_{};
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> found_{0}, wrong_{0};
};

TEST_CASE("readers find whole rules in versions that are being replaced") {
  Stress().run();
}

}  // namespace
}  // namespace trestle::flow
