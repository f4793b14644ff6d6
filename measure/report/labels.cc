// SPDX-License-Identifier: Apache-2.0

#include "measure/report/labels.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace trestle::measure {
namespace {

// 1234567 -> "1,234,567".
std::string thousands(std::string digits) {
  const std::size_t begin = digits.starts_with('-') ? 1 : 0;
  for (std::size_t place = digits.size(); place > begin + 3;) {
    place -= 3;
    digits.insert(place, 1, ',');
  }
  return digits;
}

std::string number_words(const nlohmann::ordered_json& value) {
  if (value.is_number_float()) return fmt::format("{:g}", value.get<double>());
  return thousands(value.dump());
}

// Names of setups whose number reads better with a noun behind it than with a name before it.
struct Counted {
  const char* name;
  const char* one;
  const char* several;
};
constexpr Counted kCounted[] = {
    {"frame_bytes", " byte", " bytes"},
    {"bytes", " byte", " bytes"},
    {"flows", " flow", " flows"},
    {"streams", " stream", " streams"},
    {"ports", " port", " ports"},
    {"ends", " end", " ends"},
    {"connections", " connection", " connections"},
    {"addresses", " address", " addresses"},
    {"macs", " address", " addresses"},
    {"senders", " sender", " senders"},
    {"stations", " station", " stations"},
    {"datagram_bytes", "-byte datagrams", "-byte datagrams"},
    {"segment_bytes", "-byte segments", "-byte segments"},
    {"rate", " frame/s", " frames/s"},
    {"burst", " frame a burst", " frames a burst"},
    {"load_percent", " % load", " % load"},
};

bool negative(const nlohmann::ordered_json& value) {
  return value.is_boolean() && !value.get<bool>();
}

}  // namespace

std::string plain_words(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char each) { return each == '_' || each == '-'; }, ' ');
  return name;
}

std::string setup_value_words(const std::string& name, const nlohmann::ordered_json& value) {
  if (value.is_boolean()) return (negative(value) ? "no " : "") + plain_words(name);
  if (value.is_string()) {
    const auto text = value.get<std::string>();
    if (name == "load" || name == "rules" || name == "attack") return name + " " + text;
    return text == "imix" ? "IMIX" : plain_words(text);
  }
  if (!value.is_number()) return plain_words(name);
  if (name == "loss_allowed") return "loss ≤ " + shown(value.get<double>(), "share");
  for (const Counted& counted : kCounted) {
    if (name == counted.name) {
      return number_words(value) + (value == 1 ? counted.one : counted.several);
    }
  }
  return plain_words(name) + " " + number_words(value);
}

std::string setup_words(const nlohmann::ordered_json& setup) {
  std::string result;
  for (const auto& [name, value] : setup.items()) {
    result += (result.empty() ? "" : ", ") + setup_value_words(name, value);
  }
  return result;
}

std::string suite_title(const std::string& suite) {
  if (suite.starts_with("rfc")) return "RFC " + suite.substr(3);
  return test_title(suite);
}

std::string test_title(const std::string& test) {
  std::string title = plain_words(test);
  if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') title[0] -= 'a' - 'A';
  return title;
}

std::string metric_title(const std::string& metric) {
  const Metric* found = find_metric(metric);
  return found == nullptr ? plain_words(metric) : found->title;
}

std::string metric_unit(const std::string& metric) {
  const Metric* found = find_metric(metric);
  return found == nullptr ? "" : found->unit;
}

Better metric_better(const std::string& metric) {
  const Metric* found = find_metric(metric);
  return found == nullptr ? Better::kNeither : found->better;
}

bool metric_headline(const std::string& metric) {
  const Metric* found = find_metric(metric);
  return found != nullptr && found->headline;
}

std::string median_words(const Row& row, const std::string& subject) {
  const auto found = row.by_switch.find(subject);
  if (found == row.by_switch.end() || found->second.rounds == 0) return "–";
  return (at_least(row, subject) ? "≥ " : "") +
         shown(found->second.median, metric_unit(row.metric));
}

std::string range_words(const Row& row, const std::string& subject) {
  const auto found = row.by_switch.find(subject);
  if (found == row.by_switch.end() || found->second.rounds < 2) return "";
  const std::string unit = metric_unit(row.metric);
  const std::string low = shown(found->second.low, unit), high = shown(found->second.high, unit);
  if (low == high) return "";
  // A unit that all three share is told once.
  const auto unit_of = [](const std::string& text) {
    const auto blank = text.find(' ');
    return blank == std::string::npos ? std::string() : text.substr(blank);
  };
  const std::string common = unit_of(shown(found->second.median, unit));
  if (unit_of(low) != common || unit_of(high) != common)
    return fmt::format(" ({} – {})", low, high);
  const auto bare = [&common](const std::string& text) {
    return text.substr(0, text.size() - common.size());
  };
  return fmt::format(" ({} – {})", bare(low), bare(high));
}

std::string ratio_words(double ratio) {
  const double size = std::abs(ratio);
  const int digits = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 0.095 ? 2 : 3;
  return fmt::format("{:.{}f}×", ratio, digits);
}

std::string mark_words(const std::string& mark) {
  if (mark == kGeneratorBound) {
    return "the generator could send no more: the switch may be faster than this";
  }
  if (mark == kBackPressure) {
    return "the switch's device took no more from the sender: it holds back rather than loses";
  }
  if (mark == kHiccup) return "repeated after the machine, not the switch, had failed it";
  if (mark == kFailed) return "failed";
  return plain_words(mark);
}

bool has_mark(const Row& row, const std::string& subject, const std::string& mark) {
  const auto found = row.marks.find(subject);
  return found != row.marks.end() &&
         std::find(found->second.begin(), found->second.end(), mark) != found->second.end();
}

bool at_least(const Row& row, const std::string& subject) {
  return metric_better(row.metric) == Better::kHigher && has_mark(row, subject, kGeneratorBound);
}

std::size_t width_of(const std::string& text) {
  constexpr unsigned char kMask = 0xc0, kContinues = 0x80;
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char character) {
    return (static_cast<unsigned char>(character) & kMask) != kContinues;
  }));
}

}  // namespace trestle::measure
