// SPDX-License-Identifier: Apache-2.0
//
// Type memory: one end of a cable inside the process.

#include <utility>

#include "control/attach/attachment.h"
#include "datapath/ports/memory.h"

namespace trestle::control {
namespace {

class MemoryAttachment : public Attachment {
 public:
  explicit MemoryAttachment(std::shared_ptr<Port> port) : port_(std::move(port)) {}
  std::shared_ptr<Port> port() const override { return port_; }

 private:
  std::shared_ptr<Port> port_;
};

}  // namespace

Result<std::shared_ptr<Port>> MemoryCables::end(const config::PortName& self,
                                                const config::PortName& peer) {
  const std::lock_guard lock(mutex_);
  auto& known = cables_[std::minmax(self, peer)];
  auto cable = known.lock();
  if (!cable) {
    auto made = MemoryCable::make();
    if (!made) return tl::make_unexpected(made.error());
    cable = std::make_shared<MemoryCable>(std::move(*made));
    known = cable;
  }
  // Either end keeps the whole cable.
  return std::shared_ptr<Port>(cable, self < peer ? cable->a.get() : cable->b.get());
}

Attached attach_memory(AttachContext& context, const config::PortName& name,
                       const config::Port& port) {
  auto end = context.cables.end(name, *port.peer);
  if (!end) return tl::make_unexpected(end.error());
  return std::make_unique<MemoryAttachment>(std::move(*end));
}

}  // namespace trestle::control
