// SPDX-License-Identifier: Apache-2.0
//
// What a frame looks like after some of a program's steps, where that takes its bytes: what is
// below an MPLS label or a third VLAN tag. For the forwarder and for `trestle why`. Not on the fast
// path.

#pragma once

#include <memory>
#include <span>
#include <vector>

#include "datapath/edit/edited_frame.h"
#include "switch/flow/extract.h"
#include "switch/flow/translate.h"

namespace trestle {

// Does a program's steps to a copy, to see what is below the headers they take off.
class ReparseCopy : public flow::Reparse {
 public:
  ReparseCopy(const Frame& frame, PortId in) : frame_(frame), in_(in) {}

  bool fields_after(std::span<const flow::Op> ops, flow::Fields& fields) override {
    std::vector<std::unique_ptr<EditedFrame>>
        versions;  // as the runner's: the last is the present one
    const auto add = [&](const Frame& from) {
      auto made = std::make_unique<EditedFrame>();
      made->copy(from);
      versions.push_back(std::move(made));
    };
    add(frame_);
    for (const flow::Op& op : ops) {
      if (op.kind == flow::Op::Kind::kSave) {
        add(*versions.back());
      } else if (op.kind == flow::Op::Kind::kRestore) {
        versions.pop_back();
      } else {
        versions.back()->apply(op);  // steps that send do nothing to it
      }
    }
    const EditedFrame& now = *versions.back();
    if (!FrameView::parse(now.head(), {})) return false;
    flow::extract(now.head(), now.size, {}, flow::Depth::kL4, fields);
    fields.set_in_port(in_);
    return true;
  }

 private:
  const Frame& frame_;
  const PortId in_;
};

}  // namespace trestle
