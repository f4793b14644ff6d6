// SPDX-License-Identifier: Apache-2.0
//
// What a frame looks like after some of a program's steps, where that takes its bytes: what is
// below an MPLS label or a third VLAN tag. For the forwarder and for `trestle why`. Not on the fast
// path.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "datapath/edit/edited_frame.h"
#include "switch/flow/extract.h"
#include "switch/flow/translate.h"

namespace trestle {

// Does a program's steps to a copy, to see what is below the headers they take off. To be used for
// one frame after another: it keeps the room for copies.
class ReparseCopy : public flow::Reparse {
 public:
  // What is asked next is asked of this frame, which came in by `in`.
  ReparseCopy& of(const Frame& frame, PortId in) {
    frame_ = &frame;
    in_ = in;
    return *this;
  }

  bool fields_after(std::span<const flow::Op> ops, flow::Fields& fields) override {
    std::size_t last = 0;  // of the versions, as the runner has them: the last is the present one
    version(0).copy(*frame_);
    for (const flow::Op& op : ops) {
      if (op.kind == flow::Op::Kind::kSave) {
        EditedFrame& saved = version(last + 1);
        saved.copy(version(last));
        ++last;
      } else if (op.kind == flow::Op::Kind::kRestore) {
        --last;
      } else {
        version(last).apply(op);  // steps that send do nothing to it
      }
    }
    const EditedFrame& now = version(last);
    if (!FrameView::parse(now.head(), {})) return false;
    flow::extract(now.head(), now.size, {}, flow::Depth::kL4, fields);
    fields.set_in_port(in_);
    return true;
  }

 private:
  EditedFrame& version(std::size_t index) {
    while (versions_.size() <= index) versions_.push_back(std::make_unique<EditedFrame>());
    return *versions_[index];
  }

  const Frame* frame_ = nullptr;
  PortId in_ = kNoPort;
  std::vector<std::unique_ptr<EditedFrame>> versions_;
};

}  // namespace trestle
