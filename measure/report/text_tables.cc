// SPDX-License-Identifier: Apache-2.0

#include "measure/report/text_tables.h"

#include <algorithm>

#include "measure/report/labels.h"
#include "measure/report/view.h"
#include "measure/result/machine.h"

namespace trestle::measure {
namespace {

std::string padded(std::string text, std::size_t width) {
  const std::size_t wide = width_of(text);
  if (wide < width) text.append(width - wide, ' ');
  return text;
}

// One line: a switch's figure in a setup.
struct Line {
  std::string setup;  // told on the first line of each setup only
  std::string subject;
  std::string figure;
  std::string ratio;
  std::string remarks;
};

std::string remarks_of(const Row& row, const std::string& subject) {
  std::string result;
  const auto marks = row.marks.find(subject);
  if (marks == row.marks.end()) return result;
  for (const std::string& mark : marks->second) {
    result += (result.empty() ? "" : ", ") + plain_words(mark);
  }
  const auto note = row.notes.find(subject);
  if (note != row.notes.end() && has_mark(row, subject, kFailed)) result += ": " + note->second;
  return result;
}

std::vector<Line> lines_of(const RunFile& run, const View& view, const Row& row) {
  std::vector<Line> lines;
  for (const std::string& subject : view.switches) {
    if (!row.by_switch.contains(subject) && !row.marks.contains(subject)) continue;
    Line line{lines.empty() ? setup_words(row.setup) : "", subject,
              median_words(row, subject) + range_words(row, subject), "", remarks_of(row, subject)};
    if (view.compared(subject)) {
      const auto relative = ratio(run.records, row, subject, view.baseline);
      if (relative) line.ratio = ratio_words(relative->median);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

struct Block {
  std::string metric;
  std::vector<Line> lines;
};

std::vector<Block> blocks_of(const RunFile& run, const View& view, const TestView& test) {
  std::vector<Block> blocks;
  const Row* last = nullptr;
  for (const Row& row : test.rows) {
    if (last == nullptr || last->metric != row.metric) {
      blocks.push_back({row.metric.empty() ? "no figure" : metric_title(row.metric), {}});
    }
    auto lines = lines_of(run, view, row);
    std::move(lines.begin(), lines.end(), std::back_inserter(blocks.back().lines));
    last = &row;
  }
  return blocks;
}

std::string table(const std::vector<Block>& blocks) {
  std::size_t setup = 0, subject = 0, figure = 0, ratio_width = 0;
  for (const Block& block : blocks) {
    for (const Line& line : block.lines) {
      setup = std::max(setup, width_of(line.setup));
      subject = std::max(subject, width_of(line.subject));
      figure = std::max(figure, width_of(line.figure));
      ratio_width = std::max(ratio_width, width_of(line.ratio));
    }
  }
  std::string result;
  for (const Block& block : blocks) {
    result += "  " + block.metric + "\n";
    for (const Line& line : block.lines) {
      std::string text = "    " + (setup > 0 ? padded(line.setup, setup) + "  " : "") +
                         padded(line.subject, subject) + "  " + padded(line.figure, figure) + "  " +
                         padded(line.ratio, ratio_width) + "  " + line.remarks;
      text.erase(text.find_last_not_of(' ') + 1);
      result += text + "\n";
    }
  }
  return result;
}

}  // namespace

std::string text_tables(const RunFile& run) {
  const View view = view_of(run);
  std::string result;
  for (const TestView& test : view.tests) {
    result += suite_title(test.suite) + ": " + plain_words(test.test) + "\n";
    result += table(blocks_of(run, view, test)) + "\n";
  }
  if (!view.baseline.empty()) {
    result += "×: to " + view.baseline + ", the median of the rounds' own ratios.\n";
  }
  const std::string machine = machine_line(run.run.machine);
  const std::string rig = rig_words(run.run);
  if (!machine.empty()) result += machine + "\n";
  if (!rig.empty()) result += rig + "\n";
  return result + end_words(run) + "\n";
}

}  // namespace trestle::measure
