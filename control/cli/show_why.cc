// SPDX-License-Identifier: Apache-2.0
//
// The answer of `why` for people: bridge by bridge, step by step, then what leaves. Rules that call
// each other without end make hundreds of steps, each inside the one before; their first levels
// show what they are, and the others are only counted. (--json has them all.)

#include <algorithm>
#include <ostream>
#include <string>

#include "control/cli/show.h"

namespace trestle::control {
namespace {

constexpr std::size_t kIndentMax = 16;  // columns
constexpr std::size_t kDepthMax = 8;    // of resubmits and groups; deeper steps are counted

std::string text_of(const Json& object, const char* key) {
  return object.value(key, std::string());
}

void show_drop(const Json& object, std::ostream& out) {
  const auto drop = object.find("drop");
  if (drop == object.end()) return;
  out << "dropped: " << text_of(*drop, "reason") << ": " << text_of(*drop, "help") << '\n';
}

void show_table(const Json& step, const std::string& indent, std::ostream& out) {
  const std::string rule = text_of(step, "rule");
  out << indent << "table " << step.value("table", 0) << ": "
      << (rule.empty() ? "no rule matches" : rule) << '\n';
  for (const Json& one : step.value("passed_over", Json::array())) {
    out << indent << "  not " << text_of(one, "rule") << ": " << text_of(one, "why") << '\n';
  }
  if (const auto more = step.value("passed_over_more", std::size_t{0}); more != 0) {
    out << indent << "  nor " << more << " more of higher priority\n";
  }
}

void show_step(const Json& step, const std::string& indent, std::ostream& out) {
  const std::string kind = text_of(step, "kind");
  if (kind == "table") {
    show_table(step, indent, out);
  } else if (kind == "action") {
    out << indent << "  " << text_of(step, "text") << '\n';
  } else {
    out << indent << "  " << kind << ": " << text_of(step, "text") << '\n';
  }
}

void show_steps(const Json& steps, std::ostream& out) {
  std::size_t folded = 0;
  const auto show_folded = [&] {
    if (folded == 0) return;
    out << std::string(kIndentMax, ' ') << "  … " << folded << " more, inside each other\n";
    folded = 0;
  };
  for (const Json& step : steps) {
    const auto depth = step.value("depth", std::size_t{0});
    if (depth > kDepthMax) {
      ++folded;
      continue;
    }
    show_folded();
    show_step(step, std::string(std::min(2 + 2 * depth, kIndentMax), ' '), out);
  }
  show_folded();
}

void show_visit(const Json& visit, std::ostream& out) {
  out << text_of(visit, "bridge") << '.' << text_of(visit, "port") << ": "
      << text_of(visit, "frame") << '\n';
  show_steps(visit.value("steps", Json::array()), out);
  if (const auto megaflow = visit.find("megaflow"); megaflow != visit.end()) {
    const std::string match = text_of(*megaflow, "match");
    out << "  megaflow: " << (match.empty() ? "everything" : match) << " -> "
        << text_of(*megaflow, "actions") << '\n';
    if (!megaflow->value("cacheable", true)) {
      out << "  which is not cached: it depends on what is below the headers taken off\n";
    }
  }
  if (visit.contains("drop")) {
    out << "  ";
    show_drop(visit, out);
  }
}

}  // namespace

void show_why(const Json& result, std::ostream& out) {
  if (const auto kept = result.find("kept"); kept != result.end()) {
    out << "a frame of " << result.value("size", 0) << " bytes, " << kept->value("age_seconds", 0.0)
        << " s ago";
    const std::string reason = text_of(*kept, "reason");
    out << (reason.empty() ? "" : ", dropped then for " + reason) << '\n';
  }
  for (const Json& visit : result.value("visits", Json::array())) show_visit(visit, out);
  const Json outputs = result.value("outputs", Json::array());
  out << (outputs.empty() ? "nothing leaves\n" : "leaves by\n");
  for (const Json& output : outputs) {
    out << "  " << text_of(output, "bridge") << '.' << text_of(output, "port") << ": ";
    std::string changes;
    for (const Json& change : output.value("changes", Json::array())) {
      changes += (changes.empty() ? "" : ", ") + change.get<std::string>();
    }
    out << (changes.empty() ? "as it came in" : changes) << '\n';
    if (output.contains("drop")) {
      out << "    ";
      show_drop(output, out);
    }
  }
}

}  // namespace trestle::control
