// SPDX-License-Identifier: Apache-2.0
//
// What names may look like: of bridges and ports, of network interfaces, of namespaces. Pure; any
// thread.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"

namespace trestle::config {

// Each answers with what is wrong ("longer than 15 characters"), or "" when nothing is.
std::string bridge_name_fault(std::string_view name);
std::string port_name_fault(std::string_view name);
// As the kernel's dev_valid_name() has it, and without '%', with which the kernel makes up a name.
std::string interface_name_fault(std::string_view name);
// A name in /run/netns alone, as [namespace.NAME] takes it.
std::string namespace_name_fault(std::string_view name);
// A name, "pid:1234" or an absolute path, as the key `namespace` of a port takes it.
std::string namespace_fault(std::string_view reference);
// A path in text that can be printed and read back: UTF-8 without control characters, not empty.
std::string path_fault(std::string_view path);

// One spelling for the several that mean one namespace: "/run/netns/red" is "red".
std::string canonical_namespace(const std::string& reference);

// "br0.red", split at the first dot (a bridge's name has none); nullopt: a half is missing.
std::optional<PortName> parse_port_name(std::string_view text);

}  // namespace trestle::config
