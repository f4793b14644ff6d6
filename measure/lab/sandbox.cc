// SPDX-License-Identifier: Apache-2.0

#include "measure/lab/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "control/net/links.h"
#include "control/net/namespaces.h"
#include "measure/lab/quiet.h"
#include "measure/traffic/interrupt.h"

namespace trestle::measure {
namespace {

using Body = std::function<int(const std::string& directory)>;

// The mount point of the directory in memory: every /proc has it, this one is ours, and nobody's
// files are there. Below /run/netns it would be taken for a namespace, below /tmp it would be the
// host's to remove.
constexpr char kDirectory[] = "/proc/driver";

// SIGCHLD, and what a user ends a program with unless it is ignored (nohup).
sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now {};
    sigaction(number, nullptr, &now);
    if (now.sa_handler != SIG_IGN) sigaddset(&set, number);
  }
  return set;
}

// Waits for the end of `child`, passes the watched signals on, and takes other children away as
// they end if this is the first process of a PID namespace. The child's exit status.
int watch_over(pid_t child, const sigset_t& watched, bool all_children) {
  for (;;) {
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(all_children ? -1 : child, &status, WNOHANG)) > 0) {
      if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    const int number = sigwaitinfo(&watched, nullptr);
    if (number > 0 && number != SIGCHLD) kill(child, number);
  }
}

void flush_all() {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
}

Result<void> mount_at(const char* type, const char* target, unsigned long flags,
                      const char* data = nullptr) {
  if (mount(type, target, type, flags, data) == 0) return {};
  return fail_errno(std::string("cannot mount ") + type + " on " + target, errno, "CAP_SYS_ADMIN");
}

// The first process of the new PID namespace makes the rest.
Result<void> furnish() {
  if (unshare(CLONE_NEWNS | CLONE_NEWNET) != 0) {
    return fail_errno("cannot make a network and a mount namespace", errno, "CAP_SYS_ADMIN");
  }
  // What is mounted here must not reach the host.
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return fail_errno("cannot make mounts private", errno, "CAP_SYS_ADMIN");
  }
  if (auto proc = mount_at("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC); !proc) return proc;
  // It stays on the host: another sandbox may be using it as its mount point.
  if (mkdir(net::kNamespaceDirectory, 0755) != 0 && errno != EEXIST) {
    return fail_errno(std::string("cannot make ") + net::kNamespaceDirectory, errno);
  }
  for (const char* directory : {net::kNamespaceDirectory, kDirectory}) {
    auto memory = mount_at("tmpfs", directory, MS_NOSUID | MS_NODEV, "mode=0755");
    if (!memory) return memory;
  }
  keep_quiet();
  // lo has ifindex 1 in every namespace.
  return net::Links::open().and_then([](net::Links links) { return links.set_up(1); });
}

// A child whose first act is to make sure that it does not outlive its parent.
pid_t fork_bound() {
  const int parent = static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0));
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pollfd gone{.fd = parent, .events = POLLIN, .revents = 0};
    if (parent >= 0 && poll(&gone, 1, 0) == 1) _exit(128 + SIGKILL);
  }
  const int code = errno;
  if (parent >= 0) close(parent);
  errno = code;
  return child;
}

// As the first process of the sandbox. Tells the outside by `report` what went wrong, by closing it
// that nothing did.
[[noreturn]] void live_inside(const Body& body, int report, const sigset_t& watched,
                              const sigset_t& mask_before) {
  setsid();  // Ctrl-C reaches the outer process only, which passes it on: else it would come twice
  if (auto ready = furnish(); !ready) {
    const std::string& what = ready.error().what;
    static_cast<void>(!write(report, what.data(), what.size()));
    _exit(1);
  }
  const pid_t child = fork_bound();
  if (child == 0) {
    close(report);
    watch_for_interrupt();
    sigprocmask(SIG_SETMASK, &mask_before, nullptr);
    const int status = body(kDirectory);
    flush_all();
    _exit(status);
  }
  if (child < 0) {
    const std::string what = system_error("cannot start a process", errno).what;
    static_cast<void>(!write(report, what.data(), what.size()));
    _exit(1);
  }
  close(report);
  _exit(watch_over(child, watched, true));
}

// Makes the calling process' next child the first process of a new PID namespace, and undoes that.
class NextChildApart {
 public:
  NextChildApart() : home_(open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC)) {}
  Result<void> begin() {
    if (unshare(CLONE_NEWPID) == 0) return {};
    const int code = errno;
    if (code == EPERM) {
      return fail("a bench needs root (CAP_SYS_ADMIN), to make namespaces: run it with sudo", code);
    }
    return fail_errno("cannot make a PID namespace", code);
  }
  ~NextChildApart() {
    if (home_ < 0) return;
    setns(home_, CLONE_NEWPID);
    close(home_);
  }

 private:
  int home_;
};

std::string read_all(int fd) {
  std::string text;
  char buffer[512];
  for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) != 0;) {
    if (n > 0) text.append(buffer, static_cast<std::size_t>(n));
    if (n < 0 && errno != EINTR) break;
  }
  return text;
}

}  // namespace

Result<int> in_sandbox(const Body& body) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return fail_errno("cannot make a pipe", errno);
  signal(SIGCHLD, SIG_DFL);  // ignored, as some parents leave it, children would vanish unseen
  const sigset_t watched = watched_signals();
  sigset_t mask_before;
  sigprocmask(SIG_BLOCK, &watched, &mask_before);
  flush_all();
  pid_t child = -1;
  Result<void> started;
  {
    NextChildApart apart;
    started = apart.begin();
    if (started) {
      child = fork_bound();
      if (child == 0) {
        close(report[0]);
        live_inside(body, report[1], watched, mask_before);
      }
      if (child < 0) started = fail_errno("cannot start a process", errno);
    }
  }
  close(report[1]);
  const std::string complaint = read_all(report[0]);
  close(report[0]);
  const int status = child > 0 ? watch_over(child, watched, false) : -1;
  sigprocmask(SIG_SETMASK, &mask_before, nullptr);
  if (!started) return tl::make_unexpected(started.error());
  if (!complaint.empty()) return fail(complaint);
  return status;
}

void prefer(int nice) {
  setsid();
  setpriority(PRIO_PROCESS, 0, nice);
  // A kernel without autogroups has no such file.
  std::ofstream("/proc/self/autogroup") << nice;
}

}  // namespace trestle::measure
