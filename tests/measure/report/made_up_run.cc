// SPDX-License-Identifier: Apache-2.0

#include "tests/measure/report/made_up_run.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace trestle::measure {
namespace {

struct Subject {
  const char* name;
  double speed;  // of all: rates are multiplied, times divided by it
};

constexpr unsigned kRounds = 3;
constexpr double kSpread = 0.015;

class Maker {
 public:
  Maker(unsigned seed, double trestle_factor)
      : random_(seed),
        subjects_{{"trestle", 1.31 * trestle_factor},
                  {"kernel-bridge", 1},
                  {"ovs", 0.62},
                  {"direct", 2.2}} {}

  std::vector<Record> take() { return std::move(records_); }

  void add_rfc2544() {
    each("rfc2544", "throughput", [this](Record& record, double speed) {
      const double held = noisy(9e5 * speed * 300 / (300 + bytes(record) * 0.2));
      record.values = {{"throughput", held},
                       {"throughput_low_loss", noisy(held * 1.06)},
                       {"throughput_bits", held * bytes(record) * 8}};
      if (record.subject == "direct") record.marks = {kGeneratorBound};
    });
    each("rfc2544", "latency",
         [this](Record& record, double speed) { add_latency(record, speed); });
    each(
        "rfc2544", "frame_loss",
        [this](Record& record, double speed) {
          const double limit = noisy(9e5 * speed);
          for (int step = 1; step <= 10; ++step) {
            const double offered = 2e5 * step;
            record.series["loss"].emplace_back(offered, std::max(0.0, 1 - limit / offered));
          }
          record.values = {{"loss", record.series["loss"].back().second}, {"received_rate", limit}};
        },
        {64, 512});
    each("rfc2544", "back_to_back",
         [this](Record& record, double speed) {
           record.values = {{"back_to_back", std::floor(noisy(8000 * speed))}};
           if (record.subject == "ovs" && record.round == 2) record.marks = {kHiccup};
         },
         {64});
  }

  void add_others() {
    each("rfc2889", "address-capacity",
         [](Record& record, double) {
           if (record.subject == "direct") {
             record.marks = {kFailed};
             record.note = "it learns no <address>, and \"says\" so | in a table";
           } else {
             record.values = {{"address_capacity", record.subject == "trestle" ? 16384 : 4096}};
           }
         },
         {});
    each("rfc2889", "many-to-one",
         [this](Record& record, double speed) {
           record.values = {{"forwarding_rate_max", noisy(7e5 * speed)}, {"flooded", 0}};
         },
         {64, 1518});
    each("reset", "restart",
         [this](Record& record, double speed) {
           record.values = {{"reset_time", noisy(0.12 / speed)}, {"frames_lost", 1200}};
         },
         {64});
    each("peers", "cpu",
         [this](Record& record, double speed) {
           const double cost = noisy(2.4 / speed);
           record.values = {{"cpu_per_frame", cost}};
           if (record.subject != "direct") record.values["cpu_per_frame_own"] = cost - 1.05;
         },
         {64});
    each("peers", "memory",
         [this](Record& record, double) {
           record.values = {
               {"resident_bytes", record.subject == "kernel-bridge" ? 0 : noisy(3.1e7)}};
         },
         {});
  }

 private:
  using Sizes = std::vector<int>;

  static double bytes(const Record& record) { return record.setup.value("frame_bytes", 350.0); }
  double noisy(double value) {
    return value * std::uniform_real_distribution<>(1 - kSpread, 1 + kSpread)(random_);
  }

  void add_latency(Record& record, double speed) {
    std::lognormal_distribution<> usual(std::log(14000 / speed), 0.22);
    std::lognormal_distribution<> seldom(std::log(160000 / speed), 0.5);
    for (int i = 0; i < 4000; ++i) {
      const bool late = random_() % 200 == 0;
      record.latency.record(static_cast<std::int64_t>(late ? seldom(random_) : usual(random_)));
    }
    for (const auto& [name, share] : {std::pair{"latency_p50", 0.5},
                                      {"latency_p99", 0.99},
                                      {"latency_p999", 0.999},
                                      {"latency_max", 1.0}}) {
      record.values[name] = static_cast<double>(record.latency.quantile(share));
    }
  }

  template <typename Fill>
  void each(const char* suite, const char* test, Fill fill,
            Sizes sizes = {64, 128, 256, 512, 1024, 1280, 1518, 0}) {
    if (sizes.empty()) sizes = {-1};
    for (unsigned round = 1; round <= kRounds; ++round) {
      for (const int size : sizes) {
        for (const Subject& subject : subjects_) {
          Record record;
          record.suite = suite;
          record.test = test;
          record.subject = subject.name;
          record.round = round;
          if (size > 0) record.setup["frame_bytes"] = size;
          if (size == 0) record.setup["frames"] = "imix";
          fill(record, subject.speed);
          records_.push_back(std::move(record));
        }
      }
    }
  }

  std::mt19937 random_;
  std::vector<Subject> subjects_;
  std::vector<Record> records_;
};

}  // namespace

RunFile made_up_run(unsigned seed, double trestle_factor) {
  Maker maker(seed, trestle_factor);
  maker.add_rfc2544();
  maker.add_others();
  RunFile file;
  file.run.started = "2026-11-21T20:00:00Z";
  file.run.version = "0.5.0";
  file.run.command = {"trestle", "bench", "rfc2544", "--switch", "trestle,kernel-bridge,ovs"};
  file.run.options_hash = "0123456789abcdef";
  file.run.options = {{"rounds", kRounds}, {"trial_seconds", 1.0}};
  file.run.machine = {{"distribution", "Debian GNU/Linux 12 (bookworm)"},
                      {"kernel", "6.1.0-18-amd64"},
                      {"preemption", "PREEMPT_DYNAMIC"},
                      {"architecture", "x86_64"},
                      {"cpu", "AMD EPYC"},
                      {"cpus_online", 2},
                      {"memory_bytes", 8321499136},
                      {"hypervisor", "KVM"},
                      {"clocksource", "tsc"},
                      {"mitigations", {{"spectre_v2", "Mitigation: Retpolines"}}},
                      {"settings", {{"net.core.netdev_max_backlog", 1000}}}};
  file.run.pinning = {{"senders", {0}}, {"sinks", {1}}, {"switch", {1}}};
  file.run.subjects = {
      {"trestle", {{"what", "trestled, one worker"}, {"version", "0.5.0"}}},
      {"kernel-bridge", {{"what", "the kernel's bridge, no netfilter"}, {"version", "6.1"}}},
      {"ovs", {{"what", "Open vSwitch, userspace datapath"}, {"version", "3.1.0"}}},
      {"direct", {{"what", "one veth pair, no switch"}, {"version", ""}}}};
  file.records = maker.take();
  file.end = RunEnd{312.4, 1.3, 0.4, false};
  return file;
}

}  // namespace trestle::measure
