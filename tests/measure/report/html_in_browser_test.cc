// SPDX-License-Identifier: Apache-2.0
//
// A report of a made-up run of all suites, opened in Chromium without a screen: it renders, light,
// dark and on paper, asks for nothing from outside, and its numbers are those of its records.
// check_page.js does the looking; also at a page that was tampered with, which it must notice.

#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include <nlohmann/json.hpp>

#include "measure/report/html.h"
#include "tests/measure/report/made_up_run.h"
#include "tests/temporary_directory.h"

namespace trestle::measure {
namespace {

void need_chromium() {
  if (std::system("command -v chromium > /dev/null 2>&1") == 0) return;
  const char* ci = std::getenv("CI");
  const bool must_run = ci != nullptr && std::string_view(ci) == "true";
  std::fprintf(stderr, "%s: chromium is not installed\n", must_run ? "failed" : "skipped");
  std::exit(must_run ? 1 : 4);
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class Browser {
 public:
  Browser() { need_chromium(); }

  // What `arguments` make it write to standard output; everything it keeps is in the directory.
  std::string run(const std::string& arguments, const std::string& page) {
    std::ofstream(directory_ / "page.html", std::ios::binary) << page;
    // --no-sandbox: its own sandbox does not work for root.
    const std::string command =
        "HOME=" + directory_.path() + " timeout 120 chromium --headless=new --no-sandbox " +
        "--disable-gpu --disable-dev-shm-usage --no-first-run --disable-extensions " +
        "--user-data-dir=" + directory_ / "profile" + " " + arguments + " file://" +
        directory_ / "page.html" + " > " + directory_ / "out" + " 2> " + directory_ / "err";
    INFO(command);
    const int status = std::system(command.c_str());
    INFO(content(directory_ / "err"));
    REQUIRE(status == 0);
    return content(directory_ / "out");
  }
  std::string path(const std::string& name) const { return directory_ / name; }

  // What check_page.js finds in `page`.
  nlohmann::json verdict(std::string page, const std::string& arguments) {
    const std::string script = content(TRESTLE_SOURCE_DIR "/tests/measure/report/check_page.js");
    REQUIRE_FALSE(script.empty());
    page.insert(page.rfind("</body>"), "<script>" + script + "</script>");
    const std::string dom = run(arguments + " --window-size=1280,1000 --dump-dom", page);
    const std::string begin = "<pre id=\"verdict\">";
    const auto from = dom.rfind(begin);
    REQUIRE(from != std::string::npos);
    std::string text =
        dom.substr(from + begin.size(), dom.find("</pre>", from) - from - begin.size());
    for (const auto& [escape, character] :
         {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&nbsp;", " "}}) {
      for (auto at = text.find(escape); at != std::string::npos; at = text.find(escape, at + 1)) {
        text.replace(at, std::string_view(escape).size(), character);
      }
    }
    return nlohmann::json::parse(text);
  }

 private:
  testing::TemporaryDirectory directory_;
};

void require_good(const nlohmann::json& verdict) {
  INFO(verdict.dump(1));
  CHECK(verdict.at("wrong").empty());
  CHECK(verdict.at("requests").empty());
  // That it looked at all there is, and not at an empty page.
  const auto& counts = verdict.at("counts");
  CHECK(counts.at("figure") > 200);
  CHECK(counts.at("ratio") > 100);
  CHECK(counts.at("point") > 50);
  CHECK(counts.at("quantile") > 50);
  CHECK(counts.at("text") > 200);
  CHECK(counts.at("plot") > 20);
  CHECK(counts.at("bar") > 20);
  CHECK(verdict.at("headings") > 12);
}

TEST_CASE("in a browser every number of the report is that of its records, in light and in dark") {
  Browser browser;
  const std::string page = html(made_up_run());
  const auto light = browser.verdict(page, "--blink-settings=preferredColorScheme=1");
  require_good(light);
  CHECK_FALSE(light.at("dark"));
  const auto dark = browser.verdict(page, "--blink-settings=preferredColorScheme=0");
  require_good(dark);
  CHECK(dark.at("dark"));
}

TEST_CASE("the check notices a number that is not that of the records") {
  Browser browser;
  std::string page = html(made_up_run());
  const auto place = page.find("data-value=\"");
  REQUIRE(place != std::string::npos);
  page.insert(place + std::string_view("data-value=\"").size(), "9");
  const auto verdict = browser.verdict(page, "");
  CHECK(verdict.at("wrong").size() == 1);
}

TEST_CASE("the report prints") {
  Browser browser;
  browser.run("--no-pdf-header-footer --print-to-pdf=" + browser.path("report.pdf"),
              html(made_up_run()));
  const std::string pdf = content(browser.path("report.pdf"));
  CHECK(pdf.starts_with("%PDF-"));
  // Chromium writes one object of this type for each page.
  std::size_t pages = 0;
  for (auto at = pdf.find("/Type /Page\n"); at != std::string::npos;
       at = pdf.find("/Type /Page\n", at + 1)) {
    ++pages;
  }
  CHECK(pages > 3);
  CHECK(pages < 40);
}

}  // namespace
}  // namespace trestle::measure
