// SPDX-License-Identifier: Apache-2.0

#include "tests/ovs/random_match.h"

#include <cstdio>

namespace trestle::testing {
namespace {

std::string hex_text(unsigned long long value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", value);
  return text;
}

// The fields of one match, added one by one.
class Matching {
 public:
  Matching(const Dice& dice, Known& known) : dice_(dice), known_(known) {}

  std::string make() {
    kind();
    if (dice_(3) == 0) add("in_port", dice_(7) == 0 ? "LOCAL" : std::to_string(1 + dice_(6)));
    if (dice_(5) == 0) add("dl_src", mac(pick(dice_, pool::kMacs)));
    if (dice_(5) == 0) add("dl_dst", mac(pick(dice_, pool::kDestinations)));
    if (dice_(4) == 0) vlan();
    if (dice_(12) == 0) add("metadata", masked_hex(dice_, 0xffff));
    if (dice_(8) == 0) add("reg" + std::to_string(dice_(16)), masked_hex(dice_, 3));
    return text_;
  }

 private:
  void word(const char* shorthand) { text_ += (text_.empty() ? "" : ",") + std::string(shorthand); }
  void add(const std::string& name, const std::string& value) {
    word((name + "=" + value).c_str());
  }
  bool maybe() { return dice_(4) == 0; }

  void kind() {
    switch (dice_(16)) {
      case 0:
        return word("arp"), known_.layer3 = Layer3::kArp, arp();
      case 1:
        return word("mpls"), known_.layer3 = Layer3::kMpls, mpls();
      case 2:
        return word("dl_type=0x88b5");
      case 3:
      case 4:
        return word("ipv6"), known_.layer3 = Layer3::kIpv6, ipv6();
      case 5:
      case 6:
        return word("ip"), known_.layer3 = Layer3::kIpv4, ipv4(), protocol();
      case 7:
      case 8:
      case 9:
        return transport(dice_(2) == 0);
      case 10:
        return icmp(dice_(3) != 0);
      default:
        return;
    }
  }

  void transport(bool v6) {
    static constexpr std::array<std::array<const char*, 3>, 2> kWords{
        {{"tcp", "udp", "sctp"}, {"tcp6", "udp6", "sctp6"}}};
    const unsigned which = dice_(5) % 3;
    word(kWords[v6 ? 1 : 0][which]);
    known_.layer3 = v6 ? Layer3::kIpv6 : Layer3::kIpv4;
    known_.layer4 = std::array{Layer4::kTcp, Layer4::kUdp, Layer4::kSctp}[which];
    const std::string prefix = dice_(2) == 0 ? "tp" : std::array{"tcp", "udp", "sctp"}[which];
    if (dice_(2) == 0) add(prefix + "_src", port());
    if (dice_(2) == 0) add(prefix + "_dst", port());
    if (which == 0 && dice_(3) == 0) flags();
    v6 ? ipv6() : ipv4();
  }

  void icmp(bool v6) {
    word(v6 ? "icmp6" : "icmp");
    known_.layer3 = v6 ? Layer3::kIpv6 : Layer3::kIpv4;
    known_.layer4 = v6 ? Layer4::kIcmp6 : Layer4::kIcmp4;
    if (v6 && dice_(2) == 0) return neighbour();
    const std::string name = v6 ? "icmpv6" : "icmp";
    if (maybe()) add(name + "_type", std::to_string(v6 ? 128 + dice_(2) : dice_(2) * 8));
    if (maybe()) add(name + "_code", std::to_string(dice_(3)));
  }

  void neighbour() {
    const bool advert = dice_(2) == 0;
    known_.layer4 = advert ? Layer4::kAdvert : Layer4::kSolicit;
    add("icmp_type", advert ? "136" : "135");
    add("icmp_code", "0");
    if (maybe()) add("nd_target", std::string(pick(dice_, pool::kIpv6)) + prefix(128));
    if (dice_(2) == 0) add(advert ? "nd_tll" : "nd_sll", mac(pick(dice_, pool::kMacs)));
  }

  void ipv4() {
    if (dice_(2) == 0) add("nw_src", address4());
    if (dice_(2) == 0) add("nw_dst", address4());
    header();
  }
  void ipv6() {
    if (dice_(2) == 0) add("ipv6_src", std::string(pick(dice_, pool::kIpv6)) + prefix(128));
    if (dice_(2) == 0) add("ipv6_dst", std::string(pick(dice_, pool::kIpv6)) + prefix(128));
    if (maybe()) add("ipv6_label", masked(pick(dice_, pool::kFlowLabels), 0xfffff));
    header();
  }
  void header() {
    // "later" last: OpenFlow has no ports to match in later fragments, and refuses them.
    static constexpr std::array<const char*, 5> kFragments{"no", "yes", "first", "not_later",
                                                           "later"};
    const unsigned tos = pick(dice_, pool::kTos);
    if (dice_(6) == 0) add("nw_tos", std::to_string(tos & 0xfc));
    if (dice_(8) == 0) add("nw_ecn", std::to_string(tos & 3));
    if (dice_(6) == 0) add("nw_ttl", std::to_string(pick(dice_, pool::kTtls)));
    if (dice_(6) == 0) {
      add("ip_frag", kFragments[dice_(known_.layer4 == Layer4::kUnknown ? 5 : 4)]);
    }
  }
  void protocol() {
    if (maybe()) add("nw_proto", std::array{"1", "6", "17", "47"}[dice_(4)]);
  }

  void arp() {
    if (dice_(2) == 0) add("arp_op", std::to_string(1 + dice_(2)));
    if (maybe()) add("arp_spa", address4());
    if (maybe()) add("arp_tpa", address4());
    if (maybe()) add("arp_sha", mac(pick(dice_, pool::kMacs)));
    if (maybe()) add("arp_tha", mac(pick(dice_, pool::kMacs)));
  }
  void mpls() {
    if (maybe()) add("mpls_label", std::to_string(pick(dice_, pool::kLabels)));
    if (maybe()) add("mpls_tc", std::to_string(dice_(8)));
    if (dice_(2) == 0) {
      known_.last_label = static_cast<int>(dice_(2));
      add("mpls_bos", std::to_string(known_.last_label));
    }
    if (dice_(8) == 0) add("mpls_ttl", std::to_string(pick(dice_, pool::kTtls)));
  }

  void vlan() {
    known_.tags = 1;
    const unsigned vid = pick(dice_, pool::kVids);
    switch (dice_(6)) {
      case 0:
        return known_.tags = 0, add("vlan_tci", "0");
      case 1:
        return add("vlan_tci", "0x1000/0x1000");
      case 2:
        return add("vlan_vid", hex_text(0x1000 | (vid & 7)) + "/0x1007");
      case 3:
        return add("dl_vlan_pcp", std::to_string(dice_(8)));
      case 4:
        return add("dl_vlan", std::to_string(vid)), add("dl_vlan_pcp", "5");
      default:
        return add("dl_vlan", std::to_string(vid));
    }
  }

  void flags() {
    static constexpr std::array<const char*, 5> kFlags{"+syn", "+syn-ack", "-syn", "0x010/0x017",
                                                       "0x012"};
    add("tcp_flags", pick(dice_, kFlags));
  }
  std::string port() {
    const unsigned number = pick(dice_, pool::kPorts);
    return dice_(3) == 0 ? masked(number, 0xffff) : std::to_string(number);
  }
  // Exact, or under a mask of random bits.
  std::string masked(unsigned long long value, unsigned long long ones) {
    const unsigned long long mask = dice_(3) == 0 ? dice_(1u << 30) & ones : ones;
    if (mask == ones || mask == 0) return hex_text(value);
    return hex_text(value & mask) + "/" + hex_text(mask);
  }
  std::string prefix(unsigned width) {
    return dice_(2) == 0 ? "/" + std::to_string(1 + dice_(width)) : std::string();
  }
  std::string address4() {
    const std::string address(pick(dice_, pool::kIpv4));
    return address + (dice_(6) == 0 ? std::string("/255.0.255.0") : prefix(32));
  }
  std::string mac(std::string_view address) {
    static constexpr std::array<const char*, 3> kMasks{"/01:00:00:00:00:00", "/ff:ff:00:00:00:00",
                                                       "/00:00:00:00:00:ff"};
    return std::string(address) + (dice_(3) == 0 ? pick(dice_, kMasks) : "");
  }

  const Dice& dice_;
  Known& known_;
  std::string text_;
};

}  // namespace

std::string masked_hex(const Dice& dice, unsigned long long all_ones) {
  const unsigned long long mask = dice(2) == 0 ? all_ones : 1 + dice(1u << 30) % all_ones;
  const unsigned long long value = dice(1u << 30) & mask;
  return hex_text(value) + (mask == all_ones ? "" : "/" + hex_text(mask));
}

std::string random_match(const Dice& dice, Known& known) {
  return Matching(dice, known).make();
}

}  // namespace trestle::testing
