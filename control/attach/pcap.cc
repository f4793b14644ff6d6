// SPDX-License-Identifier: Apache-2.0
//
// Type pcap: capture files.

#include <utility>

#include "control/attach/attachment.h"
#include "datapath/ports/pcap.h"

namespace trestle::control {
namespace {

class PcapAttachment : public Attachment {
 public:
  explicit PcapAttachment(std::shared_ptr<PcapPort> port) : port_(std::move(port)) {}
  std::shared_ptr<Port> port() const override { return port_; }

 private:
  std::shared_ptr<PcapPort> port_;
};

}  // namespace

Attached attach_pcap(AttachContext&, const config::PortName&, const config::Port& port) {
  auto opened = PcapPort::open(port.read_file, port.write_file);
  if (!opened) return tl::make_unexpected(opened.error());
  return std::make_unique<PcapAttachment>(std::move(*opened));
}

}  // namespace trestle::control
