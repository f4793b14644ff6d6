// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/check_trial.h"

#include <fmt/core.h>

#include "measure/traffic/frame_template.h"

namespace trestle::measure {
namespace {

// net/ipv4/udp.c knows no more of one super-frame (UDP_MAX_SEGMENTS; 64 before Linux 6.9).
constexpr std::uint32_t kSegmentsMax = 64;
constexpr std::size_t kStreamsMax = 65536;  // the signature has 16 bits
constexpr std::uint64_t kPatternMax = 100'000;

Result<void> check_stream(const Stream& stream, std::size_t ends) {
  if (stream.from >= ends || (stream.to && *stream.to >= ends)) {
    return fail(fmt::format("a stream names an end that is not there; there are {}", ends));
  }
  if (stream.to == stream.from) return fail("a stream is to its own sender");
  if (stream.sources == 0 || stream.destinations == 0 || stream.connections == 0) {
    return fail("a stream has no address or no connection");
  }
  if (stream.vlan > 4094) return fail(fmt::format("there is no VLAN {}", stream.vlan));
  return {};
}

Result<void> check_sizes(const Trial& trial) {
  if (trial.sizes.empty()) return fail("a trial has no frame size");
  std::uint64_t places = 0;
  for (const FrameSize& size : trial.sizes) {
    if (size.bytes < kSizeMin || size.bytes > kSizeMax) {
      return fail(fmt::format("a frame of {} bytes cannot be sent; {} to {} can", size.bytes,
                              kSizeMin, kSizeMax));
    }
    if (size.bytes < 64 && trial.inspect == Inspect::kAll) {
      return fail("frames of less than 64 bytes can be counted but not read");
    }
    if (size.weight == 0) return fail("a frame size has no weight");
    places += size.weight;
    const std::uint32_t segments_max = kSegmentsMax * trial.segment_bytes;
    if (trial.segment_bytes > 0 && (size.bytes < 64 || size.bytes > 64 + segments_max)) {
      return fail(fmt::format("a super-frame of {} bytes has more than {} segments, or is no frame",
                              size.bytes, kSegmentsMax));
    }
  }
  if (places > kPatternMax) return fail("the weights of the frame sizes are too large");
  return {};
}

}  // namespace

Result<void> check(const Trial& trial, std::size_t ends) {
  if (trial.streams.empty()) return fail("a trial has no streams");
  if (trial.streams.size() > kStreamsMax) return fail("a trial has too many streams");
  for (const Stream& stream : trial.streams) {
    if (const auto good = check_stream(stream, ends); !good) return good;
  }
  if (!(trial.rate >= 0) || !(trial.seconds >= 0) || !(trial.settle_seconds >= 0)) {
    return fail("a trial's rate and times cannot be negative");
  }
  if (!(trial.then_rate >= 0) || !(trial.then_seconds >= 0)) {
    return fail("the rate and the time of a trial's second phase cannot be negative");
  }
  if (trial.then_seconds > 0 && trial.frames > 0) {
    return fail("a trial of so many frames has no second phase");
  }
  if (trial.seconds == 0 && trial.frames == 0) return fail("a trial has neither frames nor time");
  return check_sizes(trial);
}

}  // namespace trestle::measure
