// SPDX-License-Identifier: Apache-2.0

#include "measure/cases/search.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

namespace trestle::measure {
namespace {

// A device that loses all above its capacity, and what it was asked.
struct Device {
  double capacity = 0;
  double most = 2e6;     // that can be offered
  double seconds = 0.5;  // of a step
  std::vector<double> asked = {};

  Step operator()(double load) {
    asked.push_back(load);
    const double offered = std::min(load, most);
    return {offered, std::max(0.0, 1 - capacity / offered), offered < load, false, seconds};
  }
};

Search search_of(Device& device, double resolution, double top) {
  const Step at_top = device(top);
  return Search([&device](double load) -> Result<Step> { return device(load); }, resolution, top,
                at_top);
}

// The highest load without loss, and that with at most a thousandth.
std::pair<Found, Found> both(Search& search, double guess) {
  const auto low = search.highest(1e-3, guess);
  const auto none = search.highest(0, low->load);
  REQUIRE(low);
  REQUIRE(none);
  return {*none, *low};
}

TEST_CASE("any capacity is found to the resolution, from any guess, in few steps") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(3.5, 6.2), factor(0.2, 3);
  std::uniform_real_distribution<double> fineness(0.002, 0.05);
  for (int i = 0; i < 2000; ++i) {
    Device device{std::pow(10, exponent(random))};
    const double resolution = fineness(random);
    Search search = search_of(device, resolution, device.most);
    const auto [none, low] = both(search, device.capacity * factor(random));
    INFO(device.capacity << " " << resolution);
    CHECK(none.load <= device.capacity);
    CHECK(none.load >= device.capacity * (1 - 1.01 * resolution));
    CHECK(low.load <= device.capacity * 1.0011);
    CHECK(low.load >= device.capacity * (1 - 1.01 * resolution));
    CHECK(low.load >= none.load);
    CHECK_FALSE(none.generator_bound);
    CHECK_FALSE(none.hiccup);
    CHECK(device.asked.size() < 60);
  }
}

TEST_CASE("a good guess saves steps") {
  Device near{500e3}, far{500e3};
  Search well = search_of(near, 0.01, near.most);
  Search badly = search_of(far, 0.01, far.most);
  REQUIRE(well.highest(1e-3, 495e3));
  REQUIRE(badly.highest(1e-3, 20e3));
  CHECK(near.asked.size() < far.asked.size());
  CHECK(near.asked.size() <= 8);
}

TEST_CASE("a guess outside of what can be offered is none") {
  for (const double guess : {0.0, 1.0, 1e9}) {
    Device device{300e3};
    Search search = search_of(device, 0.01, device.most);
    const auto found = search.highest(0, guess);
    REQUIRE(found);
    CHECK(found->load == Approx(300e3).epsilon(0.011));
  }
}

TEST_CASE("when full speed loses nothing, that is the answer, and the generator's") {
  Device device{3e6};
  Search search = search_of(device, 0.01, 2e6);
  const auto [none, low] = both(search, 1e6);
  CHECK(none.load == 2e6);
  CHECK(none.generator_bound);
  CHECK(low.load == 2e6);
  CHECK(device.asked.size() == 1);
}

TEST_CASE("a load that the generator did not reach is marked as its own limit") {
  // It can do more without a pause between frames than when it keeps to a rate.
  Device device{1.7e6, 1.6e6};
  const auto offer = [&device](double load) -> Result<Step> {
    if (load == 2e6) return Step{2e6, 0.15, true};
    return device(load);
  };
  Search search(offer, 0.01, 2e6, Step{2e6, 0.15, true});
  const auto found = search.highest(0, 1.5e6);
  REQUIRE(found);
  CHECK(found->load == 1.6e6);
  CHECK(found->generator_bound);
}

TEST_CASE("what always loses has no answer, and the search ends") {
  int offered = 0;
  const auto offer = [&offered](double load) -> Result<Step> {
    ++offered;
    return Step{load, 0.02, false};
  };
  Search search(offer, 0.01, 1e6, Step{1e6, 0.02, true});
  const auto found = search.highest(1e-3, 500e3);
  REQUIRE(found);
  CHECK(found->load == 0);
  CHECK_FALSE(found->generator_bound);
  CHECK(offered < 40);
}

TEST_CASE("a load that failed once is offered again, and told") {
  std::mt19937_64 random(2);
  std::bernoulli_distribution now_and_then(0.3);
  std::uniform_real_distribution<double> exponent(4, 6.2);
  int told = 0;
  for (int i = 0; i < 500; ++i) {
    Device device{std::pow(10, exponent(random))};
    bool had = false, any = false;
    const auto offer = [&](double load) -> Result<Step> {
      Step step = device(load);
      had = !had && now_and_then(random);
      if (had && step.loss == 0) {
        step.loss = 0.02;
        any = true;
      }
      return step;
    };
    Search search(offer, 0.01, 2e6, device(2e6));
    const auto [none, low] = both(search, device.capacity * 0.9);
    CHECK(none.load >= device.capacity * 0.9899);
    CHECK(none.load <= device.capacity);
    CHECK(low.load >= device.capacity * 0.9899);
    if (any) CHECK((none.hiccup || low.hiccup));
    told += any ? 1 : 0;
  }
  CHECK(told > 300);
}

TEST_CASE("a load that loses more than a hiccup takes of such a step is not offered again") {
  for (const double seconds : {0.05, 0.5, 5.0}) {
    Device device{100e3};
    device.seconds = seconds;
    Search search = search_of(device, 0.01, 2e6);
    REQUIRE(search.highest(0, 1e6));
    const double hiccup = std::min(1.0, 0.125 / seconds);
    for (const double load : device.asked) {
      INFO(seconds << " " << load);
      const auto times = std::count(device.asked.begin(), device.asked.end(), load);
      const double lost = 1 - 100e3 / load;
      CHECK(times == (lost > 0 && lost <= hiccup ? 2 : 1));
    }
  }
}

TEST_CASE("hiccups of a tenth of a second do not hide the capacity, however short the steps are") {
  std::mt19937_64 random(5);
  std::bernoulli_distribution now_and_then(0.3);
  for (const double seconds : {0.05, 0.15, 0.3, 1.0, 4.0}) {
    for (const double capacity : {30e3, 700e3, 1.4e6}) {
      Device device{capacity};
      device.seconds = seconds;
      bool had = false;
      const auto offer = [&](double load) -> Result<Step> {
        Step step = device(load);
        had = !had && now_and_then(random);
        if (had) step.loss = std::max(step.loss, std::min(1.0, 0.1 / seconds));
        return step;
      };
      Search search(offer, 0.01, 2e6, device(2e6));
      const auto [none, low] = both(search, capacity * 0.9);
      INFO(seconds << " " << capacity);
      CHECK(none.load >= capacity * 0.9899);
      CHECK(none.load <= capacity);
      CHECK(low.load <= capacity * 1.0011);
    }
  }
}

TEST_CASE("what a switch holds its senders back to is the answer, and nothing above it") {
  for (const double top : {1e6, 2e6}) {
    const auto offer = [](double load) -> Result<Step> {
      const double taken = std::min(load, 1e6);
      return Step{taken, 0, false, load > taken, 0.5};
    };
    Step at_top = *offer(top);
    at_top.back_pressure = true;
    Search search(offer, 0.01, top, at_top);
    const auto found = search.highest(0, 5e5);
    REQUIRE(found);
    CHECK(found->load == 1e6);
    CHECK(found->back_pressure);
    CHECK_FALSE(found->generator_bound);
  }
}

TEST_CASE("the second limit starts from what the first has shown") {
  Device device{600e3};
  Search search = search_of(device, 0.01, 2e6);
  REQUIRE(search.highest(1e-3, 590e3));
  const std::size_t before = device.asked.size();
  REQUIRE(search.highest(0, 590e3));
  CHECK(device.asked.size() <= before + 4);
  // All steps are told, in turn.
  REQUIRE(search.steps().size() == device.asked.size());
  CHECK(search.steps().front().first == 2e6);
}

TEST_CASE("bursts are found to the frame") {
  for (const double capacity : {1.0, 2.0, 7.0, 512.0, 4096.0, 99'999.0}) {
    const auto offer = [capacity](double load) -> Result<Step> {
      const double frames = std::max(1.0, std::round(load));
      return Step{frames, std::max(0.0, 1 - capacity / frames), false};
    };
    Search search(offer, {1, 1e6, 0, 1}, *offer(1e6));
    const auto found = search.highest(0, 4096);
    REQUIRE(found);
    CHECK(found->load == Approx(capacity).margin(1));
    CHECK(found->load <= capacity);
  }
}

TEST_CASE("an error ends the search") {
  const auto offer = [](double) -> Result<Step> { return fail("interrupted"); };
  Search search(offer, 0.01, 1e6, Step{1e6, 0.5, true});
  const auto found = search.highest(0, 5e5);
  REQUIRE_FALSE(found);
  CHECK(found.error().what == "interrupted");
}

}  // namespace
}  // namespace trestle::measure
