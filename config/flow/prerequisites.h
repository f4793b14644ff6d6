// SPDX-License-Identifier: Apache-2.0
//
// What a rule knows of the frames it gets, and with that, which fields they have: OpenFlow's
// prerequisites (OpenFlow 1.5 7.2.3.6). Pushes and pops in an action list change it. Pure; any
// thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "switch/flow/field.h"
#include "switch/flow/match.h"

namespace trestle::config {

class Known {
 public:
  // Nothing is asked for: buckets of groups, actions without a match.
  static Known unchecked();
  explicit Known(const flow::Match& match);

  bool checks() const { return checked_; }
  bool has(flow::Prerequisite prerequisite) const;
  std::optional<std::uint16_t> type() const { return type_; }
  // 0: not known
  std::uint8_t protocol() const { return protocol_; }
  bool is_arp() const;
  bool is_ip() const;
  bool is_ipv6() const;
  bool is_mpls() const;
  bool is_later_fragment() const { return later_fragment_; }
  bool two_tags() const { return tag_ && inner_tag_; }

  void push_tag();
  void pop_tag();
  void set_tag(bool there) { tag_ = there; }
  void set_type(std::uint16_t type);  // by pushing or popping MPLS: what is below is not known

 private:
  Known() = default;

  bool checked_ = true;
  bool tag_ = false, inner_tag_ = false;
  std::optional<std::uint16_t> type_;
  std::uint8_t protocol_ = 0;
  bool later_fragment_ = false;
  std::optional<std::uint8_t> icmp_type_;
  bool icmp_code_other_ = false;  // it is matched, and not 0
};

// For a message, `name` (a field or an action) lacking what it needs:
// "tcp_dst needs tcp before it may be matched: add 'tcp'". `purpose`: "matched", "set" …
std::string lacks(std::string_view name, flow::Prerequisite prerequisite, const Known& known,
                  std::string_view purpose);

}  // namespace trestle::config
