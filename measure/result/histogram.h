// SPDX-License-Identifier: Apache-2.0
//
// A histogram of durations with a fixed relative error, after Gil Tene's HdrHistogram: 1 ns to
// 2^40 ns (18 min), 1,024 sub-buckets to each power of two, so a value is kept to 0.1 %.
// One writer; several are merged afterwards.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace trestle::measure {

class Histogram {
 public:
  Histogram() = default;  // empty; takes its memory (about 250 KB) with the first value

  // Longer than 2^40 ns counts as that, less than 0 as 0.
  void record(std::int64_t nanoseconds, std::uint64_t times = 1);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  // ns. The smallest value that at least this share (0..1) of all values does not exceed, to 0.1 %;
  // max, min and mean are exact. 0 when empty.
  std::int64_t quantile(double share) const;
  std::int64_t min() const;
  std::int64_t max() const;
  double mean() const;

  struct Bucket {
    std::int64_t from = 0, to = 0;  // ns; [from, to)
    std::uint64_t count = 0;
  };
  // Those that are not empty, in rising order.
  std::vector<Bucket> buckets() const;

  // {"unit":"ns","count":…,"min":…,"max":…,"sum":…,"buckets":[[from,to,count],…]} and back;
  // from_json throws nlohmann::json::exception for anything else.
  nlohmann::json to_json() const;
  static Histogram from_json(const nlohmann::json& json);

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::int64_t min_ = 0, max_ = 0;
  double sum_ = 0;
};

}  // namespace trestle::measure
