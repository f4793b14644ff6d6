// SPDX-License-Identifier: Apache-2.0

#include "tests/measure/result/random_run.h"

#include <limits>

namespace trestle::measure {
namespace {

using nlohmann::ordered_json;

class Maker {
 public:
  explicit Maker(std::mt19937& random) : random_(random) {}

  RunFile file() {
    RunFile file;
    file.run = {text(), text(), texts(), text(), object(), object(), object(), object()};
    for (std::size_t i = below(12); i > 0; --i) file.records.push_back(record());
    if (below(2) == 0) file.end = RunEnd{number(), number(), number(), below(2) == 0};
    return file;
  }

 private:
  std::size_t below(std::size_t most) { return random_() % most; }

  std::string text() {
    static const std::string kParts[] = {
        "a",    "frame loss", "\"", "\\", "\n", "\t",    "</script>", "<b>", "µs",  "ß", "東",
        "\x01", "{",          "]",  ",",  "'",  "&amp;", "|",         "–",   "0.1", ""};
    std::string result;
    for (std::size_t i = below(4); i > 0; --i) result += kParts[below(std::size(kParts))];
    return result;
  }
  std::vector<std::string> texts() {
    std::vector<std::string> result(below(4));
    for (std::string& each : result) each = text();
    return result;
  }
  double number() {
    switch (below(5)) {
      case 0:
        return 0;
      case 1:
        return static_cast<double>(below(2'000'000));
      case 2:
        return -std::uniform_real_distribution<>(0, 1)(random_);
      case 3:
        return std::uniform_real_distribution<>(0, 1e9)(random_);
      default:
        return std::numeric_limits<double>::denorm_min() * static_cast<double>(below(9));
    }
  }
  ordered_json scalar() {
    switch (below(4)) {
      case 0:
        return text();
      case 1:
        return below(100000);
      case 2:
        return below(2) == 0;
      default:
        return number();
    }
  }
  ordered_json object() {
    ordered_json result = ordered_json::object();
    for (std::size_t i = below(4); i > 0; --i) result[text()] = scalar();
    return result;
  }
  Record record() {
    Record record;
    record.suite = below(2) == 0 ? "rfc2544" : text();
    record.test = below(2) == 0 ? "throughput" : text();
    record.subject = below(2) == 0 ? "kernel-bridge" : text();
    record.round = 1 + static_cast<unsigned>(below(5));
    record.setup = object();
    if (below(2) == 0) record.setup["frame_bytes"] = 64 << below(4);
    for (std::size_t i = below(4); i > 0; --i) record.values[text()] = number();
    if (below(2) == 0) record.values["throughput"] = number();
    for (std::size_t i = below(3); i > 0; --i) {
      auto& points = record.series[below(2) == 0 ? "loss" : text()];
      for (std::size_t n = below(5); n > 0; --n) points.emplace_back(number(), number());
    }
    const char* const marks[] = {kGeneratorBound, kHiccup, kFailed, "of a later version"};
    for (std::size_t i = below(3); i > 0; --i) record.marks.emplace_back(marks[below(4)]);
    if (below(3) == 0) record.note = text();
    if (below(3) == 0) {
      for (std::size_t i = 1 + below(50); i > 0; --i) {
        record.latency.record(static_cast<std::int64_t>(random_() >> below(30)), 1 + below(9));
      }
    }
    return record;
  }

  std::mt19937& random_;
};

}  // namespace

RunFile random_run(std::mt19937& random) {
  return Maker(random).file();
}

std::string text_of(const RunFile& file) {
  std::string text = to_line(to_json(file.run));
  for (const Record& record : file.records) text += to_line(to_json(record));
  if (file.end) text += to_line(to_json(*file.end));
  return text;
}

}  // namespace trestle::measure
