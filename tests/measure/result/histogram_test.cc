// SPDX-License-Identifier: Apache-2.0
//
// Histogram beside a slow twin: all values, sorted.

#include "measure/result/histogram.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "tests/sanitized.h"

using trestle::measure::Histogram;
using trestle::testing::steps;

namespace {

constexpr std::int64_t kLongest = std::int64_t{1} << 40;

struct Twin {
  Histogram histogram;
  std::vector<std::int64_t> values;

  void record(std::int64_t value, std::uint64_t times = 1) {
    histogram.record(value, times);
    values.insert(values.end(), times, std::clamp<std::int64_t>(value, 0, kLongest));
  }
  std::int64_t quantile(double share) {
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<std::size_t>(std::ceil(share * double(values.size())));
    return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
  }
  double mean() const {
    double sum = 0;
    for (const auto value : values) sum += double(value);
    return sum / double(values.size());
  }
  void require_alike() {
    REQUIRE(histogram.count() == values.size());
    for (const double share : {0.0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const double exact = double(quantile(share));
      INFO("share " << share << " of " << values.size());
      REQUIRE(double(histogram.quantile(share)) >= exact);
      REQUIRE(double(histogram.quantile(share)) <= exact * 1.001);
    }
    REQUIRE(histogram.min() == quantile(0));
    REQUIRE(histogram.max() == quantile(1));
    REQUIRE(histogram.mean() == Approx(mean()).epsilon(1e-9));
  }
};

std::int64_t random_value(std::mt19937_64& random) {
  return static_cast<std::int64_t>(random() >> (20 + random() % 44));
}

}  // namespace

TEST_CASE("an empty histogram answers 0") {
  const Histogram empty;
  CHECK(empty.empty());
  CHECK(empty.quantile(0.5) == 0);
  CHECK(empty.min() == 0);
  CHECK(empty.max() == 0);
  CHECK(empty.mean() == 0);
  CHECK(empty.buckets().empty());
}

TEST_CASE("quantiles are those of the sorted values, to 0.1 %") {
  std::mt19937_64 random(1);
  for (int round = 0; round < steps(160); ++round) {
    Twin twin;
    const auto count = 1 + random() % 2000;
    for (std::uint64_t i = 0; i < count; ++i) twin.record(random_value(random), 1 + random() % 3);
    twin.require_alike();
  }
}

TEST_CASE("values beyond the range count as its ends") {
  Twin twin;
  twin.record(-5);
  twin.record(kLongest + 1);
  twin.record(kLongest);
  twin.require_alike();
  CHECK(twin.histogram.max() == kLongest);
  CHECK(twin.histogram.min() == 0);
}

TEST_CASE("every value lies in its bucket, and buckets do not overlap") {
  std::mt19937_64 random(2);
  for (int round = 0; round < steps(4800); ++round) {
    const std::int64_t value = std::min(random_value(random), kLongest);
    Histogram histogram;
    histogram.record(value);
    const auto buckets = histogram.buckets();
    REQUIRE(buckets.size() == 1);
    REQUIRE(buckets[0].from <= value);
    REQUIRE(value < buckets[0].to);
    Histogram next;
    next.record(buckets[0].to);
    if (buckets[0].to <= kLongest) REQUIRE(next.buckets()[0].from == buckets[0].to);
  }
}

TEST_CASE("what is merged is as if one had recorded it all") {
  std::mt19937_64 random(3);
  for (const int left : {0, 1, 500}) {
    for (const int right : {0, 1, 500}) {
      Twin all;
      Histogram parts[2];
      for (int i = 0; i < left + right; ++i) {
        const auto value = random_value(random);
        all.record(value);
        parts[i < left ? 0 : 1].record(value);
      }
      parts[0].merge(parts[1]);
      CHECK(parts[0].to_json() == all.histogram.to_json());
    }
  }
}

TEST_CASE("a histogram comes back from JSON as it was") {
  std::mt19937_64 random(4);
  Histogram histogram;
  for (int i = 0; i < 1000; ++i) histogram.record(random_value(random), 1 + random() % 5);
  const auto json = histogram.to_json();
  CHECK(json.at("unit") == "ns");
  const auto back = Histogram::from_json(nlohmann::json::parse(json.dump()));
  CHECK(back.to_json() == json);
  CHECK(back.quantile(0.99) == histogram.quantile(0.99));
  CHECK(Histogram::from_json(Histogram().to_json()).empty());
}

TEST_CASE("JSON that is no histogram is an exception") {
  const auto good = [] {
    Histogram histogram;
    histogram.record(7, 3);
    return histogram.to_json();
  }();
  for (const char* key : {"count", "min", "max", "sum", "buckets"}) {
    auto bad = good;
    bad.erase(key);
    CHECK_THROWS_AS(Histogram::from_json(bad), nlohmann::json::exception);
  }
  auto bad = good;
  bad["count"] = 4;
  CHECK_THROWS_AS(Histogram::from_json(bad), nlohmann::json::exception);
  bad = good;
  bad["buckets"][0] = {1, 2};
  CHECK_THROWS_AS(Histogram::from_json(bad), nlohmann::json::exception);
  CHECK_THROWS_AS(Histogram::from_json(nlohmann::json::array()), nlohmann::json::exception);
}
