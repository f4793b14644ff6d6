// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/cli/metrics_text.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace trestle::control {
namespace {

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// A quoted value at the front of `line`, after its first quotation mark; false: it does not end.
bool take_quoted(std::string_view& line, std::string& value) {
  value.clear();
  while (!line.empty()) {
    const char c = line.front();
    line.remove_prefix(1);
    if (c == '"') return true;
    if (c != '\\') {
      value += c;
      continue;
    }
    if (line.empty()) return false;
    value += line.front() == 'n' ? '\n' : line.front();
    line.remove_prefix(1);
  }
  return false;
}

// name="value",…} at the front of `line`.
bool take_labels(std::string_view& line, MetricSample& sample) {
  while (!line.empty() && line.front() != '}') {
    const std::size_t equals = line.find("=\"");
    if (equals == std::string_view::npos) return false;
    sample.labels.emplace_back(line.substr(0, equals), std::string());
    line.remove_prefix(equals + 2);
    if (!take_quoted(line, sample.labels.back().second)) return false;
    if (!line.empty() && line.front() == ',') line.remove_prefix(1);
  }
  if (line.empty()) return false;
  line.remove_prefix(1);
  return true;
}

bool read_value(std::string_view text, double& value) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  text = text.substr(0, text.find(' '));  // after it there may be a time
  if (text == "NaN") {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);  // from_chars knows no "+Inf"
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

bool read_line(std::string_view line, MetricSample& sample) {
  const std::size_t end = line.find_first_of("{ ");
  if (end == std::string_view::npos || end == 0 || line.front() == '#') return false;
  sample.name = line.substr(0, end);
  sample.labels.clear();
  const bool labelled = line[end] == '{';
  line.remove_prefix(end + 1);
  return (!labelled || take_labels(line, sample)) && read_value(line, sample.value);
}

}  // namespace

std::string_view MetricSample::label(std::string_view wanted) const {
  for (const auto& [label_name, text] : labels) {
    if (label_name == wanted) return text;
  }
  return {};
}

bool next_sample(std::string_view& text, MetricSample& sample) {
  while (!text.empty()) {
    if (read_line(take_line(text), sample)) return true;
  }
  return false;
}

}  // namespace trestle::control
