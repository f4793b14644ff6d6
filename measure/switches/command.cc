// SPDX-License-Identifier: Apache-2.0
//
// Any other switch, by the shell command that starts it.

#include <fmt/core.h>

#include "measure/switches/kinds.h"

namespace trestle::measure {
namespace {

constexpr double kReadySeconds = 30;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string with_interfaces(std::string command, const std::string& interfaces) {
  constexpr std::string_view kPlace = "{interfaces}";
  for (std::size_t at = 0; (at = command.find(kPlace, at)) != std::string::npos;
       at += interfaces.size()) {
    command.replace(at, kPlace.size(), interfaces);
  }
  return command;
}

class Command final : public Switch {
 public:
  Command(const std::string& name, std::string command)
      : Switch(name), command_(std::move(command)) {}

  std::string what() const override { return command_; }
  std::string version() const override { return ""; }
  bool takes(EndKind kind, std::size_t) const override { return kind == EndKind::kVeth; }

  Result<void> attach(Lab& lab) override {
    if (auto made = lab.make_veth_ends(); !made) return made;
    const std::string interfaces = joined(lab.ports());
    ProcessSpec spec;
    spec.command = {"/bin/sh", "-c", with_interfaces(command_, interfaces)};
    spec.space = lab.space();
    spec.log = lab.directory() + "/command.log";
    spec.environment = {"INTERFACES=" + interfaces};
    auto started = Process::start(spec);
    if (!started) return tl::make_unexpected(started.error());
    process_ = std::move(*started);
    bool passes = false;
    auto ready = wait_until(
        [&] {
          passes = lab.pings(0, 1) && lab.pings(1, 0);
          return passes || failed();
        },
        kReadySeconds, "no frame passes between its first two interfaces");
    if (passes) return {};
    return fail(fmt::format("{} | {}", ready ? "it has ended with an error" : ready.error().what,
                            process_->last_words()));
  }

  std::vector<pid_t> processes() const override {
    return process_ ? process_->group() : std::vector<pid_t>();
  }

 private:
  // One that sets the kernel up may end well.
  bool failed() {
    if (process_->running()) return false;
    const auto status = process_->wait(0);
    return !status || *status != 0;
  }

  const std::string command_;
  std::unique_ptr<Process> process_;
};

}  // namespace

std::unique_ptr<Switch> make_command(const std::string& name, const std::string& command) {
  return std::make_unique<Command>(name, command);
}

}  // namespace trestle::measure
