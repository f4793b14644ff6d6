// SPDX-License-Identifier: Apache-2.0

#include "measure/result/machine.h"

#include <fmt/core.h>
#include <sys/utsname.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "measure/result/metrics.h"

namespace trestle::measure {
namespace {

using nlohmann::ordered_json;

std::optional<std::string> content(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string trimmed(std::string text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '"'; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  const auto begin = std::find_if_not(text.begin(), text.end(), blank);
  return {begin, text.end()};
}

// The only or first line of a file, without blanks around it; nothing if it is empty.
std::optional<std::string> line(const std::string& path) {
  const auto all = content(path);
  if (!all) return std::nullopt;
  const std::string first = trimmed(all->substr(0, all->find('\n')));
  return first.empty() ? std::nullopt : std::optional(first);
}

// What follows `name` and one of `=:` in a file of such lines.
std::optional<std::string> entry(const std::string& path, std::string_view name) {
  std::istringstream lines(content(path).value_or(""));
  for (std::string each; std::getline(lines, each);) {
    const auto mark = each.find_first_of("=:");
    if (mark == std::string::npos || trimmed(each.substr(0, mark)) != name) continue;
    return trimmed(each.substr(mark + 1));
  }
  return std::nullopt;
}

std::optional<std::int64_t> integer(std::optional<std::string> text) {
  std::int64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

template <typename Value>
void set(ordered_json& json, const char* name, const std::optional<Value>& value) {
  if (value) json[name] = *value;
}

// "0-3,8" -> 5.
std::optional<std::int64_t> count_of_list(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  std::istringstream ranges(*text);
  std::int64_t count = 0;
  for (std::string range; std::getline(ranges, range, ',');) {
    const auto dash = range.find('-');
    const auto first = integer(range.substr(0, dash));
    const auto last = dash == std::string::npos ? first : integer(range.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    count += *last - *first + 1;
  }
  return count;
}

// What the CPU says of the hypervisor below it, where there is one and it says so.
std::optional<std::string> hypervisor_by_cpuid() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kHypervisorBit = 1u << 31;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kHypervisorBit) == 0) return std::nullopt;
  __cpuid(0x40000000, a, b, c, d);
  std::string signature;
  for (const unsigned part : {b, c, d}) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      const char letter = static_cast<char>(part >> shift);
      if (letter > ' ' && letter < 127) signature += letter;
    }
  }
  if (signature == "KVMKVMKVM") return "KVM";
  if (signature == "MicrosoftHv") return "Hyper-V";
  if (signature == "VMwareVMware") return "VMware";
  if (signature == "XenVMMXenVMM") return "Xen";
  return signature.empty() ? "yes" : signature;
#else
  return std::nullopt;
#endif
}

// A virtual machine's vendor and product tell the cloud and its size. Those of a machine that is
// none are left out: they would tell whose it is.
std::optional<std::string> hypervisor(const std::string& root) {
  const auto flags = entry(root + "/proc/cpuinfo", "flags").value_or("");
  const bool by_flag = (" " + flags + " ").find(" hypervisor ") != std::string::npos;
  std::optional<std::string> name = line(root + "/sys/hypervisor/type");
  if (!name && root.empty()) name = hypervisor_by_cpuid();
  if (!name && by_flag) name = "yes";
  if (!name) return std::nullopt;
  for (const char* part : {"sys_vendor", "product_name"}) {
    if (const auto more = line(root + "/sys/class/dmi/id/" + part)) *name += ", " + *more;
  }
  return name;
}

// Those the CPU would need; of the others there is nothing to say.
ordered_json mitigations(const std::string& root) {
  ordered_json result = ordered_json::object();
  std::error_code none;
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(
           root + "/sys/devices/system/cpu/vulnerabilities", none)) {
    files.push_back(file.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const auto state = line(file.string());
    if (state && *state != "Not affected") result[file.filename().string()] = *state;
  }
  return result;
}

// Whether the CPUs may go above their nominal clock: two drivers, two files, opposite meanings.
std::optional<bool> turbo(const std::string& root) {
  const std::string cpus = root + "/sys/devices/system/cpu/";
  if (const auto boost = line(cpus + "cpufreq/boost")) return *boost == "1";
  if (const auto off = line(cpus + "intel_pstate/no_turbo")) return *off == "0";
  return std::nullopt;
}

// Settings that change what a switch or the rig can do.
ordered_json settings(const std::string& root) {
  constexpr const char* kNames[] = {"net.core.netdev_max_backlog",
                                    "net.core.netdev_budget",
                                    "net.core.netdev_budget_usecs",
                                    "net.core.dev_weight",
                                    "net.core.rmem_max",
                                    "net.core.wmem_max",
                                    "net.core.busy_poll",
                                    "net.core.busy_read",
                                    "net.core.bpf_jit_enable",
                                    "net.core.bpf_jit_harden",
                                    "net.ipv4.tcp_congestion_control"};
  ordered_json result = ordered_json::object();
  for (const char* name : kNames) {
    std::string path = name;
    std::replace(path.begin(), path.end(), '.', '/');
    const auto value = line(root + "/proc/sys/" + path);
    if (!value) continue;
    if (const auto whole = integer(value)) {
      result[name] = *whole;
    } else {
      result[name] = *value;
    }
  }
  return result;
}

// Of the kernel's command line only what is listed here: the rest may name disks and hosts.
ordered_json boot_parameters(const std::string& root) {
  constexpr std::string_view kNames[] = {"mitigations",
                                         "isolcpus",
                                         "nohz_full",
                                         "rcu_nocbs",
                                         "nosmt",
                                         "idle",
                                         "intel_pstate",
                                         "amd_pstate",
                                         "preempt",
                                         "spectre_v2",
                                         "tsc",
                                         "clocksource",
                                         "processor.max_cstate",
                                         "threadirqs",
                                         "default_hugepagesz"};
  ordered_json result = ordered_json::array();
  std::istringstream words(content(root + "/proc/cmdline").value_or(""));
  for (std::string word; words >> word;) {
    const auto name = std::string_view(word).substr(0, word.find('='));
    if (std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames)) {
      result.push_back(word);
    }
  }
  return result;
}

// "PREEMPT_DYNAMIC", "PREEMPT_RT"; nothing for a kernel that does not preempt.
std::optional<std::string> preemption(const std::string& root) {
  std::istringstream words(line(root + "/proc/sys/kernel/version").value_or(""));
  for (std::string word; words >> word;) {
    if (word.starts_with("PREEMPT")) return word;
  }
  return std::nullopt;
}

}  // namespace

ordered_json describe_machine(const std::string& root) {
  const std::string cpus = root + "/sys/devices/system/cpu/";
  ordered_json machine = ordered_json::object();
  set(machine, "distribution", entry(root + "/etc/os-release", "PRETTY_NAME"));
  set(machine, "kernel", line(root + "/proc/sys/kernel/osrelease"));
  set(machine, "preemption", preemption(root));
  utsname names{};
  if (root.empty() && uname(&names) == 0) machine["architecture"] = names.machine;
  set(machine, "cpu", entry(root + "/proc/cpuinfo", "model name"));
  set(machine, "cpus_online", count_of_list(line(cpus + "online")));
  set(machine, "smt", line(cpus + "smt/control"));
  set(machine, "governor", line(cpus + "cpu0/cpufreq/scaling_governor"));
  set(machine, "turbo", turbo(root));
  if (const auto kibibytes = integer(entry(root + "/proc/meminfo", "MemTotal"))) {
    machine["memory_bytes"] = *kibibytes * 1024;
  }
  set(machine, "hypervisor", hypervisor(root));
  set(machine, "clocksource",
      line(root + "/sys/devices/system/clocksource/clocksource0/current_clocksource"));
  machine["mitigations"] = mitigations(root);
  if (auto parameters = boot_parameters(root); !parameters.empty()) {
    machine["boot_parameters"] = std::move(parameters);
  }
  machine["settings"] = settings(root);
  return machine;
}

std::string machine_line(const ordered_json& machine) {
  if (!machine.is_object()) return "";
  std::string result;
  const auto add = [&result](const std::string& part) {
    result += (result.empty() ? "" : ", ") + part;
  };
  const auto text = [&machine](const char* name) {
    const auto found = machine.find(name);
    return found != machine.end() && found->is_string() ? found->get<std::string>() : "";
  };
  const auto number = [&machine](const char* name) {
    const auto found = machine.find(name);
    return found != machine.end() && found->is_number() ? found->get<double>() : 0.0;
  };
  if (const auto cpu = text("cpu"); !cpu.empty()) add(cpu);
  if (const double count = number("cpus_online"); count > 0) {
    add(fmt::format("{:.0f} CPU{}", count, count == 1 ? "" : "s"));
  }
  if (const double bytes = number("memory_bytes"); bytes > 0) add(shown(bytes, "bytes"));
  if (const auto name = text("hypervisor"); !name.empty()) add("virtual (" + name + ")");
  if (const auto kernel = text("kernel"); !kernel.empty()) add("Linux " + kernel);
  if (const auto name = text("distribution"); !name.empty()) add(name);
  return result;
}

}  // namespace trestle::measure
