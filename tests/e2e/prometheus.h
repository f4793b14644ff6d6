// SPDX-License-Identifier: Apache-2.0
//
// A real Prometheus beside a lab: it scrapes the lab's daemon once a second and evaluates the rules
// of packaging/prometheus, in the sandbox's network namespace and with its files in the sandbox's
// /run.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/lab.h"
#include "tests/e2e/processes.h"

namespace trestle::testing {

// One series of an answer.
struct Series {
  Json labels;
  double value = 0;  // may be NaN or infinite
};

struct Answer {
  std::string error;  // empty: none
  std::vector<Series> series;
  bool has_number() const;  // at least one finite value
};

class Prometheus {
 public:
  Prometheus();  // after the lab; returns when it answers
  Prometheus(const Prometheus&) = delete;
  Prometheus& operator=(const Prometheus&) = delete;

  Answer query(const std::string& expression) const;  // now
  Json rules() const;                                 // all, of all groups
  std::string log() const { return process_->output(); }

 private:
  Json get(const std::string& path, const std::string& options = "") const;

  std::unique_ptr<Process> process_;
};

}  // namespace trestle::testing
