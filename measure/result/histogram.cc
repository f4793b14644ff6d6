// SPDX-License-Identifier: Apache-2.0

#include "measure/result/histogram.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace trestle::measure {
namespace {

// Values below 2,048 ns have a bucket each. From there on every power of two has 1,024: the value's
// eleven most significant bits (the first is always 1) and its magnitude are the bucket.
constexpr unsigned kSubBits = 10;
constexpr std::uint64_t kSub = 1u << kSubBits;
constexpr unsigned kMaxBits = 40;
constexpr std::uint64_t kLongest = std::uint64_t{1} << kMaxBits;

constexpr std::size_t bucket_of(std::uint64_t value) {
  if (value < 2 * kSub) return static_cast<std::size_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
  return static_cast<std::size_t>(shift * kSub + (value >> shift));
}

constexpr std::uint64_t lowest_of(std::size_t bucket) {
  if (bucket < 2 * kSub) return bucket;
  const std::size_t shift = bucket / kSub - 1;
  return (bucket - shift * kSub) << shift;
}

constexpr std::size_t kBuckets = bucket_of(kLongest) + 1;
static_assert(kBuckets * sizeof(std::uint64_t) < 256 * 1024);
static_assert(lowest_of(bucket_of(kLongest)) == kLongest);
static_assert(lowest_of(bucket_of(2 * kSub)) == 2 * kSub);

}  // namespace

void Histogram::record(std::int64_t nanoseconds, std::uint64_t times) {
  if (times == 0) return;
  if (counts_.empty()) counts_.resize(kBuckets);
  const std::int64_t value =
      std::clamp<std::int64_t>(nanoseconds, 0, static_cast<std::int64_t>(kLongest));
  counts_[bucket_of(static_cast<std::uint64_t>(value))] += times;
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = count_ == 0 ? value : std::max(max_, value);
  count_ += times;
  sum_ += static_cast<double>(value) * static_cast<double>(times);
}

void Histogram::merge(const Histogram& other) {
  if (other.empty()) return;
  if (empty()) {
    *this = other;
    return;
  }
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  count_ += other.count_;
  sum_ += other.sum_;
}

// The highest value of the bucket that holds the wanted one, but never beyond the extremes, which
// are known exactly.
std::int64_t Histogram::quantile(double share) const {
  if (empty()) return 0;
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen < rank) continue;
    return std::clamp(static_cast<std::int64_t>(lowest_of(i + 1) - 1), min_, max_);
  }
  return max_;
}

std::int64_t Histogram::min() const {
  return min_;
}

std::int64_t Histogram::max() const {
  return max_;
}

double Histogram::mean() const {
  return empty() ? 0 : sum_ / static_cast<double>(count_);
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> filled;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    filled.push_back({static_cast<std::int64_t>(lowest_of(i)),
                      static_cast<std::int64_t>(lowest_of(i + 1)), counts_[i]});
  }
  return filled;
}

nlohmann::json Histogram::to_json() const {
  auto filled = nlohmann::json::array();
  for (const Bucket& bucket : buckets()) filled.push_back({bucket.from, bucket.to, bucket.count});
  return {{"unit", "ns"}, {"count", count_}, {"min", min_},
          {"max", max_},  {"sum", sum_},     {"buckets", std::move(filled)}};
}

Histogram Histogram::from_json(const nlohmann::json& json) {
  Histogram histogram;
  for (const auto& bucket : json.at("buckets")) {
    histogram.record(bucket.at(0).get<std::int64_t>(), bucket.at(2).get<std::uint64_t>());
  }
  if (histogram.count_ != json.at("count").get<std::uint64_t>()) {
    throw nlohmann::json::other_error::create(501, "a histogram's count is not its buckets'",
                                              &json);
  }
  histogram.min_ = json.at("min").get<std::int64_t>();
  histogram.max_ = json.at("max").get<std::int64_t>();
  histogram.sum_ = json.at("sum").get<double>();
  if (histogram.min_ < 0 || histogram.max_ < histogram.min_) {
    throw nlohmann::json::other_error::create(501, "a histogram's bounds are none", &json);
  }
  return histogram;
}

}  // namespace trestle::measure
