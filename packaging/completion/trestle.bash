# SPDX-License-Identifier: Apache-2.0
#
# bash completion for trestle(1): nouns, verbs, keys, and the bridges and ports that the daemon knows.
# shellcheck shell=bash

# The first column (bridges) or the second (ports) of a listing, without its header; nothing without a daemon.
_trestle_bridges() { trestle "${_trestle_socket[@]}" bridge list 2>/dev/null | awk 'NR > 1 { print $1 }'; }
_trestle_ports() { trestle "${_trestle_socket[@]}" port list "$1" 2>/dev/null | awk 'NR > 1 { print $2 }'; }
_trestle_macs() { trestle "${_trestle_socket[@]}" fdb list "$1" 2>/dev/null | awk 'NR > 1 { print $3 }'; }

_trestle_offer() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$_trestle_current")
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}

# What may follow the words of `$1 $2` (noun, verb) when `$@` from the third on are given already.
_trestle_arguments() {
  local command="$1.$2"
  shift 2
  case "$command:$#" in
    bridge.show:0 | bridge.del:0 | port.*:0 | fdb.add:0 | fdb.del:0 | fdb.flush:0 | flow.*:0 | group.*:0 | meter.*:0)
      _trestle_offer "$(_trestle_bridges)" ;;
    fdb.list:0)
      _trestle_offer "$(_trestle_bridges) port= vlan=" ;;
    port.show:1 | port.set:1 | port.del:1 | port.unplug:1 | port.plug:1 | fdb.add:2)
      _trestle_offer "$(_trestle_ports "$1")" ;;
    fdb.del:1)
      _trestle_offer "$(_trestle_macs "$1")" ;;
    flow.replace:1)
      compopt -o default ;;
    flow.list:[1-9]* | flow.del:[1-9]*)
      _trestle_offer "table= priority= cookie= out_port= in_port= ip ipv6 arp icmp icmp6 tcp udp dl_vlan=" ;;
    flow.add:[1-9]* | flow.mod:[1-9]*)
      _trestle_offer "table= priority= cookie= idle_timeout= hard_timeout= in_port= ip ipv6 arp icmp icmp6 tcp udp
        dl_vlan= actions=" ;;
    group.add:[1-9]* | group.mod:[1-9]* | group.del:1)
      _trestle_offer "group_id= type=all type=select type=indirect type=fast_failover bucket=" ;;
    meter.add:[1-9]* | meter.mod:[1-9]* | meter.del:1)
      _trestle_offer "meter= kbps pktps burst band=type=drop" ;;
    bridge.add:[1-9]*)
      _trestle_offer "ageing= mac_limit= link_local=" ;;
    port.add:[2-9]* | port.set:[2-9]*)
      _trestle_offer "type=veth type=tap type=netdev type=internal type=patch type=pcap type=memory
        namespace= interface= address= gateway= mac= mtu= qdisc=true gro=false queues= shared=true peer= read= write=
        mac_limit= vlan= trunk= native=" ;;
    fdb.add:[3-9]* | fdb.del:[2-9]*)
      _trestle_offer "vlan=" ;;
    fdb.list:[1-9]* | fdb.flush:[1-9]*)
      _trestle_offer "port= vlan=" ;;
  esac
}

_trestle() {
  # "=" and ":" split words for bash, but not for trestle.
  local _trestle_current words=() i
  local -a _trestle_socket=()
  local line="${COMP_LINE:0:COMP_POINT}"
  read -ra words <<<"$line"
  if [[ $line == *[[:space:]] ]]; then words+=(""); fi
  _trestle_current="${words[-1]}"
  COMPREPLY=()

  # Without the options, what is left is noun, verb, arguments.
  local plain=()
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    case "${words[i]}" in
      --socket) _trestle_socket=(--socket "${words[++i]}") ;;
      --interval | --sort) i=$((i + 1)) ;;
      --socket=*) _trestle_socket=("${words[i]}") ;;
      -*) ;;
      *) plain+=("${words[i]}") ;;
    esac
  done

  if [[ $_trestle_current == -* && ${plain[0]} == why ]]; then
    _trestle_offer "--last --last-dropped --json --socket --help"
  elif [[ $_trestle_current == -* && ${plain[0]} == top ]]; then
    _trestle_offer "--interval --sort --once --json --socket --help"
  elif [[ ${words[-2]} == --sort ]]; then
    _trestle_offer "rx tx drops name"
  elif [[ $_trestle_current == -* && ${plain[0]} == check ]]; then
    _trestle_offer "--run-expect --help"
  elif [[ ${words[-2]} == --socket || ${plain[0]} == check || ${plain[0]} == plan ]]; then
    compopt -o default
  elif [[ $_trestle_current == -* ]]; then
    _trestle_offer "--json --socket --help --version"
  elif [[ ${#plain[@]} -eq 0 ]]; then
    _trestle_offer "status bridge port fdb flow group meter why check plan reload config metrics top events bench version"
  elif [[ ${#plain[@]} -eq 1 ]]; then
    case "${plain[0]}" in
      why | top) _trestle_offer "$(_trestle_bridges)" ;;
      bridge) _trestle_offer "list show add del" ;;
      port) _trestle_offer "list show add set del unplug plug" ;;
      fdb) _trestle_offer "list add del flush" ;;
      flow) _trestle_offer "list add mod del replace" ;;
      group | meter) _trestle_offer "list add mod del" ;;
      config) _trestle_offer "show" ;;
    esac
  elif [[ ${plain[0]} == why ]]; then
    if [[ ${#plain[@]} -eq 2 ]]; then
      _trestle_offer "$(_trestle_ports "${plain[1]}")"
    else
      _trestle_offer "ip ipv6 arp icmp icmp6 tcp udp dl_src= dl_dst= dl_vlan= nw_src= nw_dst= tp_src= tp_dst="
    fi
  else
    _trestle_arguments "${plain[@]}"
  fi

  # readline replaces only what follows the last ":" or "=", so only that may be offered.
  local before="${_trestle_current%"${_trestle_current##*[:=]}"}"
  if [[ -n $before ]]; then COMPREPLY=("${COMPREPLY[@]#"$before"}"); fi
}

complete -F _trestle trestle
