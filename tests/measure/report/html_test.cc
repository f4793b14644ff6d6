// SPDX-License-Identifier: Apache-2.0
//
// The HTML report as text: whole, escaped, without anything from outside. What a browser makes of
// it is html_in_browser_test.cc's.

#include "measure/report/html.h"

#include <catch2/catch.hpp>

#include "measure/report/plot_axis.h"
#include "measure/report/svg.h"
#include "tests/measure/report/made_up_run.h"

namespace trestle::measure {
namespace {

// Elements opened and not closed, in the order of the text; "!" and the name where another is
// closed than was opened.
std::vector<std::string> unbalanced(const std::string& page) {
  std::vector<std::string> open;
  const std::string without_data = page.substr(0, page.find("<script"));
  static const std::string kVoid[] = {"meta", "br", "!DOCTYPE"};
  for (std::size_t at = without_data.find('<'); at != std::string::npos;
       at = without_data.find('<', at + 1)) {
    const std::size_t end = without_data.find('>', at);
    if (end == std::string::npos) return {"!<"};
    std::string tag = without_data.substr(at + 1, end - at - 1);
    const bool closing = tag.starts_with('/'), empty = tag.ends_with('/');
    tag = tag.substr(closing, tag.find(' ') - (closing ? 1 : 0));
    if (empty || std::find(std::begin(kVoid), std::end(kVoid), tag) != std::end(kVoid)) continue;
    if (!closing) {
      open.push_back(tag);
    } else if (!open.empty() && open.back() == tag) {
      open.pop_back();
    } else {
      return {"!" + tag};
    }
  }
  return open;
}

TEST_CASE("every element of the report is closed, and nothing is loaded") {
  const std::string page = html(made_up_run());
  CHECK(unbalanced(page) == std::vector<std::string>{"html", "body"});
  for (const char* loads : {" src=", "<link", "@import", "url(", "<iframe", "<img", "http-equiv"}) {
    CAPTURE(loads);
    CHECK(page.find(loads) == std::string::npos);
  }
  // Every address it has is one in itself.
  for (std::size_t at = page.find("href="); at != std::string::npos;
       at = page.find("href=", at + 1)) {
    CHECK(page.substr(at, 7) == "href=\"#");
  }
}

TEST_CASE("the page has the run's own lines, also where they would end the element") {
  RunFile run = made_up_run();
  run.records[0].note = "</script><script>alert(1)</script><!--";
  const std::string page = html(run);
  const std::string begin = "id=\"records\">";
  const auto from = page.find(begin) + begin.size();
  const std::string text = page.substr(from, page.find("</script>", from) - from);
  const auto lines = nlohmann::ordered_json::parse(text);
  REQUIRE(lines.size() == run.records.size() + 2);
  CHECK(lines.front() == to_json(run.run));
  for (std::size_t i = 0; i < run.records.size(); ++i) {
    REQUIRE(lines[i + 1] == to_json(run.records[i]));
  }
  CHECK(lines.back() == to_json(*run.end));
  CHECK(page.find("<script>alert") == std::string::npos);
}

TEST_CASE("names from outside are text, never markup") {
  RunFile run = made_up_run();
  for (Record& record : run.records) {
    record.subject = "<b>\"&'" + record.subject;
    record.test = "<i>" + record.test;
    record.suite = "<u>" + record.suite;
    record.setup["<s>"] = "<q>\"";
    record.note = "<em>";
  }
  run.run.command = {"<tt>"};
  const std::string page = html(run);
  for (const char* markup : {"<b>\"", "<i>t", "<u>", "<s>", "<q>", "<em>", "<tt>"}) {
    CAPTURE(markup);
    CHECK(page.find(markup) == std::string::npos);
  }
  CHECK(unbalanced(page) == std::vector<std::string>{"html", "body"});
}

TEST_CASE("a run of nothing, of one switch, of one round still makes a page") {
  CHECK(html(RunFile{}).ends_with("</html>\n"));
  RunFile run = made_up_run();
  std::erase_if(run.records,
                [](const Record& each) { return each.subject != "ovs" || each.round != 2; });
  const std::string page = html(run);
  CHECK(unbalanced(page) == std::vector<std::string>{"html", "body"});
  CHECK(page.find("data-ratio-to") == std::string::npos);
  CHECK(page.find("data-metric=\"throughput\"") != std::string::npos);
}

TEST_CASE("linear axes have few, round ticks around all values") {
  for (const double high : {1e-9, 0.3, 1.0, 7.0, 99.0, 101.0, 123456.0, 9.99e8}) {
    CAPTURE(high);
    const Axis axis = linear_axis(0, high, 0, 100);
    CHECK(axis.from == 0);
    CHECK(axis.to >= high);
    CHECK(axis.to <= high * 2.5);
    CHECK((axis.ticks.size() >= 3 && axis.ticks.size() <= 7));
    CHECK(axis.at(high) <= 100);
    CHECK(axis.at(high / 2) == Approx(axis.at(high) / 2));
  }
  const Axis negative = linear_axis(-3, 10, 0, 100);
  CHECK(negative.from <= -3);
  CHECK(std::count(negative.ticks.begin(), negative.ticks.end(), 0.0) == 1);
  CHECK(linear_axis(0, 0, 0, 1).to > 0);
}

TEST_CASE("logarithmic axes go to the next 1, 2 or 5, and put factors at equal distances") {
  const Axis axis = log_axis(3, 6000, 0, 300);
  CHECK(axis.from == Approx(2));
  CHECK(axis.to == Approx(10000));
  CHECK(axis.at(1000) - axis.at(100) == Approx(axis.at(100) - axis.at(10)));
  CHECK(axis.ticks.size() == 4);  // 10, 100, 1000, 10000
  const Axis narrow = log_axis(30, 70, 0, 300);
  CHECK(narrow.ticks.size() >= 2);
  CHECK(narrow.from <= 30);
  CHECK(narrow.to >= 70);
}

TEST_CASE("text and numbers in markup") {
  CHECK(escaped("<a b=\"c\">&'\x01") == "&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
  CHECK(px(12.04) == "12");
  CHECK(px(-0.01) == "0");
  CHECK(px(1.26) == "1.3");
  for (const double value : {0.1, 1e21, 1.0 / 3, 5e-324}) {
    CHECK(std::strtod(exact(value).c_str(), nullptr) == value);
  }
}

}  // namespace
}  // namespace trestle::measure
