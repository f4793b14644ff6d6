// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/cli/requests.h"

#include <algorithm>
#include <cassert>
#include <type_traits>
#include <variant>

#include "config/words.h"
#include "control/cli/show.h"

namespace trestle::control {
namespace {

using Params = tl::expected<Json, std::string>;

Json json_of(const config::Value& value) {
  return std::visit(
      [](const auto& held) -> Json {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<Held, config::Value::List>) {
          Json array = Json::array();
          for (const config::Value& item : held) array.push_back(json_of(item));
          return array;
        } else if constexpr (std::is_same_v<Held, config::Value::Map>) {
          Json object = Json::object();
          for (const auto& [key, item] : held) object[key] = json_of(item);
          return object;
        } else {
          return held;
        }
      },
      value.value);
}

Json names(const Arguments& arguments) {
  Json params = Json::object();
  if (!arguments.bridge.empty()) params["bridge"] = arguments.bridge;
  if (!arguments.port.empty()) params["port"] = arguments.port;
  if (!arguments.mac.empty()) params["mac"] = arguments.mac;
  return params;
}

Params only_names(const Arguments& arguments) {
  return names(arguments);
}

// Names and the keys of a configuration.
Params with_keys(const Arguments& arguments) {
  const auto keys = config::parse_words(arguments.words);
  if (!keys) return tl::make_unexpected(keys.error());
  Json params = names(arguments);
  for (const auto& [key, value] : *keys) {
    if (params.contains(key))
      return tl::make_unexpected("'" + key + "' is no key that can be given");
    params[key] = json_of(value);
  }
  return params;
}

// Names and the words that narrow MAC addresses down: port=P where `port_allowed`, vlan=V.
Params with_filters(const Arguments& arguments, bool port_allowed) {
  Json params = names(arguments);
  for (const std::string& word : arguments.words) {
    const std::size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    const bool known = key == "vlan" || (port_allowed && key == "port");
    if (value.empty() || !known) {
      return tl::make_unexpected("'" + word + "' is not " + (port_allowed ? "port=PORT or " : "") +
                                 "vlan=VLAN");
    }
    if (params.contains(key)) return tl::make_unexpected("'" + key + "' is given twice");
    if (key == "port") {
      params[key] = value;
      continue;
    }
    if (value.size() > 4 ||
        !std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return tl::make_unexpected("'" + value + "' is no VLAN");
    }
    params[key] = std::stoi(value);
  }
  return params;
}

Params fdb_list_params(const Arguments& arguments) {
  Arguments split = arguments;
  const auto is_name = [](const std::string& word) { return word.find('=') == std::string::npos; };
  const auto name = std::find_if(split.words.begin(), split.words.end(), is_name);
  if (name != split.words.end()) {
    split.bridge = *name;
    split.words.erase(name);
  }
  return with_filters(split, true);
}

Params flush_params(const Arguments& arguments) {
  return with_filters(arguments, true);
}
Params vlan_params(const Arguments& arguments) {
  return with_filters(arguments, false);
}

// A flow, match, group or meter: one argument, or its parts as several.
std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}
Params with_text(const Arguments& arguments, const char* name) {
  Json params = names(arguments);
  if (!arguments.words.empty()) params[name] = joined(arguments.words);
  return params;
}
Params flow_params(const Arguments& arguments) {
  return with_text(arguments, "flow");
}
Params match_params(const Arguments& arguments) {
  return with_text(arguments, "match");
}
Params group_params(const Arguments& arguments) {
  return with_text(arguments, "group");
}
Params meter_params(const Arguments& arguments) {
  return with_text(arguments, "meter");
}

// FRAME, --last or --last-dropped [REASON].
Params why_params(const Arguments& arguments) {
  std::string text;
  for (const std::string& word : arguments.words) text += (text.empty() ? "" : " ") + word;
  Json params = names(arguments);
  if (arguments.last && (arguments.last_dropped || !text.empty())) {
    return tl::make_unexpected("--last is a frame, and there is another");
  }
  if (arguments.last) {
    params["last"] = true;
  } else if (arguments.last_dropped) {
    params["last_dropped"] = text.empty() ? Json(true) : Json(text);
  } else if (text.empty()) {
    return tl::make_unexpected("why takes a FRAME, --last or --last-dropped");
  } else {
    params["frame"] = text;
  }
  return params;
}

struct Form {
  const char* command;
  const char* method;
  Params (*params)(const Arguments&);
  void (*show)(const Json&, std::ostream&);
};

constexpr Form kForms[] = {
    {"status", "status", only_names, show_fields},
    {"bridge.list", "bridge.list", only_names, show_bridges},
    {"bridge.show", "bridge.show", only_names, show_fields},
    {"bridge.add", "bridge.add", with_keys, show_nothing},
    {"bridge.del", "bridge.del", only_names, show_nothing},
    {"port.list", "port.list", only_names, show_ports},
    {"port.show", "port.show", only_names, show_fields},
    {"port.add", "port.add", with_keys, show_nothing},
    {"port.set", "port.set", with_keys, show_nothing},
    {"port.del", "port.del", only_names, show_nothing},
    {"port.unplug", "port.unplug", only_names, show_nothing},
    {"port.plug", "port.plug", only_names, show_nothing},
    {"fdb.list", "fdb.list", fdb_list_params, nullptr},  // paged: control/cli/run.cc
    {"fdb.add", "fdb.add", vlan_params, show_nothing},
    {"fdb.del", "fdb.del", vlan_params, show_nothing},
    {"fdb.flush", "fdb.flush", flush_params, show_flushed},
    {"flow.list", "flow.list", match_params, nullptr},  // paged: control/cli/flow_listing.cc
    {"flow.add", "flow.add", flow_params, show_nothing},
    {"flow.mod", "flow.mod", flow_params, show_nothing},
    {"flow.del", "flow.del", match_params, show_nothing},
    {"group.list", "group.list", only_names, nullptr},  // paged, too
    {"group.add", "group.add", group_params, show_nothing},
    {"group.mod", "group.mod", group_params, show_nothing},
    {"group.del", "group.del", group_params, show_nothing},
    {"meter.list", "meter.list", only_names, nullptr},
    {"meter.add", "meter.add", meter_params, show_nothing},
    {"meter.mod", "meter.mod", meter_params, show_nothing},
    {"meter.del", "meter.del", meter_params, show_nothing},
    {"why", "why", why_params, show_why},
    {"reload", "config.reload", only_names, show_changes},
    {"config.show", "config.show", only_names, show_text},
    {"metrics", "metrics", only_names, show_text},
};

}  // namespace

tl::expected<Request, std::string> make_request(const Arguments& arguments) {
  const auto form = std::find_if(std::begin(kForms), std::end(kForms), [&](const Form& candidate) {
    return arguments.command == candidate.command;
  });
  assert(form != std::end(kForms));
  auto params = form->params(arguments);
  if (!params) return tl::make_unexpected(params.error());
  return Request{form->method, std::move(*params), form->show};
}

}  // namespace trestle::control
