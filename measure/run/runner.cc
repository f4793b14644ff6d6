// SPDX-License-Identifier: Apache-2.0

#include "measure/run/runner.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "measure/lab/cpu_time.h"
#include "measure/result/summary.h"
#include "measure/switches/catalogue.h"
#include "measure/traffic/interrupt.h"

namespace trestle::measure {
namespace {

constexpr auto kIdleLook = std::chrono::milliseconds(300);

std::string described(const Case& each) {
  std::string text = each.suite + " " + each.test;
  for (const auto& [key, value] : each.setup.items()) {
    text += fmt::format(" {}={}", key, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

// So that the largest frame passes: without its FCS and Ethernet header.
std::uint32_t mtu_for(const Effort& effort) {
  constexpr std::uint32_t kAround = 18, kUsual = 1500;
  std::uint32_t mtu = kUsual;
  for (const std::uint32_t bytes : effort.frame_sizes) mtu = std::max(mtu, bytes - kAround);
  return mtu;
}

void write_line(std::ostream* lines, const nlohmann::ordered_json& json) {
  if (lines != nullptr) *lines << to_line(json) << std::flush;
}

// Whether one of its processes has ended. That alone is no fault: some only set up what the kernel
// then does.
bool has_ended(const Switch& subject) {
  const std::vector<pid_t> processes = subject.processes();
  return std::any_of(processes.begin(), processes.end(),
                     [](pid_t each) { return resident_bytes(each) == 0; });
}

// Several pings: it may lose frames.
bool forwards(Lab& lab) {
  constexpr double kPatienceSeconds = 3;
  return wait_until([&lab] { return lab.pings(0, 1); }, kPatienceSeconds, "").has_value();
}

}  // namespace

Runner::Runner(RunnerOptions options, std::ostream* lines, Progress& progress)
    : options_(std::move(options)), lines_(lines), progress_(progress) {}

Result<RunFile> Runner::run(const std::vector<Case>& cases, Run run) {
  const Stopwatch watch;
  if (auto looked = look_at_switches(run); !looked) return tl::make_unexpected(looked.error());
  file_.run = std::move(run);
  write_line(lines_, to_json(file_.run));
  for (const Case& each : cases) seconds_planned_ += each.seconds;
  seconds_planned_ *= static_cast<double>(specs_.size()) * options_.effort.rounds;
  watch_idle_cpus();
  for (unsigned round = 1; round <= options_.effort.rounds && !interrupted(); ++round) {
    run_round(cases, round);
    progress_.line(fmt::format("round {} of {} {} after {:.0f} s", round, options_.effort.rounds,
                               interrupted() ? "interrupted" : "done", watch.elapsed_seconds()));
  }
  RunEnd end;
  end.elapsed_seconds = watch.elapsed_seconds();
  end.busy_percent = 100 * figure(busy_).median;
  end.stolen_percent =
      100 * watch.stolen_seconds() / (end.elapsed_seconds * std::max(1, online_cpus()));
  end.interrupted = interrupted();
  write_line(lines_, to_json(end));
  file_.end = end;
  progress_.clear();
  return std::move(file_);
}

Result<void> Runner::look_at_switches(Run& run) {
  run.subjects = nlohmann::ordered_json::object();
  for (const std::string& spec : options_.switches) {
    auto subject = make_switch(spec, options_.binaries);
    if (!subject) return tl::make_unexpected(subject.error());
    const std::string& name = (*subject)->name();
    auto& told = run.subjects[name];
    told["what"] = (*subject)->what();
    if (const auto missing = (*subject)->missing()) {
      told["left_out"] = *missing;
      progress_.line(fmt::format("{} is left out: {}", name, *missing));
      continue;
    }
    told["version"] = (*subject)->version();
    specs_.push_back(spec);
    names_[spec] = name;
  }
  if (specs_.empty()) return fail("none of the switches can be run here");
  return {};
}

void Runner::run_round(const std::vector<Case>& cases, unsigned round) {
  for (const Case& each : cases) {
    if (interrupted()) return;
    run_case(each, round);
  }
  watch_idle_cpus();
}

// The order of the switches turns by one from round to round: none is always the first after
// another.
void Runner::run_case(const Case& each, unsigned round) {
  std::vector<Record> records;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const std::string& spec = specs_[(i + round - 1) % specs_.size()];
    if (interrupted()) break;
    seconds_done_ += each.seconds;
    const auto found = lab(each, spec);
    if (!found) {
      Record failed = blank(each, spec, round);
      mark(failed, kFailed);
      failed.note = found.error().what;
      records.push_back(std::move(failed));
    } else if (*found != nullptr) {
      records.push_back(measure(each, spec, **found, round));
    }
  }
  if (interrupted()) return;  // what was cut short is no measurement
  if (each.finish) each.finish(records);
  for (Record& record : records) keep(std::move(record));
}

Result<Lab*> Runner::lab(const Case& each, const std::string& spec) {
  const LabKey key{spec, each.ends, each.kind};
  const auto known = labs_.find(key);
  if (known != labs_.end()) {
    if (!known->second) return tl::make_unexpected(known->second.error());
    Lab* const found = known->second->get();
    return each.applies && !each.applies(found->subject()) ? nullptr : found;
  }
  auto subject = make_switch(spec, options_.binaries);
  if (!subject) return tl::make_unexpected(subject.error());
  if (!(*subject)->takes(each.kind, each.ends)) return nullptr;
  if (each.applies && !each.applies(**subject)) return nullptr;
  const std::string& name = names_[spec];
  progress_.show(seconds_done_ / seconds_planned_,
                 fmt::format("starting {} with {} ends", name, each.ends));
  const auto next = static_cast<unsigned>(lab_numbers_.size()) + 1;
  const unsigned number = lab_numbers_.emplace(key, next).first->second;
  auto built =
      Lab::build(std::move(*subject), number, each.ends, each.kind,
                 {options_.cpus, options_.directory, mtu_for(options_.effort), options_.sending});
  if (!built) {
    progress_.line(fmt::format("{} with {} ends failed: {}", name, each.ends, built.error().what));
  } else {
    (*built)->pause();
  }
  labs_.emplace(key, std::move(built));
  return lab(each, spec);
}

Record Runner::blank(const Case& each, const std::string& spec, unsigned round) const {
  Record record;
  record.suite = each.suite;
  record.test = each.test;
  record.setup = each.setup;
  record.subject = names_.at(spec);
  record.round = round;
  return record;
}

Record Runner::measure(const Case& each, const std::string& spec, Lab& lab, unsigned round) {
  Record record = blank(each, spec, round);
  const std::string about = fmt::format("round {}, {}: {}", round, record.subject, described(each));
  const auto say = [this, &about](const std::string& text) {
    progress_.show(seconds_done_ / seconds_planned_, text.empty() ? about : about + ": " + text);
  };
  say("");
  lab.resume();
  lab.pin_switch();  // a case that wants it on all CPUs says so
  Stage stage{lab.trials(), options_.effort, &lab, say};
  auto done = each.measure(stage, record);
  const bool gone = (!done || has_ended(lab.subject())) && !forwards(lab) && !interrupted();
  if (done && gone) done = fail("the switch ended while it was measured");
  if (!done) {
    mark(record, kFailed);
    record.note = done.error().what;
    if (!interrupted()) progress_.line(about + ": " + done.error().what);
  }
  if (gone) {
    progress_.line(record.subject + " no longer forwards: it is started anew");
    drop(lab);
  } else {
    lab.pause();
  }
  return record;
}

void Runner::drop(Lab& lab) {
  const auto is_it = [&lab](const auto& each) { return each.second && each.second->get() == &lab; };
  const auto found = std::find_if(labs_.begin(), labs_.end(), is_it);
  if (found != labs_.end()) labs_.erase(found);
}

void Runner::keep(Record record) {
  write_line(lines_, to_json(record));
  file_.records.push_back(std::move(record));
}

// While all switches are paused, what the CPUs do is other people's work.
void Runner::watch_idle_cpus() {
  const Stopwatch watch;
  std::this_thread::sleep_for(kIdleLook);
  busy_.push_back(watch.busy_seconds() / (watch.elapsed_seconds() * std::max(1, online_cpus())));
}

}  // namespace trestle::measure
