// SPDX-License-Identifier: Apache-2.0
//
// The machine a run was made on, as far as its figures depend on it: kernel, CPUs, memory, clocks,
// mitigations, settings of the network stack. Nothing that names the host, its users or its paths.

#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace trestle::measure {

// {"distribution":"Debian GNU/Linux 12 (bookworm)","kernel":"6.1.0-18-amd64","cpu":"AMD EPYC",
//  "cpus_online":2,"memory_bytes":…,"hypervisor":"KVM","clocksource":"tsc",
//  "mitigations":{"spectre_v2":"Mitigation: …"},"settings":{"net.core.netdev_max_backlog":1000}}
// What cannot be read is left out. `root` is put before the paths of /proc, /sys and /etc: another
// tree in tests.
nlohmann::ordered_json describe_machine(const std::string& root = "");

// That in one line, for a table: "AMD EPYC, 2 CPUs, 7.75 GiB, KVM, Linux 6.1.0-18-amd64, …".
std::string machine_line(const nlohmann::ordered_json& machine);

}  // namespace trestle::measure
