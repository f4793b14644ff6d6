// SPDX-License-Identifier: Apache-2.0
//
// Why something could not be done in the world: what was attempted, on what, and what the kernel
// answered. A value, for tl::expected in port opening and in control; the frame path never makes
// one.

#pragma once

#include <string>

#include <tl/expected.hpp>

namespace trestle {

struct Error {
  std::string what;  // "cannot open TAP vm1: Operation not permitted (needs CAP_NET_ADMIN)"
  int code = 0;      // errno, or 0 where there is none
};

template <typename T>
using Result = tl::expected<T, Error>;

// `attempted` ("cannot create veth tr1a2b") followed by the text of `code`; for EPERM and EACCES,
// also by `capability`, the one whose lack explains it ("CAP_NET_ADMIN").
Error system_error(std::string attempted, int code, const char* capability = nullptr);
inline tl::unexpected<Error> fail(std::string what, int code = 0) {
  return tl::make_unexpected(Error{std::move(what), code});
}
inline tl::unexpected<Error> fail_errno(std::string attempted, int code,
                                        const char* capability = nullptr) {
  return tl::make_unexpected(system_error(std::move(attempted), code, capability));
}

}  // namespace trestle
