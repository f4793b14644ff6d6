// SPDX-License-Identifier: Apache-2.0
//
// Texts with a mistake in what they match or set: its column, and what is said of it.

#include "tests/config/flow/flow_texts.h"

namespace trestle::config {
namespace {

constexpr BadText kBadMatches[] = {
    {"tcp_dts=80,tcp,actions=drop", 1, "unknown field 'tcp_dts'; did you mean 'tcp_dst'?"},
    {"tpc,actions=drop", 1, "unknown field 'tpc'; did you mean 'tcp'?"},
    {"zebra=5,actions=drop", 1, "unknown field 'zebra'"},
    {"tp_dst=80,actions=drop", 1,
     "tp_dst needs tcp, udp or sctp before it may be matched: add 'tcp'"},
    {"ipv6,tp_dst=80,actions=drop", 6,
     "tp_dst needs tcp, udp or sctp before it may be matched: add 'tcp6'"},
    {"udp,tcp_dst=80,actions=drop", 5, "tcp_dst needs tcp before it may be matched: add 'tcp'"},
    {"ip,tcp_flags=+syn,actions=drop", 4,
     "tcp_flags needs tcp before it may be matched: add 'tcp'"},
    {"tcp,ip_frag=later,tcp_dst=80,actions=drop", 19,
     "tcp_dst needs tcp before it may be matched, and later fragments do not have it"},
    {"nw_src=10.0.0.1,actions=drop", 1, "nw_src needs ip before it may be matched: add 'ip'"},
    {"ipv6,nw_src=10.0.0.1,actions=drop", 6, "nw_src needs ip before it may be matched: add 'ip'"},
    {"nw_proto=6,actions=drop", 1, "nw_proto needs ip or ipv6 before it may be matched: add 'ip'"},
    {"nw_ttl=5,arp,actions=drop", 1, "nw_ttl needs ip or ipv6 before it may be matched: add 'ip'"},
    {"ip,ipv6_src=::1,actions=drop", 4, "ipv6_src needs ipv6 before it may be matched: add 'ipv6'"},
    {"arp_op=1,actions=drop", 1, "arp_op needs arp or rarp before it may be matched: add 'arp'"},
    {"mpls_label=5,actions=drop", 1,
     "mpls_label needs mpls or mplsm before it may be matched: add 'mpls'"},
    {"icmp_type=8,actions=drop", 1, "icmp_type needs icmp before it may be matched: add 'icmp'"},
    {"icmp6,nd_target=::1,actions=drop", 7,
     "nd_target needs icmp6, icmp_type 135 or 136 and no other icmp_code than 0 before it may be "
     "matched: add 'icmp6,icmp_type=135'"},
    {"icmp6,icmp_type=135,icmp_code=1,nd_target=::1,actions=drop", 33,
     "nd_target needs icmp6, icmp_type 135 or 136 and no other icmp_code than 0 before it may be "
     "matched: add 'icmp6,icmp_type=135'"},
    {"icmp6,icmp_type=136,nd_sll=02:00:00:00:00:01,actions=drop", 21,
     "nd_sll needs icmp6, icmp_type 135 and no other icmp_code than 0 before it may be matched: "
     "add 'icmp6,icmp_type=135'"},
    {"inner_vlan_vid=0x1005,actions=drop", 1,
     "inner_vlan_vid needs a VLAN tag before it may be matched: add 'vlan_tci=0x1000/0x1000'"},
    {"inner_vlan_pcp=1,actions=drop", 1,
     "inner_vlan_pcp needs two VLAN tags before it may be matched: add "
     "'vlan_tci=0x1000/0x1000,inner_vlan_tci=0x1000/0x1000'"},
    {"tcp,udp,actions=drop", 5, "'udp' contradicts another part of the match"},
    {"tcp,dl_type=0x86dd,actions=drop", 5,
     "'dl_type=0x86dd' contradicts another part of the match"},
    {"dl_vlan=0xffff,dl_vlan_pcp=3,actions=drop", 16,
     "'dl_vlan_pcp=3' contradicts another part of the match"},
    {"dl_vlan=5,dl_vlan=6,actions=drop", 11, "'dl_vlan' is given twice"},
    {"ip,nw_src=1.1.1.1,ip_src=1.1.1.1,actions=drop", 19, "'ip_src' is given twice"},
    {"tcp=5,actions=drop", 1, "'tcp' takes no value"},
    {"in_port,actions=drop", 1, "'in_port' needs a value"},
    {"ip,nw_src=,actions=drop", 4, "'nw_src' needs a value"},
    {"in_port=vm3,actions=drop", 9, "there is no port 'vm3'; did you mean 'vm1'?"},
    {"in_port=99,actions=drop", 9, "there is no port 99"},
    {"in_port=0,actions=drop", 9, "there is no port 0"},
    {"in_port=all,actions=drop", 9, "'all' is not a port; one of that name is written \"all\""},
    {"in_port=1/1,actions=drop", 9, "there is no port '1/1'"},
    {"dl_src=02:00:00:00:00,actions=drop", 8,
     "dl_src: '02:00:00:00:00' is not a MAC address like 02:00:00:00:00:01"},
    {"dl_src=02:00:00:00:00:01/8,actions=drop", 26,
     "dl_src: '8' is not a mask like ff:ff:ff:00:00:00"},
    {"dl_type=0x10000,actions=drop", 9, "dl_type: '0x10000' is too large: at most 0xffff"},
    {"dl_vlan=4096,actions=drop", 9, "dl_vlan: '4096' is too large: at most 4095"},
    {"dl_vlan=5/7,actions=drop", 9, "dl_vlan: '5/7' is not a number (decimal or 0x…)"},
    {"dl_vlan=5,vlan_pcp=8,actions=drop", 20, "vlan_pcp: '8' is too large: at most 7"},
    {"vlan_tci=0x1000/0x10000,actions=drop", 17,
     "vlan_tci: '0x10000' is too large: at most 0xffff"},
    {"ip,nw_src=10.0.0,actions=drop", 11, "nw_src: '10.0.0' is not an IPv4 address like 10.0.0.1"},
    {"ip,nw_src=10.0.0.1/33,actions=drop", 20, "prefix length: '33' is too large: at most 32"},
    {"ip,nw_src=10.0.0.1/x,actions=drop", 20,
     "nw_src: 'x' is not a prefix length or mask like 24 or 255.255.0.0"},
    {"ipv6,ipv6_src=10.0.0.1,actions=drop", 15,
     "ipv6_src: '10.0.0.1' is not an IPv6 address like 2001:db8::1"},
    {"ipv6,ipv6_src=::1/129,actions=drop", 19, "prefix length: '129' is too large: at most 128"},
    {"ip,nw_tos=3,actions=drop", 11,
     "nw_tos: '3' is not a multiple of 4: the low two bits are nw_ecn"},
    {"ip,nw_tos=32/0xfc,actions=drop", 14, "nw_tos takes no mask: it is matched or set as a whole"},
    {"ip,ip_dscp=64,actions=drop", 12, "ip_dscp: '64' is too large: at most 63"},
    {"ip,nw_ecn=4,actions=drop", 11, "nw_ecn: '4' is too large: at most 3"},
    {"ip,nw_proto=256,actions=drop", 13, "nw_proto: '256' is too large: at most 255"},
    {"ip,nw_proto=6/3,actions=drop", 15, "nw_proto takes no mask: it is matched or set as a whole"},
    {"ip,ip_frag=maybe,actions=drop", 12,
     "ip_frag: 'maybe' is none of no, yes, first, later and not_later"},
    {"tcp,tcp_flags=+syn+foo,actions=drop", 20,
     "tcp_flags: there is no flag 'foo': write fin, syn, rst, psh, ack, urg, ece, cwr or ns"},
    {"tcp,tcp_flags=syn|akc,actions=drop", 19,
     "tcp_flags: there is no flag 'akc': write fin, syn, rst, psh, ack, urg, ece, cwr or ns; did "
     "you mean 'ack'?"},
    {"tcp,tcp_flags=+syn-syn,actions=drop", 20, "tcp_flags: 'syn' is given twice"},
    {"tcp,tcp_flags=0x1000,actions=drop", 15, "tcp_flags: '0x1000' is too large: at most 0xfff"},
    {"tcp,tp_dst=65536,actions=drop", 12, "tp_dst: '65536' is too large: at most 65535"},
    {"tcp,tp_dst=http,actions=drop", 12, "tp_dst: 'http' is not a number (decimal or 0x…)"},
    {"tcp,tp_dst=080,actions=drop", 12,
     "tp_dst: '080' begins with 0: write a decimal number or 0x…"},
    {"tcp,tp_dst=-1,actions=drop", 12, "tp_dst: '-1' is not a number (decimal or 0x…)"},
    {"arp,arp_op=256,actions=drop", 12, "arp_op: '256' is too large: at most 255"},
    {"reg16=5,actions=drop", 1, "unknown field 'reg16'; did you mean 'reg1'?"},
    {"tün=1,actions=drop", 1, "unknown field 'tün'"},
    {"in_port=\"vm1,actions=drop", 1,
     "'in_port=\"vm1,actions=drop': a '(' or '\"' is never closed"},
    {"tcp),actions=drop", 4, "')' without a '(' before it"},
    {"tcp(,actions=drop", 1, "'tcp(,actions=drop': a '(' or '\"' is never closed"},
};

constexpr BadText kBadSettings[] = {
    {"tcp", 4, "actions are missing: end with actions=…, to drop with actions=drop"},
    {"tcp,", 5, "actions are missing: end with actions=…, to drop with actions=drop"},
    {"priority=65536,actions=drop", 10, "priority: '65536' is too large: at most 65535"},
    {"priority=,actions=drop", 10, "priority needs a number"},
    {"priority,actions=drop", 9, "priority needs a number"},
    {"priority=010,actions=drop", 10,
     "priority: '010' begins with 0: write a decimal number or 0x…"},
    {"priority=high,actions=drop", 10, "priority: 'high' is not a number (decimal or 0x…)"},
    {"pirority=5,actions=drop", 1, "unknown field 'pirority'; did you mean 'priority'?"},
    {"table=255,actions=drop", 7, "table: '255' is too large: at most 254"},
    {"table=1,table=2,actions=drop", 9, "'table' is given twice"},
    {"cookie=5/7,actions=drop", 10,
     "cookie takes a mask only where it selects rules, not in a new one"},
    {"cookie=0x1ffffffffffffffff,actions=drop", 8,
     "cookie: '0x1ffffffffffffffff' is too large: at most 0xffffffffffffffff"},
    {"idle_timeout=70000,actions=drop", 14, "idle_timeout: '70000' is too large: at most 65535"},
    {"send_flow_rem,actions=drop", 1, "'send_flow_rem' is not supported"},
    {"importance=5,actions=drop", 1, "'importance' is not supported"},
    {"out_port=1,actions=drop", 1, "'out_port' selects rules and has no place in a new one"},
    {"out_group=1,actions=drop", 1, "'out_group' selects rules and has no place in a new one"},
    {"check_overlap=1,actions=drop", 1, "'check_overlap' takes no value"},
    {"über,priority=x,actions=drop", 1, "unknown field 'über'"},
    {"tcp,action:drop", 5, "unknown field 'action'; did you mean 'actions'?"},
};

constexpr BadText kBadSelectors[] = {
    {"tcp,actions=drop", 13, "actions have no place here: this only selects rules"},
    {"out_port=vm3", 10, "there is no port 'vm3'; did you mean 'vm1'?"},
    {"out_group=x", 11, "out_group: 'x' is not a number (decimal or 0x…)"},
    {"cookie=1/x", 10, "cookie: 'x' is not a number (decimal or 0x…)"},
    {"idle_timeout=5", 1, "'idle_timeout' has no place where rules are selected"},
    {"check_overlap", 1, "'check_overlap' has no place where rules are selected"},
    {"n_packets=5", 1, "unknown field 'n_packets'"},
    {"tcp,udp", 5, "'udp' contradicts another part of the match"},
};

constexpr BadText kBadFrames[] = {
    {"in_port=1,tcp", 1, "'in_port' is not a field of a frame"},
    {"metadata=5", 1, "'metadata' is not a field of a frame"},
    {"ip,nw_src=10.0.0.0/8", 11,
     "'nw_src=10.0.0.0/8': a frame has one value of each field, without a mask"},
    {"ip,nw_src=*", 11, "'nw_src=*': a frame has one value of each field, without a mask"},
    {"ip,ip_frag=yes", 12, "ip_frag: a frame is one of no, first and later"},
    {"tcp,tcp_flags=0x2/0x2", 15,
     "'tcp_flags=0x2/0x2': a frame has one value of each field, without a mask"},
    {"tp_dst=80", 1, "tp_dst needs tcp, udp or sctp before it may be matched: add 'tcp'"},
    {"tcp,tp_dts=80", 5, "unknown field 'tp_dts'; did you mean 'tp_dst'?"},
};

}  // namespace

std::span<const BadText> bad_matches() {
  return kBadMatches;
}

std::span<const BadText> bad_settings() {
  return kBadSettings;
}

std::span<const BadText> bad_selectors() {
  return kBadSelectors;
}

std::span<const BadText> bad_frames() {
  return kBadFrames;
}

}  // namespace trestle::config
