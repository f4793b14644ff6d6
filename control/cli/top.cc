// SPDX-License-Identifier: Apache-2.0
//
// See the header. Reading is top_sample, reckoning top_rates, laying out top_page; this is what
// goes on between the daemon, the keys and the screen.

#include "control/cli/top.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>
#include <thread>
#include <utility>

#include "config/duration.h"
#include "control/cli/client.h"
#include "control/cli/top_page.h"
#include "control/cli/top_rates.h"
#include "control/cli/top_sample.h"
#include "control/cli/top_screen.h"

namespace trestle::control {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::chrono::microseconds kIntervalMin = 100ms;
constexpr std::chrono::microseconds kIntervalMax = 1h;
// After which a daemon that does not answer is said not to: keys are not read meanwhile.
constexpr std::chrono::milliseconds kPatience = 3s;

struct Options {
  std::chrono::microseconds interval{1s};
  TopSort sort = TopSort::kReceived;
};

// What the arguments say, or what is wrong with them.
tl::expected<Options, std::string> read_options(const Arguments& arguments) {
  Options options;
  const auto interval = config::parse_duration(arguments.interval);
  if (!interval || *interval < kIntervalMin || *interval > kIntervalMax) {
    return tl::make_unexpected("'" + arguments.interval + "' is no interval from " +
                               config::format_duration(kIntervalMin) + " to " +
                               config::format_duration(kIntervalMax));
  }
  options.interval = *interval;
  const auto sort = parse_top_sort(arguments.sort);
  if (!sort) {
    return tl::make_unexpected("'" + arguments.sort +
                               "' is no order of ports; rx, tx, drops and name are");
  }
  options.sort = *sort;
  if (arguments.json && !arguments.once) return tl::make_unexpected("top --json needs --once");
  if (!arguments.once && (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)) {
    return tl::make_unexpected("top needs a terminal, or --once");
  }
  return options;
}

// Where samples come from; connects again after the daemon went away.
class Source {
 public:
  Source(std::string socket, std::string bridge)
      : socket_(std::move(socket)), bridge_(std::move(bridge)) {}

  tl::expected<TopSample, Failure> sample() {
    auto sample = try_sample();
    if (!sample) client_.reset();  // an answer that comes late would be taken for another's
    return sample;
  }

 private:
  tl::expected<TopSample, Failure> try_sample() {
    if (!client_) {
      auto connected = Client::connect(socket_, kPatience);
      if (!connected) return tl::make_unexpected(connected.error());
      client_.emplace(std::move(*connected));
    }
    const auto status = client_->call("status", Json::object());
    if (!status) return tl::make_unexpected(status.error());
    const auto asked = Clock::now();
    const auto metrics = client_->call("metrics", Json::object());
    if (!metrics) return tl::make_unexpected(metrics.error());
    const auto answered = Clock::now();
    TopSample sample =
        read_top_sample(*status, metrics->at("text").get_ref<const std::string&>(), bridge_);
    // The counters were read some time between.
    sample.time_seconds =
        std::chrono::duration<double>((asked + (answered - asked) / 2).time_since_epoch()).count();
    if (!bridge_.empty() && sample.bridges.empty()) {
      return tl::make_unexpected(
          Failure{kRefusedByDaemon,
                  {kRefused,
                   "cannot show bridge " + bridge_ + ": there is no bridge '" + bridge_ + "'",
                   {}}});
    }
    return sample;
  }

  std::string socket_;
  std::string bridge_;
  std::optional<Client> client_;
};

int report(const Failure& failure, std::ostream& err) {
  err << failure.error.message << '\n';
  return failure.status;
}

int show_once(Source& source, const TopSample& before, const Options& options, bool json,
              const Terminal& terminal) {
  std::this_thread::sleep_for(options.interval);
  const auto now = source.sample();
  if (!now) return report(now.error(), terminal.err);
  TopRates rates = rates_between(before, *now);
  sort_ports(rates.ports, options.sort);
  if (json) {
    terminal.out << to_line(to_json(rates)) << '\n';
  } else {
    show_rates(rates, terminal.out);
  }
  return kDone;
}

// The screen, what is on it, and what the user wants of it.
class Live {
 public:
  Live(TopScreen& screen, Source& source, const Arguments& arguments, const Options& options,
       TopSample first)
      : screen_(screen),
        source_(source),
        interval_(options.interval),
        last_(std::move(first)),
        rates_(rates_of(last_)) {
    view_.bridge = arguments.bridge;
    view_.interval = config::format_duration(options.interval);
    view_.sort = options.sort;
  }

  void run() {
    // Rates soon, then at the user's interval.
    next_ = Clock::now() + std::min<Clock::duration>(interval_, 500ms);
    for (;;) {
      draw();
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_ - Clock::now());
      const TopKey key = screen_.wait_key(std::max(left, 0ms));
      if (key == TopKey::kQuit) return;
      press(key);
      if (Clock::now() >= next_) refresh();
    }
  }

 private:
  void refresh() {
    next_ = Clock::now() + interval_;
    if (view_.paused) return;
    auto now = source_.sample();
    if (!now) {
      view_.trouble = now.error().error.message + "; trying again";
      return;
    }
    view_.trouble.clear();
    rates_ = rates_between(last_, *now);
    last_ = std::move(*now);
  }

  void draw() {
    sort_ports(rates_.ports, view_.sort);
    const TopPage page = top_page(rates_, view_, screen_.width(), screen_.height());
    view_.first = page.first;
    rows_ = std::max<std::size_t>(page.rows, 1);
    screen_.show(page.lines);
  }

  void press(TopKey key) {
    const auto back = [this](std::size_t rows) { view_.first -= std::min(view_.first, rows); };
    switch (key) {
      case TopKey::kSort:
        next_order();
        break;
      case TopKey::kPause:
        pause();
        break;
      case TopKey::kHelp:
        view_.help = !view_.help;
        break;
      case TopKey::kUp:
        back(1);
        break;
      case TopKey::kDown:
        view_.first += 1;
        break;
      case TopKey::kPageUp:
        back(rows_);
        break;
      case TopKey::kPageDown:
        view_.first += rows_;
        break;
      case TopKey::kHome:
        view_.first = 0;
        break;
      case TopKey::kEnd:
        view_.first = rates_.ports.size();
        break;
      case TopKey::kNone:
      case TopKey::kQuit:
        break;
    }
  }

  void next_order() {
    const auto* const at =
        std::find_if(std::begin(kTopSorts), std::end(kTopSorts),
                     [this](const auto& one) { return one.first == view_.sort; });
    view_.sort = at + 1 == std::end(kTopSorts) ? kTopSorts[0].first : at[1].first;
    view_.first = 0;
  }

  void pause() {
    view_.paused = !view_.paused;
    if (!view_.paused) next_ = Clock::now();
  }

  TopScreen& screen_;
  Source& source_;
  std::chrono::microseconds interval_;
  TopSample last_;
  TopRates rates_;
  TopView view_;
  std::size_t rows_ = 1;
  Clock::time_point next_;
};

}  // namespace

int run_top(const Arguments& arguments, const Terminal& terminal) {
  const auto options = read_options(arguments);
  if (!options) {
    terminal.err << "trestle: " << options.error() << " (see trestle top --help)\n";
    return kUsage;
  }
  Source source(arguments.socket, arguments.bridge);
  auto first = source.sample();
  if (!first) return report(first.error(), terminal.err);
  if (arguments.once) return show_once(source, *first, *options, arguments.json, terminal);
  const auto screen = TopScreen::open();
  if (!screen) {
    terminal.err << screen.error() << '\n';
    return kRefusedByDaemon;
  }
  Live(**screen, source, arguments, *options, std::move(*first)).run();
  return kDone;
}

}  // namespace trestle::control
