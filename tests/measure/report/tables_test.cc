// SPDX-License-Identifier: Apache-2.0
//
// Markdown, the terminal's tables and the text of a comparison.

#include <catch2/catch.hpp>

#include <sstream>

#include "measure/report/compare_text.h"
#include "measure/report/labels.h"
#include "measure/report/markdown.h"
#include "measure/report/text_tables.h"
#include "measure/report/view.h"
#include "tests/measure/report/made_up_run.h"

namespace trestle::measure {
namespace {

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string line_with(const std::string& text, const std::string& words) {
  for (const std::string& line : lines_of(text)) {
    if (has(line, words)) return line;
  }
  return "";
}

RunFile without(RunFile run, const std::string& subject) {
  std::erase_if(run.records, [&](const Record& record) { return record.subject == subject; });
  return run;
}

TEST_CASE("switches are shown as the run names them, the rig's limit last") {
  const RunFile run = made_up_run();
  const View view = view_of(run);
  CHECK(view.switches == std::vector<std::string>{"trestle", "kernel-bridge", "ovs", "direct"});
  CHECK(view.baseline == "kernel-bridge");
  CHECK(view_of(without(run, "kernel-bridge")).baseline == "trestle");
  CHECK(view_of(RunFile{}).baseline.empty());
  const RunFile alone = without(without(without(run, "kernel-bridge"), "ovs"), "direct");
  CHECK(view_of(alone).baseline.empty());
}

TEST_CASE("every line of a Markdown table has as many cells as its head") {
  std::size_t cells = 0, tables = 0;
  for (const std::string& line : lines_of(markdown(made_up_run()))) {
    if (!line.starts_with("|")) {
      cells = 0;
      continue;
    }
    CHECK(line.ends_with("|"));
    std::size_t count = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '|' && (i == 0 || line[i - 1] != '\\')) ++count;
    }
    if (cells == 0) {
      cells = count;
      ++tables;
    }
    CAPTURE(line);
    CHECK(count == cells);
  }
  CHECK(tables == 4);  // one for each suite
}

TEST_CASE("Markdown has the headline figures with their spread, ratio and marks") {
  const RunFile run = made_up_run();
  const std::string text = markdown(run);
  const auto found = rows(run.records);
  const Row& row = found.front();
  const std::string line = line_with(text, "throughput, no loss, 64 bytes");
  REQUIRE_FALSE(line.empty());
  for (const char* subject : {"trestle", "kernel-bridge", "ovs", "direct"}) {
    CHECK(has(line, median_words(row, subject) + range_words(row, subject)));
  }
  const auto relative = ratio(run.records, row, "trestle", "kernel-bridge");
  CHECK(has(line, "**" + ratio_words(relative->median) + "**"));
  CHECK(has(line, "≥ "));
  CHECK(has(text, "the generator could send no more"));
  // A failure: a dash and a footnote with the note, in which nothing is markup.
  CHECK(has(line_with(text, "addresses remembered"), "–<sup>1</sup>"));
  CHECK(has(text, "failed: it learns no \\<address\\>, and \"says\" so \\| in a table"));
  CHECK(has(text, "Machine: AMD EPYC, 2 CPUs, 7.75 GiB"));
  CHECK(has(text, "senders on CPU 0; sinks on CPU 1; switch on CPU 1"));
  CHECK_FALSE(has(text, "throughput\\_bits"));
  CHECK_FALSE(has(text, "bit/s"));  // no headline metric of this run has it
}

TEST_CASE("without a kernel bridge ratios are to the first switch") {
  const std::string text = markdown(without(made_up_run(), "kernel-bridge"));
  CHECK(has(text, "×: to `trestle`"));
  CHECK_FALSE(has(text, "kernel-bridge"));
}

TEST_CASE("the terminal's tables have every figure, aligned, the headline metrics first") {
  const RunFile run = made_up_run();
  const std::string text = text_tables(run);
  for (const Row& row : rows(run.records)) {
    for (const auto& [subject, figure] : row.by_switch) {
      REQUIRE(has(text, median_words(row, subject) + range_words(row, subject)));
    }
  }
  CHECK(text.find("throughput, loss ≤ 0.1 %") < text.find("Gbit/s"));
  // Within a test the figures of all switches begin in one column.
  std::size_t column = 0;
  for (const std::string& line : lines_of(text.substr(0, text.find("RFC 2544: latency")))) {
    const auto subject = line.find("kernel-bridge  ");
    if (subject == std::string::npos) continue;
    if (column == 0) column = subject;
    CHECK(subject == column);
  }
  CHECK(column > 0);
  CHECK(has(line_with(text, "direct"), "generator bound"));
  for (const std::string& line : lines_of(text)) CHECK_FALSE(line.ends_with(" "));
}

TEST_CASE("a run that is empty or of one failure is told without a figure") {
  CHECK(has(text_tables(RunFile{}), "cut off before its end"));
  CHECK(has(markdown(RunFile{}), "Machine: not told"));
  RunFile run;
  run.records.push_back({"rfc2544", "throughput", "trestle", 1, {}, {}, {}, {kFailed}, "why", {}});
  CHECK(has(text_tables(run), "failed: why"));
  CHECK(has(markdown(run), "failed: why"));
}

TEST_CASE("setups are told in words") {
  CHECK(setup_words({{"frame_bytes", 64}, {"flows", 1000}}) == "64 bytes, 1,000 flows");
  CHECK(setup_words({{"flows", 1}, {"frames", "imix"}}) == "1 flow, IMIX");
  CHECK(setup_words({{"offloads", false}, {"load", "50 %"}}) == "no offloads, load 50 %");
  CHECK(setup_words({{"loss_allowed", 0.001}}) == "loss ≤ 0.10 %");
  CHECK(setup_words({{"something_else", 1.5}}) == "something else 1.5");
  CHECK(setup_words(nlohmann::ordered_json::object()).empty());
}

TEST_CASE("a comparison tells what changed beyond noise, and what did not") {
  // Of one seed: nothing but trestle differs.
  const RunFile before = made_up_run(1), faster = made_up_run(1, 1.4);
  const std::string loud = compare_text(before, faster);
  const std::string better = loud.substr(0, loud.find("Within noise"));
  CHECK(has(better, "Better, beyond noise"));
  CHECK(has(better, "RFC 2544 throughput, 64 bytes: throughput, no loss"));
  CHECK(has(better, "RFC 2544 latency, 64 bytes: latency p50"));
  CHECK(has(line_with(better, "throughput, 64 bytes: throughput, no loss"), "+40.0 %"));
  CHECK(has(better, "  trestle\n"));
  CHECK_FALSE(has(better, "  kernel-bridge\n"));
  CHECK(has(compare_text(faster, before), "Worse, beyond noise"));
}

TEST_CASE("a comparison of other machines says so") {
  RunFile before = made_up_run(), after = before;
  CHECK(has(compare_text(before, after), "Nothing changed beyond noise."));
  CHECK_FALSE(has(compare_text(before, after), "Not comparable"));
  after.run.machine["cpu"] = "Intel";
  CHECK(has(compare_text(before, after), "another machine: cpu was AMD EPYC, is Intel"));
}

}  // namespace
}  // namespace trestle::measure
