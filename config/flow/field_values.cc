// SPDX-License-Identifier: Apache-2.0

#include "config/flow/field_values.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

#include "config/flow/numbers.h"
#include "config/flow/port_names.h"
#include "switch/mac_address.h"

namespace trestle::config {
namespace {

using flow::Bits;
using flow::FieldInfo;
using flow::low_ones;
using flow::Notation;

// A field's value being read.
struct Reading {
  const Source& source;
  const FieldInfo& field;
  std::string_view name;

  Bits all() const { return low_ones(field.width); }
  auto wrong(std::string_view piece, std::string_view expected) const {
    return source.mistake(piece, joined({name, ": ", quoted(piece), " is not ", expected}));
  }
};

std::optional<Bits> address_from(std::string_view text, bool v6) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  std::array<std::uint8_t, 16> octets{};
  if (inet_pton(v6 ? AF_INET6 : AF_INET, terminated.c_str(), octets.data()) != 1) {
    return std::nullopt;
  }
  Bits value = 0;
  for (unsigned i = 0; i < (v6 ? 16 : 4); ++i) value = value << 8 | octets[i];
  return value;
}

std::string address_text(Bits value, bool v6) {
  std::array<std::uint8_t, 16> octets{};
  const unsigned size = v6 ? 16 : 4;
  for (unsigned i = 0; i < size; ++i) {
    octets[i] = static_cast<std::uint8_t>(value >> (8 * (size - 1 - i)));
  }
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(v6 ? AF_INET6 : AF_INET, octets.data(), text, sizeof text);
  return text;
}

Bits prefix_mask(unsigned length, unsigned width) {
  return low_ones(width) & ~low_ones(width - length);
}

FromText<MaskedValue> read_number(const Reading& reading, Halves halves) {
  const auto max = static_cast<std::uint64_t>(reading.all());
  const auto value = parse_number(reading.source, reading.name, halves.first, max);
  if (!value) return tl::unexpected(value.error());
  if (!halves.second) return MaskedValue{*value, reading.all()};
  const auto mask = parse_mask(reading.source, reading.name, *halves.second, max);
  if (!mask) return tl::unexpected(mask.error());
  return MaskedValue{*value & *mask, *mask};
}

FromText<MaskedValue> read_mac(const Reading& reading, Halves halves) {
  const auto value = MacAddress::parse(halves.first);
  if (!value) return reading.wrong(halves.first, "a MAC address like 02:00:00:00:00:01");
  if (!halves.second) return MaskedValue{value->to_u64(), reading.all()};
  const auto mask = MacAddress::parse(*halves.second);
  if (!mask) return reading.wrong(*halves.second, "a mask like ff:ff:ff:00:00:00");
  return MaskedValue{value->to_u64() & mask->to_u64(), mask->to_u64()};
}

FromText<MaskedValue> read_address(const Reading& reading, Halves halves) {
  const bool v6 = reading.field.notation == Notation::kIpv6;
  const auto value = address_from(halves.first, v6);
  if (!value) {
    return reading.wrong(halves.first,
                         v6 ? "an IPv6 address like 2001:db8::1" : "an IPv4 address like 10.0.0.1");
  }
  if (!halves.second) return MaskedValue{*value, reading.all()};
  std::optional<Bits> mask = address_from(*halves.second, v6);
  if (!mask) {
    if (!is_number(*halves.second)) {
      return reading.wrong(*halves.second, v6 ? "a prefix length or mask like 64 or ffff::"
                                              : "a prefix length or mask like 24 or 255.255.0.0");
    }
    const auto length =
        parse_number(reading.source, "prefix length", *halves.second, reading.field.width);
    if (!length) return tl::unexpected(length.error());
    mask = prefix_mask(static_cast<unsigned>(*length), reading.field.width);
  }
  return MaskedValue{*value & *mask, *mask};
}

FromText<MaskedValue> read(const Reading& reading, Halves halves, std::string_view text,
                           const FlowPorts& ports) {
  switch (reading.field.notation) {
    case Notation::kMac:
      return read_mac(reading, halves);
    case Notation::kIpv4:
    case Notation::kIpv6:
      return read_address(reading, halves);
    case Notation::kFrag:
      return parse_fragment(reading.source, text);
    case Notation::kTcpFlags:
      return parse_tcp_flags(reading.source, text);
    case Notation::kPort: {
      const auto port = parse_port(reading.source, ports, text);
      if (!port) return tl::unexpected(port.error());
      return MaskedValue{*port, reading.all()};
    }
    default:
      return read_number(reading, halves);
  }
}

// As many hex digits as ovs-ofctl gives them.
unsigned digits_of(flow::Field field) {
  switch (field) {
    case flow::Field::kVlanTci:
    case flow::Field::kVlanVid:
    case flow::Field::kInnerVlanTci:
    case flow::Field::kInnerVlanVid:
    case flow::Field::kEthType:
      return 4;
    case flow::Field::kIpv6Label:
      return 5;
    default:
      return 1;
  }
}

std::string print_address(const FieldInfo& field, const MaskedValue& value) {
  const bool v6 = field.notation == Notation::kIpv6;
  const std::string text = address_text(value.value, v6);
  if (value.mask == low_ones(field.width)) return text;
  for (unsigned length = 0; length < field.width; ++length) {
    if (value.mask == prefix_mask(length, field.width)) return text + "/" + std::to_string(length);
  }
  return text + "/" + address_text(value.mask, v6);
}

}  // namespace

FromText<MaskedValue> parse_value(const Source& source, flow::Field field, std::string_view name,
                                  std::string_view text, const FlowPorts& ports) {
  const Reading reading{source, flow::info(field), name};
  if (text.empty()) return source.mistake(text, joined({name, " needs a value"}));
  // No port name has a '/', and what is in quotes may be anything.
  const Halves halves =
      reading.field.notation == Notation::kPort ? Halves{text, std::nullopt} : split(text, "/");
  const auto value = read(reading, halves, text, ports);
  if (value && !reading.field.maskable && value->mask != reading.all()) {
    const std::string_view at = halves.second.value_or(text);
    return source.mistake(at, joined({name, " takes no mask: it is matched or set as a whole"}));
  }
  return value;
}

FromText<MaskedValue> parse_port_to_set(const Source& source, std::string_view text,
                                        const FlowPorts& ports) {
  const Bits all = low_ones(flow::info(flow::Field::kInPort).width);
  if (text == "0") return MaskedValue{kNoPort, all};
  return parse_value(source, flow::Field::kInPort, "in_port", text, ports);
}

std::string print_value(flow::Field field, const MaskedValue& value, const FlowPorts& ports) {
  const FieldInfo& entry = flow::info(field);
  const bool whole = value.all_of(field);
  const auto number = static_cast<std::uint64_t>(value.value);
  const auto mask = static_cast<std::uint64_t>(value.mask);
  switch (entry.notation) {
    case Notation::kMac:
      return MacAddress::from_u64(number).to_string() +
             (whole ? "" : "/" + MacAddress::from_u64(mask).to_string());
    case Notation::kIpv4:
    case Notation::kIpv6:
      return print_address(entry, value);
    case Notation::kFrag:
      return print_fragment(value);
    case Notation::kTcpFlags:
      return print_tcp_flags(value);
    case Notation::kPort:
      if (!whole) break;
      return number == kNoPort ? "0" : print_port(static_cast<PortId>(number), ports);
    case Notation::kDecimal:
      return whole ? std::to_string(number)
                   : joined({number == 0 ? "0x0" : hex(number), "/", hex(mask)});
    case Notation::kHex:
      if (!whole) break;
      return hex(number, digits_of(field));
  }
  return hex(number, digits_of(field)) + "/" + hex(mask, digits_of(field));
}

}  // namespace trestle::config
