// SPDX-License-Identifier: Apache-2.0

#include "measure/switches/catalogue.h"

#include <algorithm>
#include <fstream>
#include <functional>

#include <fmt/core.h>

#include "measure/switches/kinds.h"

namespace trestle::measure {
namespace {

using Make = std::function<std::unique_ptr<Switch>(const std::string& binaries)>;

struct Row {
  Known known;
  Make make;
};

Make without_binaries(std::unique_ptr<Switch> (*make)()) {
  return [make](const std::string&) { return make(); };
}

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {{"trestle", "this switch"}, make_trestle},
      {{"kernel-bridge", "the Linux bridge"}, without_binaries(make_kernel_bridge)},
      {{"ovs", "Open vSwitch, userspace datapath"}, without_binaries(make_ovs)},
      {{"ovs-tso", "the same of the DPDK build, with TSO"}, without_binaries(make_ovs_tso)},
      {{"ovs-afxdp", "the same on AF_XDP sockets"}, without_binaries(make_ovs_afxdp)},
      {{"vde", "vde_switch, between TAPs"}, without_binaries(make_vde)},
      {{"direct", "no switch: what the rig itself can do"}, without_binaries(make_direct)},
  };
  return all;
}

// It names namespaces and files.
bool can_be_a_name(std::string_view name) {
  constexpr std::size_t kLengthMax = 32;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !name.empty() && name.size() <= kLengthMax && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), fits);
}

Result<std::unique_ptr<Switch>> by_command(std::string_view name, std::string_view command) {
  if (!can_be_a_name(name)) {
    return fail(
        fmt::format("\"{}\" cannot be the name of a switch: 1 to 32 letters, digits, '-' "
                    "and '_'",
                    name));
  }
  for (const Row& row : rows()) {
    if (name == row.known.name) {
      return fail(
          fmt::format("{} is a switch that bench knows: give the command another name", name));
    }
  }
  if (command.find_first_not_of(" \t\n") == std::string_view::npos) {
    return fail(fmt::format("\"{}=\" has no command", name));
  }
  return make_command(std::string(name), std::string(command));
}

}  // namespace

const std::vector<Known>& known_switches() {
  static const std::vector<Known> all = [] {
    std::vector<Known> known;
    for (const Row& row : rows()) known.push_back(row.known);
    return known;
  }();
  return all;
}

Result<std::unique_ptr<Switch>> make_switch(std::string_view spec, const std::string& binaries) {
  for (const Row& row : rows()) {
    if (spec == row.known.name) return row.make(binaries);
  }
  if (const std::size_t equals = spec.find('='); equals != std::string_view::npos) {
    return by_command(spec.substr(0, equals), spec.substr(equals + 1));
  }
  std::string names;
  for (const Row& row : rows()) names += std::string(row.known.name) + ", ";
  return fail(fmt::format("no switch \"{}\": choose from {}or give NAME=COMMAND", spec, names));
}

std::optional<std::string> lacks(std::initializer_list<const char*> programs,
                                 const std::string& package) {
  for (const char* program : programs) {
    if (!installed(program)) {
      return fmt::format("package {} is not installed (no {})", package, program);
    }
  }
  return std::nullopt;
}

std::string version_of(const std::string& program) {
  const auto said = run({.command = {program, "--version"}}, 10);
  return said ? said->substr(0, said->find('\n')) : "";
}

Result<void> write_lines(const std::string& path, const std::vector<std::string>& lines) {
  std::ofstream file(path);
  for (const std::string& line : lines) file << line << '\n';
  file.close();
  if (!file) return fail("cannot write " + path);
  return {};
}

}  // namespace trestle::measure
