// SPDX-License-Identifier: Apache-2.0
//
// The switches there are, for catalogue.cc, and what several of them need.

#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "measure/switches/switch.h"

namespace trestle::measure {

std::unique_ptr<Switch> make_trestle(const std::string& binaries);
std::unique_ptr<Switch> make_kernel_bridge();
std::unique_ptr<Switch> make_ovs();
std::unique_ptr<Switch> make_ovs_tso();
std::unique_ptr<Switch> make_ovs_afxdp();
std::unique_ptr<Switch> make_vde();
std::unique_ptr<Switch> make_direct();
std::unique_ptr<Switch> make_command(const std::string& name, const std::string& command);

// "package vde2 is not installed (no vde_switch)" if one of the programs is not found.
std::optional<std::string> lacks(std::initializer_list<const char*> programs,
                                 const std::string& package);
// The first line that `program --version` prints; "" if it cannot be run.
std::string version_of(const std::string& program);
// A file of these lines, in place of one that there is.
Result<void> write_lines(const std::string& path, const std::vector<std::string>& lines);

}  // namespace trestle::measure
