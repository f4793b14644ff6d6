// SPDX-License-Identifier: Apache-2.0
//
// What does a TCP transfer make of a switch, and what does a GB cost? With the offloads that the
// kernel sets, and with ends that make their own segments and checksums.

#include <algorithm>
#include <array>
#include <utility>

#include "measure/cases/iperf3.h"
#include "measure/cases/peers.h"

namespace trestle::measure::peers {
namespace {

// ethtool's short name, to set it, and its long one, in listings.
constexpr std::array<std::pair<const char*, const char*>, 4> kOffloads = {{
    {"tso", "tcp-segmentation-offload"},
    {"gso", "generic-segmentation-offload"},
    {"gro", "generic-receive-offload"},
    {"tx", "tx-checksumming"},
}};
constexpr double kEthtoolSeconds = 10;

// Both ends without offloads, for as long as the object lives; then as they were.
class WithoutOffloads {
 public:
  static Result<WithoutOffloads> at_both_ends(Lab& lab) {
    WithoutOffloads made(lab);
    for (std::size_t end = 0; end < 2; ++end) {
      const auto listing = lab.run_at(end, {"ethtool", "-k", "eth0"}, kEthtoolSeconds);
      if (!listing) return tl::make_unexpected(listing.error());
      for (const auto& [name, title] : kOffloads) {
        if (listing->find(std::string(title) + ": on") != std::string::npos) {
          made.were_on_[end].emplace_back(name);
        }
      }
      if (auto set = made.set(end, "off"); !set) return tl::make_unexpected(set.error());
    }
    return made;
  }
  WithoutOffloads(WithoutOffloads&& other) noexcept
      : lab_(std::exchange(other.lab_, nullptr)), were_on_(std::move(other.were_on_)) {}
  WithoutOffloads& operator=(WithoutOffloads&&) = delete;
  ~WithoutOffloads() {
    if (lab_ == nullptr) return;
    for (std::size_t end = 0; end < 2; ++end) static_cast<void>(set(end, "on"));
  }

 private:
  explicit WithoutOffloads(Lab& lab) : lab_(&lab) {}

  Result<void> set(std::size_t end, const char* state) {
    if (were_on_[end].empty()) return {};
    std::vector<std::string> command = {"ethtool", "-K", "eth0"};
    for (const std::string& each : were_on_[end]) {
      command.push_back(each);
      command.emplace_back(state);
    }
    const auto said = lab_->run_at(end, command, kEthtoolSeconds);
    if (!said) return tl::make_unexpected(said.error());
    return {};
  }

  Lab* lab_;
  std::array<std::vector<std::string>, 2> were_on_;
};

// A connection that does not come about is a rate of 0, with a note.
Result<void> measure(Stage& stage, Record& record, unsigned streams,
                     const std::string& congestion) {
  const auto done = transfer(*stage.lab, streams, congestion, stage.effort.transfer_seconds);
  if (!done) return tl::make_unexpected(done.error());
  const bool connected = done->trouble.find("unable to connect") == std::string::npos;
  if (connected && !done->trouble.empty()) return fail("iperf3: " + done->trouble);
  record.values["tcp_rate"] = done->bits_per_second;
  if (done->bytes > 0) {
    record.values["cpu_per_gigabyte"] = done->busy_seconds / (done->bytes / 1e9);
  } else {
    record.note = done->trouble.empty() ? "nothing was received" : done->trouble;
  }
  return {};
}

}  // namespace

Case tcp(const Effort& effort, unsigned streams, const std::string& congestion, Offloads offloads) {
  Case asked;
  asked.suite = "peers";
  asked.test = offloads == Offloads::kOff ? "tcp-off" : "tcp";
  asked.setup = {{"streams", streams}, {"congestion", congestion}};
  asked.measure = [=](Stage& stage, Record& record) -> Result<void> {
    if (stage.lab == nullptr) return fail("TCP needs a lab");
    if (auto ready = prepare(stage, SwitchCpus::kAll); !ready) return ready;
    if (offloads == Offloads::kDefault) return measure(stage, record, streams, congestion);
    const auto without = WithoutOffloads::at_both_ends(*stage.lab);
    if (!without) return tl::make_unexpected(without.error());
    return measure(stage, record, streams, congestion);
  };
  asked.seconds = std::max(1.0, effort.transfer_seconds) + 0.5;
  return asked;
}

}  // namespace trestle::measure::peers
