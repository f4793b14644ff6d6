// SPDX-License-Identifier: Apache-2.0

#include "measure/report/html_tables.h"

#include <fmt/core.h>

#include "measure/report/footnotes.h"
#include "measure/report/labels.h"
#include "measure/report/plots.h"
#include "measure/report/svg.h"
#include "measure/result/canonical.h"

namespace trestle::measure {
namespace {

using nlohmann::ordered_json;

std::string span(const char* css_class, const std::string& text, const Attributes& more = {}) {
  return fmt::format("<span class=\"{}\"{}>{}</span>", css_class, written(more), escaped(text));
}

std::string cell(const RunFile& run, const View& view, const Row& row, const std::string& subject,
                 Footnotes& footnotes) {
  const auto found = row.by_switch.find(subject);
  const Attributes data =
      found == row.by_switch.end() ? Attributes{} : figure_data(row, subject, found->second);
  std::string text = span("median", median_words(row, subject), data);
  if (const auto range = range_words(row, subject); !range.empty()) text += span("range", range);
  if (view.compared(subject)) {
    if (const auto relative = ratio(run.records, row, subject, view.baseline)) {
      Attributes ratio_data = figure_data(row, subject, *relative);
      ratio_data.emplace_back("data-ratio-to", view.baseline);
      text += " " + span("ratio", ratio_words(relative->median), ratio_data);
    }
  }
  std::string numbers;
  for (const std::size_t number : footnotes.of(row, subject)) {
    numbers += fmt::format("{}{}", numbers.empty() ? "" : ",", number);
  }
  if (!numbers.empty()) text += "<sup>" + numbers + "</sup>";
  return "<td>" + text + "</td>";
}

// "net.core.rmem_max" stays as it is: it is a name.
std::string value_words(const ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : canonical(value);
}

std::string fact(const std::string& name, const std::string& value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", escaped(name), escaped(value));
}

std::string folded_facts(const std::string& heading, const ordered_json& facts) {
  if (facts.empty()) return "";
  std::string result = "<details class=\"raw\"><summary>" + escaped(heading) +
                       "</summary><div class=\"table\"><table>";
  if (facts.is_array()) {
    for (const auto& each : facts) {
      result += "<tr><td><code>" + escaped(value_words(each)) + "</code></td></tr>";
    }
  } else {
    for (const auto& [name, value] : facts.items()) {
      result += "<tr><th><code>" + escaped(name) + "</code></th><td>" +
                escaped(value_words(value)) + "</td></tr>";
    }
  }
  return result + "</table></div></details>\n";
}

std::string values_words(const Record& record) {
  std::string result;
  for (const auto& [name, value] : record.values) {
    if (!result.empty()) result += "; ";
    result += metric_title(name) + " " + shown(value, metric_unit(name));
  }
  return result;
}

}  // namespace

std::string figures_table(const RunFile& run, const View& view, const TestView& test) {
  std::string result = "<div class=\"table\"><table class=\"figures\"><thead><tr><th></th>";
  for (const std::string& subject : view.switches) {
    result += "<th scope=\"col\">" + escaped(switch_title(subject)) + "</th>";
  }
  result += "</tr></thead><tbody>\n";
  const Row* last = nullptr;
  Footnotes footnotes;
  for (const Row& row : test.rows) {
    if (last == nullptr || last->metric != row.metric) {
      const std::string title = row.metric.empty() ? "no figure" : metric_title(row.metric);
      result +=
          fmt::format("<tr class=\"metric\"><th colspan=\"{}\" scope=\"colgroup\">{}</th></tr>\n",
                      view.switches.size() + 1, escaped(title));
    }
    last = &row;
    result += "<tr><th scope=\"row\">" + escaped(setup_words(row.setup)) + "</th>";
    for (const std::string& subject : view.switches)
      result += cell(run, view, row, subject, footnotes);
    result += "</tr>\n";
  }
  result += "</tbody></table></div>\n";
  std::size_t number = 0;
  for (const std::string& sentence : footnotes.sentences()) {
    result +=
        fmt::format("<p class=\"footnote\"><sup>{}</sup> {}</p>\n", ++number, escaped(sentence));
  }
  return result;
}

std::string records_table(const RunFile& run) {
  std::string result =
      "<div class=\"table\"><table class=\"records\"><thead><tr><th>test</th><th>setup</th>"
      "<th>switch</th><th>round</th><th>values</th><th>marks and note</th></tr></thead><tbody>\n";
  for (const Record& record : run.records) {
    std::string remarks;
    for (const std::string& mark : record.marks) {
      remarks += (remarks.empty() ? "" : "; ") + mark_words(mark);
    }
    if (!record.note.empty()) remarks += (remarks.empty() ? "" : "; ") + record.note;
    result += fmt::format(
        "<tr><td>{} {}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escaped(suite_title(record.suite)), escaped(plain_words(record.test)),
        escaped(setup_words(record.setup)), escaped(record.subject), record.round,
        escaped(values_words(record)), escaped(remarks));
  }
  return result + "</tbody></table></div>\n";
}

std::string machine_facts(const Run& run) {
  std::string facts, folded;
  if (run.machine.is_object()) {
    for (const auto& [name, value] : run.machine.items()) {
      if (value.is_structured()) {
        folded += folded_facts(test_title(name), value);
      } else if (name == "memory_bytes" && value.is_number()) {
        facts += fact("memory", shown(value.get<double>(), "bytes"));
      } else {
        facts += fact(plain_words(name), value_words(value));
      }
    }
  }
  if (const auto rig = rig_words(run); !rig.empty()) {
    facts += fact("rig", rig);
  }
  return "<dl class=\"facts\">" + facts + "</dl>\n" + folded;
}

}  // namespace trestle::measure
