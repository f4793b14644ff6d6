// SPDX-License-Identifier: Apache-2.0
//
// Carries out cases: rounds, in each round every case, in each case every switch in turn, with the
// order of the switches turned from round to round and all switches but one paused. Keeps each
// record as soon as it is there. A switch that no longer forwards when a case is done, since it has
// ended or hangs, is given up with its lab, and the next case gets both anew.

#pragma once

#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "measure/cases/case.h"
#include "measure/result/record.h"
#include "measure/run/progress.h"
#include "measure/traffic/cpu_plan.h"

namespace trestle::measure {

struct RunnerOptions {
  std::vector<std::string> switches;  // specs as of catalogue.h
  std::string binaries;               // directory of trestled and trestle
  Effort effort;
  CpuPlan cpus;
  SendingMeans sending = SendingMeans::kBest;
  std::string directory;  // inside the sandbox
};

// One thread, inside the sandbox.
class Runner {
 public:
  // `lines`: where the JSON lines go, or null.
  Runner(RunnerOptions options, std::ostream* lines, Progress& progress);

  // Until done or interrupted. A switch that this machine does not have is left out, which the
  // progress and the run's subjects tell; one that does not start has failed records. An error only
  // if none can be run.
  Result<RunFile> run(const std::vector<Case>& cases, Run run);

 private:
  using LabKey = std::tuple<std::string, std::size_t, EndKind>;  // spec, ends, kind

  Result<void> look_at_switches(Run& run);
  void run_round(const std::vector<Case>& cases, unsigned round);
  void run_case(const Case& each, unsigned round);
  Record measure(const Case& each, const std::string& spec, Lab& lab, unsigned round);
  void drop(Lab& lab);
  // Null: the case is not for this switch. The error is kept: a lab that failed is not tried again.
  Result<Lab*> lab(const Case& each, const std::string& spec);
  Record blank(const Case& each, const std::string& spec, unsigned round) const;
  void keep(Record record);
  void watch_idle_cpus();

  RunnerOptions options_;
  std::ostream* lines_;
  Progress& progress_;
  std::vector<std::string> specs_;            // of the switches that can be run
  std::map<std::string, std::string> names_;  // by spec
  std::map<LabKey, Result<std::unique_ptr<Lab>>> labs_;
  std::map<LabKey, unsigned> lab_numbers_;  // a lab that is built anew has its old one
  RunFile file_;
  double seconds_planned_ = 0, seconds_done_ = 0;
  std::vector<double> busy_;  // shares of all CPUs, by other work
};

}  // namespace trestle::measure
