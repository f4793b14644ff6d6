// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/api/params.h"

#include <limits>

namespace trestle::control {
namespace {

// False: it holds something that no key of a configuration can be, or too much.
bool read_value(const Json& json, config::Value& result) {
  if (json.is_null()) return true;
  if (json.is_boolean()) {
    result.value = json.get<bool>();
  } else if (json.is_string()) {
    result.value = json.get<std::string>();
  } else if (json.is_number_integer()) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (json.is_number_unsigned() && json.get<std::uint64_t>() > kMost) return false;
    result.value = json.get<std::int64_t>();
  } else if (json.is_array() && json.size() <= kElementsMax) {
    auto& list = result.value.emplace<config::Value::List>(json.size());
    for (std::size_t i = 0; i < json.size(); ++i) {
      if (!read_value(json[i], list[i])) return false;
    }
  } else if (json.is_object() && json.size() <= kKeysMax) {
    auto& map = result.value.emplace<config::Value::Map>();
    for (const auto& [key, item] : json.items()) {
      if (!read_value(item, map[key])) return false;
    }
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string Params::text(const char* name) {
  auto value = optional_text(name);
  if (!value) fault(std::string("parameter '") + name + "' is missing");
  return value.value_or("");
}

std::optional<std::string> Params::optional_text(const char* name) {
  const Json* const value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  fault(std::string("parameter '") + name + "' must be a string");
  return "";
}

std::optional<std::uint64_t> Params::optional_number(const char* name, std::uint64_t least,
                                                     std::uint64_t most) {
  const Json* const value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned()) {
    const auto number = value->get<std::uint64_t>();
    if (number >= least && number <= most) return number;
  }
  fault(std::string("parameter '") + name + "' must be an integer from " + std::to_string(least) +
        " to " + std::to_string(most));
  return least;
}

MacAddress Params::mac(const char* name) {
  const auto mac = MacAddress::parse(text(name));
  if (!mac) {
    fault(std::string("parameter '") + name + "' must be a MAC address, as 02:00:00:00:00:01");
  }
  return mac.value_or(MacAddress());
}

std::optional<VlanId> Params::optional_vlan(const char* name) {
  const auto vlan = optional_number(name, kNoVlan, kVlanMax);
  return vlan ? std::optional<VlanId>(static_cast<VlanId>(*vlan)) : std::nullopt;
}

bool Params::flag(const char* name) {
  const Json* const value = find(name);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  fault(std::string("parameter '") + name + "' must be true or false");
  return false;
}

std::optional<std::string> Params::flag_or_text(const char* name) {
  const Json* const value = find(name);
  if (value != nullptr && value->is_string()) return value->get<std::string>();
  return flag(name) ? std::optional<std::string>("") : std::nullopt;
}

const Json* Params::optional_object(const char* name) {
  const Json* const value = find(name);
  if (value == nullptr || value->is_object()) return value;
  fault(std::string("parameter '") + name + "' must be an object");
  return nullptr;
}

config::Keys Params::rest() {
  took_rest_ = true;
  config::Keys keys;
  if (object_.size() > kKeysMax) fault("more than " + std::to_string(kKeysMax) + " parameters");
  if (fault_) return keys;
  for (const auto& [key, json] : object_.items()) {
    if (known_.contains(key)) continue;
    if (!read_value(json, keys[key])) {
      fault("parameter " + config::quoted(key) + " holds what no key of a configuration can hold");
      return keys;
    }
  }
  return keys;
}

std::optional<tl::unexpected<RpcError>> Params::error() {
  if (!took_rest_) {
    for (const auto& [key, unused] : object_.items()) {
      if (known_.contains(key)) continue;
      fault("unknown parameter " + config::quoted(key));
      break;
    }
  }
  if (!fault_) return std::nullopt;
  return invalid_params(*fault_);
}

// Null is as good as absent: clients that fill in structures send it.
const Json* Params::find(const char* name) {
  known_.insert(name);
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void Params::fault(std::string message) {
  if (!fault_) fault_ = std::move(message);
}

}  // namespace trestle::control
