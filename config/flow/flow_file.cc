// SPDX-License-Identifier: Apache-2.0
//
// Files of flows.

#include "config/flow/tokens.h"

namespace trestle::config {
namespace {

// Up to a '#' that is not in quotes.
std::string_view without_comment(std::string_view line) {
  bool in_quotes = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') in_quotes = !in_quotes;
    if (line[i] == '#' && !in_quotes) return line.substr(0, i);
  }
  return line;
}

}  // namespace

tl::expected<FlowFile, std::vector<LineMistake>> parse_flow_file(std::string_view text,
                                                                 const FlowPorts& ports) {
  FlowFile file;
  std::vector<LineMistake> mistakes;
  std::optional<std::string_view> rest = text;
  for (int number = 1; rest; ++number) {
    const Halves halves = split(*rest, "\n");
    rest = halves.second;
    const std::string_view line = without_comment(halves.first);
    if (skip_separators(line).empty()) continue;
    auto parsed = parse_flow(line, ports);
    if (!parsed) {
      mistakes.push_back({number, parsed.error()});
    } else if (parsed->check_overlap) {
      const std::string_view token = line.substr(line.find("check_overlap"));
      mistakes.push_back(
          {number,
           {Source(line).column(token), "'check_overlap' has no place in a file of flows"}});
    } else {
      file.rules.push_back(std::move(parsed->rule));
      file.lines.push_back(number);
    }
  }
  if (!mistakes.empty()) return tl::unexpected(std::move(mistakes));
  return file;
}

}  // namespace trestle::config
