// SPDX-License-Identifier: Apache-2.0
//
// What `trestle top` makes of two scrapes: rates, a page of any size, tables and JSON. Without a
// terminal; with one it is in tests/e2e.

#include <catch2/catch.hpp>

#include <atomic>
#include <cmath>
#include <limits>
#include <sstream>

#include "control/cli/client.h"
#include "control/cli/exit_status.h"
#include "control/cli/metrics_text.h"
#include "control/cli/top_page.h"
#include "control/cli/top_rates.h"
#include "control/cli/top_sample.h"
#include "control/metrics/exposer.h"
#include "tests/control/cli_fixture.h"

using namespace trestle;
using namespace trestle::control;
using trestle::testing::ServingClient;

namespace {

struct Line {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
  double value;
};

std::vector<Line> samples_of(std::string_view text) {
  std::vector<Line> lines;
  for (MetricSample sample; next_sample(text, sample);) {
    Line line{std::string(sample.name), {}, sample.value};
    for (const auto& [name, value] : sample.labels) line.labels.emplace_back(name, value);
    lines.push_back(std::move(line));
  }
  return lines;
}

// A switch whose counts are `times` those of a first moment.
Inventory inventory_after(std::uint64_t times) {
  Inventory inventory;
  BridgeEntry bridge;
  bridge.name = "br0";
  bridge.fdb = std::make_shared<Fdb>(100, FdbHash(1), Ticks{300});
  for (std::uint64_t i = 1; i <= times; ++i) {
    bridge.fdb->learn(kNoVlan, MacAddress::from_u64(0x020000000000 + i), PortId{1}, Ticks{10});
  }
  inventory.bridges.push_back(bridge);
  bridge.name = "br1";
  inventory.bridges.push_back(bridge);

  const auto port = [&](const char* of, const char* name, PortState state, std::uint64_t frames) {
    auto stats = std::make_shared<PortStats>();
    PortCounters& block = stats->block(0);
    block.rx_frames.add(frames * times);
    block.rx_bytes.add(100 * frames * times);
    block.tx_frames.add(2 * frames * times);
    block.tx_bytes.add(1000 * frames * times);
    block.drop(DropReason::kSamePort, frames / 10 * (times - 1));  // none at first
    block.drop(DropReason::kQueueFull, frames / 5 * times);
    PortEntry entry;
    entry.bridge = of;
    entry.name = name;
    entry.state = state;
    entry.stats = stats;
    inventory.ports.push_back(entry);
  };
  port("br0", "blue", PortState::kUp, 1000);
  port("br0", "red", PortState::kError, 5000);
  port("br1", "down", PortState::kUp, 0);

  auto counters = std::make_shared<WorkerCounters>();
  counters->busy_nanoseconds.add(500'000'000 * times);
  counters->spin_nanoseconds.add(100'000'000 * times);
  inventory.workers.push_back({0, counters});
  return inventory;
}

TopSample sample_after(std::uint64_t times, std::string_view bridge = {}, long pid = 7) {
  TopSample sample =
      read_top_sample({{"version", "1.2.3"}, {"pid", pid}, {"uptime_seconds", 90'061}},
                      metrics_text(inventory_after(times)), bridge);
  sample.time_seconds = 100 + 2 * static_cast<double>(times);
  return sample;
}

// Of two seconds in which each count grew by its first value.
TopRates two_seconds() {
  return rates_between(sample_after(1), sample_after(2));
}

std::string text_of(const TopPage& page) {
  std::string text;
  for (const TopLine& line : page.lines) text += line.text + "\n";
  return text;
}

std::string first_word(const std::string& line) {
  return line.substr(0, line.find(' '));
}

}  // namespace

TEST_CASE("samples of a scrape are read with their labels; what is none is passed over") {
  const auto lines = samples_of(
      "# HELP a Help.\n# TYPE a counter\na 1\n\n"
      "b{x=\"1\",y=\"a \\\"b\\\\c\\nd,}\"} 2.5e3 1720000000\n"
      "broken{x=\"1\nalso_broken\nc{} +Inf\nd NaN\ne{le=\"+Inf\"} -Inf\nnumber x1\nlast 3");
  REQUIRE(lines.size() == 6);
  CHECK(lines[0].name == "a");
  CHECK(lines[0].labels.empty());
  CHECK(lines[0].value == 1);
  CHECK(lines[1].labels ==
        std::vector<std::pair<std::string, std::string>>{{"x", "1"}, {"y", "a \"b\\c\nd,}"}});
  CHECK(lines[1].value == 2500);
  CHECK(lines[2].value == std::numeric_limits<double>::infinity());
  CHECK(std::isnan(lines[3].value));
  CHECK(lines[4].value == -std::numeric_limits<double>::infinity());
  CHECK(lines[5].value == 3);
}

TEST_CASE("a sample has of the scrape what the inventory says") {
  const TopSample sample = sample_after(3);
  CHECK(sample.version == "1.2.3");
  CHECK(sample.pid == 7);
  REQUIRE(sample.ports.size() == 3);
  const PortCounts& red = sample.ports[1];
  CHECK(red.bridge == "br0");
  CHECK(red.port == "red");
  CHECK(red.state == "error");
  CHECK(red.rx_frames == 15'000);
  CHECK(red.rx_bytes == 1'500'000);
  CHECK(red.tx_frames == 30'000);
  CHECK(red.tx_bytes == 15'000'000);
  CHECK(red.drops ==
        std::map<std::string, double, std::less<>>{{"queue_full", 3000}, {"same_port", 1000}});
  REQUIRE(sample.bridges.size() == 2);
  CHECK(sample.bridges[0].fdb_entries == 3);
  CHECK(sample.bridges[0].fdb_limit == 100);
  CHECK(sample.bridges[0].learned == 3);
  REQUIRE(sample.workers.size() == 1);
  CHECK(sample.workers[0].busy_seconds == Approx(1.5));
  CHECK(sample.workers[0].spin_seconds == Approx(0.3));
}

TEST_CASE("a sample of one bridge has its ports, and all workers") {
  const TopSample sample = sample_after(1, "br1");
  REQUIRE(sample.ports.size() == 1);
  CHECK(sample.ports[0].port == "down");
  CHECK(sample.bridges.size() == 1);
  CHECK(sample.workers.size() == 1);
  CHECK(sample_after(1, "br7").bridges.empty());
}

TEST_CASE("rates are what was counted between two samples, a second") {
  const TopRates rates = two_seconds();
  CHECK(rates.seconds == 2);
  REQUIRE(rates.ports.size() == 3);
  const PortRates& red = rates.ports[1];
  CHECK(red.rx_frames == 2500);
  CHECK(red.rx_bits == 2'000'000);
  CHECK(red.tx_frames == 5000);
  CHECK(red.tx_bits == 20'000'000);
  CHECK(red.drops == 750);
  CHECK(red.reasons ==
        std::vector<std::pair<std::string, double>>{{"queue_full", 500}, {"same_port", 250}});
  CHECK(rates.bridges[0].learned == 0.5);
  CHECK_FALSE(rates.bridges[0].cache_hits);  // no frame met a rule
  CHECK(rates.workers[0].busy == Approx(0.25));
  CHECK(rates.workers[0].work == Approx(0.2));
  const PortRates total = rates.total();
  CHECK(total.rx_frames == 3000);
  CHECK(total.drops == 900);
  CHECK(total.reasons.front().first == "queue_full");
}

TEST_CASE("what is new, or of a daemon started anew, has rates of 0") {
  const TopRates restarted = rates_between(sample_after(2), sample_after(3, {}, 8));
  CHECK(restarted.total().rx_frames == 0);
  CHECK(restarted.ports.size() == 3);
  TopSample before = sample_after(1);
  before.ports.pop_back();
  before.ports.pop_back();
  const TopRates grown = rates_between(before, sample_after(2));
  CHECK(grown.ports[0].rx_frames == 500);
  CHECK(grown.ports[1].rx_frames == 0);
  CHECK(rates_between(sample_after(3), sample_after(2)).total().rx_frames == 0);
  CHECK(rates_of(sample_after(2)).total().rx_frames == 0);
}

TEST_CASE("the flow cache's hit ratio is of the frames that rules decided on") {
  TopSample before = sample_after(1);
  TopSample now = sample_after(2);
  before.bridges[0].exact_hits = 1000;
  now.bridges[0].exact_hits = 1900;
  now.bridges[0].megaflow_hits = 50;
  now.bridges[0].misses = 50;
  const TopRates rates = rates_between(before, now);
  CHECK(rates.bridges[0].exact_hits.value() == Approx(0.9));
  CHECK(rates.bridges[0].cache_hits.value() == Approx(0.95));
}

TEST_CASE("latency is that of the frames between two samples") {
  TopSample before = sample_after(1);
  TopSample now = sample_after(2);
  const double infinite = std::numeric_limits<double>::infinity();
  before.latency.at_most = {{1e-5, 5}, {1e-4, 5}, {infinite, 5}};
  now.latency.at_most = {{1e-5, 605}, {1e-4, 1003}, {infinite, 1005}};
  const TopRates rates = rates_between(before, now);
  REQUIRE(rates.latency);
  CHECK(rates.latency->p50 == 1e-5);
  CHECK(rates.latency->p99 == 1e-4);
  CHECK(rates.latency->p999 == infinite);
  CHECK(to_json(rates)["latency_seconds"]["p999"].is_null());
  CHECK_FALSE(rates_between(now, now).latency);  // no frame since
}

TEST_CASE("ports are sorted the busiest first, or by name") {
  auto ports = two_seconds().ports;
  const auto first = [&](TopSort sort) {
    sort_ports(ports, sort);
    return ports.front().port;
  };
  CHECK(first(TopSort::kReceived) == "red");
  CHECK(first(TopSort::kName) == "blue");
  CHECK(first(TopSort::kDrops) == "red");
  CHECK(first(TopSort::kTransmitted) == "red");
  CHECK(ports.back().port == "down");
}

TEST_CASE("numbers are shown with three digits") {
  const std::pair<double, const char*> kNumbers[] = {
      {0, "0"},         {0.04, "0"},       {0.5, "0.5"},       {7, "7"},         {9.96, "10"},
      {42.4, "42"},     {999, "999"},      {999.6, "1.00k"},   {1234, "1.23k"},  {12'345, "12.3k"},
      {99'960, "100k"}, {123'456, "123k"}, {999'700, "1.00M"}, {1.5e9, "1.50G"}, {4e12, "4.00T"}};
  for (const auto& [value, text] : kNumbers) CHECK(short_number(value) == text);
}

TEST_CASE("a page of 80 columns and 24 lines has it all") {
  TopRates rates = two_seconds();
  sort_ports(rates.ports, TopSort::kReceived);
  const TopPage page = top_page(rates, {}, 80, 24);
  const std::string text = text_of(page);
  INFO(text);
  CHECK_THAT(text, Catch::StartsWith("trestle top  1.2.3  up 1d 01:01:01  every 1s, by rx"));
  CHECK_THAT(text, Catch::Contains("\nPorts    2 up, 1 error\n"));
  CHECK_THAT(text,
             Catch::Contains("\nFrames   in 3.00k/s (2.40Mbit/s), out 6.00k/s (24.0Mbit/s)\n"));
  CHECK_THAT(text, Catch::Contains("\nDrops    900/s: queue_full 600, same_port 300\n"));
  CHECK_THAT(text, Catch::Contains("\nWorkers  0: 25% busy (20% work)\n"));
  CHECK_THAT(text, Catch::Contains("\nBridge   br0  FDB 2 of 100 (2%), new 0.5/s"));
  CHECK_THAT(text, Catch::Contains("STATE     RX-F/S RX-BIT/S TX-F/S TX-BIT/S DROPS/S REASON"));
  CHECK_THAT(text, Catch::Contains("error      2.50k    2.00M  5.00k    20.0M     750 queue_full"));
  CHECK(page.lines.back().text.starts_with("br1.down"));
}

TEST_CASE("a page says what changes in the MAC table, the hit ratio and the latency") {
  TopRates rates = two_seconds();
  CHECK_THAT(text_of(top_page(rates, {}, 80, 24)), !Catch::Contains("evicted"));
  rates.bridges[0].evictions = 12;
  rates.bridges[0].cache_hits = 0.9987;
  rates.bridges[0].exact_hits = 0.5;
  rates.latency = LatencyQuantiles{2e-7, 0.0025, std::numeric_limits<double>::infinity()};
  const std::string text = text_of(top_page(rates, {}, 132, 24));
  CHECK_THAT(text, Catch::Contains("evicted 12/s; flow cache 99.87% (exact 50%)\n"));
  CHECK_THAT(text, Catch::Contains("Latency  p50 <200ns, p99 <2.5ms, p99.9 beyond all buckets\n"));
}

TEST_CASE("a page is never larger than its screen, and the table has its place") {
  TopRates rates = two_seconds();
  rates.ports[0].port = std::string(63, 'x');
  for (std::size_t i = 0; i < 40; ++i) rates.ports.push_back(rates.ports[2]);
  for (std::size_t i = 0; i < 20; ++i) rates.bridges.push_back(rates.bridges[0]);
  for (std::size_t i = 0; i < 63; ++i) rates.workers.push_back(rates.workers[0]);
  rates.latency = LatencyQuantiles{1e-6, 2e-5, 1};
  for (std::size_t width : {0, 1, 5, 10, 20, 39, 40, 60, 79, 80, 100, 132, 300}) {
    for (std::size_t height : {0, 1, 2, 3, 5, 10, 24, 50}) {
      for (const bool help : {false, true}) {
        TopView view;
        view.help = help;
        view.trouble = "trestled went away; trying again";
        const TopPage page = top_page(rates, view, width, height);
        INFO(width << "x" << height << "\n" << text_of(page));
        CHECK(page.lines.size() <= height);
        for (const TopLine& line : page.lines) CHECK(line.text.size() <= width);
        if (!help) CHECK(page.rows + 1 >= height / 2);
        if (!help && height >= 3 && width >= 20) {
          CHECK_THAT(text_of(page), Catch::Contains("RX-F/S"));
        }
      }
    }
  }
}

TEST_CASE("a page scrolls to the last port and no further") {
  TopRates rates = two_seconds();
  rates.ports.clear();
  for (int i = 0; i < 100; ++i) {
    rates.ports.push_back({"br0", "p" + std::to_string(i), "up", 0, 0, 0, 0, 0, {}});
  }
  TopView view;
  view.first = 1000;
  const TopPage page = top_page(rates, view, 80, 24);
  CHECK(page.first == 100 - page.rows);
  CHECK(first_word(page.lines.back().text) == "br0.p99");
  CHECK(page.lines.size() == 24);
  view.first = 10;
  const TopPage further = top_page(rates, view, 80, 24);
  CHECK(first_word(further.lines[24 - further.rows].text) == "br0.p10");
}

TEST_CASE("top --once asks twice and prints rates, as tables and as JSON") {
  std::atomic<std::uint64_t> asked{0};
  CommandTable commands = trestle::testing::made_up_commands();
  commands["status"] = [](const Json&, Caller&) -> Reply {
    return Json{{"version", "1.2.3"}, {"pid", 7}, {"uptime_seconds", 5}};
  };
  commands["metrics"] = [&](const Json&, Caller&) -> Reply {
    return Json{{"text", metrics_text(inventory_after(++asked))}};
  };
  const ServingClient serving(commands);
  const auto json = trestle::testing::run(
      serving.socket(), {"top", "--once", "--json", "--interval", "100ms", "--sort", "name"});
  REQUIRE(json.status == kDone);
  CHECK(asked == 2);
  const Json rates = Json::parse(json.out);
  const double seconds = rates["seconds"];
  CHECK(seconds >= 0.1);
  const Json& red = rates["ports"][1];
  CHECK(red["port"] == "red");
  CHECK(red["receive"]["frames_per_second"].get<double>() * seconds == Approx(5000));
  CHECK(red["transmit"]["bits_per_second"].get<double>() * seconds == Approx(40'000'000));
  CHECK(red["drops"]["same_port"].get<double>() * seconds == Approx(500));
  const auto text =
      trestle::testing::run(serving.socket(), {"top", "br0", "--once", "--interval=100ms"});
  REQUIRE(text.status == kDone);
  CHECK_THAT(text.out, Catch::StartsWith("BRIDGE  PORT  STATE  RX-FRAMES/S"));
  CHECK_THAT(text.out, Catch::Contains("\nbr0     red   error  "));
  CHECK_THAT(text.out, !Catch::Contains("br1"));
  CHECK_THAT(text.out, Catch::Contains("\nWORKER  BUSY-%  WORK-%\n0       "));
  const auto none = trestle::testing::run(serving.socket(), {"top", "br7", "--once"});
  CHECK(none.status == kRefusedByDaemon);
  CHECK(none.err == "cannot show bridge br7: there is no bridge 'br7'\n");
}

TEST_CASE("top refuses an interval, an order and a format that it does not have") {
  for (const auto& words : {std::vector<const char*>{"top", "--once", "--interval", "1ms"},
                            {"top", "--once", "--interval", "2h"},
                            {"top", "--once", "--interval", "soon"},
                            {"top", "--once", "--sort", "size"},
                            {"top", "--json"}}) {
    const auto ran = trestle::testing::run("/nonexistent", words);
    INFO(ran.err);
    CHECK(ran.status == kUsage);
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  }
  CHECK(trestle::testing::run("/nonexistent", {"top", "--once"}).status == kNoDaemon);
}

TEST_CASE("a client of limited patience gives up on a daemon that does not answer") {
  trestle::testing::TemporaryDirectory directory;
  const std::string socket = directory / "stuck.sock";
  const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket.data(), socket.size());
  REQUIRE(bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listening, 1) == 0);  // connections are made, and nobody takes them
  auto client = Client::connect(socket, std::chrono::milliseconds(50));
  REQUIRE(client);
  const auto answer = client->call("status", Json::object());
  REQUIRE_FALSE(answer);
  CHECK(answer.error().status == kNoDaemon);
  CHECK(answer.error().error.message == "trestled at " + socket + " does not answer");
  close(listening);
}
