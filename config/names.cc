// SPDX-License-Identifier: Apache-2.0

#include "config/names.h"

#include <algorithm>
#include <charconv>

namespace trestle::config {
namespace {

// FNV-1a, 64 bits (draft-eastlake-fnv). Not seeded: a daemon must find by name what an earlier one
// made, and names come from the administrator, not from the wire.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// The lowest `digits` digits of `value` in base 32.
std::string base32(std::uint64_t value, std::size_t digits) {
  static constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuv";
  std::string out(digits, '0');
  for (std::size_t i = digits; i-- > 0; value >>= 5) out[i] = kDigits[value & 31];
  return out;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.:@-").find(c) != std::string_view::npos;
}

bool is_space_or_control(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet <= 0x20 || octet == 0x7f;
}

std::string name_fault(std::string_view name) {
  if (name.empty()) return "empty";
  if (name.size() > kNameMax) return "longer than 63 characters";
  if (!std::all_of(name.begin(), name.end(), is_name_character)) {
    return "only letters, digits and _ . : @ - may stand in it";
  }
  return "";
}

// Octets of the UTF-8 sequence that `text` begins with (RFC 3629), 0: it begins with none.
std::size_t utf8_length(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = octet(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && octet(1) < 0xa0) return 0;  // overlong
  if (first == 0xed && octet(1) > 0x9f) return 0;  // surrogates
  if (first == 0xf0 && octet(1) < 0x90) return 0;  // overlong
  if (first == 0xf4 && octet(1) > 0x8f) return 0;  // beyond U+10FFFF
  return length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

std::string bridge_name_fault(std::string_view name) {
  if (name.find('.') != std::string_view::npos) {
    return "the name of a bridge has no '.', for ports are named BRIDGE.PORT";
  }
  return name_fault(name);
}

std::string port_name_fault(std::string_view name) {
  return name_fault(name);
}

std::string interface_name_fault(std::string_view name) {
  if (name.empty()) return "empty";
  if (name.size() > kInterfaceNameMax) return "longer than 15 characters";
  if (name == "." || name == "..") return "not the name of an interface";
  for (const char c : name) {
    if (is_space_or_control(c) || c == '/' || c == ':' || c == '%') {
      return "no blank, '/', ':' or '%' may stand in it";
    }
  }
  if (!is_utf8(name)) return "not UTF-8";
  return "";
}

std::string namespace_name_fault(std::string_view name) {
  if (name.empty()) return "empty";
  if (name.size() > 255) return "longer than 255 characters";  // NAME_MAX: it is a file's name
  if (name == "." || name == "..") return "not the name of a namespace";
  if (name.find('/') != std::string_view::npos) return "a name has no '/', a path begins with one";
  if (std::any_of(name.begin(), name.end(), is_space_or_control)) return "no blank may stand in it";
  if (name.substr(0, 4) == "pid:") return "a process's namespace has no name";
  if (!is_utf8(name)) return "not UTF-8";
  return "";
}

std::string namespace_fault(std::string_view reference) {
  if (!reference.empty() && reference.front() == '/') return path_fault(reference);
  if (reference.substr(0, 4) != "pid:") return namespace_name_fault(reference);
  const std::string_view digits = reference.substr(4);
  int pid = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, pid);
  const bool whole = error == std::errc{} && rest == end;
  if (!whole || pid <= 0 || digits.front() == '0') return "'pid:' takes the number of a process";
  return "";
}

std::string path_fault(std::string_view path) {
  if (path.empty()) return "empty";
  if (path.size() > 4095) return "longer than 4095 characters";  // PATH_MAX less the final NUL
  for (const char c : path) {
    if (c != ' ' && is_space_or_control(c)) return "a control character stands in it";
  }
  if (!is_utf8(path)) return "not UTF-8";
  return "";
}

std::string canonical_namespace(const std::string& reference) {
  for (const std::string_view folder : {"/run/netns/", "/var/run/netns/"}) {
    if (reference.starts_with(folder)) return reference.substr(folder.size());
  }
  constexpr std::string_view kProc = "/proc/", kNet = "/ns/net";
  if (reference.starts_with(kProc) && reference.ends_with(kNet) &&
      reference.size() > kProc.size() + kNet.size()) {
    return "pid:" + reference.substr(kProc.size(), reference.size() - kProc.size() - kNet.size());
  }
  return reference;
}

std::optional<PortName> parse_port_name(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == text.size()) return std::nullopt;
  return PortName{std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
}

std::string interface_name(const std::string& bridge, const std::string& port, const Port& config) {
  if (config.interface) return *config.interface;
  if (interface_name_fault(port).empty()) return port;
  // The bridge is hashed too: two bridges may have a port of one long name in one namespace.
  constexpr std::size_t kTail = 6;
  std::string name = port.substr(0, kInterfaceNameMax - kTail - 1);
  std::replace(name.begin(), name.end(), ':', '-');
  return name + "-" + base32(hash_of(bridge + "." + port), kTail);
}

std::string switch_end_name(const std::string& bridge, const std::string& port) {
  return "tr" + base32(hash_of(bridge + "." + port), kInterfaceNameMax - 2);
}

}  // namespace trestle::config
