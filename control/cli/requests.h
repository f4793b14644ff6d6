// SPDX-License-Identifier: Apache-2.0
//
// What each command asks of the daemon and how the answer is shown. Pure.

#pragma once

#include <iosfwd>
#include <string>

#include <tl/expected.hpp>

#include "control/api/json.h"
#include "control/cli/arguments.h"

namespace trestle::control {

struct Request {
  std::string method;
  Json params = Json::object();
  void (*show)(const Json& result, std::ostream& out) = nullptr;
};

// The request behind `arguments`, or what is wrong with its words, in one line. Not for check,
// plan, events, version, which are no single request.
tl::expected<Request, std::string> make_request(const Arguments& arguments);

}  // namespace trestle::control
