// SPDX-License-Identifier: Apache-2.0
//
// Small changes to a config, as the command line and the API ask for them: a new Config each time,
// checked by the same parser as a file. Pure; any thread.
//
// Mistakes from here have no file and line 0. A peer belongs to its port: patch and memory ports
// come and go in pairs, as the functions say, because a file with one end alone is a mistake.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "config/config.h"
#include "config/mistake.h"

namespace trestle::config {

// What a key of the configuration can hold. Empty (monostate) stands for JSON's null.
struct Value {
  using List = std::vector<Value>;
  using Map = std::map<std::string, Value>;

  Value() = default;
  Value(bool boolean) : value(boolean) {}
  Value(std::int64_t integer) : value(integer) {}
  Value(int integer) : value(std::int64_t{integer}) {}
  Value(std::string text) : value(std::move(text)) {}
  Value(const char* text) : value(std::string(text)) {}
  Value(List list) : value(std::move(list)) {}
  Value(Map map) : value(std::move(map)) {}

  friend bool operator==(const Value& a, const Value& b);

  std::variant<std::monostate, bool, std::int64_t, std::string, List, Map> value;
};

using Keys = std::map<std::string, Value>;
using Edited = tl::expected<Config, std::vector<Mistake>>;

// Adds a port; it is a mistake if there is one of that name. Keys with "" or null count as not
// given. A patch or memory port whose `peer` does not exist on a bridge that does makes the peer,
// too, pointing back.
Edited with_port(const Config& config, const std::string& bridge, const std::string& port,
                 const Keys& keys);
// Replaces the named keys of an existing port; "" or null takes a key away.
Edited with_port_set(const Config& config, const std::string& bridge, const std::string& port,
                     const Keys& keys);
// Removes a port and, with a patch or memory port, its peer. It is a mistake if a rule or an
// expectation names one of them.
Edited without_port(const Config& config, const std::string& bridge, const std::string& port);

// Adds a bridge; it is a mistake if there is one of that name. `ports` may be among the keys.
Edited with_bridge(const Config& config, const std::string& bridge, const Keys& keys);
// Replaces the named keys of an existing bridge (not `ports`); "" or null takes a key back to its
// default.
Edited with_bridge_set(const Config& config, const std::string& bridge, const Keys& keys);
// Removes a bridge with its ports and the peers they have on other bridges.
Edited without_bridge(const Config& config, const std::string& bridge);

}  // namespace trestle::config
