// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/sink.h"

#include <algorithm>
#include <cstring>

namespace trestle::measure {

Sink::Sink(const Trial& trial, const std::vector<FrameTemplate>& templates, std::size_t at,
           std::uint64_t start_ns)
    : trial_(trial),
      templates_(templates),
      at_(at),
      start_ns_(start_ns),
      streams_(trial.streams.size()),
      last_missing_(trial.streams.size(),
                    LastMissing(trial.inspect == Inspect::kAll ? 1 : kSampleEvery)) {}

bool Sink::is_due_here(const Stream& stream) const {
  return stream.to ? *stream.to == at_ : stream.from != at_;
}

void Sink::take(const Arrival& arrival) {
  if (arrival.captured < kEthernet + kHeadSize) return;
  const bool tagged = arrival.frame[12] == 0x81 && arrival.frame[13] == 0x00;
  const std::size_t link_header = tagged ? kLinkHeaderMax : kEthernet;
  if (arrival.captured < link_header + kHeadSize) return;
  const std::uint8_t* ip = arrival.frame + link_header;
  Signature signature;
  if (!read_signature(ip + kSignatureAt, signature) || signature.sent_ns < start_ns_) return;
  ++read_;
  if (signature.stream >= trial_.streams.size()) {
    ++corrupted_;
    return;
  }
  if (!is_due_here(trial_.streams[signature.stream])) {
    ++strays_;
    return;
  }
  latency_.record(static_cast<std::int64_t>(arrival.at_ns - signature.sent_ns));
  if (last_arrival_ns_ > 0 && arrival.at_ns > last_arrival_ns_) {
    longest_gap_ns_ = std::max(longest_gap_ns_, arrival.at_ns - last_arrival_ns_);
  }
  last_arrival_ns_ = arrival.at_ns;
  last_missing_[signature.stream].came(signature.sequence, signature.sent_ns);
  if (trial_.inspect != Inspect::kAll) return;
  streams_[signature.stream].came(signature.sequence);
  if (!is_as_sent(arrival, ip, signature)) ++corrupted_;
}

// Tags are the switch's business. A super-frame may have been cut up, of which only the first piece
// has a signature, and other lengths and checksums than it was sent with.
bool Sink::is_as_sent(const Arrival& arrival, const std::uint8_t* ip,
                      const Signature& signature) const {
  const FrameTemplate& frames = templates_[signature.stream];
  std::uint8_t head[kLinkHeaderMax + kHeadSize];
  std::uint8_t* const expected = head + kLinkHeaderMax;
  frames.write(signature.sequence, signature.sent_ns, expected);
  constexpr std::size_t kAddresses = 12;
  if (std::memcmp(arrival.frame, expected - frames.link_header(), kAddresses) != 0) return false;
  if (std::memcmp(ip - 2, expected - 2, 2) != 0) return false;
  const auto before = static_cast<std::size_t>(ip - arrival.frame);
  const std::size_t captured = arrival.captured - before;
  if (trial_.segment_bytes > 0) {
    return std::memcmp(ip + kSignatureAt, expected + kSignatureAt, kSignatureSize) == 0 &&
           std::memcmp(ip + kHeadSize, payload_pattern() + kHeadSize, captured - kHeadSize) == 0;
  }
  const std::size_t size = frames.size(signature.sequence) - frames.link_header();
  return arrival.size - before == size && std::memcmp(ip, expected, kHeadSize) == 0 &&
         std::memcmp(ip + kHeadSize, payload_pattern() + kHeadSize,
                     std::min(captured, size) - kHeadSize) == 0;
}

void Sink::tell(const std::vector<Used>& used, std::uint64_t no_room, EndResult& result) const {
  result.read = read_;
  result.corrupted = corrupted_;
  result.strays = strays_;
  result.unread = no_room;
  if (trial_.inspect != Inspect::kAll) return;
  std::uint64_t missing = 0;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (!is_due_here(trial_.streams[i])) continue;
    missing += streams_[i].missing(used[i].sequences - used[i].refused);
    result.duplicated += streams_[i].duplicated();
    result.reordered += streams_[i].reordered();
  }
  result.missing = missing - std::min(missing, no_room);
}

void Sink::tell_times(const std::vector<Used>& used, std::uint64_t start_ns, std::uint64_t end_ns,
                      EndResult& result) const {
  result.longest_gap = static_cast<double>(longest_gap_ns_) * 1e-9;
  for (std::size_t i = 0; i < last_missing_.size(); ++i) {
    if (!is_due_here(trial_.streams[i])) continue;
    const auto sent_ns = last_missing_[i].sent_ns(used[i].sequences, end_ns);
    if (!sent_ns) continue;
    const double at = (static_cast<double>(*sent_ns) - static_cast<double>(start_ns)) * 1e-9;
    result.last_missing_at = std::max({result.last_missing_at, at, 0.0});
  }
}

}  // namespace trestle::measure
