// SPDX-License-Identifier: Apache-2.0
//
// Reads the parameters of one request. Ask for each by name, then ask for error(): the first thing
// that was wrong, a parameter that nobody asked for among them. After an error the values returned
// are of no meaning.

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "config/edit.h"
#include "control/api/json.h"
#include "control/api/rpc_error.h"
#include "switch/mac_address.h"
#include "switch/vlan.h"

namespace trestle::control {

// Keys of one object, elements of one array among configuration keys. The editing code is linear in
// the keys for each key; a trunk may list every VLAN.
inline constexpr std::size_t kKeysMax = 64;
inline constexpr std::size_t kElementsMax = 4096;

class Params {
 public:
  explicit Params(const Json& object) : object_(object) {}

  std::string text(const char* name);
  std::optional<std::string> optional_text(const char* name);
  std::optional<std::uint64_t> optional_number(const char* name, std::uint64_t least,
                                               std::uint64_t most);
  MacAddress mac(const char* name);
  std::optional<VlanId> optional_vlan(const char* name);  // 0: untagged
  bool flag(const char* name);                            // absent: false
  // true: ""; absent or false: nullopt.
  std::optional<std::string> flag_or_text(const char* name);
  const Json* optional_object(const char* name);
  // All that has not been asked for yet, as keys of the configuration. To be called last.
  config::Keys rest();

  std::optional<tl::unexpected<RpcError>> error();

 private:
  const Json* find(const char* name);
  void fault(std::string message);

  const Json& object_;
  std::set<std::string, std::less<>> known_;
  std::optional<std::string> fault_;
  bool took_rest_ = false;
};

}  // namespace trestle::control
