// SPDX-License-Identifier: Apache-2.0
//
// The command line of `trestle bench` as values. Touches nothing.

#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "measure/cases/case.h"
#include "measure/traffic/sending_means.h"

namespace trestle::measure {

struct Options {
  // "quick", "rfc2544", "rfc2889", "reset", "peers", "trial", "flows", "scale", "all"; "compare",
  // "report"
  std::string command;
  std::vector<std::string> switches;  // specs as of switches/catalogue.h
  std::vector<std::string> only;      // names of tests; empty: all
  Effort effort;
  SendingMeans sending = SendingMeans::kBest;
  std::vector<std::string> files;  // compare: two; report: one
  std::string json;                // file for the raw lines; empty: none
  std::string html;                // --report
  std::string markdown;            // "-": stdout
  std::string binaries;            // empty: where trestle itself is
  int nice = 0;
  bool list = false;  // the cases instead of running them
};

// Nothing to carry out: help was asked for (status 0), or the line makes no sense (2).
struct NoOptions {
  int status = 0;
  std::string text;
};

tl::expected<Options, NoOptions> parse_options(int argc, const char* const* argv);

}  // namespace trestle::measure
