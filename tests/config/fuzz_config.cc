// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer: any bytes either have mistakes, each with its place, or are a config that survives
// being printed.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/diff.h"
#include "config/parse.h"
#include "config/print.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = parse(text, "fuzz");
  if (!config) {
    require(!config.error().empty());
    for (const Mistake& mistake : config.error()) require(mistake.line > 0 && mistake.column > 0);
    return 0;
  }
  const std::string printed = print(*config);
  const auto again = parse(printed, "printed");
  require(again && *again == *config && print(*again) == printed);
  require(diff(*config, *again).empty());
  return 0;
}
