// SPDX-License-Identifier: Apache-2.0

#include "measure/result/machine.h"

#include <unistd.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "measure/result/options_hash.h"
#include "tests/temporary_directory.h"

namespace trestle::measure {
namespace {

class Tree {
 public:
  void file(const std::string& path, const std::string& content) {
    const std::filesystem::path full = directory_ / path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << content;
  }
  std::string root() const { return directory_.path() + "/"; }

 private:
  trestle::testing::TemporaryDirectory directory_;
};

TEST_CASE("a machine is described from its files") {
  Tree tree;
  tree.file("etc/os-release", "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n");
  tree.file("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
  tree.file("proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC Debian\n");
  tree.file("proc/cpuinfo", "model name\t: AMD EPYC\nflags\t\t: fpu hypervisor sse\n");
  tree.file("proc/meminfo", "MemFree: 1 kB\nMemTotal:        8126464 kB\n");
  tree.file("proc/cmdline", "BOOT_IMAGE=/vmlinuz root=UUID=abc mitigations=off isolcpus=1 quiet\n");
  tree.file("proc/sys/net/core/netdev_max_backlog", "1000\n");
  tree.file("sys/devices/system/cpu/online", "0-2,5\n");
  tree.file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  tree.file("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
  tree.file("sys/devices/system/cpu/vulnerabilities/meltdown", "Not affected\n");
  tree.file("sys/devices/system/cpu/vulnerabilities/spectre_v2", "Mitigation: Retpolines\n");
  tree.file("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  tree.file("sys/class/dmi/id/product_name", "t3.large\n");
  const auto machine = describe_machine(tree.root());
  const nlohmann::ordered_json expected = {
      {"distribution", "Debian GNU/Linux 12"},
      {"kernel", "6.1.0-18-amd64"},
      {"preemption", "PREEMPT_DYNAMIC"},
      {"cpu", "AMD EPYC"},
      {"cpus_online", 4},
      {"governor", "performance"},
      {"turbo", false},
      {"memory_bytes", 8126464LL * 1024},
      {"hypervisor", "yes, t3.large"},
      {"clocksource", "tsc"},
      {"mitigations", {{"spectre_v2", "Mitigation: Retpolines"}}},
      {"boot_parameters", {"mitigations=off", "isolcpus=1"}},
      {"settings", {{"net.core.netdev_max_backlog", 1000}}}};
  CHECK(machine.dump() == expected.dump());
  CHECK(machine_line(machine) ==
        "AMD EPYC, 4 CPUs, 7.75 GiB, virtual (yes, t3.large), Linux 6.1.0-18-amd64, "
        "Debian GNU/Linux 12");
}

TEST_CASE("what cannot be read is left out, and the owner of a real machine is not told") {
  Tree tree;
  tree.file("proc/cpuinfo", "model name : X\nflags : fpu\n");
  tree.file("sys/class/dmi/id/sys_vendor", "Somebody's\n");
  tree.file("sys/devices/system/cpu/online", "nonsense\n");
  const auto machine = describe_machine(tree.root());
  CHECK(machine.dump() == R"({"cpu":"X","mitigations":{},"settings":{}})");
  CHECK(machine_line(machine) == "X");
  CHECK(machine_line(nlohmann::ordered_json()) == "");
}

TEST_CASE("this machine's description has its kernel, and not its name") {
  const auto machine = describe_machine();
  CHECK(machine.contains("kernel"));
  CHECK(machine.at("cpus_online") >= 1);
  CHECK(machine.at("memory_bytes") > 1 << 20);
  char name[256] = {};
  REQUIRE(gethostname(name, sizeof(name) - 1) == 0);
  for (const auto& [key, value] : machine.items()) {
    CHECK(value != name);
    CHECK(value.dump().find("root=") == std::string::npos);
  }
}

TEST_CASE("equal options have equal hashes, whatever their order; others do not") {
  CHECK(options_hash({{"b", {2, "x"}}, {"a", 1}}) == "ed50380bd5a14fa5");
  CHECK(options_hash({{"a", 1}, {"b", {2, "x"}}}) == "ed50380bd5a14fa5");
  CHECK(options_hash({{"a", 1}, {"b", {"x", 2}}}) != "ed50380bd5a14fa5");
  CHECK(options_hash({{"a", 2}, {"b", {2, "x"}}}) != "ed50380bd5a14fa5");
}

}  // namespace
}  // namespace trestle::measure
