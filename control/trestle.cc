// SPDX-License-Identifier: Apache-2.0
//
// trestle: streams and exit status. As the client of trestled it is in control/cli/; `trestle
// bench`, which talks to no daemon, is in measure/.

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>
#include <ostream>
#include <streambuf>
#include <string_view>

#include "control/cli/exit_status.h"
#include "control/cli/run.h"
#include "measure/command.h"

namespace {

// stdout that remembers why it could not be written: a reader that has had enough (| head) is no
// error, a full disk is.
class StandardOutput : public std::streambuf {
 public:
  StandardOutput() { setp(buffer_.data(), buffer_.data() + buffer_.size()); }
  int error() const { return error_; }  // errno of the first write that failed, or 0

 protected:
  int overflow(int c) override {
    if (sync() != 0) return traits_type::eof();
    if (c != traits_type::eof()) sputc(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }
  int sync() override {
    for (const char* at = pbase(); at < pptr() && error_ == 0;) {
      const ssize_t n = write(STDOUT_FILENO, at, static_cast<std::size_t>(pptr() - at));
      if (n >= 0) {
        at += n;
      } else if (errno != EINTR) {
        error_ = errno;
      }
    }
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return error_ == 0 ? 0 : -1;
  }

 private:
  std::array<char, 65536> buffer_;
  int error_ = 0;
};

// With one of 0, 1, 2 closed, the next descriptor opened would take its number, and what we print
// would go to the daemon.
void occupy_standard_descriptors() {
  int descriptor = 0;
  do {
    descriptor = open("/dev/null", O_RDWR);
  } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor >= 0) close(descriptor);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace trestle::control;
  occupy_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);
  StandardOutput output;
  std::ostream out(&output);
  const bool bench = argc > 1 && std::string_view(argv[1]) == "bench";
  const int status = bench ? trestle::measure::bench_command(argc - 1, argv + 1, out, std::cerr)
                           : run_command_line(argc, argv, {out, std::cerr, STDOUT_FILENO});
  out.flush();
  if (output.error() == 0 || output.error() == EPIPE) return status;
  std::cerr << "cannot write output: " << std::strerror(output.error()) << '\n';
  return status == kDone ? kRefusedByDaemon : status;
}
