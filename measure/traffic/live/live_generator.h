// SPDX-License-Identifier: Apache-2.0
//
// Sending from inside the kernel: a LiveSender on each of the CPUs for senders, each for its share
// of the sending ends.

#pragma once

#include <memory>
#include <vector>

#include "measure/traffic/link_end.h"
#include "measure/traffic/live/live_sender.h"
#include "measure/traffic/sending.h"

namespace trestle::measure {

class LiveGenerator final : public Sending {
 public:
  // Null: a trial, or a device, that is not suited to it. What is passed has to outlive it.
  static Result<std::unique_ptr<LiveGenerator>> open(const Trial& trial,
                                                     const std::vector<FrameTemplate>& templates,
                                                     std::vector<LinkEnd>& ends,
                                                     const std::vector<int>& cpus);

  // `cpus`: as passed to open().
  Result<std::uint64_t> send(const std::vector<int>& cpus) override;
  // An error when a device has gone, or has next to none of the frames.
  Result<void> settle() override;
  Sent sent_by(std::size_t end) const override;
  Used used_of(std::size_t stream) const override;

 private:
  LiveGenerator(const Trial& trial, std::vector<LinkEnd>& ends)
      : trial_(trial), ends_(ends), sent_(ends.size()), used_(trial.streams.size()) {}
  bool all_are(bool (LiveSender::*state)() const) const;
  void count_offered();

  const Trial& trial_;
  std::vector<LinkEnd>& ends_;
  std::vector<std::unique_ptr<LiveSender>> senders_;  // by CPU
  std::vector<Sent> sent_;                            // by end
  std::vector<Used> used_;                            // by stream
};

}  // namespace trestle::measure
