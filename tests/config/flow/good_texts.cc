// SPDX-License-Identifier: Apache-2.0
//
// Texts that are accepted, and how each is printed.

#include "tests/config/flow/flow_texts.h"

namespace trestle::config {
namespace {

constexpr GoodText kGoodFlows[] = {
    {"actions=drop", "actions=drop"},
    {"actions=", "actions=drop"},
    {"table=1,priority=10,tcp,tp_dst=80,actions=output:vm1",
     "table=1, priority=10,tcp,tp_dst=80 actions=output:vm1"},
    {"  priority=10  tcp tp_dst=80\tactions=vm1", "priority=10,tcp,tp_dst=80 actions=output:vm1"},
    {"cookie=0x5, duration=3.2s, table=1, n_packets=3, n_bytes=5, idle_timeout=5, hard_timeout=6, "
     "priority=0,in_port=vm2 actions=LOCAL",
     "cookie=0x5, table=1, idle_timeout=5, hard_timeout=6, priority=0,in_port=vm2 actions=LOCAL"},
    {"check_overlap,in_port=LOCAL,actions=in_port,all,flood,normal,local,controller",
     "in_port=LOCAL actions=IN_PORT,ALL,FLOOD,NORMAL,LOCAL,CONTROLLER:65535"},
    {"actions=output:\"all\",output:all,output:7,output:1,output:LOCAL,65534,3,\"7\"",
     "actions=output:\"all\",ALL,output:7,output:vm1,LOCAL,LOCAL,output:uplink,output:7"},
    {"actions=CONTROLLER:128,controller(max_len=9),controller()",
     "actions=CONTROLLER:128,CONTROLLER:9,CONTROLLER:65535"},
    {"dl_src=02:00:00:00:00:01,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=drop",
     "dl_src=02:00:00:00:00:01,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 actions=drop"},
    {"eth_type=0x88cc,actions=drop", "dl_type=0x88cc actions=drop"},
    {"dl_type=0x800,nw_proto=17,actions=drop", "udp actions=drop"},
    {"dl_vlan=5,dl_vlan_pcp=3,actions=drop", "dl_vlan=5,dl_vlan_pcp=3 actions=drop"},
    {"vlan_vid=0x1005,vlan_pcp=0,actions=drop", "dl_vlan=5,dl_vlan_pcp=0 actions=drop"},
    {"dl_vlan=0xffff,actions=drop", "vlan_tci=0x0000/0x1fff actions=drop"},
    {"vlan_tci=0x1000/0x1000,actions=drop", "vlan_tci=0x1000/0x1000 actions=drop"},
    {"vlan_vid=0x1001/0x1001,actions=drop", "vlan_tci=0x1001/0x1001 actions=drop"},
    {"dl_vlan=5,inner_vlan_vid=0x1006,inner_vlan_pcp=1,actions=drop",
     "dl_vlan=5,inner_vlan_tci=0x3006 actions=drop"},
    {"dl_vlan=5,inner_vlan_tci=0,actions=drop", "dl_vlan=5,inner_vlan_tci=0x0000 actions=drop"},
    {"ip,nw_src=10.1.2.3/24,nw_dst=10.0.0.1/255.0.255.0,actions=drop",
     "ip,nw_src=10.1.2.0/24,nw_dst=10.0.0.0/255.0.255.0 actions=drop"},
    {"ip,nw_src=1.2.3.4/0,nw_dst=*,actions=drop", "ip actions=drop"},
    {"nw_src=1.2.3.4/0,actions=drop", "actions=drop"},
    {"ipv6,ipv6_src=2001:db8::/32,ipv6_dst=::1/::ffff,ipv6_label=0x5,actions=drop",
     "ipv6,ipv6_src=2001:db8::/32,ipv6_dst=::1/::ffff,ipv6_label=0x00005 actions=drop"},
    {"ip,nw_tos=32,nw_ecn=2,nw_ttl=64,actions=drop",
     "ip,nw_tos=32,nw_ecn=2,nw_ttl=64 actions=drop"},
    {"ip,ip_dscp=8,actions=drop", "ip,nw_tos=32 actions=drop"},
    {"ip,ip_frag=later,actions=drop", "ip,nw_frag=later actions=drop"},
    {"udp,nw_frag=not_later,udp_src=53,actions=drop",
     "udp,nw_frag=not_later,tp_src=53 actions=drop"},
    {"tcp,tcp_flags=+syn-ack,actions=drop", "tcp,tcp_flags=+syn-ack actions=drop"},
    {"tcp,tcp_flags=0x2/0x12,actions=drop", "tcp,tcp_flags=+syn-ack actions=drop"},
    {"tcp,tcp_flags=syn|ack,actions=drop", "tcp,tcp_flags=syn|ack actions=drop"},
    {"tcp,tcp_flags=0,actions=drop", "tcp,tcp_flags=0 actions=drop"},
    {"tcp,tcp_flags=+[200],actions=drop", "tcp,tcp_flags=+[200] actions=drop"},
    {"tp_src=0x1000/0xf000,tcp6,actions=drop", "tcp6,tp_src=0x1000/0xf000 actions=drop"},
    {"sctp6,sctp_dst=5,actions=drop", "sctp6,tp_dst=5 actions=drop"},
    {"udp6,tp_dst=0/0xff00,actions=drop", "udp6,tp_dst=0x0/0xff00 actions=drop"},
    {"icmp,icmp_type=8,icmp_code=0,actions=drop", "icmp,icmp_type=8,icmp_code=0 actions=drop"},
    {"icmp6,icmp_type=135,nd_target=fe80::1/64,nd_sll=02:00:00:00:00:01,actions=drop",
     "icmp6,nd_sll=02:00:00:00:00:01,icmp_type=135,nd_target=fe80::/64 actions=drop"},
    {"icmp6,icmpv6_type=136,icmp_code=0,nd_tll=02:00:00:00:00:01,actions=drop",
     "icmp6,nd_tll=02:00:00:00:00:01,icmp_type=136,icmp_code=0 actions=drop"},
    {"arp,arp_op=1,arp_spa=10.0.0.0/8,arp_tha=ff:ff:ff:ff:ff:ff,actions=drop",
     "arp,arp_spa=10.0.0.0/8,arp_op=1,arp_tha=ff:ff:ff:ff:ff:ff actions=drop"},
    {"nw_src=10.0.0.1,nw_proto=2,arp,actions=drop", "arp,arp_spa=10.0.0.1,arp_op=2 actions=drop"},
    {"rarp,arp_tpa=1.1.1.1,actions=drop", "rarp,arp_tpa=1.1.1.1 actions=drop"},
    {"mpls,mpls_label=5,mpls_tc=1,mpls_bos=1,mpls_ttl=3,actions=drop",
     "mpls,mpls_label=5,mpls_tc=1,mpls_ttl=3,mpls_bos=1 actions=drop"},
    {"mplsm,actions=drop", "mplsm actions=drop"},
    {"tun_id=5,tun_src=1.2.3.0/24,metadata=0x5/0xf,reg0=0,reg15=5/0xff,actions=drop",
     "reg0=0,reg15=0x5/0xff,tun_id=0x5,tun_src=1.2.3.0/24,metadata=0x5/0xf actions=drop"},
    {"tcp,tcp,nw_proto=6,actions=drop", "tcp actions=drop"},
    {"tcp,actions=mod_tp_dst:81,mod_tp_src:0x50",
     "tcp actions=set_field:81->tcp_dst,set_field:80->tcp_src"},
    {"udp6,actions=mod_tp_dst:81", "udp6 actions=set_field:81->udp_dst"},
    {"ip,actions=mod_nw_src:1.2.3.4,mod_nw_dst:1.2.3.5,mod_nw_tos:32,mod_nw_ecn:2,mod_nw_ttl:4,dec_"
     "ttl",
     "ip "
     "actions=set_field:1.2.3.4->ip_src,set_field:1.2.3.5->ip_dst,set_field:8->ip_dscp,set_field:2-"
     ">nw_ecn,set_field:4->nw_ttl,dec_ttl"},
    {"actions=mod_dl_src:02:00:00:00:00:01,mod_dl_dst:02:00:00:00:00:02",
     "actions=set_field:02:00:00:00:00:01->eth_src,set_field:02:00:00:00:00:02->eth_dst"},
    {"actions=mod_vlan_vid:5,mod_vlan_pcp:3,set_field:6->vlan_vid,pop_vlan,strip_vlan",
     "actions=mod_vlan_vid:5,mod_vlan_pcp:3,set_field:4102->vlan_vid,pop_vlan,pop_vlan"},
    {"vlan_tci=0x1000/"
     "0x1000,actions=set_vlan_vid:5,set_vlan_pcp:3,set_field:0x1007->vlan_vid,load:1->vlan_pcp[0]",
     "vlan_tci=0x1000/0x1000 "
     "actions=set_field:4101->vlan_vid,set_field:3->vlan_pcp,set_field:4103->vlan_vid,load:0x1->"
     "OXM_OF_VLAN_PCP[0]"},
    {"dl_vlan=1,actions=set_field:0x1/"
     "0xf->vlan_vid,load:5->OXM_OF_VLAN_VID[],move:reg0[0..11]->vlan_vid[]",
     "dl_vlan=1 "
     "actions=set_field:0x1001/"
     "0x100f->vlan_vid,set_field:4101->vlan_vid,move:NXM_NX_REG0[0..11]->OXM_OF_VLAN_VID[]"},
    {"actions=push_vlan:0x88a8,push_vlan:0x8100,set_field:5->vlan_vid",
     "actions=push_vlan:0x88a8,push_vlan:0x8100,set_field:4101->vlan_vid"},
    {"actions=set_field:0x1005->vlan_tci,set_field:1->vlan_pcp",
     "actions=set_field:0x1005->vlan_tci,set_field:1->vlan_pcp"},
    {"ip,actions=push_mpls:0x8847,set_field:5->mpls_label,set_mpls_tc:1,set_mpls_ttl:9,dec_mpls_"
     "ttl,pop_mpls:0x0800,dec_ttl",
     "ip "
     "actions=push_mpls:0x8847,set_field:5->mpls_label,set_field:1->mpls_tc,set_field:9->mpls_ttl,"
     "dec_mpls_ttl,pop_mpls:0x0800,dec_ttl"},
    {"mpls,actions=set_mpls_label:77,pop_mpls:0x86dd,set_field:2001:db8::1->ipv6_src",
     "mpls actions=set_field:77->mpls_label,pop_mpls:0x86dd,set_field:2001:db8::1->ipv6_src"},
    {"actions=load:0x5->NXM_NX_REG0[0..7],load:5->reg1[],load:1->reg2[31],set_field:5->reg3,set_"
     "field:0x50/0xf0->reg4",
     "actions=set_field:0x5/0xff->reg0,set_field:0x5->reg1,set_field:0x80000000/"
     "0x80000000->reg2,set_field:0x5->reg3,set_field:0x50/0xf0->reg4"},
    {"actions=load:0xaabbccddee->NXM_OF_ETH_DST[8..47],set_field:02:00:00:00:00:01/"
     "ff:00:00:00:00:ff->dl_src",
     "actions=set_field:aa:bb:cc:dd:ee:00/ff:ff:ff:ff:ff:00->eth_dst,set_field:02:00:00:00:00:01/"
     "ff:00:00:00:00:ff->eth_src"},
    {"actions=set_field:vm1->in_port,set_field:0->in_port,load:2->NXM_OF_IN_PORT[],load:0->in_port",
     "actions=set_field:vm1->in_port,set_field:0->in_port,set_field:vm2->in_port,set_field:0->in_"
     "port"},
    {"ip,actions=set_field:32->nw_tos,load:0x3->NXM_OF_IP_TOS[2..7],set_field:3->ip_dscp,move:nw_"
     "tos[2..7]->reg0[0..5]",
     "ip "
     "actions=set_field:8->ip_dscp,set_field:3->ip_dscp,set_field:3->ip_dscp,move:OXM_OF_IP_DSCP[]-"
     ">NXM_NX_REG0[0..5]"},
    {"tcp,actions=move:tcp_src[]->reg0[3..18],move:NXM_OF_TCP_DST[0..7]->tcp_src[8..15]",
     "tcp "
     "actions=move:NXM_OF_TCP_SRC[]->NXM_NX_REG0[3..18],move:NXM_OF_TCP_DST[0..7]->NXM_OF_TCP_SRC["
     "8..15]"},
    {"ipv6,actions=load:0x1->ipv6_dst[64..127],move:ipv6_src[]->ipv6_dst[]",
     "ipv6 actions=set_field:0:0:0:1::/64->ipv6_dst,move:NXM_NX_IPV6_SRC[]->NXM_NX_IPV6_DST[]"},
    {"icmp,actions=set_field:3->icmp_type", "icmp actions=set_field:3->icmp_type"},
    {"arp,actions=set_field:2->arp_op,move:arp_sha[]->arp_tha[]",
     "arp actions=set_field:2->arp_op,move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]"},
    {"actions=set_tunnel:5,set_tunnel64:0x6",
     "actions=set_field:0x5->tun_id,set_field:0x6->tun_id"},
    {"actions=meter:1,output:1,clear_actions,write_actions(set_field:5->reg0,output:2,controller),"
     "write_metadata:0x3/0xf,goto_table:3",
     "actions=meter:1,output:vm1,clear_actions,write_actions(set_field:0x5->reg0,output:vm2,"
     "CONTROLLER:65535),write_metadata:0x3/0xf,goto_table:3"},
    {"actions=write_actions(drop)", "actions=write_actions(drop)"},
    {"actions=resubmit:1,resubmit(vm2,2),resubmit(,2),resubmit(in_port,3),resubmit(1),resubmit:in_"
     "port",
     "actions=resubmit:vm1,resubmit(vm2,2),resubmit(,2),resubmit(,3),resubmit:vm1,resubmit:in_"
     "port"},
    {"actions=group:7,group:0", "actions=group:7,group:0"},
};

constexpr GoodText kGoodGroups[] = {
    {"group_id=1,type=select,bucket=weight:2,watch_port:vm1,actions=output:vm1,bucket=output:2,"
     "output:3",
     "group_id=1,type=select,bucket=weight:2,watch_port:vm1,actions=output:vm1,bucket=weight:1,"
     "actions=output:vm2,output:uplink"},
    {"group_id=0 type=all", "group_id=0,type=all"},
    {"group_id=5,type=all,bucket=actions=drop,bucket=actions=set_field:80->tcp_dst,dec_ttl,output:"
     "LOCAL",
     "group_id=5,type=all,bucket=actions=drop,bucket=actions=set_field:80->tcp_dst,dec_ttl,LOCAL"},
    {"group_id=2,type=ff,bucket=watch_port:1,watch_group:3,actions=1,bucket=watch_group:4,actions="
     "drop",
     "group_id=2,type=ff,bucket=watch_port:vm1,watch_group:3,actions=output:vm1,bucket=watch_group:"
     "4,actions=drop"},
    {"group_id=2,type=fast_failover", "group_id=2,type=ff"},
    {"group_id=4294967040,type=indirect,bucket=actions=resubmit(,3),controller(max_len=5)",
     "group_id=4294967040,type=indirect,bucket=actions=resubmit(,3),CONTROLLER:5"},
};

constexpr GoodText kGoodMeters[] = {
    {"meter=1,kbps,burst,band=type=drop,rate=1000,burst_size=100",
     "meter=1,kbps,burst,band=type=drop,rate=1000,burst_size=100"},
    {"meter=1 pktps bands=type=drop rate=10", "meter=1,pktps,band=type=drop,rate=10"},
    {"meter=7,kbps,stats,bands=,type=drop,rate=1,type=drop,rate=4294967295,burst_size=0",
     "meter=7,kbps,band=type=drop,rate=1,type=drop,rate=4294967295"},
    {"meter=4294901760,band=type=drop,rate=5", "meter=4294901760,kbps,band=type=drop,rate=5"},
};

}  // namespace

std::span<const GoodText> good_flows() {
  return kGoodFlows;
}

std::span<const GoodText> good_groups() {
  return kGoodGroups;
}

std::span<const GoodText> good_meters() {
  return kGoodMeters;
}

}  // namespace trestle::config
