// SPDX-License-Identifier: Apache-2.0

#include "datapath/error.h"

#include <cerrno>
#include <system_error>

namespace trestle {

Error system_error(std::string attempted, int code, const char* capability) {
  attempted += ": " + std::generic_category().message(code);
  if (capability != nullptr && (code == EPERM || code == EACCES)) {
    attempted += std::string(" (needs ") + capability + ")";
  }
  return Error{std::move(attempted), code};
}

}  // namespace trestle
