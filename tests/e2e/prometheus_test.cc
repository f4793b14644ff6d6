// SPDX-License-Identifier: Apache-2.0
//
// The dashboard and the rules of packaging/, asked of a real Prometheus that scrapes a running
// switch under traffic: no query may fail or answer nothing, and the rates are those of the
// generators.

#include "tests/e2e/prometheus.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <deque>
#include <map>
#include <regex>

#include "tests/e2e/traffic.h"

using namespace trestle::testing;

namespace {

constexpr double kTolerance = 0.05;
constexpr std::size_t kPayload = 200;
constexpr double kFrameBits = 8 * (kPayload + 42);  // Ethernet, IPv4 and UDP headers
const std::string kWindow = "10s";                  // at one scrape a second

// br0 learns, br1 has rules, of which one drops; a port of br0 waits for its device.
std::string lab_config() {
  return bridge_of("br0", {"red 10.1.1.2/24", "blue 10.1.1.3/24"}) +
         "ports.late = { type = \"netdev\", interface = \"nosuch0\" }\n" +
         bridge_of("br1", {"white 10.2.2.2/24", "black 10.2.2.3/24"}) +
         "flows = [\"priority=10,dl_type=0x88b5,actions=drop\", \"priority=0,actions=NORMAL\"]\n";
}

struct Question {
  std::string where;  // "panel Ports, A"; "alert TrestleDown"
  std::string expression;
};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// As Grafana does it with all of everything chosen.
std::string with_variables(std::string expression) {
  expression = replaced(std::move(expression), "$__rate_interval", kWindow);
  for (const char* variable : {"$job", "$instance", "$bridge", "$port"}) {
    expression = replaced(std::move(expression), variable, ".*");
  }
  return expression;
}

std::vector<Question> dashboard_questions() {
  const Json dashboard =
      Json::parse(read_file(TRESTLE_SOURCE_DIR "/packaging/grafana/trestle.json"));
  std::vector<Question> questions;
  for (const Json& panel : dashboard.at("panels")) {
    const std::string title = panel.at("title");
    for (const Json& target : panel.value("targets", Json::array())) {
      questions.push_back({"panel " + title + ", " + target.at("refId").get<std::string>(),
                           with_variables(target.at("expr"))});
    }
  }
  // What fills a variable's list: label_values(metric{…}, label).
  const std::regex values(R"(label_values\((.*), (\w+)\))");
  for (const Json& variable : dashboard.at("templating").at("list")) {
    std::smatch found;
    const std::string definition = variable.value("definition", std::string());
    if (!std::regex_match(definition, found, values)) continue;
    questions.push_back({"variable " + variable.at("name").get<std::string>(),
                         "count by (" + found.str(2) + ") (" + with_variables(found.str(1)) + ")"});
  }
  return questions;
}

// Rates over a minute or five would need minutes of traffic.
std::string shortened(const std::string& expression) {
  return replaced(replaced(expression, "[1m]", "[" + kWindow + "]"), "[5m]", "[" + kWindow + "]");
}

// An alert that does not fire answers nothing, as does one that asks for what does not exist. With
// its comparisons answering 0 or 1, only the latter does.
std::string without_conditions(const std::string& expression) {
  static const std::regex comparison(" (==|!=|>=|<=|>|<) ");
  static const std::regex absent(R"(absent\((.*)\))");
  return std::regex_replace(std::regex_replace(expression, comparison, " $1 bool "), absent, "$1");
}

// Asks all until each has an answer that `good` accepts; reports those that have none in time.
void all_answer(const Prometheus& prometheus, const std::vector<Question>& questions,
                const std::function<bool(const Answer&)>& good) {
  std::vector<Question> left = questions;
  wait_until(
      [&] {
        std::erase_if(left, [&](const Question& question) {
          const Answer answer = prometheus.query(question.expression);
          INFO(question.where << ": " << question.expression);
          CHECK(answer.error == "");
          return !answer.error.empty() || good(answer);
        });
        return left.empty();
      },
      Seconds(15));
  for (const Question& question : left) {
    FAIL_CHECK(question.where << " has no answer: " << question.expression);
  }
}

// The value of the only series with those labels; NaN: there is none, or there are several.
double value_of(const Answer& answer, const Json& labels) {
  double value = std::nan("");
  std::size_t count = 0;
  for (const Series& series : answer.series) {
    const bool matches = std::all_of(labels.items().begin(), labels.items().end(), [&](auto label) {
      return series.labels.value(label.key(), std::string()) == label.value();
    });
    if (!matches) continue;
    value = series.value;
    ++count;
  }
  return count == 1 ? value : std::nan("");
}

// How fast a generator sent lately: over about as long as Prometheus looks back, so that a stall is
// forgotten by both.
class SentRate {
 public:
  explicit SentRate(const UdpFlow& flow) : flow_(flow) { look(); }
  double per_second() {
    look();
    while (looks_.size() > 2 && looks_.back().at - looks_[1].at >= kLookBack) looks_.pop_front();
    const std::chrono::duration<double> seconds = looks_.back().at - looks_.front().at;
    return static_cast<double>(looks_.back().sent - looks_.front().sent) / seconds.count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kLookBack{10};
  struct Look {
    Clock::time_point at;
    std::uint64_t sent;
  };
  void look() { looks_.push_back({Clock::now(), flow_.sent()}); }

  const UdpFlow& flow_;
  std::deque<Look> looks_;
};

void comes_to(const Prometheus& prometheus, const std::string& expression, const Json& labels,
              const std::function<double()>& expected) {
  double answered = std::nan("");
  double sent = 0;
  const bool same = wait_until(
      [&] {
        answered = value_of(prometheus.query(expression), labels);
        sent = expected();
        return std::abs(answered - sent) <= kTolerance * sent;
      },
      Seconds(20));
  INFO(expression << " " << labels << ": Prometheus says " << answered << ", sent were " << sent);
  CHECK(same);
}

const Question& question_at(const std::vector<Question>& questions, const std::string& where) {
  const auto found = std::find_if(questions.begin(), questions.end(),
                                  [&](const Question& one) { return one.where == where; });
  INFO(where);
  REQUIRE(found != questions.end());
  return *found;
}

// What the rules record, in full.
std::map<std::string, std::string> recorded(const Json& rules) {
  std::map<std::string, std::string> expressions;
  for (const Json& rule : rules) {
    if (rule.at("type") == "recording") expressions[rule.at("name")] = rule.at("query");
  }
  return expressions;
}

}  // namespace

TEST_CASE("a real Prometheus answers every query of the dashboard and the rules, and rightly") {
  enter_sandbox();
  require_program("prometheus");
  require_program("curl");
  Lab lab(lab_config(), Lab::Ready::kAnswers);
  for (const auto& [bridge, port] :
       {std::pair{"br0", "red"}, {"br0", "blue"}, {"br1", "white"}, {"br1", "black"}}) {
    lab.wait_state(bridge, port, "up");
  }
  const Prometheus prometheus;
  UdpFlow learned("red", "blue", "10.1.1.3", {5000, kPayload, 7000});
  UdpFlow ruled("white", "black", "10.2.2.3", {2000, kPayload, 7001});
  Process dropped({"ip", "netns", "exec", "black", program("frame-blast"), "eth0", "--dst",
                   "02:00:00:00:00:09", "--rate", "1000", "--sleep", "--seconds", "600"},
                  "/run/frame-blast.log");
  SentRate learned_rate(learned);
  SentRate ruled_rate(ruled);

  const auto questions = dashboard_questions();
  CHECK(questions.size() > 50);
  all_answer(prometheus, questions, [](const Answer& answer) { return answer.has_number(); });

  // Prometheus has read the rules and evaluated each of them without an error.
  Json rules;
  CHECK(wait_until([&] {
    rules = prometheus.rules();
    return rules.size() > 30 && std::all_of(rules.begin(), rules.end(), [](const Json& rule) {
             return rule.at("health") == "ok";
           });
  }));
  std::vector<Question> asked;
  for (const Json& rule : rules) {
    const std::string name = rule.at("name");
    INFO(rule.dump());
    CHECK(rule.value("lastError", std::string()) == "");
    const std::string where = rule.at("type").get<std::string>() + " " + name;
    asked.push_back({where, without_conditions(shortened(rule.at("query")))});
    if (rule.at("type") == "recording") asked.push_back({where, name});
  }
  all_answer(prometheus, asked, [](const Answer& answer) { return !answer.series.empty(); });

  // The only thing that is wrong here is the port that waits.
  const auto alerting = [&](const std::string& alert) {
    for (const Json& rule : rules) {
      if (rule.at("name") == alert) return prometheus.query(rule.at("query")).series;
    }
    FAIL(alert << " is no alert");
    return std::vector<Series>();
  };
  const auto waiting = alerting("TrestlePortDown");
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].labels.at("port") == "late");
  for (const char* alert : {"TrestleAbsent", "TrestleDown", "TrestlePortError", "TrestleFdbFull",
                            "TrestleLoop", "TrestlePortLoss", "TrestleRestarting"}) {
    INFO(alert);
    CHECK(alerting(alert).empty());
  }

  // Rates against what was sent.
  const Json red{{"bridge", "br0"}, {"port", "red"}};
  const Json blue{{"bridge", "br0"}, {"port", "blue"}};
  const Json white{{"bridge", "br1"}, {"port", "white"}};
  const auto frames = [&] { return learned_rate.per_second(); };
  const auto bits = [&] { return kFrameBits * learned_rate.per_second(); };
  const std::string rates = "panel Frames in (up) and out (down), ";
  const std::string bit_rates = "panel Bits in (up) and out (down), ";
  comes_to(prometheus, question_at(questions, rates + "A").expression, red, frames);
  comes_to(prometheus, question_at(questions, rates + "B").expression, blue, frames);
  comes_to(prometheus, question_at(questions, rates + "A").expression, white,
           [&] { return ruled_rate.per_second(); });
  comes_to(prometheus, question_at(questions, bit_rates + "A").expression, red, bits);
  comes_to(prometheus, question_at(questions, bit_rates + "B").expression, blue, bits);
  comes_to(prometheus, question_at(questions, "panel Ports, B").expression, red, frames);
  comes_to(prometheus, question_at(questions, "panel Drops by reason, A").expression,
           {{"reason", "flow_drop"}}, [] { return 1000.0; });
  const auto by_name = recorded(rules);
  comes_to(prometheus, shortened(by_name.at("bridge_port:trestle_port_receive_frames:rate1m")), red,
           frames);
  comes_to(prometheus, shortened(by_name.at("bridge_port:trestle_port_transmit_bits:rate1m")), blue,
           bits);
  comes_to(prometheus, shortened(by_name.at("bridge:trestle_port_receive_frames:rate1m")),
           {{"bridge", "br0"}}, frames);
  CHECK(dropped.running());
  dropped.send(SIGTERM);
  dropped.wait(Seconds(5));
}
