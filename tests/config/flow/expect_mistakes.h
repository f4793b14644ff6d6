// SPDX-License-Identifier: Apache-2.0
//
// That each bad text is refused with its message and column.

#pragma once

#include <catch2/catch.hpp>

#include "tests/config/flow/flow_texts.h"

namespace trestle::config {

template <typename Texts, typename Parse>
void expect_mistakes(const Texts& texts, Parse parse) {
  CHECK_FALSE(texts.empty());
  for (const BadText& bad : texts) {
    INFO(bad.text);
    const auto parsed = parse(bad.text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message == bad.message);
    CHECK(parsed.error().column == bad.column);
  }
}

}  // namespace trestle::config
