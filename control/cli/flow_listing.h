// SPDX-License-Identifier: Apache-2.0
//
// flow list and flow replace, which take more than one request or a file; how rules, groups and
// meters are shown: as ovs-ofctl dump-flows shows them.

#pragma once

#include <string>

#include "control/api/json.h"
#include "control/cli/arguments.h"
#include "control/cli/client.h"
#include "control/cli/requests.h"
#include "control/cli/run.h"

namespace trestle::control {

// " cookie=0x0, duration=1.234s, table=0, n_packets=0, n_bytes=0, idle_age=1, priority=10,tcp
// actions=NORMAL"
std::string flow_text(const Json& flow);
// " duration=1.234s, n_packets=0, n_bytes=0, bucket0: n_packets=0, n_bytes=0,
// group_id=1,type=all,bucket=actions=output:a"
std::string group_text(const Json& group);
std::string meter_text(const Json& meter);

// A listing that comes in pages: `request.params["after"]` is what the last page's "next" says.
// Shows each element of member `list` on a line; with --json all of them as one array.
int list_in_pages(Client& client, const Arguments& arguments, Request request, const char* list,
                  std::string (*text_of)(const Json&), const Terminal& terminal);

// The flow.replace of a file, or what to exit with.
tl::expected<Request, int> replace_request(const Arguments& arguments, std::ostream& err);
// A refusal with mistakes in the file shows those, as `check` does, and is a mistake of usage.
int report_replace(const Failure& failure, std::ostream& err);

}  // namespace trestle::control
