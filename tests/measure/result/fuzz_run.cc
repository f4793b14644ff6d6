// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer: any bytes are either refused with a place, or a run that survives being written, and
// of which every report can be made.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "measure/report/compare_text.h"
#include "measure/report/html.h"
#include "measure/report/markdown.h"
#include "measure/report/text_tables.h"
#include "tests/measure/result/random_run.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle::measure;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto run = parse_run(text, "fuzz");
  if (!run) {
    require(run.error().what.starts_with("fuzz:"));
    return 0;
  }
  const std::string written = text_of(*run);
  const auto again = parse_run(written, "written");
  require(again && text_of(*again) == written);
  require(!markdown(*run).empty() && !text_tables(*run).empty());
  require(html(*run).ends_with("</html>\n"));
  require(compare_text(*run, *again).find("beyond noise (") == std::string::npos);
  return 0;
}
