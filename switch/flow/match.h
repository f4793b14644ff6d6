// SPDX-License-Identifier: Apache-2.0
//
// What a rule looks for: values, and which of their bits count. Pure; any thread.

#pragma once

#include <cstddef>

#include "switch/flow/field.h"
#include "switch/flow/fields.h"

namespace trestle::flow {

struct Match {
  Fields value;  // no bit outside of `mask` is set
  Fields mask;   // a set bit must be equal; no bit set: matches everything

  // Adds `field` = value/mask (right-aligned) to what must hold.
  void require(Field field, Bits field_value, Bits field_mask) {
    set_masked(value, field, field_value & field_mask, field_mask);
    set_masked(mask, field, field_mask, field_mask);
  }
  void require(Field field, Bits field_value) {
    require(field, field_value, low_ones(info(field).width));
  }

  bool matches(const Fields& fields) const {
    for (std::size_t i = 0; i < kWords; ++i) {
      if (((fields[i] ^ value[i]) & mask[i]) != 0) return false;
    }
    return true;
  }
  // Every frame that `other` matches is matched by this one, too.
  bool covers(const Match& other) const {
    for (std::size_t i = 0; i < kWords; ++i) {
      if ((mask[i] & ~other.mask[i]) != 0 || ((value[i] ^ other.value[i]) & mask[i]) != 0)
        return false;
    }
    return true;
  }
  // There can be a frame that both match.
  bool overlaps(const Match& other) const {
    for (std::size_t i = 0; i < kWords; ++i) {
      if (((value[i] ^ other.value[i]) & mask[i] & other.mask[i]) != 0) return false;
    }
    return true;
  }

  friend bool operator==(const Match&, const Match&) = default;
};

}  // namespace trestle::flow
