// SPDX-License-Identifier: Apache-2.0
//
// The words of ip_frag ("later") and tcp_flags ("+syn-ack", "syn|ack").

#include <algorithm>
#include <array>

#include "config/flow/field_values.h"
#include "config/flow/numbers.h"
#include "config/suggest.h"

namespace trestle::config {
namespace {

using flow::Bits;
using flow::kFragmentAny;
using flow::kFragmentLater;

struct FragmentWord {
  std::string_view word;
  unsigned value, mask;
};
constexpr FragmentWord kFragments[] = {
    {"no", 0, kFragmentAny | kFragmentLater},
    {"yes", kFragmentAny, kFragmentAny},
    {"first", kFragmentAny, kFragmentAny | kFragmentLater},
    {"later", kFragmentAny | kFragmentLater, kFragmentAny | kFragmentLater},
    {"not_later", 0, kFragmentLater},
};

constexpr unsigned kFlagBits = 12;
// From bit 0 up: RFC 9293 3.1, RFC 3168; those without a name as ovs-ofctl writes them.
constexpr std::array<std::string_view, kFlagBits> kFlags{
    "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]"};

FromText<MaskedValue> numeric(const Source& source, std::string_view name, std::string_view text,
                              Bits all) {
  const Halves halves = split(text, "/");
  const auto max = static_cast<std::uint64_t>(all);
  const auto value = parse_number(source, name, halves.first, max);
  if (!value) return tl::unexpected(value.error());
  if (!halves.second) return MaskedValue{*value, all};
  const auto mask = parse_mask(source, name, *halves.second, max);
  if (!mask) return tl::unexpected(mask.error());
  return MaskedValue{*value & *mask, *mask};
}

FromText<Bits> flag(const Source& source, std::string_view word) {
  const auto found = std::find(kFlags.begin(), kFlags.end(), word);
  if (found != kFlags.end()) return Bits{1} << (found - kFlags.begin());
  return source.mistake(word, "tcp_flags: there is no flag " + quoted(word) +
                                  ": write fin, syn, rst, psh, ack, urg, ece, cwr or ns" +
                                  did_you_mean(word, kFlags));
}

}  // namespace

FromText<MaskedValue> parse_fragment(const Source& source, std::string_view text) {
  for (const FragmentWord& known : kFragments) {
    if (known.word == text) return MaskedValue{known.value, known.mask};
  }
  if (is_number(text)) return numeric(source, "ip_frag", text, flow::low_ones(2));
  return source.mistake(
      text, "ip_frag: " + quoted(text) + " is none of no, yes, first, later and not_later");
}

std::string print_fragment(const MaskedValue& value) {
  for (const FragmentWord& known : kFragments) {
    if (known.value == value.value && known.mask == value.mask) return std::string(known.word);
  }
  return hex(static_cast<std::uint64_t>(value.value)) + "/" +
         hex(static_cast<std::uint64_t>(value.mask));
}

FromText<MaskedValue> parse_tcp_flags(const Source& source, std::string_view text) {
  const Bits all = flow::low_ones(kFlagBits);
  if (is_number(text)) return numeric(source, "tcp_flags", text, all);
  if (text.front() != '+' && text.front() != '-') {  // "syn|ack": these and no others
    MaskedValue exact{0, all};
    for (std::optional<std::string_view> rest = text; rest;) {
      const Halves halves = split(*rest, "|");
      const auto bit = flag(source, halves.first);
      if (!bit) return tl::unexpected(bit.error());
      exact.value |= *bit;
      rest = halves.second;
    }
    return exact;
  }
  MaskedValue some;
  while (!text.empty()) {
    const bool set = text.front() == '+';
    const std::size_t end = std::min(text.find_first_of("+-", 1), text.size());
    const std::string_view word = text.substr(1, end - 1);
    const auto bit = flag(source, word);
    if (!bit) return tl::unexpected(bit.error());
    if ((some.mask & *bit) != 0) {
      return source.mistake(word, "tcp_flags: " + quoted(word) + " is given twice");
    }
    some.mask |= *bit;
    if (set) some.value |= *bit;
    text.remove_prefix(end);
  }
  return some;
}

std::string print_tcp_flags(const MaskedValue& value) {
  const bool whole = value.mask == flow::low_ones(kFlagBits);
  std::string text;
  for (unsigned i = 0; i < kFlagBits; ++i) {
    const bool set = (value.value >> i & 1) != 0;
    if (whole && set) text += joined({text.empty() ? "" : "|", kFlags[i]});
    if (!whole && (value.mask >> i & 1) != 0) text += joined({set ? "+" : "-", kFlags[i]});
  }
  if (!text.empty()) return text;
  return whole ? "0" : "0/0";
}

}  // namespace trestle::config
