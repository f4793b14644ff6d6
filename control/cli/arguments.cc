// SPDX-License-Identifier: Apache-2.0
//
// With control/trestled.cc the only place that includes CLI11.

#include "control/cli/arguments.h"

#include "control/version.h"

#include <CLI/CLI.hpp>

#include <map>
#include <sstream>

namespace trestle::control {
namespace {

enum class Takes {
  kBridge,
  kOptionalBridge,
  kPort,
  kMac,
  kFile,
  kWords,
  kSomeWords,
  kMatch,
  kFlow,
  kGroup,
  kMeter,
  kOneGroup,
  kOneMeter,
  kFrame,
  kRunExpect,
  kTop
};

struct Form {
  const char* noun;
  const char* verb;  // null: the noun is all
  const char* help;
  std::vector<Takes> takes;
};

const std::vector<Form>& forms() {
  using enum Takes;
  static const std::vector<Form> kForms{
      {"status",
       nullptr,
       "version, uptime, workers, bridges, ports by state, frames per second",
       {}},
      {"bridge", "list", "all bridges", {}},
      {"bridge", "show", "one bridge", {kBridge}},
      {"bridge", "add", "make a bridge; keys as in trestle.toml(5)", {kBridge, kWords}},
      {"bridge", "del", "remove a bridge and its ports", {kBridge}},
      {"port", "list", "all ports, or those of one bridge", {kOptionalBridge}},
      {"port", "show", "one port with its counters", {kBridge, kPort}},
      {"port",
       "add",
       "make a port: type=TYPE and more keys as in trestle.toml(5)",
       {kBridge, kPort, kWords}},
      {"port", "set", "change keys of a port; KEY= takes one away", {kBridge, kPort, kSomeWords}},
      {"port", "del", "remove a port", {kBridge, kPort}},
      {"port", "unplug", "take its carrier away", {kBridge, kPort}},
      {"port", "plug", "give its carrier back", {kBridge, kPort}},
      {"fdb", "list", "MAC addresses: [BRIDGE] [port=PORT] [vlan=VLAN]", {kWords}},
      {"fdb", "add", "a static MAC address: [vlan=VLAN]", {kBridge, kMac, kPort, kWords}},
      {"fdb", "del", "forget a MAC address: [vlan=VLAN]", {kBridge, kMac, kWords}},
      {"fdb", "flush", "forget learned MAC addresses: [port=PORT] [vlan=VLAN]", {kBridge, kWords}},
      {"flow", "list", "flow rules, or those that MATCH covers", {kBridge, kMatch}},
      {"flow", "add", "add a flow rule, as ovs-ofctl add-flow", {kBridge, kFlow}},
      {"flow", "mod", "give flow rules other actions, as ovs-ofctl mod-flows", {kBridge, kFlow}},
      {"flow", "del", "delete all flow rules, or those that MATCH covers", {kBridge, kMatch}},
      {"flow", "replace", "have exactly the flow rules of FILE (-: stdin)", {kBridge, kFile}},
      {"group", "list", "groups", {kBridge}},
      {"group", "add", "add a group, as ovs-ofctl add-group", {kBridge, kGroup}},
      {"group", "mod", "change a group", {kBridge, kGroup}},
      {"group", "del", "delete all groups, or one: group_id=NUMBER", {kBridge, kOneGroup}},
      {"meter", "list", "meters", {kBridge}},
      {"meter", "add", "add a meter, as ovs-ofctl add-meter", {kBridge, kMeter}},
      {"meter", "mod", "change a meter", {kBridge, kMeter}},
      {"meter", "del", "delete all meters, or one: meter=NUMBER", {kBridge, kOneMeter}},
      {"why",
       nullptr,
       "each step of the decision for a frame that comes in by PORT; nothing is sent",
       {kBridge, kPort, kFrame}},
      {"check",
       nullptr,
       "look for mistakes in a configuration file; needs no daemon",
       {kFile, kRunExpect}},
      {"plan", nullptr, "what a configuration file would change", {kFile}},
      {"reload", nullptr, "have the daemon read its configuration file anew", {}},
      {"config", "show", "the running configuration", {}},
      {"metrics", nullptr, "what a scrape gets", {}},
      {"top", nullptr, "rates of ports, bridges and workers, live", {kOptionalBridge, kTop}},
      {"events", nullptr, "what happens, as it happens, until interrupted", {}},
      {"bench", nullptr, "measure this host and its switches: see trestle bench --help", {}},
      {"version", nullptr, "version of this program", {}},
  };
  return kForms;
}

const std::map<std::string, std::string>& noun_help() {
  static const std::map<std::string, std::string> kHelp{
      {"bridge", "list, show, add or remove bridges"},
      {"port", "list, show, add, change or remove ports"},
      {"fdb", "MAC addresses and the ports they are behind"},
      {"flow", "rules that say what becomes of frames"},
      {"group", "groups: lists of actions that flow rules lead to"},
      {"meter", "meters: rates beyond which flow rules drop"},
      {"config", "the running configuration"},
  };
  return kHelp;
}

void add_positionals(CLI::App& app, const Form& form, Arguments& arguments) {
  for (const Takes takes : form.takes) {
    switch (takes) {
      case Takes::kBridge:
        app.add_option("BRIDGE", arguments.bridge)->required();
        break;
      case Takes::kOptionalBridge:
        app.add_option("BRIDGE", arguments.bridge);
        break;
      case Takes::kPort:
        app.add_option("PORT", arguments.port)->required();
        break;
      case Takes::kMac:
        app.add_option("MAC", arguments.mac)->required();
        break;
      case Takes::kFile:
        app.add_option("FILE", arguments.file)->required();
        break;
      case Takes::kWords:
        app.add_option("KEY=VALUE", arguments.words);
        break;
      case Takes::kSomeWords:
        app.add_option("KEY=VALUE", arguments.words)->required();
        break;
      case Takes::kMatch:
        app.add_option("MATCH", arguments.words);
        break;
      case Takes::kFlow:
        app.add_option("FLOW", arguments.words)->required();
        break;
      case Takes::kGroup:
        app.add_option("GROUP", arguments.words)->required();
        break;
      case Takes::kMeter:
        app.add_option("METER", arguments.words)->required();
        break;
      case Takes::kOneGroup:
        app.add_option("GROUP", arguments.words);
        break;
      case Takes::kOneMeter:
        app.add_option("METER", arguments.words);
        break;
      case Takes::kFrame:
        app.add_option("FRAME", arguments.words,
                       "fields (tcp,dl_dst=…,tp_dst=80) or hexadecimal digits; with "
                       "--last-dropped a reason");
        app.add_flag("--last", arguments.last, "the last frame received");
        app.add_flag("--last-dropped", arguments.last_dropped, "the last frame dropped");
        break;
      case Takes::kRunExpect:
        app.add_flag("--run-expect", arguments.run_expect, "its expectations must hold, too");
        break;
      case Takes::kTop:
        app.add_option("--interval", arguments.interval, "between two samples: 500ms, 2s, 1m")
            ->capture_default_str();
        app.add_option("--sort", arguments.sort, "ports by rx, tx, drops or name")
            ->capture_default_str();
        app.add_flag("--once", arguments.once, "rates over one interval as tables, then end");
        break;
    }
  }
}

// On every level, so that they may stand before the noun as well as after the verb.
void add_common(CLI::App& app, Arguments& arguments) {
  app.add_option("--socket", arguments.socket, "the daemon's socket")
      ->capture_default_str()
      ->take_last();
  app.add_flag("--json", arguments.json, "output as JSON");
}

void add_forms(CLI::App& app, Arguments& arguments) {
  std::map<std::string, CLI::App*> nouns;
  for (const Form& form : forms()) {
    CLI::App* parent = &app;
    if (form.verb != nullptr) {
      CLI::App*& noun = nouns[form.noun];
      if (noun == nullptr) {
        noun = app.add_subcommand(form.noun, noun_help().at(form.noun));
        noun->require_subcommand(1);
        add_common(*noun, arguments);
      }
      parent = noun;
    }
    CLI::App* const leaf =
        parent->add_subcommand(form.verb != nullptr ? form.verb : form.noun, form.help);
    add_common(*leaf, arguments);
    add_positionals(*leaf, form, arguments);
    std::string command = form.noun;
    if (form.verb != nullptr) command += std::string(".") + form.verb;
    leaf->callback([&arguments, command] { arguments.command = command; });
  }
}

// What is wrong with the command line, on one line.
std::string complaint(const CLI::App& app, const CLI::ParseError& error) {
  const auto strangers = app.remaining(true);
  if (!strangers.empty()) return "there is no command or option '" + strangers.front() + "'";
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

}  // namespace

tl::expected<Arguments, NothingToDo> parse_arguments(int argc, const char* const* argv) {
  Arguments arguments;
  CLI::App app("trestle: talks to trestled, a userspace software switch. See trestle(1).",
               "trestle");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("trestle ") + kVersion);
  add_common(app, arguments);
  add_forms(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::ostringstream out;
    std::ostringstream err;
    if (app.exit(e, out, err) == 0) return tl::make_unexpected(NothingToDo{kDone, out.str()});
    return tl::make_unexpected(
        NothingToDo{kUsage, "trestle: " + complaint(app, e) + " (see trestle --help)\n"});
  }
  return arguments;
}

}  // namespace trestle::control
