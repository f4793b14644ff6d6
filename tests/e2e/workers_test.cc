// SPDX-License-Identifier: Apache-2.0
//
// Workers in a running switch: the CPUs they are given, a change of how many there are, a port that
// is moved because its worker has too much to do, and what more frames than can be forwarded do to
// memory and to control. TRESTLE_OVERLOAD_SECONDS makes the last one as long as wanted.

#include <sched.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "tests/e2e/lab.h"
#include "tests/e2e/traffic.h"
#include "tests/sanitized.h"

using namespace trestle::testing;

namespace {

const std::string kFour = bridge_of(
    "br0", {"blue 10.1.1.2/24", "green 10.1.1.3/24", "red 10.1.1.4/24", "white 10.1.1.5/24"});

std::string with_switch(const std::string& keys, const std::string& rest = kFour) {
  return "[switch]\n" + keys + "\n" + rest;
}

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

std::string field_of(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(name + ":", 0) != 0) continue;
    return line.substr(line.find_first_not_of(" \t", name.size() + 1));
  }
  return "";
}

// "Cpus_allowed_list" of the thread of that name; empty: there is none.
std::string cpus_of_thread(const Lab& lab, const std::string& name) {
  const auto tasks = "/proc/" + std::to_string(lab.pid()) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    if (read_file(task.path() / "comm") == name + "\n")
      return field_of(read_file(task.path() / "status"), "Cpus_allowed_list");
  }
  return "";
}

std::uint64_t resident_kilobytes(const Lab& lab) {
  return std::stoull(
      field_of(read_file("/proc/" + std::to_string(lab.pid()) + "/status"), "VmRSS"));
}

// Broadcasts from one port that bear numbers, as fast as another one sees them, until the end; each
// is to come once and in order.
class Numbered {
 public:
  Numbered(const std::string& from, const std::string& to)
      : from_(from, "eth0"), to_(to, "eth0"), thread_([this] { run(); }) {}
  ~Numbered() { stop(); }

  // Lets the last ones arrive, and checks.
  void finish() {
    stop();
    INFO("sent " << sent_ << ", the next to come is " << next_ << ", out of order " << wrong_);
    CHECK(sent_ > 100);
    CHECK(next_ == sent_);
    CHECK(wrong_ == 0);
  }

 private:
  void run() {
    while (!stopping_) {
      // Never more under way than fits the smallest ring.
      for (int i = 0; i < 16 && sent_ - next_ < 64; ++i) {
        if (from_.send(test_frame(1, sent_))) ++sent_;
      }
      take();
    }
    wait_until([this] { return take(), next_ >= sent_; }, Seconds(10));
  }
  void take() {
    for (const RawSocket::Frame& frame : to_.received()) {
      if (is_test_frame(frame, next_)) {
        ++next_;
      } else if (frame.bytes.size() > 13 && frame.bytes[12] == 0x88 && frame.bytes[13] == 0xb5) {
        ++wrong_;
      }
    }
  }
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  RawSocket from_, to_;
  std::uint32_t sent_ = 0, next_ = 0;  // the thread's, while it runs
  std::uint64_t wrong_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// Frames as fast as one thread can send them, from a station's namespace.
class Blast {
 public:
  explicit Blast(const std::string& from) : from_(from, "eth0"), thread_([this] { run(); }) {}
  ~Blast() {
    stopping_ = true;
    thread_.join();
  }

 private:
  void run() {
    const auto frame = test_frame(9, 0xffffffff);
    while (!stopping_) (void)from_.send(frame);
  }

  RawSocket from_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("a daemon does not start on CPUs that it may not use, and says which it may") {
  enter_sandbox();
  const std::string file = "/run/cpus.toml";
  std::ofstream(file) << "[switch]\ncpus = 1023\n";
  const Outcome refused =
      run(program("trestled") + " --config " + file + " --socket /run/cpus.sock");
  std::filesystem::remove(file);
  CHECK(refused.status == 1);
  CHECK(refused.output.find("CPU 1023") != std::string::npos);
  CHECK(refused.output.find("may use " + std::to_string(allowed_cpus().front())) !=
        std::string::npos);
}

TEST_CASE("workers run on the CPUs they are given, also after a reload, which loses no frame") {
  const std::vector<int> cpus = allowed_cpus();
  const std::string first = std::to_string(cpus.front()), last = std::to_string(cpus.back());
  Lab lab(with_switch("workers = 2\ncpus = [" + first + ", " + last + "]"));
  CHECK(cpus_of_thread(lab, "trestle-w0") == first);
  CHECK(cpus_of_thread(lab, "trestle-w1") == last);
  CHECK(lab.query("status").at("cpus") == Json::array({cpus.front(), cpus.back()}));

  Numbered flow("blue", "white");
  for (int turn = 0; turn < 20; ++turn) {
    const std::string& only = turn % 2 == 0 ? last : first;
    lab.write_config(with_switch("workers = 2\ncpus = " + only));
    lab.must("reload");
    CHECK(cpus_of_thread(lab, "trestle-w0") == only);
    CHECK(cpus_of_thread(lab, "trestle-w1") == only);
  }
  flow.finish();

  lab.write_config(with_switch("workers = 2\ncpus = 1023"));
  CHECK(lab.trestle("reload").status == 1);
  CHECK(cpus_of_thread(lab, "trestle-w0") == first);
  lab.write_config(with_switch("workers = 2"));
  lab.must("reload");
  CHECK(cpus_of_thread(lab, "trestle-w0") ==
        field_of(read_file("/proc/self/status"), "Cpus_allowed_list"));
}

TEST_CASE("a change of the number of workers under traffic loses, doubles and reorders nothing") {
  Lab lab(with_switch("workers = 1"));
  Numbered flow("blue", "white");
  for (int turn = 1; turn <= 30; ++turn) {
    lab.write_config(with_switch("workers = " + std::to_string(1 + turn % 3)));
    lab.must("reload");
  }
  flow.finish();
}

TEST_CASE("a port leaves a worker that has too much to do") {
  Lab lab(with_switch("workers = 2"));
  const auto worker_of = [&](const std::string& port) {
    return lab.port("br0", port).at("worker").get<int>();
  };
  REQUIRE(worker_of("blue") == worker_of("red"));
  REQUIRE(worker_of("green") == worker_of("white"));
  Process events({program("trestle"), "--socket", lab.socket(), "events"},
                 lab.directory() + "/events");
  {
    Blast one("blue"), other("red");
    CHECK(wait_until([&] { return worker_of("blue") != worker_of("red"); }, Seconds(25)));
    CHECK(wait_until([&] { return events.output().find("queue.move") != std::string::npos; }));
  }
  events.send(SIGINT);
  events.wait(Seconds(10));
  std::filesystem::remove(lab.directory() + "/events");
}

TEST_CASE("more frames than can be forwarded cost no memory, and control goes on answering") {
  const char* wanted = getenv("TRESTLE_OVERLOAD_SECONDS");
  const Seconds length(wanted != nullptr ? std::stod(wanted) : kSanitized ? 4 : 8);
  Lab lab(with_switch("workers = 2"));
  std::optional<std::uint64_t> warm;
  double slowest = 0;
  {
    Blast one("blue"), other("red");
    const auto begun = std::chrono::steady_clock::now();
    const auto since = [](auto moment) {
      return Seconds(std::chrono::steady_clock::now() - moment);
    };
    while (since(begun) < length) {
      const auto asked = std::chrono::steady_clock::now();
      REQUIRE(lab.trestle("status", Seconds(10)).ok());
      slowest = std::max(slowest, since(asked).count());
      if (!warm && since(begun) > length / 4) warm = resident_kilobytes(lab);
    }
  }
  REQUIRE(warm);
  const std::uint64_t after = resident_kilobytes(lab);
  WARN("the slowest answer took " << 1000 * slowest << " ms; resident " << *warm << " kB, then "
                                  << after << " kB");
  CHECK(after < *warm + 2048);
}
