// SPDX-License-Identifier: Apache-2.0
//
// One command: parse, ask, show. The commands that are not one request are here: check, plan,
// events, fdb list (and flow list, flow replace: control/cli/flow_listing.h).

#include "control/cli/run.h"

#include <exception>
#include <ostream>
#include <utility>

#include "config/print.h"
#include "control/api/limits.h"
#include "control/cli/arguments.h"
#include "control/cli/client.h"
#include "control/cli/flow_listing.h"
#include "control/cli/requests.h"
#include "control/cli/show.h"
#include "control/cli/table.h"
#include "control/cli/top.h"
#include "control/config_file.h"
#include "control/version.h"

namespace trestle::control {
namespace {

// Entries asked for at a time by `fdb list`: a few ms of the daemon's time each.
constexpr std::size_t kPage = 20'000;
static_assert(kPage <= kFdbPageMax);

int report(const Failure& failure, std::ostream& err) {
  err << failure.error.message << '\n';
  if (failure.error.mistakes.size() > 1 && failure.error.mistakes.front().line > 0) {
    for (const config::Mistake& mistake : failure.error.mistakes)
      err << mistake.to_string() << '\n';
  }
  return failure.status;
}

int usage(const std::string& message, std::ostream& err) {
  err << "trestle: " << message << " (see trestle --help)\n";
  return kUsage;
}

// A port that is declared but does not work (yet) is done, but not well.
void warn_of_state(const Json& result, std::ostream& err) {
  if (!result.is_object()) return;
  const std::string state = result.value("state", std::string());
  if (state != "waiting" && state != "error") return;
  err << "warning: port " << result.value("bridge", std::string()) << '.'
      << result.value("port", std::string()) << ": " << state << ": "
      << result.value("message", std::string()) << '\n';
}

// As `ip -j` and `bridge -j` have it: a listing is an array. (The API wraps it in an object, so
// that members can be added.)
const Json& listing_or_whole(const Json& result) {
  const bool listing = result.is_object() && result.size() == 1 && result.begin()->is_array();
  return listing ? *result.begin() : result;
}

int ask(Client& client, const Arguments& arguments, const Request& request,
        const Terminal& terminal) {
  const auto result = client.call(request.method, request.params);
  if (!result) {
    return request.method == "flow.replace" ? report_replace(result.error(), terminal.err)
                                            : report(result.error(), terminal.err);
  }
  if (arguments.json) {
    terminal.out << to_line(listing_or_whole(*result)) << '\n';
  } else {
    request.show(*result, terminal.out);
  }
  warn_of_state(*result, terminal.err);
  return kDone;
}

// Page by page: a table of a million entries is never held as a whole.
int list_fdb(Client& client, const Arguments& arguments, Request request,
             const Terminal& terminal) {
  request.params["limit"] = kPage;
  Table table({"BRIDGE", "VLAN", "MAC", "PORT", "AGE"});
  bool first = true;
  for (;;) {
    const auto page = client.call(request.method, request.params);
    if (!page) return report(page.error(), terminal.err);
    if (first && arguments.json) terminal.out << '[';
    for (const Json& entry : page->at("entries")) {
      if (arguments.json) {
        terminal.out << (first ? "" : ",") << to_line(entry);
        first = false;
        continue;
      }
      const bool is_static = entry.value("static", false);
      table.add({entry.at("bridge").get<std::string>(), to_line(entry.at("vlan")),
                 entry.at("mac").get<std::string>(), entry.at("port").get<std::string>(),
                 is_static ? "static" : to_line(entry.at("age_seconds"))});
    }
    first = false;
    if (!arguments.json) table.write(terminal.out);
    if (!page->contains("next") || !terminal.out) break;
    request.params["after"] = page->at("next");
  }
  if (arguments.json) terminal.out << "]\n";
  return kDone;
}

int follow_events(Client& client, const Arguments& arguments, const Terminal& terminal) {
  const auto subscribed = client.call("events", Json::object());
  if (!subscribed) return report(subscribed.error(), terminal.err);
  while (terminal.out) {
    const auto event = client.next_event(terminal.out_descriptor);
    if (!event) return report(event.error(), terminal.err);
    if (event->is_null()) break;
    terminal.out << (arguments.json ? to_line(*event) : event_text(*event)) << '\n' << std::flush;
  }
  return kDone;
}

// The plan of a file: its mistakes are found here, as `check` does; what it changes only the daemon
// knows. It is sent the configuration with all that the file names in it.
tl::expected<Request, int> plan_request(const Arguments& arguments, std::ostream& err) {
  auto text = read_text_file(arguments.file);
  if (!text) {
    err << text.error().what << '\n';
    return tl::make_unexpected(static_cast<int>(kUsage));
  }
  const auto parsed = accept_config_text(*text, arguments.file);
  if (!parsed) {
    for (const config::Mistake& mistake : parsed.error()) err << mistake.to_string() << '\n';
    return tl::make_unexpected(static_cast<int>(kUsage));
  }
  return Request{
      "config.plan", {{"text", config::print(*parsed)}, {"file", arguments.file}}, show_changes};
}

// The commands that are no single request with one way to show its result.
int ask_specially(Client& client, const Arguments& arguments, Request request,
                  const Terminal& terminal) {
  const std::string& command = arguments.command;
  if (command == "fdb.list") return list_fdb(client, arguments, std::move(request), terminal);
  if (command == "flow.list")
    return list_in_pages(client, arguments, std::move(request), "flows", flow_text, terminal);
  if (command == "group.list")
    return list_in_pages(client, arguments, std::move(request), "groups", group_text, terminal);
  return list_in_pages(client, arguments, std::move(request), "meters", meter_text, terminal);
}

int run(const Arguments& arguments, const Terminal& terminal) {
  const std::string& command = arguments.command;
  if (command == "check")
    return check_config_file(arguments.file, arguments.run_expect, terminal.out, terminal.err);
  if (command == "version") {
    terminal.out << "trestle " << kVersion << '\n';
    return kDone;
  }
  if (command == "bench")
    return usage("'bench' must be the first word: it talks to no daemon", terminal.err);
  if (command == "top") return run_top(arguments, terminal);
  Request request;
  if (command == "plan" || command == "flow.replace") {
    auto planned = command == "plan" ? plan_request(arguments, terminal.err)
                                     : replace_request(arguments, terminal.err);
    if (!planned) return planned.error();
    request = std::move(*planned);
  } else if (command != "events") {
    auto made = make_request(arguments);
    if (!made) return usage(made.error(), terminal.err);
    request = std::move(*made);
  }
  auto client = Client::connect(arguments.socket);
  if (!client) return report(client.error(), terminal.err);
  if (command == "events") return follow_events(*client, arguments, terminal);
  if (request.show == nullptr)
    return ask_specially(*client, arguments, std::move(request), terminal);
  return ask(*client, arguments, request, terminal);
}

}  // namespace

int run_command_line(int argc, const char* const* argv, const Terminal& terminal) {
  const auto arguments = parse_arguments(argc, argv);
  if (!arguments) {
    (arguments.error().status == kDone ? terminal.out : terminal.err) << arguments.error().text;
    return arguments.error().status;
  }
  try {
    return run(*arguments, terminal);
  } catch (const Json::exception& e) {  // a daemon of another version
    terminal.err << "cannot understand trestled's answer: " << e.what() << '\n';
    return kRefusedByDaemon;
  }
}

}  // namespace trestle::control
