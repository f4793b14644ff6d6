// SPDX-License-Identifier: Apache-2.0

#include "measure/report/markdown.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "measure/report/footnotes.h"
#include "measure/report/labels.h"
#include "measure/report/view.h"
#include "measure/result/machine.h"

namespace trestle::measure {
namespace {

// As text of a table's cell: no markup, one line.
std::string cell_text(const std::string& text) {
  constexpr std::string_view kMarkup = "\\|`*_[]<>#";
  std::string result;
  for (const char character : text) {
    if (character == '\n' || character == '\r') {
      result += ' ';
      continue;
    }
    if (kMarkup.find(character) != std::string_view::npos) result += '\\';
    result += character;
  }
  return result;
}

std::string footnotes_text(const Footnotes& footnotes) {
  std::string result;
  std::size_t number = 0;
  for (const std::string& sentence : footnotes.sentences()) {
    result += fmt::format("{}<sup>{}</sup> {}", number == 0 ? "\n" : "<br>\n", number + 1,
                          cell_text(sentence));
    ++number;
  }
  return result.empty() ? "" : result + "\n";
}

std::string references(const Row& row, const std::string& subject, Footnotes& footnotes) {
  std::string result;
  for (const std::size_t number : footnotes.of(row, subject)) {
    result += fmt::format("{}{}", result.empty() ? "" : ",", number);
  }
  return result.empty() ? "" : "<sup>" + result + "</sup>";
}

std::string cell(const RunFile& run, const View& view, const Row& row, const std::string& subject,
                 Footnotes& footnotes) {
  std::string text = median_words(row, subject) + range_words(row, subject);
  if (view.compared(subject)) {
    if (const auto relative = ratio(run.records, row, subject, view.baseline)) {
      const std::string words = ratio_words(relative->median);
      text += subject == kCeiling ? ", " + words : ", **" + words + "**";
    }
  }
  return text + references(row, subject, footnotes);
}

std::string row_title(const Row& row) {
  const std::string setup = setup_words(row.setup);
  const std::string metric = row.metric.empty() ? "–" : metric_title(row.metric);
  return cell_text(setup.empty() ? metric : metric + ", " + setup);
}

bool shown_here(const Row& row) {
  return row.metric.empty() || metric_headline(row.metric);
}

std::string table(const RunFile& run, const View& view, const std::string& suite) {
  std::string head = "| |", rule = "|---|", body;
  for (const std::string& subject : view.switches) {
    head += " " + cell_text(switch_title(subject)) + " |";
    rule += "---|";
  }
  Footnotes footnotes;
  for (const TestView& test : view.tests) {
    if (test.suite != suite) continue;
    std::string lines;
    for (const Row& row : test.rows) {
      if (!shown_here(row)) continue;
      lines += "| " + row_title(row) + " |";
      for (const std::string& subject : view.switches) {
        lines += " " + cell(run, view, row, subject, footnotes) + " |";
      }
      lines += "\n";
    }
    if (lines.empty()) continue;
    body += "| **" + cell_text(test_title(test.test)) + "** |";
    for (std::size_t i = 0; i < view.switches.size(); ++i) body += " |";
    body += "\n" + lines;
  }
  if (body.empty()) return "";
  return fmt::format("### {}\n\n{}\n{}\n{}{}\n", cell_text(suite_title(suite)), head, rule, body,
                     footnotes_text(footnotes));
}

}  // namespace

std::string markdown(const RunFile& run) {
  const View view = view_of(run);
  std::string result = "Median of the rounds (lowest – highest)";
  if (!view.baseline.empty()) {
    result += fmt::format("; ×: to `{}`, the median of the rounds' own ratios", view.baseline);
  }
  result += ".\n\n";
  std::vector<std::string> suites;
  for (const TestView& test : view.tests) {
    if (std::find(suites.begin(), suites.end(), test.suite) != suites.end()) continue;
    suites.push_back(test.suite);
    result += table(run, view, test.suite);
  }
  const std::string machine = machine_line(run.run.machine);
  const std::string rig = rig_words(run.run);
  result += "Machine: " + cell_text(machine.empty() ? "not told" : machine);
  if (!rig.empty()) result += "; " + cell_text(rig);
  result += fmt::format(". trestle {}, {}; options {}.\n", cell_text(run.run.version),
                        cell_text(end_words(run)), cell_text(run.run.options_hash));
  return result;
}

}  // namespace trestle::measure
