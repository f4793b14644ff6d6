// SPDX-License-Identifier: Apache-2.0

#include "control/events.h"

#include <chrono>

namespace trestle::control {

void EventBus::raise(std::string type, std::vector<std::pair<std::string, std::string>> fields) {
  if (listeners_.empty()) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  Event event;
  event.type = std::move(type);
  event.unix_milliseconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  event.fields = std::move(fields);
  for (const Listener& listener : listeners_) listener(event);
}

}  // namespace trestle::control
