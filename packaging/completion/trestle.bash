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
    bridge.show:0 | bridge.del:0 | port.*:0 | fdb.add:0 | fdb.del:0 | fdb.flush:0)
      _trestle_offer "$(_trestle_bridges)" ;;
    fdb.list:0)
      _trestle_offer "$(_trestle_bridges) port= vlan=" ;;
    port.show:1 | port.set:1 | port.del:1 | port.unplug:1 | port.plug:1 | fdb.add:2)
      _trestle_offer "$(_trestle_ports "$1")" ;;
    fdb.del:1)
      _trestle_offer "$(_trestle_macs "$1")" ;;
    bridge.add:[1-9]*)
      _trestle_offer "ageing= mac_limit= link_local=" ;;
    port.add:[2-9]* | port.set:[2-9]*)
      _trestle_offer "type=veth type=tap type=netdev type=internal type=patch type=pcap type=memory
        namespace= interface= address= gateway= mac= mtu= qdisc=true shared=true peer= read= write=
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
      --socket=*) _trestle_socket=("${words[i]}") ;;
      -*) ;;
      *) plain+=("${words[i]}") ;;
    esac
  done

  if [[ ${words[-2]} == --socket || ${plain[0]} == check || ${plain[0]} == plan ]]; then
    compopt -o default
  elif [[ $_trestle_current == -* ]]; then
    _trestle_offer "--json --socket --help --version"
  elif [[ ${#plain[@]} -eq 0 ]]; then
    _trestle_offer "status bridge port fdb check plan reload config metrics events version"
  elif [[ ${#plain[@]} -eq 1 ]]; then
    case "${plain[0]}" in
      bridge) _trestle_offer "list show add del" ;;
      port) _trestle_offer "list show add set del unplug plug" ;;
      fdb) _trestle_offer "list add del flush" ;;
      config) _trestle_offer "show" ;;
    esac
  else
    _trestle_arguments "${plain[@]}"
  fi

  # readline replaces only what follows the last ":" or "=", so only that may be offered.
  local before="${_trestle_current%"${_trestle_current##*[:=]}"}"
  if [[ -n $before ]]; then COMPREPLY=("${COMPREPLY[@]#"$before"}"); fi
}

complete -F _trestle trestle
