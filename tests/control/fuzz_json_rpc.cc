// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer target: any bytes as an API message. Whatever comes in, the answer is empty or one line
// of JSON-RPC.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "control/api/json_rpc.h"
#include "control/api/params.h"

namespace {

using namespace trestle::control;

// A handler that reads parameters of every kind, as the real ones do.
Reply read_all(const Json& json, Caller&) {
  Params params(json);
  params.optional_text("bridge");
  params.optional_vlan("vlan");
  params.optional_number("limit", 1, 1000);
  params.optional_object("after");
  if (json.contains("mac")) params.mac("mac");
  const auto keys = params.rest();
  if (auto error = params.error()) return *error;
  return Json{{"keys", keys.size()}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const CommandTable kCommands{{"a", read_all}, {"port.add", read_all}};
  Caller caller;
  const std::string reply = answer({reinterpret_cast<const char*>(data), size}, kCommands, caller);
  if (reply.find('\n') != std::string::npos) std::abort();
  if (!reply.empty() && !Json::accept(reply)) std::abort();
  return 0;
}
