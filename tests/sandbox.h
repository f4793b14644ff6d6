// SPDX-License-Identifier: Apache-2.0
//
// A place where a test may make devices and namespaces as it likes: a network namespace and a mount
// namespace of the process's own. Whatever is made in there goes when the process goes.
// Used by the tests that need root (labels platform and e2e), from their first thread.

#pragma once

#include <string>

namespace trestle::testing {

// Moves the process, once (further calls do nothing), into an empty network namespace with lo up
// and a mount namespace with a tmpfs of its own on /run (so on /run/netns too, which is made) and
// on /etc/netns. Call it before any thread is started. Without root it does not return: it prints
// "skipped: needs root" and exits with 4 (ctest: skipped), or with 1 where CI=true.
void enter_sandbox();

// A fixture for TEST_CASE_METHOD.
struct Sandbox {
  Sandbox() { enter_sandbox(); }
};

struct Outcome {
  int status = -1;     // the exit status, or 128 + the signal
  std::string output;  // stdout and stderr together
  bool ok() const { return status == 0; }
};

// Runs `command` with /bin/sh in the sandbox and waits for it.
Outcome shell(const std::string& command);

}  // namespace trestle::testing
