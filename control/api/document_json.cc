// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/api/document_json.h"

namespace trestle::control {

Json document_json(const config::Node& node) {
  using Kind = config::Node::Kind;
  switch (node.kind) {
    case Kind::kBoolean:
      return node.boolean;
    case Kind::kInteger:
      return node.integer;
    case Kind::kArray: {
      Json array = Json::array();
      for (const config::Node& item : node.items) array.push_back(document_json(item));
      return array;
    }
    case Kind::kTable: {
      Json object = Json::object();
      for (const config::Entry& entry : node.entries)
        object[entry.key] = document_json(entry.value);
      return object;
    }
    default:
      return node.text;
  }
}

}  // namespace trestle::control
