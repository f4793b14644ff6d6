// SPDX-License-Identifier: Apache-2.0

#include "measure/options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <sstream>

#include "measure/switches/catalogue.h"

namespace trestle::measure {
namespace {

constexpr std::uint32_t kFrameMax = 9018;  // of what is called jumbo
constexpr char kCeiling[] = "direct";

struct SuiteHelp {
  const char* name;
  const char* help;
  const char* switches;            // by default
  double trial, search, transfer;  // seconds, as Effort has them
  unsigned rounds;
  bool sizes;      // --sizes, --full-rate mean something
  bool searches;   // --step-seconds, --resolution
  bool transfers;  // --transfer-seconds
};
constexpr std::array kSuites = {
    SuiteHelp{"quick", "an overview in a minute and a half: rates, latency, TCP, CPU, memory",
              "kernel-bridge,trestle", 0.4, 0.2, 1, 3, false, true, true},
    SuiteHelp{"rfc2544",
              "throughput, latency, frame loss, back-to-back frames, recovery (RFC 2544)",
              "kernel-bridge,ovs,trestle", 1, 0.4, 2, 3, true, true, false},
    SuiteHelp{"rfc2889", "meshes, congestion, address table, errored frames, broadcast (RFC 2889)",
              "kernel-bridge,ovs,trestle", 1, 0.4, 2, 3, true, true, false},
    SuiteHelp{"reset", "how long frames stop for a restart and a reload (RFC 6201)",
              "kernel-bridge,ovs,trestle", 1, 0.5, 2, 3, false, false, false},
    SuiteHelp{"peers", "rates, TCP, round trips, CPU, memory: trestle against other switches",
              "kernel-bridge,ovs,ovs-tso,ovs-afxdp,vde,trestle", 1, 0.25, 2, 3, false, true, true},
    SuiteHelp{"all", "all of these", "kernel-bridge,ovs,ovs-afxdp,vde,trestle", 1, 0.4, 2, 3, true,
              true, true},
};

// "a,b" is two switches; NAME=COMMAND is one, whatever its command contains.
std::vector<std::string> split_switches(const std::vector<std::string>& values) {
  std::vector<std::string> specs;
  for (const std::string& value : values) {
    if (value.find('=') != std::string::npos) {
      specs.push_back(value);
      continue;
    }
    std::istringstream words(value);
    for (std::string word; std::getline(words, word, ',');) {
      if (!word.empty()) specs.push_back(word);
    }
  }
  return specs;
}

std::string switches_help() {
  std::ostringstream out;
  out << "\nSwitches:\n";
  for (const Known& known : known_switches()) {
    out << "  " << known.name << std::string(15 - std::string(known.name).size(), ' ') << known.what
        << '\n';
  }
  out << "  NAME=COMMAND   a command that joins the interfaces in $INTERFACES and forwards\n"
         "                 until SIGTERM\n";
  return out.str();
}

struct Raw {
  std::vector<std::string> switches, only;
  bool no_ceiling = false;
};

// What the suite has a use for.
void add_effort(CLI::App& sub, const SuiteHelp& suite, Effort& effort) {
  if (suite.searches) {
    sub.add_option("--step-seconds", effort.search_seconds, "of a step of a search")
        ->check(CLI::Range(0.05, 3600.0));
    sub.add_option("--resolution", effort.resolution,
                   "at which a search stops, as a share of the rate")
        ->check(CLI::Range(0.0001, 0.5));
  }
  if (suite.transfers) {
    sub.add_option("--transfer-seconds", effort.transfer_seconds, "of TCP, CPU time, idleness")
        ->check(CLI::Range(0.2, 3600.0));
  }
  if (suite.sizes) {
    sub.add_option("--full-rate", effort.full_rate,
                   "frames/s that count as full speed (default: what the generator can offer)")
        ->check(CLI::NonNegativeNumber);
    sub.add_option("--sizes", effort.frame_sizes,
                   "frame sizes, bytes with FCS, separated by commas")
        ->delimiter(',')
        ->check(CLI::Range(64u, kFrameMax));
  }
}

void add_suite(CLI::App& app, const SuiteHelp& suite, Options& options, Raw& raw) {
  CLI::App* const sub = app.add_subcommand(suite.name, suite.help);
  sub->footer(switches_help());
  sub->add_option("--switch,--switches", raw.switches,
                  std::string("what to measure, separated by commas; may be repeated (default: ") +
                      suite.switches + ")");
  sub->add_flag("--no-ceiling", raw.no_ceiling,
                "leave out `direct`, a veth pair without a switch: what the rig itself can do");
  sub->add_option("--only", raw.only, "only these tests, separated by commas")->delimiter(',');
  sub->add_flag("--list", options.list, "say what would be measured, and about how long it takes");
  sub->add_option("--rounds", options.effort.rounds, "each switch is measured once in each")
      ->check(CLI::Range(1, 1000))
      ->default_str(std::to_string(suite.rounds));
  sub->add_option("--seconds", options.effort.trial_seconds, "of a trial")
      ->check(CLI::Range(0.05, 3600.0));
  add_effort(*sub, suite, options.effort);
  sub->add_option("--json", options.json, "keep each measurement as a line of JSON in this file");
  sub->add_option("--report", options.html,
                  "write a page with plots; the JSON lines go beside it, as FILE.jsonl");
  sub->add_option("--markdown", options.markdown, "write a table for a README; -: to stdout");
  sub->add_option("--binaries", options.binaries, "where trestled is (default: beside trestle)");
  sub->add_option("--nice", options.nice, "put all of it before other work")
      ->check(CLI::Range(-20, 19));
  sub->callback([&options, name = suite.name] { options.command = name; });
}

void add_readers(CLI::App& app, Options& options) {
  CLI::App* const compare =
      app.add_subcommand("compare", "what changed from one run to another, beyond noise");
  compare->add_option("FILES", options.files, "two files of --json")->required()->expected(2);
  compare->callback([&options] { options.command = "compare"; });
  CLI::App* const report = app.add_subcommand("report", "the report of a run that was kept");
  report->add_option("FILE", options.files, "a file of --json")->required()->expected(1);
  report->add_option("--report", options.html, "write a page with plots");
  report->add_option("--markdown", options.markdown, "write a table for a README; -: to stdout");
  report->callback([&options] { options.command = "report"; });
}

// What the suite has where the line says nothing.
void set_defaults(Options& options, const Raw& raw, const CLI::App& app) {
  const auto suite =
      std::find_if(kSuites.begin(), kSuites.end(),
                   [&options](const SuiteHelp& each) { return options.command == each.name; });
  if (suite == kSuites.end()) return;
  const CLI::App& sub = *app.get_subcommand(suite->name);
  const auto unsaid = [&sub](const char* option) {
    return sub.get_option_no_throw(option) == nullptr || sub.count(option) == 0;
  };
  if (unsaid("--rounds")) options.effort.rounds = suite->rounds;
  if (unsaid("--seconds")) options.effort.trial_seconds = suite->trial;
  if (unsaid("--step-seconds")) options.effort.search_seconds = suite->search;
  if (unsaid("--transfer-seconds")) options.effort.transfer_seconds = suite->transfer;
  options.only = raw.only;
  const std::vector<std::string> by_default{suite->switches};
  options.switches = split_switches(unsaid("--switch") ? by_default : raw.switches);
  const bool has_ceiling = std::find(options.switches.begin(), options.switches.end(), kCeiling) !=
                           options.switches.end();
  if (raw.no_ceiling) {
    std::erase(options.switches, kCeiling);
  } else if (!has_ceiling) {
    options.switches.insert(options.switches.begin(), kCeiling);
  }
}

}  // namespace

tl::expected<Options, NoOptions> parse_options(int argc, const char* const* argv) {
  Options options;
  Raw raw;
  CLI::App app(
      "Measures switches on this host, each between network namespaces of its own. Needs root; "
      "leaves nothing behind, and needs or disturbs no trestled that runs.",
      "trestle bench");
  app.require_subcommand(1);
  for (const SuiteHelp& suite : kSuites) add_suite(app, suite, options, raw);
  add_readers(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::ostringstream out, err;
    if (app.exit(e, out, err) == 0) return tl::make_unexpected(NoOptions{0, out.str()});
    const std::string what = e.what();
    return tl::make_unexpected(NoOptions{
        2, "trestle bench: " + what.substr(0, what.find('\n')) + " (see trestle bench --help)\n"});
  }
  set_defaults(options, raw, app);
  return options;
}

}  // namespace trestle::measure
