// SPDX-License-Identifier: Apache-2.0
//
// RFC 2889 5.1, 5.2 and 5.4: how much a switch forwards when several ports send to several. Each
// pattern is offered as fast as can be and at lower rates, and what is told of it is
//
//   throughput_low_loss   most frames/s, all senders together, of which at most 0.1 % is lost;
//   forwarding_rate_max   most frames/s that came out, at any load (RFC 2285 3.6.3, "MFR"), with
//   offered_rate          as the load when all send what they can (RFC 2285 3.5.3, "MOL");
//   flooded               which share came to ends it was not for, though all are known.
//
// Where the standard's bursts, gaps and bidirectional variants matter to a wire, here they do not;
// its numbers of addresses for each port (up to 128) are one, the device's own.

#include <fmt/core.h>

#include <utility>

#include "measure/cases/rfc2889.h"

namespace trestle::measure::rfc2889 {
namespace {

using Pattern = std::vector<Stream> (*)(const TrialRunner&);

// 5.1.3: in turn to the next port, the one after it and so on, around, as the standard's table.
std::vector<Stream> fully_meshed(const TrialRunner& trials) {
  std::vector<Stream> streams;
  for (std::size_t from = 0; from < trials.ends(); ++from) {
    for (std::size_t step = 1; step < trials.ends(); ++step)
      streams.push_back(stream_between(trials, from, (from + step) % trials.ends()));
  }
  return streams;
}

// 5.2, one direction of it: the first to all others.
std::vector<Stream> one_to_many(const TrialRunner& trials) {
  std::vector<Stream> streams;
  for (std::size_t to = 1; to < trials.ends(); ++to)
    streams.push_back(stream_between(trials, 0, to));
  return streams;
}

// 5.2, the other. Where the standard keeps the many from offering more than the one wire takes,
// the search does.
std::vector<Stream> many_to_one(const TrialRunner& trials) {
  std::vector<Stream> streams;
  for (std::size_t from = 1; from < trials.ends(); ++from)
    streams.push_back(stream_between(trials, from, 0));
  return streams;
}

// 5.4.3: half of the ports send, each in turn to all of the other half.
std::vector<Stream> unidirectional(const TrialRunner& trials) {
  const std::size_t half = trials.ends() / 2, others = trials.ends() - half;
  std::vector<Stream> streams;
  for (std::size_t from = 0; from < half; ++from) {
    for (std::size_t step = 0; step < others; ++step)
      streams.push_back(stream_between(trials, from, half + (from + step) % others));
  }
  return streams;
}

// The sinks read every frame here, which costs them; so at a quarter of the rate found.
Result<void> measure_flooding(Stage& stage, Trial trial, double rate, Record& record) {
  trial.rate = rate / 4;
  trial.seconds = stage.effort.search_seconds;
  trial.inspect = Inspect::kAll;
  const auto result = offer(stage, trial);
  if (!result) return tl::make_unexpected(result.error());
  std::uint64_t read = 0, strays = 0;
  for (const EndResult& end : result->ends) {
    read += end.read;
    strays += end.strays;
  }
  if (read > 0) record.values["flooded"] = static_cast<double>(strays) / static_cast<double>(read);
  return {};
}

Result<void> measure(Stage& stage, Record& record, Pattern pattern, std::uint32_t bytes) {
  if (auto ready = prepare(stage); !ready) return ready;
  Trial trial;
  trial.streams = pattern(stage.trials);
  trial.sizes = {{bytes, 1}};
  const auto rates = find_rates(stage, trial, fmt::format("{}, {} bytes", record.test, bytes));
  if (!rates) return tl::make_unexpected(rates.error());
  record.values["throughput_low_loss"] = rates->low_loss.load;
  record.values["forwarding_rate_max"] = rates->received;
  record.values["offered_rate"] = rates->offered_max;
  mark(record, rates->low_loss);
  if (rates->low_loss.load <= 0) {
    record.note = "at every rate that was tried more than 0.1 % was lost";
    return {};
  }
  return measure_flooding(stage, trial, rates->each, record);
}

Case meshed_case(const Effort& effort, const char* test, Pattern pattern, std::uint32_t bytes) {
  Case made = asked(test, kEnds);
  made.setup = {{"frame_bytes", bytes}, {"ports", kEnds}};
  made.measure = [pattern, bytes](Stage& stage, Record& record) {
    return measure(stage, record, pattern, bytes);
  };
  made.seconds = rates_seconds(effort) + effort.search_seconds;
  return made;
}

}  // namespace

std::vector<Case> meshed_cases(const Effort& effort) {
  std::vector<Case> cases;
  for (const std::uint32_t bytes : effort.frame_sizes)
    cases.push_back(meshed_case(effort, "fully-meshed", fully_meshed, bytes));
  const std::pair<const char*, Pattern> others[] = {{"one-to-many", one_to_many},
                                                    {"many-to-one", many_to_one},
                                                    {"unidirectional", unidirectional}};
  for (const auto& [test, pattern] : others) {
    for (const std::uint32_t bytes : outer_sizes(effort))
      cases.push_back(meshed_case(effort, test, pattern, bytes));
  }
  return cases;
}

}  // namespace trestle::measure::rfc2889
