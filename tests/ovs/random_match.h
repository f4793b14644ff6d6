// SPDX-License-Identifier: Apache-2.0
//
// Parts of random rules: what they match, and edits that this allows.

#pragma once

#include <string>

#include "tests/ovs/random_frames.h"

namespace trestle::testing {

enum class Layer3 { kUnknown, kIpv4, kIpv6, kArp, kMpls };
enum class Layer4 { kUnknown, kTcp, kUdp, kSctp, kIcmp4, kIcmp6, kSolicit, kAdvert };

// What is known of a frame at some step of a rule, by its match and the actions before: OpenFlow
// wants edits to be possible by that.
struct Known {
  Layer3 layer3 = Layer3::kUnknown;
  Layer4 layer4 = Layer4::kUnknown;
  unsigned tags = 0;  // that there are for sure
  // The outermost label is (not) the last; -1: not known.
  int last_label = -1;
  bool anything = false;  // buckets: nothing is asked of their edits
};

// "tcp,in_port=1,nw_src=10.0.0.0/8"; empty: everything.
std::string random_match(const Dice& dice, Known& known);

// "0x12/0xff" or "0x12"
std::string masked_hex(const Dice& dice, unsigned long long all_ones);

class Edits {
 public:
  // `oldest`: OpenFlow 1.0, with its own actions for tags. `pops`: labels may be
  // taken off, but not put on: Open vSwitch lets one undo the other, whatever types they name.
  Edits(const Dice& dice, bool oldest, bool pops) : dice_(dice), oldest_(oldest), pops_(pops) {}

  std::string random(Known& known);
  // One that may stand in write_actions or a bucket.
  std::string in_set(Known& known);

 private:
  std::string tag(Known& known);
  std::string label(Known& known, bool in_set);
  std::string layer3(const Known& known);
  std::string layer4(const Known& known);
  std::string addresses();
  std::string scratch();
  std::string move(const Known& known);

  const Dice& dice_;
  const bool oldest_, pops_;
};

}  // namespace trestle::testing
