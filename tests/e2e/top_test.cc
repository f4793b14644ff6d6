// SPDX-License-Identifier: Apache-2.0
//
// trestle top on a real terminal: tmux has it and says what is on it. What is shown of which counts
// is tested without one (tests/control/cli_top_test.cc).

#include <catch2/catch.hpp>

#include <cmath>
#include <csignal>
#include <regex>
#include <sstream>

#include "tests/e2e/lab.h"
#include "tests/e2e/traffic.h"

using namespace trestle::testing;

namespace {

// A tmux of the test's own, with a shell on a terminal of 100 by 30.
class Terminal {
 public:
  explicit Terminal(const std::string& environment = "")
      : server_({"tmux", "-S", socket_, "-f", "/dev/null", "-D"}, "/run/tmux.log") {
    REQUIRE(wait_until([&] { return tmux("list-sessions").status != 127 && server_socket(); }));
    must("new-session -d -x 100 -y 30 'exec env PS1=ready: " + environment + " /bin/sh'");
    REQUIRE(shows("ready:"));
  }

  void type(const std::string& line) const { must("send-keys '" + line + "' Enter"); }
  void press(const std::string& key) const { must("send-keys " + key); }
  void resize(int width, int height) const {
    must("resize-window -x " + std::to_string(width) + " -y " + std::to_string(height));
  }
  std::string screen(const std::string& options = "") const {
    return tmux("capture-pane -p " + options).output;
  }
  std::string value(const std::string& format) const {
    std::string text = tmux("display-message -p '#{" + format + "}'").output;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }
  // Whether it comes to show that.
  bool shows(const std::string& part, Seconds limit = Seconds(10)) const {
    return wait_until([&] { return screen().find(part) != std::string::npos; }, limit);
  }
  bool stops_to_show(const std::string& part) const {
    return wait_until([&] { return screen().find(part) == std::string::npos; });
  }

 private:
  bool server_socket() const { return run("test -S " + socket_).ok(); }
  Outcome tmux(const std::string& command) const {
    return run("tmux -S " + socket_ + " " + command);
  }
  void must(const std::string& command) const {
    const Outcome outcome = tmux(command);
    INFO("tmux " << command << "\n" << outcome.output);
    REQUIRE(outcome.ok());
  }

  static inline int count_ = 0;
  std::string socket_ = "/run/tmux-" + std::to_string(++count_);
  Process server_;
};

// "1.23k" -> 1230.
double number(const std::string& text) {
  std::size_t end = 0;
  const double value = std::stod(text, &end);
  const std::string prefixes = " kMGTPE";
  const std::size_t prefix = end < text.size() ? prefixes.find(text[end]) : 0;
  return value * std::pow(1000, static_cast<double>(prefix));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The cell of `port` below `head`; columns are told by their order. Empty: not there.
std::string cell(const std::string& screen, const std::string& port, const std::string& head) {
  std::vector<std::string> heads;
  for (const std::string& line : lines_of(screen)) {
    std::istringstream words(line);
    std::vector<std::string> row;
    for (std::string word; words >> word;) row.push_back(word);
    if (row.empty()) continue;
    if (row[0] == "PORT") heads = row;
    if (row[0] != port) continue;
    for (std::size_t i = 0; i < heads.size() && i < row.size(); ++i) {
      if (heads[i] == head) return row[i];
    }
  }
  return {};
}

std::string six_ports() {
  std::vector<std::string> ports;
  for (const char* name : {"red", "blue", "p1", "p2", "p3", "p4"}) {
    ports.push_back(std::string(name) + " 10.1.1." + std::to_string(10 + ports.size()) + "/24");
  }
  return bridge_of("br0", ports);
}

// A daemon with six ports for tops to watch; where there is no tmux the program ends before.
struct SixPorts {
  SixPorts() : lab((enter_sandbox(), require_program("tmux"), six_ports())) {}
  Lab lab;
};

// A terminal on which top is to be seen.
class Top : public Terminal {
 public:
  explicit Top(const Lab& lab, const std::string& options = "", const std::string& environment = "")
      : Terminal(environment) {
    type(program("trestle") + " --socket " + lab.socket() + " top " + options);
    REQUIRE(shows("br0.red"));
  }
};

// The rate in that cell comes to what the flow sends.
bool comes_to(const Terminal& terminal, const std::string& port, const std::string& head,
              double rate) {
  return wait_until([&] {
    const std::string text = cell(terminal.screen(), port, head);
    return !text.empty() && std::abs(number(text) - rate) <= 0.1 * rate;
  });
}

}  // namespace

TEST_CASE_METHOD(SixPorts,
                 "top shows ports with their rates, obeys keys and gives the terminal back") {
  const UdpFlow flow("red", "blue", "10.1.1.11", {5000, 200, 7000});
  const Top terminal(lab);
  CHECK(terminal.value("alternate_on") == "1");
  CHECK(terminal.value("cursor_flag") == "0");
  {
    CHECK(comes_to(terminal, "br0.red", "RX-F/S", 5000));
    CHECK(comes_to(terminal, "br0.red", "RX-BIT/S", 5000 * 8 * 242));
    CHECK(comes_to(terminal, "br0.blue", "TX-F/S", 5000));
    const std::string screen = terminal.screen();
    INFO(screen);
    CHECK(screen.find("Ports    6 up") != std::string::npos);
    CHECK(cell(screen, "br0.p1", "STATE") == "up");
    CHECK(screen.find("Workers  0: ") != std::string::npos);
    CHECK(screen.find("Bridge   br0  FDB ") != std::string::npos);
    CHECK(screen.find("Latency  p50 ") != std::string::npos);
    CHECK(screen.find(", by rx") != std::string::npos);
  }
  terminal.press("s");
  CHECK(terminal.shows(", by tx"));
  terminal.press("h");
  CHECK(terminal.shows("trestle top: keys"));
  terminal.press("h");
  CHECK(terminal.stops_to_show("trestle top: keys"));

  terminal.press("Space");
  CHECK(terminal.shows("PAUSED"));
  lab.must("port unplug br0 p1");
  terminal.press("s");
  terminal.press("s");
  CHECK(terminal.shows(", by name"));
  CHECK(cell(terminal.screen(), "br0.p1", "STATE") == "up");  // of before the pause
  terminal.press("Space");
  CHECK(wait_until([&] { return cell(terminal.screen(), "br0.p1", "STATE") == "unplugged"; }));

  terminal.press("q");
  CHECK(terminal.stops_to_show("br0.red"));
  terminal.type("echo status-$? $((40 + 2))");
  CHECK(terminal.shows("status-0 42"));
  CHECK(terminal.value("alternate_on") == "0");
  CHECK(terminal.value("cursor_flag") == "1");
}

TEST_CASE_METHOD(SixPorts, "top fits itself to the terminal, however small, and scrolls") {
  const Top terminal(lab, "--sort name --interval 200ms");
  CHECK(terminal.shows("REASON"));
  terminal.resize(50, 8);
  CHECK(terminal.stops_to_show("REASON"));
  REQUIRE(terminal.shows("br0.blue"));
  CHECK(terminal.screen().find("br0.red") == std::string::npos);  // there are rows for three
  for (const std::string& line : lines_of(terminal.screen())) CHECK(line.size() <= 50);
  terminal.press("Down");
  CHECK(terminal.stops_to_show("br0.blue"));
  terminal.press("End");
  CHECK(terminal.shows("br0.red"));
  terminal.press("Home");
  CHECK(terminal.shows("br0.blue"));
  terminal.press("NPage");
  CHECK(terminal.shows("br0.red"));
  terminal.press("PPage");
  CHECK(terminal.shows("br0.blue"));
  terminal.resize(8, 2);
  terminal.resize(132, 50);
  CHECK(terminal.shows("REASON"));
  CHECK(terminal.shows("br0.red"));
  terminal.press("C-c");
  CHECK(terminal.stops_to_show("br0.red"));
  terminal.type("echo status-$?");
  CHECK(terminal.shows("status-0"));
}

TEST_CASE_METHOD(SixPorts, "top says that the daemon has gone, and goes on when it is back") {
  const Top colored(lab, "br0 --interval 200ms", "TERM=tmux-256color");
  const Top plain(lab, "br0 --interval 200ms", "TERM=tmux-256color NO_COLOR=1");
  const std::regex color("\x1b\\[[0-9;]*3[0-7]m");
  for (const Top* terminal : {&colored, &plain}) REQUIRE(terminal->shows("Ports    6 up"));
  lab.crash();
  for (const Top* terminal : {&colored, &plain}) {
    CHECK(terminal->shows("; trying again"));
    CHECK(terminal->shows("br0.red"));  // what was seen last stays
  }
  CHECK(std::regex_search(colored.screen("-e"), color));
  CHECK_FALSE(std::regex_search(plain.screen("-e"), color));
  lab.start();
  for (const Top* terminal : {&colored, &plain}) {
    CHECK(terminal->stops_to_show("; trying again"));
    CHECK(terminal->shows("Ports    6 up"));
    terminal->press("q");
    CHECK(terminal->stops_to_show("br0.red"));
  }
}

TEST_CASE("top --once prints the rates of one interval; without a terminal there is nothing else") {
  Lab lab(six_ports());
  const UdpFlow flow("red", "blue", "10.1.1.11", {2000, 200, 7000});
  const auto red = [](const Json& rates) {
    for (const Json& port : rates.at("ports")) {
      if (port.at("port") == "red") return port.at("receive").at("frames_per_second").get<double>();
    }
    return 0.0;
  };
  double seen = 0;
  CHECK(wait_until([&] {
    seen = red(lab.query("top --once"));
    return std::abs(seen - 2000) <= 200;
  }));
  CAPTURE(seen);
  const Outcome text = lab.trestle("top br0 --once --sort name --interval 200ms");
  CHECK(text.ok());
  CHECK(text.output.find("\nbr0     red   up ") != std::string::npos);
  CHECK(lab.trestle("top < /dev/null").status == 2);
  CHECK(run(program("trestle") + " --socket " + lab.directory() + "/nobody top --once").status ==
        3);
}
