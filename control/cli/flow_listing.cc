// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/cli/flow_listing.h"

#include <array>
#include <cstdio>
#include <ostream>
#include <utility>

#include "control/config_file.h"
#include "switch/flow/rule.h"

namespace trestle::control {
namespace {

std::string number(const Json& object, const char* key) {
  return std::to_string(object.value(key, std::uint64_t{0}));
}

std::string duration(const Json& object) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.3fs", object.value("duration_seconds", 0.0));
  return text.data();
}

std::string counts(const Json& object) {
  return "n_packets=" + number(object, "packets") + ", n_bytes=" + number(object, "bytes");
}

// ", bucket0: n_packets=…" for each.
std::string parts(const Json& object, const char* list, const char* name) {
  std::string text;
  std::size_t index = 0;
  for (const Json& part : object.value(list, Json::array()))
    text += ", " + std::string(name) + std::to_string(index++) + ": " + counts(part);
  return text;
}

}  // namespace

std::string flow_text(const Json& flow) {
  std::string text = " cookie=" + flow.value("cookie", std::string("0x0")) +
                     ", duration=" + duration(flow) + ", table=" + number(flow, "table") + ", " +
                     counts(flow);
  for (const char* timeout : {"idle_timeout", "hard_timeout"}) {
    if (flow.contains(timeout)) text += std::string(", ") + timeout + "=" + number(flow, timeout);
  }
  text += ", idle_age=" + number(flow, "idle_age_seconds") + ", ";
  const std::string match = flow.value("match", std::string());
  if (flow.value("priority", flow::kDefaultPriority) != flow::kDefaultPriority)
    text += "priority=" + number(flow, "priority") + (match.empty() ? "" : ",");
  text += match;
  if (text.back() != ' ') text += ' ';
  return text + "actions=" + flow.value("actions", std::string());
}

std::string group_text(const Json& group) {
  return " duration=" + duration(group) + ", " + counts(group) + parts(group, "buckets", "bucket") +
         ", " + group.value("group", std::string());
}

std::string meter_text(const Json& meter) {
  return " duration=" + duration(meter) + ", " + counts(meter) + parts(meter, "dropped", "band") +
         ", " + meter.value("text", std::string());
}

int list_in_pages(Client& client, const Arguments& arguments, Request request, const char* list,
                  std::string (*text_of)(const Json&), const Terminal& terminal) {
  bool first = true;
  for (;;) {
    const auto page = client.call(request.method, request.params);
    if (!page) {
      terminal.err << page.error().error.message << '\n';
      return page.error().status;
    }
    if (first && arguments.json) terminal.out << '[';
    bool separate = !first;
    for (const Json& one : page->at(list)) {
      if (arguments.json) {
        terminal.out << (std::exchange(separate, true) ? "," : "") << to_line(one);
      } else {
        terminal.out << text_of(one) << '\n';
      }
    }
    first = false;
    if (!page->contains("next") || !terminal.out) break;
    request.params["after"] = page->at("next");
  }
  if (arguments.json) terminal.out << "]\n";
  return kDone;
}

tl::expected<Request, int> replace_request(const Arguments& arguments, std::ostream& err) {
  auto text = read_text_file(arguments.file == "-" ? "/dev/stdin" : arguments.file);
  if (!text) {
    err << text.error().what << '\n';
    return tl::make_unexpected(static_cast<int>(kUsage));
  }
  return Request{"flow.replace",
                 {{"bridge", arguments.bridge}, {"text", *text}, {"file", arguments.file}},
                 [](const Json& result, std::ostream& out) {
                   out << '+' << number(result, "added") << " -" << number(result, "removed");
                   if (result.value("modified", 0) != 0) out << " ~" << number(result, "modified");
                   out << " =" << number(result, "unchanged") << '\n';
                 }};
}

int report_replace(const Failure& failure, std::ostream& err) {
  if (failure.error.mistakes.empty()) {
    err << failure.error.message << '\n';
    return failure.status;
  }
  for (const config::Mistake& mistake : failure.error.mistakes) err << mistake.to_string() << '\n';
  return kUsage;
}

}  // namespace trestle::control
