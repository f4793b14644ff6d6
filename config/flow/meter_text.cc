// SPDX-License-Identifier: Apache-2.0
//
// Meters: "meter=1,kbps,burst,band=type=drop,rate=1000,burst_size=100". Each "type=" begins a band.

#include <limits>

#include "config/flow/numbers.h"
#include "config/suggest.h"

namespace trestle::config {
namespace {

using flow::MeterSpec;

constexpr std::string_view kWords[] = {"meter", "kbps", "pktps", "burst",     "band",
                                       "bands", "type", "rate",  "burst_size"};
constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();  // OpenFlow's fields

class Reader {
 public:
  explicit Reader(std::string_view text) : source_(text), text_(text) {}

  FromText<MeterSpec> read() {
    const auto tokens = tokens_of(source_, text_);
    if (!tokens) return tl::unexpected(tokens.error());
    for (const Token& token : *tokens) {
      if (const auto done = take(token); !done) return tl::unexpected(done.error());
    }
    if (const auto done = end_band(); !done) return tl::unexpected(done.error());
    if (!has_id_) return source_.mistake(text_, "meter=NUMBER is missing");
    if (meter_.bands.empty()) {
      return source_.mistake(text_.substr(text_.size()),
                             "a band is missing: band=type=drop,rate=1000");
    }
    return meter_;
  }

 private:
  using Done = FromText<void>;

  Done take(const Token& token) {
    if (is_counter(token, "band")) return {};
    if (token.key == "meter") return take_id(token);
    if (token.key == "kbps" || token.key == "pktps") return take_unit(token);
    if (token.key == "burst" || token.key == "stats") {
      // The sizes say so themselves; and what there is to count is counted.
      return token.has_value() ? no_value(token) : Done{};
    }
    if (token.key == "band" || token.key == "bands") return take_first_band(token);
    if (token.key == "type") return take_type(token.value);
    if (token.key == "rate") {
      return take_band_number(token, 1, meter_.bands.empty() ? spare_ : meter_.bands.back().rate);
    }
    if (token.key == "burst_size") {
      return take_band_number(token, 0, meter_.bands.empty() ? spare_ : meter_.bands.back().burst);
    }
    return source_.mistake(token.text,
                           "unknown key " + quoted(token.key) + did_you_mean(token.key, kWords));
  }

  Done no_value(const Token& token) const {
    return source_.mistake(token.text, quoted(token.key) + " takes no value");
  }

  Done take_id(const Token& token) {
    if (std::exchange(has_id_, true)) {
      return source_.mistake(token.text, "'meter' is given twice");
    }
    const auto id = parse_number(source_, "meter", token.value, flow::kMeterIdMax, 1);
    if (!id) return tl::unexpected(id.error());
    meter_.id = static_cast<std::uint32_t>(*id);
    return {};
  }

  Done take_unit(const Token& token) {
    if (token.has_value()) return no_value(token);
    if (std::exchange(has_unit_, true)) {
      return source_.mistake(token.text, "a meter has one unit: kbps or pktps");
    }
    meter_.frames = token.key == "pktps";
    return {};
  }

  // "band=type=drop"; "bands=" alone, with the bands behind it.
  Done take_first_band(const Token& token) {
    if (token.value.empty()) return {};
    const Halves halves = split(token.value, "=");
    if (halves.first != "type" || !halves.second) {
      return source_.mistake(token.value, quoted(token.value) + ": a band begins with type=drop");
    }
    return take_type(*halves.second);
  }

  Done take_type(std::string_view type) {
    if (type != "drop") {
      return source_.mistake(type, "type: " + quoted(type) + " is not supported; drop is");
    }
    if (const auto done = end_band(); !done) return done;
    if (meter_.bands.size() == flow::kBandsMax) {
      return source_.mistake(type,
                             "a meter has at most " + std::to_string(flow::kBandsMax) + " bands");
    }
    meter_.bands.emplace_back();
    band_text_ = type;
    has_rate_ = has_burst_ = false;
    return {};
  }

  Done take_band_number(const Token& token, std::uint64_t min, std::uint64_t& number) {
    if (meter_.bands.empty()) {
      return source_.mistake(
          token.text, quoted(token.key) + " belongs to a band: put band=type=drop before it");
    }
    if (std::exchange(token.key == "rate" ? has_rate_ : has_burst_, true)) {
      return source_.mistake(token.text, quoted(token.key) + " is given twice for one band");
    }
    const auto parsed = parse_number(source_, token.key, token.value, kMax, min);
    if (!parsed) return tl::unexpected(parsed.error());
    number = *parsed;
    return {};
  }

  Done end_band() const {
    if (meter_.bands.empty() || has_rate_) return {};
    return source_.mistake(band_text_, "the band has no rate: add rate=NUMBER");
  }

  const Source source_;
  const std::string_view text_;
  MeterSpec meter_;
  bool has_id_ = false, has_unit_ = false, has_rate_ = false, has_burst_ = false;
  std::string_view band_text_;
  std::uint64_t spare_ = 0;
};

}  // namespace

FromText<MeterSpec> parse_meter(std::string_view text) {
  return Reader(text).read();
}

std::string print_meter(const MeterSpec& meter) {
  std::string text =
      joined({"meter=", std::to_string(meter.id), meter.frames ? ",pktps" : ",kbps"});
  bool burst = false;
  for (const MeterSpec::Band& band : meter.bands) burst = burst || band.burst != 0;
  if (burst) text += ",burst";
  bool first = true;
  for (const MeterSpec::Band& band : meter.bands) {
    text += joined({",", std::exchange(first, false) ? "band=" : "",
                    "type=drop,rate=", std::to_string(band.rate)});
    if (band.burst != 0) text += ",burst_size=" + std::to_string(band.burst);
  }
  return text;
}

}  // namespace trestle::config
