// SPDX-License-Identifier: Apache-2.0

#include "tests/measure/cases/simulated_bridge.h"

#include <algorithm>
#include <cmath>

namespace trestle::measure::testing {

struct SimulatedBridge::Sender {
  std::size_t end = 0;
  std::vector<const Stream*> streams;
  std::vector<std::uint64_t> numbers;  // of the next frame of each stream
  std::uint64_t attempts = 0;
  double interval = 0;
  double next = 0;  // when it sends again
  double first = 0, last = 0;
};

std::size_t SimulatedBridge::Line::waiting(double now) {
  while (!leaving.empty() && leaving.front() <= now) leaving.pop_front();
  return leaving.size();
}

double SimulatedBridge::Line::join(double now, double seconds) {
  free_at = std::max(free_at, now) + seconds;
  leaving.push_back(free_at);
  return free_at;
}

SimulatedBridge::SimulatedBridge(const BridgeTraits& traits)
    : traits_(traits), outputs_(traits.ends), inputs_(traits.ends) {
  learning_credit_ = traits.learning_burst;
  for (std::size_t end = 0; end < traits.ends; ++end) learn(mac(end), end);
}

MacAddress SimulatedBridge::mac(std::size_t end) const {
  return MacAddress::from_u64(0x0200'0000'0100 + end);
}

void SimulatedBridge::learn(MacAddress source, std::size_t end) {
  if (!traits_.learns) return;
  const std::uint64_t key = source.to_u64();
  if (const auto known = table_.find(key); known != table_.end()) {
    known->second.end = end;
    by_age_.splice(by_age_.end(), by_age_, known->second.place);
    return;
  }
  if (traits_.learning_rate > 0) {
    learning_credit_ += (now_ - credited_at_) * traits_.learning_rate;
    learning_credit_ = std::min(learning_credit_, traits_.learning_burst);
    credited_at_ = now_;
    if (learning_credit_ < 1) return;
    learning_credit_ -= 1;
  }
  if (traits_.table > 0 && table_.size() >= traits_.table) {
    if (traits_.when_full == WhenFull::kRefuse) return;
    auto victim = by_age_.begin();
    if (traits_.when_full == WhenFull::kForgetAny) {
      random_ = random_ * 6364136223846793005 + 1442695040888963407;
      std::advance(victim, (random_ >> 33) % 64);
    }
    table_.erase(*victim);
    by_age_.erase(victim);
  }
  table_[key] = {end, by_age_.insert(by_age_.end(), key)};
}

std::vector<std::size_t> SimulatedBridge::outputs(std::size_t from, MacAddress destination) const {
  const auto known = table_.find(destination.to_u64());
  if (known != table_.end()) {
    if (known->second.end == from) return {};
    return {known->second.end};
  }
  if (!destination.is_group() && !traits_.floods_unknown) return {};
  std::vector<std::size_t> all;
  for (std::size_t end = 0; end < traits_.ends; ++end) {
    if (end != from) all.push_back(end);
  }
  return all;
}

void SimulatedBridge::deliver(const Trial& trial, const Arrival& arrival, std::size_t output,
                              double when, TrialResult& result) const {
  EndResult& end = result.ends[output];
  ++end.received;
  const bool read = trial.inspect == Inspect::kAll ||
                    (trial.inspect == Inspect::kSample && arrival.number % kSampleEvery == 0);
  if (!read) return;
  ++end.read;
  if (arrival.stream->to && *arrival.stream->to != output) {
    ++end.strays;
    return;
  }
  if (trial.inspect == Inspect::kAll) --end.missing;  // all of a stream were, before
  const double seconds = when - arrival.sent_at + traits_.latency_seconds;
  result.latency.record(std::llround(seconds * 1e9));
}

double SimulatedBridge::forward(const Trial& trial, const Arrival& arrival, std::size_t output,
                                TrialResult& result) {
  const double seconds = traits_.output_rate > 0 ? 1 / traits_.output_rate : 0;
  Line& line = outputs_[output];
  if (seconds == 0) {
    deliver(trial, arrival, output, now_, result);
    return now_;
  }
  if (traits_.head_of_line) {
    Line& input = inputs_[arrival.stream->from];
    if (input.waiting(now_) >= traits_.queue) return now_;
    // It comes to the front of its input's line, and there waits until its output is free.
    const double at_front = std::max(now_, input.free_at);
    const double left = line.join(at_front, seconds);
    input.free_at = left - seconds;
    input.leaving.push_back(left - seconds);
    deliver(trial, arrival, output, left, result);
    return now_;
  }
  double go_on = now_;
  if (const std::size_t waiting = line.waiting(now_); waiting >= traits_.queue) {
    if (!traits_.back_pressure) return now_;
    go_on = line.leaving[waiting - traits_.queue];  // then there is room again
  }
  deliver(trial, arrival, output, line.join(now_, seconds), result);
  return go_on;
}

void SimulatedBridge::send_next(const Trial& trial, Sender& sender, TrialResult& result) {
  const std::size_t turn = sender.attempts % sender.streams.size();
  const Stream& stream = *sender.streams[turn];
  ++sender.attempts;
  now_ = std::max(now_, sender.next);
  sender.next += sender.interval;
  EndResult& own = result.ends[sender.end];
  const std::uint32_t bytes = trial.sizes.front().bytes;
  const bool full = traits_.total_rate > 0 && processor_.waiting(now_) >= traits_.queue;
  if (bytes > traits_.interface_largest || (full && traits_.refuses)) {
    ++own.refused;
    return;
  }
  const std::uint64_t number = sender.numbers[turn]++;
  if (own.sent++ == 0) sender.first = now_;
  sender.last = now_;
  if (trial.inspect == Inspect::kAll) {
    for (std::size_t end = 0; end < traits_.ends; ++end) {
      if (end != sender.end && (!stream.to || *stream.to == end)) ++result.ends[end].missing;
    }
  }
  if (bytes < traits_.smallest || bytes > traits_.largest) return;
  if (traits_.total_rate > 0) {
    if (full) return;
    processor_.join(now_, 1 / traits_.total_rate);
  }
  learn(MacAddress::from_u64(stream.source.to_u64() + number % stream.sources), sender.end);
  const auto destination =
      MacAddress::from_u64(stream.destination.to_u64() + number % stream.destinations);
  for (const std::size_t output : outputs(sender.end, destination)) {
    const double go_on = forward(trial, {&stream, number, now_}, output, result);
    sender.next = std::max(sender.next, go_on);
  }
}

Result<TrialResult> SimulatedBridge::run(const Trial& trial) {
  TrialResult result;
  result.ends.resize(traits_.ends);
  std::vector<Sender> senders;
  for (std::size_t end = 0; end < traits_.ends; ++end) {
    Sender sender;
    sender.end = end;
    for (const Stream& stream : trial.streams) {
      if (stream.from == end) sender.streams.push_back(&stream);
    }
    sender.numbers.resize(sender.streams.size());
    if (!sender.streams.empty()) senders.push_back(std::move(sender));
  }
  const double ceiling = traits_.sender_rate / static_cast<double>(senders.size());
  const double rate = trial.rate > 0 ? std::min(trial.rate, ceiling) : ceiling;
  const double end_of_time = now_ + trial.seconds;
  double offset = 0;
  for (Sender& sender : senders) {
    sender.interval = 1 / rate;
    sender.next = now_ + offset;
    offset += sender.interval / static_cast<double>(senders.size());
  }
  for (;;) {
    Sender* earliest = nullptr;
    for (Sender& sender : senders) {
      if (trial.frames > 0 && sender.attempts >= trial.frames) continue;
      if (sender.next >= end_of_time) continue;
      if (earliest == nullptr || sender.next < earliest->next) earliest = &sender;
    }
    if (earliest == nullptr) break;
    send_next(trial, *earliest, result);
  }
  for (const Sender& sender : senders) {
    if (result.ends[sender.end].sent > 0)
      result.ends[sender.end].send_seconds = sender.last - sender.first + sender.interval;
  }
  now_ += trial.settle_seconds + 1;  // whatever waits is gone
  return result;
}

}  // namespace trestle::measure::testing
