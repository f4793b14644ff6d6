// SPDX-License-Identifier: Apache-2.0

#include "measure/report/html.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "measure/report/glossary.h"
#include "measure/report/html_style.h"
#include "measure/report/html_tables.h"
#include "measure/report/labels.h"
#include "measure/report/plot.h"
#include "measure/report/plots.h"
#include "measure/report/svg.h"
#include "measure/report/view.h"
#include "measure/result/machine.h"

namespace trestle::measure {
namespace {

// For the id of a test's heading.
std::string anchor(const TestView& test) {
  std::string result = test.suite + "-" + test.test;
  std::replace_if(
      result.begin(), result.end(),
      [](char c) { return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')); }, '-');
  return result;
}

std::vector<std::string> suites_of(const View& view) {
  std::vector<std::string> suites;
  for (const TestView& test : view.tests) {
    if (std::find(suites.begin(), suites.end(), test.suite) == suites.end()) {
      suites.push_back(test.suite);
    }
  }
  return suites;
}

std::string title_of(const View& view) {
  std::string suites, switches;
  for (const std::string& suite : suites_of(view)) {
    suites += (suites.empty() ? "" : ", ") + suite_title(suite);
  }
  for (const std::string& subject : view.switches) {
    if (subject != kCeiling) switches += (switches.empty() ? "" : ", ") + subject;
  }
  if (suites.empty()) return "An empty run";
  return switches.empty() ? suites : suites + ": " + switches;
}

std::string navigation(const View& view) {
  std::string result = "<nav aria-label=\"Contents\"><a href=\"#summary\">Summary</a>";
  for (const std::string& suite : suites_of(view)) {
    result += "<b>" + escaped(suite_title(suite)) + "</b>";
    for (const TestView& test : view.tests) {
      if (test.suite != suite) continue;
      result +=
          fmt::format("<a href=\"#{}\">{}</a>", anchor(test), escaped(plain_words(test.test)));
    }
  }
  return result +
         "<a href=\"#machine\">Machine</a><a href=\"#records-of-all\">Records</a>"
         "<a href=\"#glossary\">Glossary</a></nav>\n";
}

std::string command_line(const Run& run) {
  std::string result;
  for (const std::string& word : run.command) result += (result.empty() ? "" : " ") + word;
  return result.empty() ? "" : "<pre class=\"command\">" + escaped(result) + "</pre>\n";
}

std::string head(const RunFile& run, const View& view) {
  return fmt::format(
      "<header class=\"top\"><h1>{}</h1>\n<p class=\"soft\">trestle {}, {}. Options {}.</p>\n"
      "<p class=\"soft\">{}</p>\n{}{}</header>\n",
      escaped(title_of(view)), escaped(run.run.version), escaped(end_words(run)),
      escaped(run.run.options_hash), escaped(machine_line(run.run.machine)), command_line(run.run),
      navigation(view));
}

std::string picture(const Picture& picture) {
  return "<figure><figcaption>" + escaped(picture.caption) + "</figcaption>" + picture.svg +
         "</figure>\n";
}

std::string plots_of(const RunFile& run, const View& view, const TestView& test) {
  std::string seen, folded;
  std::size_t folded_count = 0;
  for (const Picture& each : pictures(run, view, test)) {
    (each.more ? folded : seen) += picture(each);
    if (each.more) ++folded_count;
  }
  std::string result = seen.empty() ? "" : "<div class=\"plots\">" + seen + "</div>\n";
  if (!folded.empty()) {
    result += fmt::format(
        "<details class=\"more\"><summary>{} more plots, of other setups</summary>"
        "<div class=\"plots\">{}</div></details>\n",
        folded_count, folded);
  }
  return result;
}

// A line and shape as plots have it, and what the switch is.
std::string switch_key(const RunFile& run, const View& view) {
  std::string result = "<ul class=\"switches\">";
  for (const std::string& subject : view.switches) {
    std::string about;
    const auto found = run.run.subjects.find(subject);
    if (found != run.run.subjects.end() && found->is_object()) {
      for (const char* name : {"what", "version"}) {
        const auto text = found->find(name);
        if (text == found->end() || !text->is_string() || text->get<std::string>().empty())
          continue;
        about += (about.empty() ? "" : ", ") + text->get<std::string>();
      }
    }
    result += fmt::format(
        "<li class=\"{}\"><svg viewBox=\"0 0 34 12\" aria-hidden=\"true\"><path class=\"line\" "
        "d=\"M0 6H34\"/></svg><span><b>{}</b> <span class=\"soft\">{}</span></span></li>",
        slot_class(slot_of(view, subject)), escaped(subject), escaped(about));
  }
  return result + "</ul>\n";
}

std::string summary(const RunFile& run, const View& view) {
  std::string result = "<section id=\"summary\"><h2>Summary</h2>\n" + switch_key(run, view);
  if (!run.end || run.end->interrupted) {
    result += "<p class=\"note\">The run was not finished: rounds or tests are missing.</p>\n";
  }
  const std::string ratios = ratio_picture(run, view);
  if (!ratios.empty()) {
    result += fmt::format(
        "<figure class=\"wide\"><figcaption>How many times {}'s figure<br><small>Drawn to the "
        "right "
        "what is better; ↓ marks what is better when it is less. Where a test has several setups "
        "(frame sizes and the like) each is a dot, "
        "and the bar their median. Of each setup: the median of the rounds' own ratios."
        "</small></figcaption>{}</figure>\n",
        escaped(view.baseline), ratios);
  }
  return result +
         "<p class=\"soft\">Figures are medians of the rounds; whiskers and brackets are the "
         "lowest "
         "and the highest round. Dashed and grey is <b>direct</b>, the rig without a switch: a "
         "switch cannot be told from it where it comes close. \"≥\" marks what the generator was "
         "too slow for.</p>\n</section>\n";
}

std::string suite_section(const RunFile& run, const View& view, const std::string& suite) {
  std::string result = "<section><h2>" + escaped(suite_title(suite)) + "</h2>\n";
  for (const TestView& test : view.tests) {
    if (test.suite != suite) continue;
    result += fmt::format("<h3 id=\"{}\">{}</h3>\n", anchor(test), escaped(test_title(test.test)));
    if (const auto meaning = test_meaning(test.suite, test.test); !meaning.empty()) {
      result += "<p class=\"meaning\">" + escaped(meaning) + "</p>\n";
    }
    // Long tables are folded away where plots say the same.
    constexpr std::size_t kLongTable = 12;
    result += plots_of(run, view, test) + "<details class=\"more\"" +
              (test.rows.size() > kLongTable ? "" : " open") + "><summary>Figures</summary>" +
              figures_table(run, view, test) + "</details>\n";
  }
  return result + "</section>\n";
}

std::string glossary(const View& view) {
  std::string result = "<section id=\"glossary\"><h2>Glossary</h2>\n<dl class=\"words\">";
  std::set<std::string> told;
  for (const TestView& test : view.tests) {
    for (const Row& row : test.rows) {
      const Metric* metric = find_metric(row.metric);
      if (metric == nullptr || !told.insert(row.metric).second) continue;
      std::string meaning = metric_meaning(row.metric);
      if (!meaning.empty()) meaning += " ";
      meaning += fmt::format("In {}{}.", metric->unit,
                             metric->better == Better::kHigher  ? "; higher is better"
                             : metric->better == Better::kLower ? "; lower is better"
                                                                : "");
      result += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", escaped(metric->title),
                            escaped(meaning));
    }
  }
  return result + "</dl></section>\n";
}

// As JSON in a script element, which ends at the first "</script": no "<" may be left.
std::string embedded(const RunFile& run) {
  std::string lines = to_line(to_json(run.run));
  for (const Record& record : run.records) lines += "," + to_line(to_json(record));
  if (run.end) lines += "," + to_line(to_json(*run.end));
  std::string result;
  for (const char character : lines) {
    if (character == '<') {
      result += "\\u003c";
    } else {
      result += character;
    }
  }
  return "<script type=\"application/json\" id=\"records\">[" + result + "]</script>\n";
}

}  // namespace

std::string html(const RunFile& run) {
  const View view = view_of(run);
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"generator\" content=\"trestle {}\">\n<title>{}</title>\n<style>{}</style>"
      "</head>\n<body>\n",
      escaped(run.run.version), escaped(title_of(view)), kStyle);
  page += head(run, view) + "<main>\n" + summary(run, view);
  for (const std::string& suite : suites_of(view)) page += suite_section(run, view, suite);
  page += "<section id=\"machine\"><h2>Machine</h2>\n" + machine_facts(run.run) + "</section>\n";
  page +=
      "<section id=\"records-of-all\"><h2>Records</h2>\n<p class=\"soft\">Every measurement, in "
      "the "
      "order in which it was made; the lines themselves are in this page's element "
      "<code>#records</code>.</p>\n<details class=\"raw\"><summary>" +
      std::to_string(run.records.size()) + " measurements</summary>" + records_table(run) +
      "</details></section>\n";
  page += glossary(view) + "<footer>Made by <code>trestle bench</code>.</footer>\n</main>\n";
  return page + embedded(run) + "</body></html>\n";
}

}  // namespace trestle::measure
