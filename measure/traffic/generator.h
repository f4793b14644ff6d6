// SPDX-License-Identifier: Apache-2.0
//
// Sending by system calls: one thread on each of the CPUs for senders, each serving its share of
// the sending ends.

#pragma once

#include <memory>
#include <vector>

#include "measure/traffic/link_end.h"
#include "measure/traffic/sender.h"
#include "measure/traffic/sending.h"
#include "measure/traffic/sending_means.h"

namespace trestle::measure {

class Generator final : public Sending {
 public:
  // What is passed has to outlive it; the ends' outlets are used.
  static Result<std::unique_ptr<Generator>> open(const Trial& trial,
                                                 const std::vector<FrameTemplate>& templates,
                                                 std::vector<LinkEnd>& ends, SendingMeans means);

  Result<std::uint64_t> send(const std::vector<int>& cpus) override;
  Sent sent_by(std::size_t end) const override;
  Used used_of(std::size_t stream) const override;

 private:
  Generator(const Trial& trial, const std::vector<FrameTemplate>& templates,
            std::vector<LinkEnd>& ends)
      : trial_(trial), templates_(templates), ends_(ends), senders_(ends.size()) {}

  const Trial& trial_;
  const std::vector<FrameTemplate>& templates_;
  std::vector<LinkEnd>& ends_;
  std::vector<std::unique_ptr<Sender>> senders_;  // by end; null: it sends nothing
};

}  // namespace trestle::measure
