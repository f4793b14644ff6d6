// SPDX-License-Identifier: Apache-2.0

#include "measure/command.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "control/version.h"
#include "measure/lab/sandbox.h"
#include "measure/options.h"
#include "measure/report/compare_text.h"
#include "measure/report/html.h"
#include "measure/report/markdown.h"
#include "measure/report/text_tables.h"
#include "measure/result/machine.h"
#include "measure/result/options_hash.h"
#include "measure/run/runner.h"
#include "measure/switches/catalogue.h"
#include "measure/traffic/cpu_plan.h"

namespace trestle::measure {
namespace {

enum Status : int { kDone = 0, kRefused = 1, kUsage = 2 };

int refuse(std::ostream& err, const std::string& why, int status = kRefused) {
  err << "trestle bench: " << why << '\n';
  return status;
}

std::vector<Case> suite(const std::string& name, const Effort& effort) {
  if (name == "quick") return quick_cases(effort);
  if (name == "rfc2544") return rfc2544_cases(effort);
  if (name == "rfc2889") return rfc2889_cases(effort);
  if (name == "reset") return reset_cases(effort);
  if (name == "peers") return peers_cases(effort);
  if (name == "trial") return trial_cases(effort);
  if (name == "flows") return flows_cases(effort);
  if (name == "scale") return scale_cases(effort);
  std::vector<Case> all;
  for (const char* each : {"rfc2544", "rfc2889", "reset", "peers", "flows", "scale"}) {
    for (Case& one : suite(each, effort)) all.push_back(std::move(one));
  }
  return all;
}

// The suite's cases, or those of --only. The error names a test that there is not.
Result<std::vector<Case>> chosen_cases(const Options& options) {
  std::vector<Case> cases = suite(options.command, options.effort);
  if (cases.empty()) return fail("nothing is left to measure");
  if (options.only.empty()) return cases;
  std::string known;
  for (const Case& each : cases) {
    if (known.find(each.test) == std::string::npos)
      known += (known.empty() ? "" : ", ") + each.test;
  }
  for (const std::string& name : options.only) {
    const bool found = std::any_of(cases.begin(), cases.end(),
                                   [&name](const Case& each) { return each.test == name; });
    if (!found) return fail(fmt::format("there is no test '{}'; there are {}", name, known));
  }
  std::erase_if(cases, [&options](const Case& each) {
    return std::find(options.only.begin(), options.only.end(), each.test) == options.only.end();
  });
  return cases;
}

std::string binaries_of(const Options& options) {
  if (!options.binaries.empty()) return std::filesystem::absolute(options.binaries).string();
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "/usr/bin" : self.parent_path().string();
}

nlohmann::ordered_json to_json(const Effort& effort) {
  return {{"trial_seconds", effort.trial_seconds},
          {"search_seconds", effort.search_seconds},
          {"transfer_seconds", effort.transfer_seconds},
          {"rounds", effort.rounds},
          {"resolution", effort.resolution},
          {"frame_sizes", effort.frame_sizes},
          {"ports", effort.ports},
          {"macs", effort.macs},
          {"full_rate", effort.full_rate}};
}

nlohmann::ordered_json to_json(const Traffic& traffic) {
  return {{"rate", traffic.rate},
          {"connections", traffic.connections},
          {"stations", traffic.stations},
          {"vlan", traffic.vlan},
          {"segment_bytes", traffic.segment_bytes},
          {"imix", traffic.imix},
          {"both_ways", traffic.both_ways},
          {"inspect", static_cast<int>(traffic.inspect)}};
}

const char* name_of(SendingMeans means) {
  const auto is_it = [means](const auto& each) { return each.first == means; };
  return std::find_if(kSendingMeans.begin(), kSendingMeans.end(), is_it)->second;
}

std::string now_utc() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

Run describe_run(const Options& options, const std::vector<std::string>& command,
                 const CpuPlan& cpus) {
  Run run;
  run.started = now_utc();
  run.version = control::kVersion;
  run.command = command;
  run.options = {{"suite", options.command},
                 {"switches", options.switches},
                 {"only", options.only},
                 {"effort", to_json(options.effort)},
                 {"sending", name_of(options.sending)},
                 {"nice", options.nice}};
  if (options.command == "trial") run.options["traffic"] = to_json(options.effort.traffic);
  run.options_hash = options_hash(run.options);
  run.machine = describe_machine();
  run.pinning = {{"senders", cpus.senders}, {"sinks", cpus.sinks}, {"switch", cpus.subject}};
  return run;
}

// Before an hour's work, not after it.
Result<std::ofstream> open_for_writing(const std::string& path) {
  std::ofstream file(path);
  if (!file) return fail_errno("cannot write " + path, errno);
  return file;
}

Result<void> write_file(const std::string& path, const std::string& text) {
  auto file = open_for_writing(path);
  if (!file) return tl::make_unexpected(file.error());
  *file << text;
  file->close();
  if (file->fail()) return fail_errno("cannot write " + path, errno);
  return {};
}

// The page and the table that were asked for.
int write_reports(const Options& options, const RunFile& file, std::ostream& out,
                  std::ostream& err) {
  if (!options.html.empty()) {
    if (auto done = write_file(options.html, html(file)); !done)
      return refuse(err, done.error().what);
  }
  if (options.markdown == "-") {
    out << markdown(file);
  } else if (!options.markdown.empty()) {
    if (auto done = write_file(options.markdown, markdown(file)); !done)
      return refuse(err, done.error().what);
  }
  return kDone;
}

int measure_in_sandbox(const Options& options, const std::vector<Case>& cases, Run run,
                       const std::string& directory, std::ostream* lines, std::ostream& out,
                       std::ostream& err) {
  if (options.nice != 0) prefer(options.nice);
  Progress progress(err, isatty(STDERR_FILENO) == 1);
  Runner runner({options.switches, binaries_of(options), options.effort, plan_cpus(),
                 options.sending, directory},
                lines, progress);
  auto file = runner.run(cases, std::move(run));
  if (!file) return refuse(err, file.error().what);
  if (options.markdown != "-") out << text_tables(*file);
  const int written = write_reports(options, *file, out, err);
  return file->end->interrupted ? refuse(err, "interrupted") : written;
}

// "out.html" -> "out.jsonl".
std::string lines_beside(const std::string& html_path) {
  return std::filesystem::path(html_path).replace_extension(".jsonl").string();
}

int list_cases(const std::vector<Case>& cases, const Options& options, std::ostream& out) {
  double seconds = 0;
  for (const Case& each : cases) {
    out << fmt::format("{:<9}{:<24}{:2} ends{:6.1f} s  {}\n", each.suite, each.test, each.ends,
                       each.seconds, each.setup.dump());
    seconds += each.seconds;
  }
  const double rounds = options.effort.rounds;
  const double switches = static_cast<double>(options.switches.size());
  out << fmt::format("{} cases, {} rounds, {} switches: about {:.0f} minutes\n", cases.size(),
                     rounds, switches, seconds * rounds * switches / 60);
  return kDone;
}

int measure(Options options, const std::vector<std::string>& command, std::ostream& out,
            std::ostream& err) {
  const auto cases = chosen_cases(options);
  if (!cases) return refuse(err, cases.error().what, kUsage);
  for (const std::string& spec : options.switches) {
    if (auto made = make_switch(spec, binaries_of(options)); !made)
      return refuse(err, made.error().what, kUsage);
  }
  if (options.list) return list_cases(*cases, options, out);
  if (options.json.empty() && !options.html.empty()) options.json = lines_beside(options.html);
  std::optional<std::ofstream> lines;
  if (!options.json.empty()) {
    auto opened = open_for_writing(options.json);
    if (!opened) return refuse(err, opened.error().what);
    lines = std::move(*opened);
  }
  Run run = describe_run(options, command, plan_cpus());
  const auto status = in_sandbox([&](const std::string& directory) {
    const int done = measure_in_sandbox(options, *cases, std::move(run), directory,
                                        lines ? &*lines : nullptr, out, err);
    out.flush();
    return done;
  });
  if (!status) return refuse(err, status.error().what);
  return *status;
}

int compare_files(const Options& options, std::ostream& out, std::ostream& err) {
  const auto before = read_run(options.files.at(0));
  if (!before) return refuse(err, before.error().what);
  const auto after = read_run(options.files.at(1));
  if (!after) return refuse(err, after.error().what);
  out << compare_text(*before, *after);
  return kDone;
}

int report_file(const Options& options, std::ostream& out, std::ostream& err) {
  const auto file = read_run(options.files.at(0));
  if (!file) return refuse(err, file.error().what);
  if (options.html.empty() && options.markdown.empty()) out << text_tables(*file);
  return write_reports(options, *file, out, err);
}

}  // namespace

int bench_command(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  const auto options = parse_options(argc, argv);
  if (!options) {
    (options.error().status == kDone ? out : err) << options.error().text;
    return options.error().status;
  }
  if (options->command == "compare") return compare_files(*options, out, err);
  if (options->command == "report") return report_file(*options, out, err);
  std::vector<std::string> command{"trestle"};
  for (int i = 0; i < argc; ++i) command.emplace_back(argv[i]);
  return measure(*options, command, out, err);
}

}  // namespace trestle::measure
