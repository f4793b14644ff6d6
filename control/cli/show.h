// SPDX-License-Identifier: Apache-2.0
//
// Results of the API as text for people and scripts. Pure: JSON in, text out. A daemon of another
// version may leave things out or add some: what is missing is shown as "-" or 0.

#pragma once

#include <iosfwd>

#include "control/api/json.h"

namespace trestle::control {

// status, bridge show, port show: one field a line, "receive.frames  12".
void show_fields(const Json& result, std::ostream& out);
void show_bridges(const Json& result, std::ostream& out);
void show_ports(const Json& result, std::ostream& out);
// plan, reload: the changes, one a line, and a summary.
void show_changes(const Json& result, std::ostream& out);
// metrics, config show.
void show_text(const Json& result, std::ostream& out);
void show_why(const Json& result, std::ostream& out);
void show_flushed(const Json& result, std::ostream& out);
// Commands that only do something: nothing.
void show_nothing(const Json& result, std::ostream& out);

// One event on one line, local time first: "2025-11-21T10:31:07.250 port.state bridge=br0 port=red
// state=up".
std::string event_text(const Json& event);

}  // namespace trestle::control
