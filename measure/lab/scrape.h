// SPDX-License-Identifier: Apache-2.0
//
// A client's side of a metrics server inside a lab. One thread at a time for one lab.

#pragma once

#include <cstdint>
#include <string>

#include "datapath/error.h"

namespace trestle::measure {

// The body of what GET `path` (HTTP/1.1, RFC 9112) brings from 127.0.0.1:`port` in that network
// namespace. An error is also another status than 200, and an answer that takes longer than
// `timeout_seconds` to go on.
Result<std::string> http_get(const std::string& space, std::uint16_t port, const std::string& path,
                             double timeout_seconds);

}  // namespace trestle::measure
