// SPDX-License-Identifier: Apache-2.0
//
// From an edited configuration to a reply: what the handlers of bridges and ports share.

#include <utility>

#include "control/api/handlers.h"

namespace trestle::control {
namespace {

// Of thousands of rules that name a port that is to go, so many are named.
constexpr std::size_t kJoinedMax = 8;

// Mistakes on one line: they have no place in any text.
std::string joined(const std::vector<config::Mistake>& mistakes) {
  std::string text;
  for (std::size_t i = 0; i < mistakes.size() && i < kJoinedMax; ++i) {
    if (!text.empty()) text += "; ";
    text += mistakes[i].message;
  }
  if (mistakes.size() > kJoinedMax)
    text += "; and " + std::to_string(mistakes.size() - kJoinedMax) + " more";
  return text;
}

}  // namespace

Json changes_json(const std::vector<config::Change>& changes) {
  Json lines = Json::array();
  for (const config::Change& change : changes) lines.push_back(change.to_string());
  return {{"changes", std::move(lines)}, {"summary", config::summary(changes)}};
}

Answered<std::vector<config::Change>> apply_edited(const CommandContext& context,
                                                   const std::string& attempted,
                                                   config::Edited edited) {
  if (!edited) return refuse(attempted + ": " + joined(edited.error()), edited.error());
  auto changes = context.instance.apply(std::move(*edited));
  if (!changes) return refuse(attempted + ": " + changes.error().what);
  return std::move(*changes);
}

std::string no_such(const Inventory& inventory, const std::string& bridge,
                    const std::string* port) {
  if (port == nullptr || inventory.bridge(bridge) == nullptr) {
    return "there is no bridge " + config::quoted(bridge);
  }
  return "there is no port " + config::quoted(*port) + " on bridge " + bridge;
}

}  // namespace trestle::control
