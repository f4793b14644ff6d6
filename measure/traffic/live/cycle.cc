// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/live/cycle.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>

namespace trestle::measure {
namespace {

static_assert(kEthernet + kHeadSize == kLiveHeadPlain);
static_assert(kLinkHeaderMax + kHeadSize == kLiveHeadTagged);

// Stops growing where it is too much anyway.
std::uint64_t common_multiple(std::uint64_t a, std::uint64_t b) {
  return a > LiveCycle::kFramesMax ? a : std::lcm(a, b);
}

// After how many frames a stream begins again.
std::uint64_t period(const Stream& stream, const FrameTemplate& frames) {
  std::uint64_t whole = frames.size_period();
  for (const unsigned each : {stream.sources, stream.destinations, stream.connections}) {
    whole = common_multiple(whole, each);
  }
  return whole;
}

}  // namespace

void LiveCycle::add(const FrameTemplate& frames, std::uint16_t stream, std::uint32_t n,
                    std::uint32_t device) {
  std::uint8_t octets[kLiveHeadTagged]{};
  frames.write(n, 0, octets + frames.link_header());
  live_frame frame{};
  std::memcpy(frame.head, octets, sizeof octets);
  frame.first = n;
  frame.trim = static_cast<std::int32_t>(frames.size(n)) - static_cast<std::int32_t>(size_max_);
  frame.device = device;
  frames_.push_back(frame);
  streams_.push_back(stream);
}

std::optional<LiveCycle> LiveCycle::of(const Trial& trial,
                                       const std::vector<FrameTemplate>& templates,
                                       const std::vector<std::size_t>& senders) {
  std::vector<std::vector<std::uint16_t>> streams(senders.size());
  LiveCycle cycle;
  cycle.stream_count_ = trial.streams.size();
  std::uint64_t turns = 1;  // of each sender
  std::optional<bool> tagged;
  for (std::size_t device = 0; device < senders.size(); ++device) {
    std::uint64_t whole = 1;
    for (std::size_t i = 0; i < trial.streams.size(); ++i) {
      if (trial.streams[i].from != senders[device]) continue;
      streams[device].push_back(static_cast<std::uint16_t>(i));
      const bool tag = trial.streams[i].vlan != 0;
      if (tagged.value_or(tag) != tag) return std::nullopt;
      tagged = tag;
      whole = common_multiple(whole, period(trial.streams[i], templates[i]));
      cycle.size_max_ = std::max(cycle.size_max_, templates[i].size_max());
    }
    turns = common_multiple(turns, whole * streams[device].size());
  }
  if (turns * senders.size() > kFramesMax || cycle.size_max_ > kSizeMax) return std::nullopt;
  cycle.tagged_ = tagged.value_or(false);

  std::map<std::uint16_t, std::uint32_t> sent;
  for (std::uint64_t turn = 0; turn < turns; ++turn) {
    for (std::size_t device = 0; device < senders.size(); ++device) {
      const std::uint16_t stream = streams[device][turn % streams[device].size()];
      const std::uint32_t n = sent[stream]++;
      if (!templates[stream].is_signed(n)) return std::nullopt;
      cycle.add(templates[stream], stream, n, static_cast<std::uint32_t>(device));
    }
  }
  for (std::size_t i = 0; i < cycle.frames_.size(); ++i) {
    cycle.frames_[i].step = sent[cycle.streams_[i]];
  }
  return cycle;
}

std::vector<std::uint64_t> LiveCycle::by_stream(std::uint64_t offered) const {
  std::vector<std::uint64_t> count(stream_count_);
  const std::uint64_t cycles = offered / frames_.size(), rest = offered % frames_.size();
  for (std::size_t i = 0; i < frames_.size(); ++i) count[streams_[i]] += cycles + (i < rest);
  return count;
}

}  // namespace trestle::measure
