// SPDX-License-Identifier: Apache-2.0
//
// What a run leaves: JSON lines. The first is the run's (machine, command line, a hash of what was
// asked for), then one for each measurement as it was made, the last says how the run ended.
// Everything shown later, tables, reports and comparisons, comes from these lines.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "datapath/error.h"
#include "measure/result/histogram.h"

namespace trestle::measure {

// One measurement of one switch in one round.
//   {"kind":"measurement","suite":"rfc2544","test":"throughput","switch":"trestle","round":1,
//    "setup":{"frame_bytes":64,"flows":1},"values":{"frames_per_second":1234567.8},
//    "marks":["generator_bound"],"note":"…","series":{…},"latency":{…}}
struct Record {
  std::string suite;
  std::string test;
  std::string subject;  // the switch's name; "switch" in JSON
  unsigned round = 0;   // from 1
  // What tells apart measurements of one test; scalars only. Records with equal suite, test and
  // setup are rounds of the same thing and comparable between switches.
  nlohmann::ordered_json setup = nlohmann::ordered_json::object();
  std::map<std::string, double> values;  // by name of metric: metrics.h has units and meaning
  // Curves: name -> [[x, y], …], e.g. "loss": [[offered frames/s, share lost], …].
  std::map<std::string, std::vector<std::pair<double, double>>> series;
  std::vector<std::string> marks;  // of kMarks: what to know before believing a value
  std::string note;                // one sentence, or empty
  Histogram latency;               // empty: none was taken
};

// Marks.
inline constexpr char kGeneratorBound[] = "generator_bound";  // the switch may be faster
// The device that was sent to took no more: the switch was the limit, though it lost nothing.
inline constexpr char kBackPressure[] = "back_pressure";
inline constexpr char kHiccup[] = "hiccup";  // repeated: the machine, not the switch, failed it
inline constexpr char kFailed[] = "failed";  // no value; `note` says why

struct Run {
  std::string started;               // UTC, ISO 8601, seconds
  std::string version;               // of trestle
  std::vector<std::string> command;  // as typed
  std::string options_hash;          // of everything that decides what is measured and how
  nlohmann::ordered_json options;
  nlohmann::ordered_json machine;   // machine.h
  nlohmann::ordered_json pinning;   // {"senders":[0],"sinks":[1],"switch":[1]}
  nlohmann::ordered_json subjects;  // {"trestle":{"what":"…","version":"…"}, …}
};

struct RunEnd {
  double elapsed_seconds = 0;
  double busy_percent = 0;    // of all CPUs by other work, while nothing was sent
  double stolen_percent = 0;  // of the CPUs' time kept by the host of a virtual machine
  bool interrupted = false;
};

struct RunFile {
  Run run;
  std::vector<Record> records;
  std::optional<RunEnd> end;  // none: it was cut off
};

// Values and points that are not finite numbers are left out: JSON has none.
nlohmann::ordered_json to_json(const Run& run);
nlohmann::ordered_json to_json(const Record& record);
nlohmann::ordered_json to_json(const RunEnd& end);

// One line of the file, with its end of line. What is not UTF-8 (a program's last words in a note)
// is replaced, where dump() alone would throw.
std::string to_line(const nlohmann::ordered_json& json);

// Reads a file of lines. The error names the line that is not one of ours, and what is wrong. A
// last line that is cut off is left out.
Result<RunFile> read_run(const std::string& path);
Result<RunFile> parse_run(const std::string& text, const std::string& name);

}  // namespace trestle::measure
