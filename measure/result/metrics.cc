// SPDX-License-Identifier: Apache-2.0

#include "measure/result/metrics.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace trestle::measure {
namespace {

using enum Better;
constexpr Metric kMetrics[] = {
    // Rates of frames. "low loss" is at most 0.1 %.
    {"throughput", "throughput, no loss", "frames/s", kHigher, true},
    {"throughput_low_loss", "throughput, loss ≤ 0.1 %", "frames/s", kHigher, true},
    {"throughput_bits", "throughput, no loss", "bit/s", kHigher, false},
    {"received_rate", "received under overload", "frames/s", kHigher, true},
    {"delivered_rate", "received", "frames/s", kHigher, true},
    {"offered_rate", "offered", "frames/s", kNeither, false},
    {"rate_kept", "kept of its rate without the attack", "share", kHigher, true},
    {"forwarding_rate_max", "highest forwarding rate", "frames/s", kHigher, true},
    {"broadcast_rate", "broadcasts received at each end", "frames/s", kHigher, true},
    {"copies_rate", "copies of broadcasts, all ends", "frames/s", kHigher, true},
    {"loss", "lost", "share", kLower, false},
    {"reordered", "reordered", "share", kLower, false},
    {"duplicated", "duplicated", "share", kLower, false},
    {"flooded", "received by others than addressed", "share", kLower, false},
    {"back_to_back", "longest burst without loss", "frames", kHigher, true},
    // One-way latency of frames.
    {"latency_p50", "latency p50", "ns", kLower, true},
    {"latency_p99", "latency p99", "ns", kLower, true},
    {"latency_p999", "latency p99.9", "ns", kLower, true},
    {"latency_max", "latency max", "ns", kLower, false},
    {"latency_mean", "latency mean", "ns", kLower, false},
    {"latency_rate", "latency was taken at", "frames/s", kNeither, false},
    {"switch_waited", "of that time others had the switch's CPU", "share", kNeither, false},
    // How long it takes to come back.
    {"recovery_time", "recovery from overload", "s", kLower, true},
    {"reset_time", "no frames for", "s", kLower, true},
    {"start_time", "all ports up after", "s", kLower, true},
    {"stop_time", "stopped after", "s", kLower, false},
    {"frames_lost", "frames lost", "frames", kLower, false},
    // Addresses, congestion, errors (RFC 2889).
    {"address_capacity", "addresses remembered", "addresses", kHigher, true},
    {"learning_rate", "addresses learned", "addresses/s", kHigher, true},
    {"learning_time", "addresses learned after", "s", kLower, true},
    {"learning_cpu", "CPU to learn them", "s", kLower, false},
    {"head_of_line_loss", "lost on the uncongested port", "share", kLower, true},
    {"congested_loss", "lost on the congested port", "share", kNeither, false},
    {"back_pressure", "back pressure", "share", kNeither, false},
    {"errored_forwarded", "errored frames forwarded", "share", kLower, true},
    // Transfers and round trips.
    {"tcp_rate", "TCP", "bit/s", kHigher, true},
    {"rtt_p50", "round trip p50", "ns", kLower, true},
    {"rtt_p99", "round trip p99", "ns", kLower, true},
    {"rtt_p999", "round trip p99.9", "ns", kLower, true},
    {"rtt_max", "longest round trip", "ns", kLower, false},
    {"rtt_max_ageing", "longest round trip while addresses age out", "ns", kLower, true},
    {"round_trips", "round trips", "1/s", kHigher, false},
    // What it costs. "own": above what the rig needs without a switch, in the same round.
    {"cpu_per_frame", "CPU, whole system", "s/Mframe", kLower, false},
    {"cpu_per_frame_own", "CPU above the rig's own", "s/Mframe", kLower, true},
    {"cpu_per_frame_threads", "CPU of sender's and switch's threads", "s/Mframe", kLower, false},
    {"cpu_per_frame_threads_own", "CPU above the rig's own, by thread", "s/Mframe", kLower, false},
    {"cpu_per_gigabyte", "CPU, whole system", "s/GB", kLower, true},
    {"cpu_per_copy", "CPU of the switch for a copy", "ns", kLower, true},
    {"cpu_per_round_trip", "CPU of the switch for a round trip", "ns", kLower, false},
    {"idle_cpu", "CPU when idle", "share", kLower, true},
    {"resident_bytes", "memory", "bytes", kLower, true},
    {"machine_bytes", "memory of the machine", "bytes", kLower, false},
    {"resident_growth", "memory grown by", "bytes", kLower, false},
    // What it says of itself.
    {"scrape_time", "a scrape takes", "s", kLower, true},
    {"scrape_bytes", "size of a scrape", "bytes", kLower, false},
    {"status_time", "status takes", "s", kLower, false},
    {"port_list_time", "port list takes", "s", kLower, false},
};

struct Scale {
  double from;
  double unit;
  const char* suffix;
};

std::string scaled(double value, const Scale* scales, std::size_t count) {
  const double size = std::abs(value);
  const Scale* scale = scales + count - 1;
  for (std::size_t i = 0; i < count; ++i) {
    if (size >= scales[i].from) {
      scale = scales + i;
      break;
    }
  }
  const double shown_value = value / scale->unit;
  const double magnitude = std::abs(shown_value);
  const int digits = magnitude >= 100 || magnitude == 0 ? 0 : magnitude >= 10 ? 1 : 2;
  return fmt::format("{:.{}f}{}", shown_value, digits, scale->suffix);
}

// 16384 -> "16,384"; medians may lie half-way between two counts.
std::string counted(double value) {
  std::string text = fmt::format("{:.0f}", std::abs(value));
  for (std::size_t place = text.size(); place > 3;) {
    place -= 3;
    text.insert(place, 1, ',');
  }
  return value < 0 ? "-" + text : text;
}

constexpr Scale kSeconds[] = {
    {1, 1, " s"}, {1e-3, 1e-3, " ms"}, {1e-6, 1e-6, " µs"}, {0, 1e-9, " ns"}};
constexpr Scale kNanoseconds[] = {
    {1e9, 1e9, " s"}, {1e6, 1e6, " ms"}, {1e3, 1e3, " µs"}, {0, 1, " ns"}};
constexpr Scale kDecimal[] = {{1e9, 1e9, " G"}, {1e6, 1e6, " M"}, {1e4, 1e3, " k"}, {0, 1, " "}};
constexpr Scale kBinary[] = {{1 << 30, 1 << 30, " GiB"},
                             {1 << 20, 1 << 20, " MiB"},
                             {1 << 10, 1 << 10, " KiB"},
                             {0, 1, " B"}};

}  // namespace

const Metric* find_metric(std::string_view name) {
  const auto* found = std::find_if(std::begin(kMetrics), std::end(kMetrics),
                                   [name](const Metric& metric) { return metric.name == name; });
  return found == std::end(kMetrics) ? nullptr : found;
}

std::string shown(double value, std::string_view unit) {
  if (unit == "share") return fmt::format("{:.{}f} %", value * 100, value < 0.1 ? 2 : 1);
  if (unit == "s") return scaled(value, kSeconds, std::size(kSeconds));
  if (unit == "ns") return scaled(value, kNanoseconds, std::size(kNanoseconds));
  if (unit == "bytes") return scaled(value, kBinary, std::size(kBinary));
  if (unit == "s/Mframe" || unit == "s/GB") return fmt::format("{:.2f} {}", value, unit);
  // Counts are exact while they are short enough: "16,384".
  constexpr double kLong = 1e7;
  if ((unit == "frames" || unit == "addresses") && std::abs(value) < kLong) return counted(value);
  // "frames/s" -> "1.23 M/s", "bit/s" -> "12.3 Gbit/s", "addresses" -> "16.4 k".
  std::string text = scaled(value, kDecimal, std::size(kDecimal));
  if (unit == "bit/s") return text + "bit/s";
  if (text.back() == ' ') text.pop_back();
  const auto slash = unit.find('/');
  return slash == std::string_view::npos ? text : text + std::string(unit.substr(slash));
}

}  // namespace trestle::measure
