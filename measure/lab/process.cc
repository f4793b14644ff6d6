// SPDX-License-Identifier: Apache-2.0

#include "measure/lab/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>
#include <utility>

#include "control/net/namespaces.h"
#include "measure/traffic/interrupt.h"

namespace trestle::measure {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLastLines = 3;

Clock::time_point deadline_in(double seconds) {
  return Clock::now() +
         std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// From its beginning, wherever the writer is.
std::string read_memory(int fd) {
  std::string text;
  char buffer[4096];
  off_t at = 0;
  for (ssize_t n; (n = pread(fd, buffer, sizeof buffer, at)) > 0; at += n) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// A null-terminated array of pointers to words, as exec wants it. `words` must outlive it.
std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
  std::vector<std::string> all = more;  // first: the first of a name is the one that getenv finds
  for (char** each = environ; *each != nullptr; ++each) all.emplace_back(*each);
  return all;
}

// All that the child needs, made before the fork: between fork and exec a process that has threads
// may only make system calls.
struct Launch {
  std::vector<std::string> words, settings;
  std::vector<char*> arguments, environment;
  std::optional<net::NamespaceHandle> space;
  Descriptor input, output, error;  // the child's
  Descriptor keep_open;             // of stdin's pipe
  Descriptor failure_reader, failure;
  cpu_set_t cpus;
  bool pinned = false;
};

Result<void> open_files(const ProcessSpec& spec, Launch& launch) {
  int ends[2];
  if (spec.keep_stdin) {
    if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("cannot make a pipe", errno);
    launch.input = Descriptor(ends[0]);
    launch.keep_open = Descriptor(ends[1]);
  } else {
    launch.input = Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  if (spec.log.empty()) {
    launch.output = Descriptor(memfd_create("stdout", MFD_CLOEXEC));
    launch.error = Descriptor(memfd_create("stderr", MFD_CLOEXEC));
  } else {
    const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    launch.output = Descriptor(open(spec.log.c_str(), flags, 0644));
    launch.error = Descriptor(open(spec.log.c_str(), flags, 0644));
  }
  if (launch.output.get() < 0 || launch.error.get() < 0) {
    return fail_errno("cannot open " + (spec.log.empty() ? "a file in memory" : spec.log), errno);
  }
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("cannot make a pipe", errno);
  launch.failure_reader = Descriptor(ends[0]);
  launch.failure = Descriptor(ends[1]);
  return {};
}

Result<void> prepare(const ProcessSpec& spec, Launch& launch) {
  launch.words = spec.command;
  launch.arguments = pointers_to(launch.words);
  launch.settings = environment_with(spec.environment);
  launch.environment = pointers_to(launch.settings);
  if (!spec.space.empty()) {
    auto space = net::open_namespace(spec.space);
    if (!space) return tl::make_unexpected(space.error());
    launch.space = std::move(*space);
  }
  CPU_ZERO(&launch.cpus);
  for (const int cpu : spec.cpus) CPU_SET(cpu, &launch.cpus);
  launch.pinned = !spec.cpus.empty();
  return open_files(spec, launch);
}

[[noreturn]] void become(const Launch& launch) {
  const auto give_up = [&launch] {
    const int code = errno;
    static_cast<void>(!write(launch.failure.get(), &code, sizeof code));
    _exit(127);
  };
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (launch.space && setns(launch.space->fd(), CLONE_NEWNET) != 0) give_up();
  if (launch.pinned && sched_setaffinity(0, sizeof launch.cpus, &launch.cpus) != 0) give_up();
  if (dup2(launch.input.get(), 0) < 0 || dup2(launch.output.get(), 1) < 0 ||
      dup2(launch.error.get(), 2) < 0) {
    give_up();
  }
  // Whatever else is open here, by whomever.
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  execvpe(launch.arguments[0], launch.arguments.data(), launch.environment.data());
  give_up();
  _exit(127);
}

int exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<std::unique_ptr<Process>> Process::start(const ProcessSpec& spec) {
  const std::string attempted = "cannot start " + joined(spec.command);
  Launch launch;
  if (auto ready = prepare(spec, launch); !ready) {
    return fail(attempted + ": " + ready.error().what, ready.error().code);
  }
  const pid_t pid = fork();
  if (pid == 0) become(launch);
  if (pid < 0) return fail_errno(attempted, errno);
  setpgid(pid, pid);  // by both: whoever comes first
  launch.failure = Descriptor();
  int code = 0;
  ssize_t n = 0;
  while ((n = read(launch.failure_reader.get(), &code, sizeof code)) < 0 && errno == EINTR) {
  }
  if (n == sizeof code) {
    waitpid(pid, nullptr, 0);
    return fail_errno(attempted, code);
  }
  std::unique_ptr<Process> process(new Process(pid, spec));
  process->stdin_ = launch.keep_open.release();
  if (spec.log.empty()) {
    process->stdout_ = launch.output.release();
    process->stderr_ = launch.error.release();
  }
  return process;
}

Process::~Process() {
  if (running()) {
    signal(SIGTERM);
    signal(SIGCONT);
    if (!ends_within(1)) signal(SIGKILL);
    ends_within(10);
  } else {
    ::kill(-pid_, SIGKILL);  // what it left behind of its group
  }
  for (const int fd : {stdin_, stdout_, stderr_}) {
    if (fd >= 0) close(fd);
  }
}

std::vector<pid_t> Process::group() const {
  std::vector<pid_t> members;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0 && getpgid(pid) == pid_) members.push_back(pid);
  }
  return members;
}

bool Process::running() {
  if (status_ >= 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = exit_status(status);
  return false;
}

// Whatever Ctrl-C says: for cleaning up.
bool Process::ends_within(double seconds) {
  const auto deadline = deadline_in(seconds);
  const Descriptor watch(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  while (running()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd ended{.fd = watch.get(), .events = POLLIN, .revents = 0};
    poll(&ended, 1, static_cast<int>(left));
  }
  return true;
}

Result<int> Process::wait(double timeout_seconds) {
  constexpr double kSliceSeconds = 0.05;  // between two looks whether Ctrl-C came
  const auto deadline = deadline_in(timeout_seconds);
  while (running()) {
    const double left = std::chrono::duration<double>(deadline - Clock::now()).count();
    if (left > 0 && !interrupted()) {
      ends_within(std::min(left, kSliceSeconds));
      continue;
    }
    signal(SIGKILL);
    ends_within(10);
    if (left > 0) return fail(joined(spec_.command) + ": interrupted", EINTR);
    std::ostringstream what;
    what << joined(spec_.command) << ": no end within " << timeout_seconds << " s";
    return fail(what.str(), ETIMEDOUT);
  }
  return status_;
}

void Process::signal(int number) {
  if (running()) ::kill(-pid_, number);
}

std::string Process::last_words() const {
  if (!spec_.log.empty()) return last_lines(read_file(spec_.log), kLastLines);
  const std::string complaints = last_lines(read_memory(stderr_), kLastLines);
  return complaints.empty() ? last_lines(read_memory(stdout_), kLastLines) : complaints;
}

Result<std::string> Process::output(double timeout_seconds) {
  if (auto ended = wait(timeout_seconds); !ended) return tl::make_unexpected(ended.error());
  return stdout_ < 0 ? std::string() : read_memory(stdout_);
}

Result<std::string> run(const ProcessSpec& spec, double timeout_seconds) {
  auto process = Process::start(spec);
  if (!process) return tl::make_unexpected(process.error());
  const auto status = (*process)->wait(timeout_seconds);
  if (!status) return tl::make_unexpected(status.error());
  if (*status == 0) return (*process)->output(0);
  const std::string words = (*process)->last_words();
  return fail(joined(spec.command) + ": " +
              (words.empty() ? "ended with status " + std::to_string(*status) : words));
}

bool installed(const std::string& program) {
  if (program.find('/') != std::string::npos) return access(program.c_str(), X_OK) == 0;
  const char* path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "/usr/sbin:/usr/bin:/sbin:/bin" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    if (access((directory + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

Result<void> wait_until(const std::function<bool()>& condition, double timeout_seconds,
                        const std::string& what) {
  constexpr std::chrono::milliseconds kBetweenLooks(5);
  const auto deadline = deadline_in(timeout_seconds);
  while (!condition()) {
    if (interrupted()) return fail(what + ": interrupted", EINTR);
    if (Clock::now() >= deadline) return fail(what, ETIMEDOUT);
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return {};
}

std::string last_lines(const std::string& text, std::size_t count) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(line);
  }
  std::string joined_lines;
  for (std::size_t i = lines.size() - std::min(count, lines.size()); i < lines.size(); ++i) {
    joined_lines += (joined_lines.empty() ? "" : " | ") + lines[i];
  }
  return joined_lines;
}

}  // namespace trestle::measure
