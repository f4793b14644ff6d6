// SPDX-License-Identifier: Apache-2.0

#include "tests/sandbox.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace trestle::testing {
namespace {

[[noreturn]] void give_up(const char* what) {
  const int code = errno;
  const char* ci = std::getenv("CI");
  const bool must_run = ci != nullptr && std::string_view(ci) == "true";
  if (code == EPERM || code == EACCES) {
    std::fprintf(stderr, "%s: needs root (%s: %s)\n", must_run ? "failed" : "skipped", what,
                 std::strerror(code));
    std::exit(must_run ? 1 : 4);
  }
  std::fprintf(stderr, "cannot set up the sandbox: %s: %s\n", what, std::strerror(code));
  std::exit(1);
}

void make_directory(const char* path) {
  if (mkdir(path, 0755) != 0 && errno != EEXIST) give_up(path);
}

void bring_loopback_up() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up("socket");
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
  if (ioctl(fd, SIOCSIFFLAGS, &request) != 0) give_up("lo up");
  close(fd);
}

}  // namespace

void enter_sandbox() {
  static bool entered = false;
  if (entered) return;
  if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) give_up("unshare");
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) give_up("private mounts");
  // The whole of /run: nothing of it then needs to be made on the host, not even the mount point.
  if (mount("sandbox", "/run", "tmpfs", 0, "mode=0755") != 0) give_up("tmpfs on /run");
  make_directory("/run/netns");
  make_directory("/etc/netns");
  if (mount("sandbox", "/etc/netns", "tmpfs", 0, "mode=0755") != 0) give_up("tmpfs on /etc/netns");
  bring_loopback_up();
  entered = true;
}

Outcome shell(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen(("exec 2>&1; " + command).c_str(), "re");
  if (pipe == nullptr) return outcome;
  char buffer[4096];
  for (std::size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    outcome.output.append(buffer, n);
  }
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

}  // namespace trestle::testing
