// SPDX-License-Identifier: Apache-2.0

#include "tests/e2e/prometheus.h"

#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>

namespace trestle::testing {
namespace {

const std::string kAddress = "127.0.0.1:9490";
const std::string kRules = TRESTLE_SOURCE_DIR "/packaging/prometheus/";

}  // namespace

bool Answer::has_number() const {
  return std::any_of(series.begin(), series.end(),
                     [](const Series& one) { return std::isfinite(one.value); });
}

Prometheus::Prometheus() {
  char name[] = "/run/prometheus-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  const std::string directory = name;
  std::ofstream(directory + "/prometheus.yml")
      << "global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }\n"
      << "rule_files: [" << kRules << "alerts.yml, " << kRules << "recording.yml]\n"
      << "scrape_configs:\n"
      << "  - job_name: trestle\n"
      << "    static_configs: [{ targets: ['127.0.0.1:9477'] }]\n";
  process_ = std::make_unique<Process>(
      std::vector<std::string>{"prometheus", "--config.file=" + directory + "/prometheus.yml",
                               "--storage.tsdb.path=" + directory + "/data",
                               "--web.listen-address=" + kAddress, "--log.level=warn"},
      directory + "/log");
  const bool ready = wait_until(
      [&] { return !process_->running() || run("curl -sf " + kAddress + "/-/ready").ok(); },
      Seconds(30));
  INFO("Prometheus' log:\n" << log());
  REQUIRE(ready);
  REQUIRE(process_->running());
}

Json Prometheus::get(const std::string& path, const std::string& options) const {
  const Outcome outcome = run("curl -sS " + options + " " + kAddress + path);
  Json answer = Json::parse(outcome.output, nullptr, false);
  INFO(path << " " << options << "\n" << outcome.output << "\n" << log());
  REQUIRE(answer.is_object());
  return answer;
}

Answer Prometheus::query(const std::string& expression) const {
  REQUIRE(expression.find('\'') == std::string::npos);  // the shell's quotes
  const Json reply = get("/api/v1/query", "--data-urlencode 'query=" + expression + "'");
  Answer answer;
  if (reply.at("status") != "success") {
    answer.error = reply.value("error", std::string("no reason given"));
    return answer;
  }
  const Json& data = reply.at("data");
  if (data.at("resultType") != "vector") {
    answer.error = "the answer is no vector";
    return answer;
  }
  for (const Json& one : data.at("result")) {
    answer.series.push_back(
        {one.at("metric"), strtod(one.at("value").at(1).get<std::string>().c_str(), nullptr)});
  }
  return answer;
}

Json Prometheus::rules() const {
  Json rules = Json::array();
  const Json reply = get("/api/v1/rules");
  for (const Json& group : reply.at("data").at("groups")) {
    for (const Json& rule : group.at("rules")) rules.push_back(rule);
  }
  return rules;
}

}  // namespace trestle::testing
