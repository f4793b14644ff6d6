// SPDX-License-Identifier: Apache-2.0
//
// The highest load at which no more than some share is lost: what RFC 2544's throughput (26.1) and
// back-to-back (26.4) tests look for. Pure: what a load does is asked of a function.
//
// From a guess it goes up or down in growing steps until one load is held and one is not, and then
// halves what lies between. One search answers for several limits, each with what was learned for
// the others.
//
// Hiccups. On a machine that others use, or with fewer CPUs than threads, the scheduler now and
// then keeps one of them away for milliseconds, and frames are lost that the switch would not have
// lost. A single frame fails a step at loss 0. So a load is given up only when it has failed twice,
// unless it lost so much the first time that no hiccup explains it: more than is sent in the time
// of one, which is a large share of a short step and a small one of a long step. What only held at
// the second try is told (Found::hiccup). A hiccup can still make what is found too low: hence the
// figure at loss 0 beside that at 0.1 %.
//
// What is found was really offered, for a whole step, and lost no more than the limit there; what
// was asked for and not reached is never the answer. More it does not say: what the switch's queues
// still hold when a step ends comes late and is not lost, so the shorter the steps, the further may
// it be above what the switch carries for good.

#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "datapath/error.h"
#include "measure/traffic/trial.h"

namespace trestle::measure {

// A load offered once, and what came of it.
struct Step {
  double offered = 0;            // really: frames/s, or frames in a burst
  double loss = 0;               // of what was offered: share, 0..1
  bool generator_bound = false;  // less was offered than asked for, since no more could be sent
  bool back_pressure = false;    // or since the switch took no more
  double seconds = 0;            // how long it took to offer
};
// A trial as a step of a search among rates.
Step step_of(const Trial& trial, const TrialResult& result);

struct Found {
  double load = 0;               // as offered; 0: every load lost too much
  bool generator_bound = false;  // the switch may be faster
  bool back_pressure = false;    // it held its senders back: it cannot be offered more
  bool hiccup = false;  // a load on the way failed first and held when it was offered again
};

// Where a search looks: loads from `lowest` to `top`. It stops when it knows the answer to this
// share of it, or to this much.
struct Range {
  double lowest = 0, top = 0;  // lowest: above 0
  double resolution = 0.01;
  double finest = 0;
};

// One thread.
class Search {
 public:
  using Offer = std::function<Result<Step>(double load)>;

  // `at_top`: what the top load did, which has been offered once. An error of `offer` ends a
  // search, and is its.
  Search(Offer offer, const Range& range, const Step& at_top);
  // Of rates: a switch that loses too much at a thousandth of `top` does so at any.
  Search(Offer offer, double resolution, double top, const Step& at_top)
      : Search(std::move(offer), {1e-3 * top, top, resolution, 0}, at_top) {}

  // The highest load of which at most `limit` is lost. `guess`: where to begin.
  Result<Found> highest(double limit, double guess);

  // Every step so far, in turn: offered and loss.
  std::vector<std::pair<double, double>> steps() const;

 private:
  struct Tried {
    double asked = 0;
    Step step;
  };
  struct Bracket {
    double low = 0, high = 0;  // held, and given up
  };
  Bracket known(double limit) const;
  std::size_t failures(double asked, double limit) const;
  Result<bool> holds(double asked, double limit);
  Found best(double limit) const;

  Offer offer_;
  Range range_;
  std::vector<Tried> tried_;
};

}  // namespace trestle::measure
