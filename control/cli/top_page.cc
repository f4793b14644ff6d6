// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/cli/top_page.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

namespace trestle::control {
namespace {

using Lines = std::vector<TopLine>;

std::string formatted(const char* format, double value) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), static_cast<std::size_t>(std::max(length, 0))};
}

std::string percent(double share) {
  return formatted("%.0f%%", 100 * share);
}

// Shares close to 1 are looked at for what is missing.
std::string fine_percent(double share) {
  return formatted(share < 0.99 ? "%.0f%%" : share < 1 ? "%.2f%%" : "%.0f%%", 100 * share);
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(seconds);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%02ld:%02ld:%02ld", whole / 3600 % 24, whole / 60 % 60,
                whole % 60);
  return (whole >= 86400 ? std::to_string(whole / 86400) + "d " : "") + text.data();
}

// "<850ns", "<12us", "<1.2ms", "<3s": quantiles are upper bounds.
std::string latency_text(double seconds) {
  if (!std::isfinite(seconds)) return "beyond all buckets";
  if (seconds < 1e-6) return formatted("<%.3gns", seconds * 1e9);
  if (seconds < 1e-3) return formatted("<%.3gus", seconds * 1e6);
  return seconds < 1 ? formatted("<%.3gms", seconds * 1e3) : formatted("<%.3gs", seconds);
}

std::string cut(std::string text, std::size_t width) {
  if (text.size() > width) {
    text.resize(width);
    if (width > 0) text.back() = '~';
  }
  return text;
}

std::string reasons_text(const std::vector<std::pair<std::string, double>>& reasons,
                         std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < reasons.size() && i < most; ++i) {
    text += (text.empty() ? "" : ", ") + reasons[i].first + " " + short_number(reasons[i].second);
  }
  if (reasons.size() > most) text += ", and others";
  return text;
}

// --- The summary above the table.

TopLine title(const TopRates& rates, const TopView& view) {
  std::string text = "trestle top";
  if (!view.bridge.empty()) text += "  " + view.bridge;
  text += "  " + rates.version + "  up " + duration_text(rates.uptime_seconds) + "  every " +
          view.interval + ", by " + to_string(view.sort);
  if (view.paused) text += "  PAUSED";
  return {text, TopStyle::kTitle};
}

TopLine ports_line(const TopRates& rates) {
  std::map<std::string, std::size_t> states;
  for (const PortRates& port : rates.ports) ++states[port.state];
  std::string text = "Ports    " + std::to_string(states["up"]) + " up";
  bool alarm = false;
  for (const auto& [state, count] : states) {
    if (state == "up") continue;
    text += ", " + std::to_string(count) + " " + state;
    alarm = alarm || state == "error";
  }
  return {text, alarm ? TopStyle::kAlarm : TopStyle::kPlain};
}

TopLine frames_line(const PortRates& total) {
  return {"Frames   in " + short_number(total.rx_frames) + "/s (" + short_number(total.rx_bits) +
              "bit/s), out " + short_number(total.tx_frames) + "/s (" +
              short_number(total.tx_bits) + "bit/s)",
          TopStyle::kPlain};
}

TopLine drops_line(const PortRates& total) {
  std::string text = "Drops    " + short_number(total.drops) + "/s";
  if (!total.reasons.empty()) text += ": " + reasons_text(total.reasons, 3);
  return {text, total.drops > 0 ? TopStyle::kWarning : TopStyle::kPlain};
}

// As many lines as it takes, `most` at the most; a worker is never cut in two.
void add_workers(const TopRates& rates, std::size_t width, std::size_t most, Lines& lines) {
  const std::string head = "Workers  ";
  std::string line = head;
  std::size_t added = 0;
  for (std::size_t i = 0; i < rates.workers.size(); ++i) {
    const WorkerShares& worker = rates.workers[i];
    const std::string text =
        worker.worker + ": " + percent(worker.busy) + " busy (" + percent(worker.work) + " work)";
    const bool starts = line.size() == head.size();
    if (!starts && line.size() + 2 + text.size() > width) {
      if (++added == most) {
        line += " +" + std::to_string(rates.workers.size() - i);
        break;
      }
      lines.push_back({line, TopStyle::kPlain});
      line.assign(head.size(), ' ');
    }
    line += (line.size() == head.size() ? "" : ", ") + text;
  }
  if (!rates.workers.empty()) lines.push_back({line, TopStyle::kPlain});
}

TopLine bridge_line(const BridgeRates& bridge) {
  std::string text = "Bridge   " + bridge.bridge + "  FDB " + formatted("%.0f", bridge.fdb_entries);
  if (bridge.fdb_limit > 0) {
    text += " of " + formatted("%.0f", bridge.fdb_limit) + " (" +
            percent(bridge.fdb_entries / bridge.fdb_limit) + ")";
  }
  const std::pair<const char*, double> changes[] = {{"new", bridge.learned},
                                                    {"moved", bridge.moves},
                                                    {"evicted", bridge.evictions},
                                                    {"refused", bridge.refused}};
  for (const auto& [what, rate] : changes) {
    if (rate > 0) text += std::string(", ") + what + " " + short_number(rate) + "/s";
  }
  if (bridge.cache_hits) {
    text += "; flow cache " + fine_percent(*bridge.cache_hits) + " (exact " +
            fine_percent(*bridge.exact_hits) + ")";
  }
  const bool full = bridge.evictions > 0 || bridge.refused > 0;
  return {text, full ? TopStyle::kWarning : TopStyle::kPlain};
}

Lines summary(const TopRates& rates, const TopView& view, std::size_t width, std::size_t height) {
  Lines lines{title(rates, view)};
  if (!view.trouble.empty()) lines.push_back({view.trouble, TopStyle::kAlarm});
  const PortRates total = rates.total();
  lines.push_back(ports_line(rates));
  lines.push_back(frames_line(total));
  lines.push_back(drops_line(total));
  add_workers(rates, width, std::max<std::size_t>(height / 12, 1), lines);
  if (rates.latency) {
    lines.push_back({"Latency  p50 " + latency_text(rates.latency->p50) + ", p99 " +
                         latency_text(rates.latency->p99) + ", p99.9 " +
                         latency_text(rates.latency->p999),
                     TopStyle::kPlain});
  }
  const std::size_t bridges = std::max<std::size_t>(height / 8, 1);
  for (std::size_t i = 0; i < rates.bridges.size() && i < bridges; ++i) {
    lines.push_back(bridge_line(rates.bridges[i]));
  }
  if (rates.bridges.size() > bridges) {
    lines.back().text += "; +" + std::to_string(rates.bridges.size() - bridges) + " bridges";
  }
  // The table has at least half of the screen.
  if (lines.size() > height / 2) lines.resize(std::max<std::size_t>(height / 2, 1));
  return lines;
}

// --- The table of ports.

struct Column {
  const char* head;
  std::size_t width;
  bool right;  // aligned to the right
  int rank;    // 1: the last to be left out
  std::string (*text)(const PortRates&);
};

constexpr Column kColumns[] = {
    {"STATE", 9, false, 3, [](const PortRates& p) { return p.state; }},
    {"RX-F/S", 6, true, 1, [](const PortRates& p) { return short_number(p.rx_frames); }},
    {"RX-BIT/S", 8, true, 5, [](const PortRates& p) { return short_number(p.rx_bits); }},
    {"TX-F/S", 6, true, 2, [](const PortRates& p) { return short_number(p.tx_frames); }},
    {"TX-BIT/S", 8, true, 6, [](const PortRates& p) { return short_number(p.tx_bits); }},
    {"DROPS/S", 7, true, 4, [](const PortRates& p) { return short_number(p.drops); }},
    {"REASON", 17, false, 7,
     [](const PortRates& p) { return p.reasons.empty() ? "-" : p.reasons.front().first; }},
};
constexpr std::size_t kReasonMin = 8;  // columns; less tells nothing
constexpr std::size_t kNameMin = 8;    // on screens too narrow for a third of it
constexpr std::size_t kNameMax = 24;   // more when all the rest has its place

std::string port_name(const PortRates& port) {
  return port.bridge + "." + port.port;
}

struct Placed {
  const Column* column;
  std::size_t width;
};

struct Columns {
  std::size_t name = 0;  // width of the first
  std::vector<Placed> others;
};

Columns place_columns(const std::vector<PortRates>& ports, std::size_t width) {
  std::size_t longest = 4;
  for (const PortRates& port : ports) longest = std::max(longest, port_name(port).size());
  Columns columns;
  columns.name = std::min({longest, kNameMax, std::max(width / 3, kNameMin), width});
  std::size_t left = width - columns.name;
  std::array<std::size_t, std::size(kColumns)> widths{};
  for (int rank = 1; rank <= static_cast<int>(std::size(kColumns)); ++rank) {
    for (std::size_t i = 0; i < std::size(kColumns); ++i) {
      const Column& column = kColumns[i];
      if (column.rank != rank) continue;
      const bool reason = i + 1 == std::size(kColumns);
      const std::size_t least = reason ? kReasonMin : column.width;
      if (left < least + 1) continue;
      widths[i] = std::min(column.width, left - 1);
      left -= widths[i] + 1;
    }
  }
  columns.name += std::min(left, longest - columns.name);
  for (std::size_t i = 0; i < std::size(kColumns); ++i) {
    if (widths[i] != 0) columns.others.push_back({&kColumns[i], widths[i]});
  }
  return columns;
}

void append_cell(std::string& line, std::string text, std::size_t width, bool right) {
  text = cut(std::move(text), width);
  const std::string padding(width - text.size(), ' ');
  line += right ? padding + text : text + padding;
}

std::string row_text(const Columns& columns, const std::string& name, const PortRates* port) {
  std::string line;
  append_cell(line, name, columns.name, false);
  for (const Placed& placed : columns.others) {
    line += ' ';
    append_cell(line, port != nullptr ? placed.column->text(*port) : placed.column->head,
                placed.width, placed.column->right);
  }
  return line;
}

TopStyle row_style(const PortRates& port) {
  if (port.state == "error") return TopStyle::kAlarm;
  if (port.state != "up") return TopStyle::kFaint;
  return port.drops > 0 ? TopStyle::kWarning : TopStyle::kPlain;
}

Lines help_lines() {
  static constexpr const char* kText[] = {
      "q, Ctrl-C     quit",
      "s             sort by the next of rx, tx, drops, name",
      "space         pause, and go on",
      "up, down      a port further; also k, j",
      "PgUp, PgDn    a page further; Home, End",
      "h             this page, and back",
      "",
      "RX is what the switch receives from a port, TX what it sends to it. Frames",
      "and bits are per second; a GSO super-frame is one frame. REASON is why most",
      "of the dropped frames were: trestle why BRIDGE PORT --last-dropped says more.",
      "Workers: busy is CPU time awake, work the part of it in which there were",
      "frames. Flow cache: frames whose way by the flow rules was found there.",
  };
  Lines lines{{"trestle top: keys", TopStyle::kTitle}};
  for (const char* text : kText) lines.push_back({text, TopStyle::kPlain});
  return lines;
}

void fit(Lines& lines, std::size_t width, std::size_t height) {
  if (lines.size() > height) lines.resize(height);
  for (TopLine& line : lines) {
    line.text = cut(std::move(line.text), width);
    if (line.style == TopStyle::kTitle) line.text.resize(width, ' ');
  }
}

}  // namespace

std::string short_number(double value) {
  static constexpr const char* kPrefixes[] = {"", "k", "M", "G", "T", "P", "E"};
  if (value < 0.05) return "0";
  if (value < 9.95) {
    const bool whole = std::abs(value - std::round(value)) < 0.05;
    return formatted(whole ? "%.0f" : "%.1f", value);
  }
  std::size_t prefix = 0;
  while (value >= 999.5 && prefix + 1 < std::size(kPrefixes)) {
    value /= 1000;
    ++prefix;
  }
  const char* const format = prefix == 0 || value >= 99.95 ? "%.0f"
                             : value >= 9.995              ? "%.1f"
                                                           : "%.2f";
  return formatted(format, value) + kPrefixes[prefix];
}

TopPage top_page(const TopRates& rates, const TopView& view, std::size_t width,
                 std::size_t height) {
  TopPage page;
  page.first = view.first;
  if (view.help) {
    page.lines = help_lines();
    fit(page.lines, width, height);
    return page;
  }
  page.lines = summary(rates, view, width, height);
  const Columns columns = place_columns(rates.ports, width);
  page.lines.push_back({row_text(columns, "PORT", nullptr), TopStyle::kTitle});
  page.rows = height > page.lines.size() ? height - page.lines.size() : 0;
  const std::size_t count = rates.ports.size();
  page.first = std::min(view.first, count > page.rows ? count - page.rows : 0);
  for (std::size_t i = page.first; i < count && i < page.first + page.rows; ++i) {
    const PortRates& port = rates.ports[i];
    page.lines.push_back({row_text(columns, port_name(port), &port), row_style(port)});
  }
  fit(page.lines, width, height);
  return page;
}

}  // namespace trestle::control
