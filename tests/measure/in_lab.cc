// SPDX-License-Identifier: Apache-2.0

#include "tests/measure/in_lab.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>

#include "measure/lab/sandbox.h"
#include "measure/switches/catalogue.h"

namespace trestle::testing {
namespace {

constexpr int kFailed = 1;
constexpr int kMissing = 77;  // distinct from any other status

unsigned assertions_failed = 0;

struct FailureCount : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;
  bool assertionEnded(const Catch::AssertionStats& stats) override {
    if (!stats.assertionResult.isOk()) ++assertions_failed;
    return true;
  }
};
CATCH_REGISTER_LISTENER(FailureCount)

struct Missing {};

bool must_run() {
  const char* ci = std::getenv("CI");
  return ci != nullptr && std::string_view(ci) == "true";
}

}  // namespace

void in_lab(const std::function<void(const std::string& directory)>& body) {
  const auto status = measure::in_sandbox([&body](const std::string& directory) {
    assertions_failed = 0;
    try {
      body(directory);
    } catch (const Missing&) {
      return kMissing;
    } catch (const Catch::TestFailureException&) {  // counted, and printed
    } catch (const std::exception& thrown) {
      FAIL_CHECK("thrown in the sandbox: " << thrown.what());
    }
    return assertions_failed == 0 ? 0 : kFailed;
  });
  if (!status && status.error().code == EPERM) {
    std::fprintf(stderr, "%s: %s\n", must_run() ? "failed" : "skipped",
                 status.error().what.c_str());
    std::exit(must_run() ? 1 : 4);
  }
  if (!status) FAIL(status.error().what);
  if (*status == kMissing) {
    if (must_run()) FAIL("with CI=true no switch may be missing");
    return;
  }
  INFO("what failed in the sandbox is printed above");
  REQUIRE(*status == 0);
}

std::unique_ptr<measure::Lab> lab_of(const std::string& spec, std::size_t ends,
                                     const std::string& directory, measure::EndKind kind,
                                     unsigned number, measure::SendingMeans sending) {
  auto subject = measure::make_switch(spec, binaries());
  if (!subject) FAIL(subject.error().what);
  if (const auto missing = (*subject)->missing()) {
    WARN("left out: " << spec << ": " << *missing);
    throw Missing();
  }
  auto lab = measure::Lab::build(std::move(*subject), number, ends, kind,
                                 {measure::plan_cpus(), directory, 1500, sending});
  if (!lab) FAIL(lab.error().what);
  return std::move(*lab);
}

std::string binaries() {
  const char* directory = std::getenv("TRESTLE_BIN_DIR");
  return directory != nullptr ? directory : TRESTLE_BIN_DIR;
}

}  // namespace trestle::testing
