// SPDX-License-Identifier: Apache-2.0
//
// What a port's configuration gives to a device: MAC, MTU, addresses, default routes; and that it
// is up. Idempotent: only what differs is touched, so it serves for a new device, for one taken
// over and for a changed config. Control thread.

#pragma once

#include "config/config.h"
#include "control/net/links.h"

namespace trestle::control {

// The MTU of a device whose port does not say one.
inline constexpr std::uint32_t kDefaultMtu = 1500;

// `links`: of the namespace that the device is in. `before`: what was given to it by an earlier
// config (its addresses and gateways go, if `now` does not name them); a default-made Port if
// nothing was.
Result<void> configure_device(net::Links& links, int ifindex, const config::Port& before,
                              const config::Port& now);

}  // namespace trestle::control
