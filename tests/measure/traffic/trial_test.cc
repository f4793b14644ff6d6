// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/trial.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace trestle::measure;

namespace {

Stream stream(std::size_t from, std::optional<std::size_t> to) {
  Stream stream;
  stream.from = from;
  stream.to = to;
  return stream;
}

EndResult end(std::uint64_t sent, double seconds, std::uint64_t received) {
  EndResult end;
  end.sent = sent;
  end.send_seconds = seconds;
  end.received = received;
  return end;
}

}  // namespace

TEST_CASE("loss is what did not come of what was sent") {
  Trial trial;
  trial.streams = {stream(0, 1), stream(1, 0)};
  TrialResult result;
  result.ends = {end(1000, 1, 400), end(1000, 2, 1000)};
  CHECK(expected(trial, result) == 2000);
  CHECK(loss(trial, result) == Approx(0.3));
  CHECK(result.sent() == 2000);
  CHECK(result.received() == 1400);
  CHECK(result.send_seconds() == 2);
  CHECK(result.sent_per_second() == 1000);
  CHECK(delivered_per_second(trial, result) == 700);
}

TEST_CASE("what is for all others is due at each of them") {
  Trial trial;
  trial.streams = {stream(0, std::nullopt)};
  TrialResult result;
  result.ends = {end(100, 1, 0), end(0, 0, 100), end(0, 0, 50), end(0, 0, 100)};
  CHECK(expected(trial, result) == 300);
  CHECK(loss(trial, result) == Approx(50.0 / 300));
}

TEST_CASE("a sender's streams have equal shares of what it sent") {
  Trial trial;
  trial.streams = {stream(0, 1), stream(0, std::nullopt)};
  TrialResult result;
  result.ends = {end(100, 1, 0), end(0, 0, 100), end(0, 0, 50)};
  CHECK(expected(trial, result) == 150);
  CHECK(loss(trial, result) == 0);
}

TEST_CASE("more than was due is no loss, and neither is nothing of nothing") {
  Trial trial;
  trial.streams = {stream(0, 1)};
  TrialResult result;
  result.ends = {end(100, 1, 0), end(0, 0, 130)};
  CHECK(loss(trial, result) == 0);
  CHECK(delivered_per_second(trial, result) == result.sent_per_second());
  result.ends = {end(0, 0, 0), end(0, 0, 0)};
  CHECK(loss(trial, result) == 0);
  CHECK(result.sent_per_second() == 0);
}

TEST_CASE("what others got of a flood makes up for no frame that was lost") {
  Trial trial;
  trial.streams = {stream(0, 1)};
  TrialResult result;
  result.ends = {end(100, 2, 40), end(0, 0, 90), end(0, 0, 100)};
  CHECK(due(trial, result) == std::vector<double>{0, 100, 0});
  CHECK(delivered(trial, result) == 90);
  CHECK(delivered_per_second(trial, result) == 45);
  CHECK(loss(trial, result) == Approx(0.1));
}

TEST_CASE("a generator that falls more than 1 % short is the bound") {
  Trial trial;
  trial.streams = {stream(0, 1), stream(1, 0)};
  trial.rate = 1000;
  TrialResult result;
  result.ends = {end(1000, 1, 0), end(991, 1, 0)};
  CHECK_FALSE(generator_bound(trial, result));
  result.ends[1].sent = 989;
  CHECK(generator_bound(trial, result));
  trial.rate = 0;
  CHECK(generator_bound(trial, result));
}

TEST_CASE("frames that a device refused were not offered: its sender was held back") {
  Trial trial;
  trial.streams = {stream(0, 1)};
  TrialResult result;
  result.ends = {end(500, 1, 0), end(0, 0, 500)};
  for (const double rate : {0.0, 1000.0}) {
    trial.rate = rate;
    result.ends[0].refused = 500;
    CHECK(back_pressure(result));
    CHECK_FALSE(generator_bound(trial, result));
    CHECK(loss(trial, result) == 0);
    CHECK(result.sent_per_second() == 500);
    result.ends[0].refused = 0;
    CHECK_FALSE(back_pressure(result));
    CHECK(generator_bound(trial, result));
  }
}

TEST_CASE("a sender that fell short is the bound, though another was held back") {
  Trial trial;
  trial.streams = {stream(0, 1), stream(1, 0)};
  trial.rate = 1000;
  TrialResult result;
  result.ends = {end(500, 1, 500), end(500, 1, 500)};
  result.ends[0].refused = 500;
  CHECK(generator_bound(trial, result));
  CHECK(back_pressure(result));
}
