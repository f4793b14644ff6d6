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
constexpr unsigned kPortsMax = 4000, kMacsMax = 16'000'000;
constexpr char kCeiling[] = "direct";
constexpr char kTransfers[] = "of TCP, CPU time, idleness";

struct SuiteHelp {
  const char* name;
  const char* help;
  const char* switches;            // by default
  double trial, search, transfer;  // seconds, as Effort has them
  unsigned rounds = 3;
  // Options that mean something to it, beside those of all.
  bool sizes = false;               // --sizes, --full-rate
  bool searches = false;            // --step-seconds, --resolution
  const char* transfers = nullptr;  // --transfer-seconds: what they are of
  bool large = false;               // --ports, --macs
  bool traffic = false;             // --rate, --vlan, …: what Traffic has
  bool ceiling = true;              // --no-ceiling: `direct` can answer some of its questions
};
constexpr std::array kSuites = {
    SuiteHelp{.name = "quick",
              .help = "an overview in a minute and a half: rates, latency, TCP, CPU, memory",
              .switches = "kernel-bridge,trestle",
              .trial = 0.4,
              .search = 0.2,
              .transfer = 1,
              .searches = true,
              .transfers = kTransfers},
    SuiteHelp{.name = "rfc2544",
              .help = "throughput, latency, frame loss, back-to-back frames, recovery (RFC 2544)",
              .switches = "kernel-bridge,ovs,trestle",
              .trial = 1,
              .search = 0.4,
              .transfer = 2,
              .sizes = true,
              .searches = true},
    SuiteHelp{.name = "rfc2889",
              .help = "meshes, congestion, address table, errored frames, broadcast (RFC 2889)",
              .switches = "kernel-bridge,ovs,trestle",
              .trial = 1,
              .search = 0.4,
              .transfer = 2,
              .sizes = true,
              .searches = true},
    SuiteHelp{.name = "reset",
              .help = "how long frames stop for a restart and a reload (RFC 6201)",
              .switches = "kernel-bridge,ovs,trestle",
              .trial = 1,
              .search = 0.5,
              .transfer = 2},
    SuiteHelp{.name = "peers",
              .help = "rates, TCP, round trips, CPU, memory: trestle against other switches",
              .switches = "kernel-bridge,ovs,ovs-tso,ovs-afxdp,vde,trestle",
              .trial = 1,
              .search = 0.25,
              .transfer = 2,
              .searches = true,
              .transfers = kTransfers},
    SuiteHelp{.name = "trial",
              .help = "frames as you say: rate, sizes, connections, stations, tags, super-frames",
              .switches = "kernel-bridge,trestle",
              .trial = 1,
              .search = 0.5,
              .transfer = 2,
              .traffic = true},
    SuiteHelp{.name = "flows",
              .help = "what flow rules cost, and what an attack leaves of a stream",
              .switches = "ovs,trestle",
              .trial = 2,
              .search = 0.5,
              .transfer = 5,
              .transfers = "of the attack, and of the time without it",
              .ceiling = false},
    SuiteHelp{.name = "scale",
              .help = "a thousand ports, a million addresses: time, memory, scrapes, waits",
              .switches = "trestle",
              .trial = 2,
              .search = 0.5,
              .transfer = 2,
              .rounds = 1,
              .large = true,
              .ceiling = false},
    SuiteHelp{.name = "all",
              .help = "all of these but trial",
              .switches = "kernel-bridge,ovs,ovs-afxdp,vde,trestle",
              .trial = 1,
              .search = 0.4,
              .transfer = 2,
              .sizes = true,
              .searches = true,
              .transfers = kTransfers,
              .large = true},
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
  std::string sending = "auto";
  std::string inspect = "sample";
};

constexpr std::array kInspections = {std::pair{Inspect::kCount, "count"},
                                     std::pair{Inspect::kSample, "sample"},
                                     std::pair{Inspect::kAll, "all"}};

CLI::Option* add_sizes(CLI::App& sub, Effort& effort) {
  return sub
      .add_option("--sizes", effort.frame_sizes, "frame sizes, bytes with FCS, separated by commas")
      ->delimiter(',')
      ->check(CLI::Range(64u, kFrameMax));
}

void add_traffic(CLI::App& sub, Effort& effort, std::string& inspect) {
  constexpr unsigned kManyMax = 1'000'000;
  constexpr unsigned kVidMax = 4094;
  Traffic& traffic = effort.traffic;
  sub.add_option("--rate", traffic.rate, "frames/s of a sender; 0: as many as it can")
      ->check(CLI::NonNegativeNumber);
  CLI::Option* const sizes = add_sizes(sub, effort)->default_str("64");
  CLI::Option* const imix =
      sub.add_flag("--imix", traffic.imix, "7 frames of 64 bytes, 4 of 594, 1 of 1518, in turn");
  sub.add_option("--gso", traffic.segment_bytes,
                 "super-frames instead (UDP GSO), with so much payload a segment")
      ->check(CLI::Range(8u, kFrameMax - 46))
      ->excludes(sizes)
      ->excludes(imix);
  imix->excludes(sizes);
  sub.add_option("--connections", traffic.connections, "UDP connections, in turn")
      ->check(CLI::Range(1u, kManyMax));
  sub.add_option("--stations", traffic.stations, "source addresses of each end, in turn")
      ->check(CLI::Range(1u, kManyMax));
  sub.add_option("--vlan", traffic.vlan, "VID of an 802.1Q tag; 0: none")
      ->check(CLI::Range(0u, kVidMax));
  sub.add_flag("--both-ways", traffic.both_ways, "the second end sends too");
  std::vector<std::string> names;
  for (const auto& [each, name] : kInspections) names.emplace_back(name);
  sub.add_option("--inspect", inspect,
                 "devices' counters only; and one frame in 64, for latency; or every frame, for "
                 "order and duplicates too")
      ->check(CLI::IsMember(names))
      ->default_str(inspect);
}

// What the suite has a use for.
void add_effort(CLI::App& sub, const SuiteHelp& suite, Effort& effort) {
  if (suite.searches) {
    sub.add_option("--step-seconds", effort.search_seconds, "of a step of a search")
        ->check(CLI::Range(0.05, 3600.0));
    sub.add_option("--resolution", effort.resolution,
                   "at which a search stops, as a share of the rate")
        ->check(CLI::Range(0.0001, 0.5));
  }
  if (suite.transfers != nullptr) {
    sub.add_option("--transfer-seconds", effort.transfer_seconds, suite.transfers)
        ->check(CLI::Range(0.2, 3600.0));
  }
  if (suite.large) {
    sub.add_option("--ports", effort.ports, "of the large bridge; 0: leave it out")
        ->check(CLI::Range(0u, kPortsMax));
    sub.add_option("--macs", effort.macs, "addresses in the large table; 0: leave it out")
        ->check(CLI::Range(0u, kMacsMax));
  }
  if (suite.sizes) {
    sub.add_option("--full-rate", effort.full_rate,
                   "frames/s that count as full speed (default: what the generator can offer)")
        ->check(CLI::NonNegativeNumber);
    add_sizes(sub, effort);
  }
}

void add_suite(CLI::App& app, const SuiteHelp& suite, Options& options, Raw& raw) {
  CLI::App* const sub = app.add_subcommand(suite.name, suite.help);
  sub->footer(switches_help());
  sub->add_option("--switch,--switches", raw.switches,
                  std::string("what to measure, separated by commas; may be repeated (default: ") +
                      suite.switches + ")");
  if (suite.ceiling) {
    sub->add_flag("--no-ceiling", raw.no_ceiling,
                  "leave out `direct`, a veth pair without a switch: what the rig itself can do");
  }
  sub->add_option("--only", raw.only, "only these tests, separated by commas")->delimiter(',');
  sub->add_flag("--list", options.list, "say what would be measured, and about how long it takes");
  sub->add_option("--rounds", options.effort.rounds, "each switch is measured once in each")
      ->check(CLI::Range(1, 1000))
      ->default_str(std::to_string(suite.rounds));
  sub->add_option("--seconds", options.effort.trial_seconds, "of a trial")
      ->check(CLI::Range(0.05, 3600.0));
  add_effort(*sub, suite, options.effort);
  if (suite.traffic) add_traffic(*sub, options.effort, raw.inspect);
  std::vector<std::string> means;
  for (const auto& [each, name] : kSendingMeans) means.emplace_back(name);
  sub->add_option("--sending", raw.sending,
                  "frames by sendmmsg, by PACKET_TX_RING, or by the kernel itself (XDP), which "
                  "sends most and has GRO on veths; auto: ring or messages")
      ->check(CLI::IsMember(means))
      ->default_str(raw.sending);
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

// The links' MTU follows the sizes, and so has room for a segment.
void set_traffic(Effort& effort, const std::string& inspect, bool usual_size) {
  Traffic& traffic = effort.traffic;
  for (const auto& [each, name] : kInspections) {
    if (inspect == name) traffic.inspect = each;
  }
  if (usual_size) effort.frame_sizes = {64};
  if (traffic.imix) effort.frame_sizes = {64, 594, 1518};
  if (traffic.segment_bytes > 0) effort.frame_sizes = {traffic.segment_bytes + 46U};
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
  for (const auto& [each, name] : kSendingMeans) {
    if (raw.sending == name) options.sending = each;
  }
  if (suite->traffic) set_traffic(options.effort, raw.inspect, unsaid("--sizes"));
  const std::vector<std::string> by_default{suite->switches};
  options.switches = split_switches(unsaid("--switch") ? by_default : raw.switches);
  const bool has_ceiling = std::find(options.switches.begin(), options.switches.end(), kCeiling) !=
                           options.switches.end();
  if (raw.no_ceiling) {
    std::erase(options.switches, kCeiling);
  } else if (suite->ceiling && !has_ceiling) {
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
