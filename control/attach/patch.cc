// SPDX-License-Identifier: Apache-2.0
//
// Type patch: nothing in the world. The two ends find each other by name when control publishes.

#include "control/attach/attachment.h"

namespace trestle::control {
namespace {

class PatchAttachment : public Attachment {
 public:
  std::shared_ptr<Port> port() const override { return nullptr; }
  Result<void> set_carrier(bool) override { return {}; }  // the other end looks at this one's state
};

}  // namespace

Attached attach_patch(AttachContext&, const config::PortName&, const config::Port&) {
  return std::make_unique<PatchAttachment>();
}

}  // namespace trestle::control
