// SPDX-License-Identifier: Apache-2.0
//
// RFC 2889 5.9: does the switch keep frames to itself that are not legal on Ethernet? One case for
// frames of less than 64 bytes and one for those of more than 1,518, each size of them offered
// for a while; `errored_forwarded` is the share that came out, the mean over the sizes that could
// be offered, and the series `forwarded` has each size (bytes with FCS, share).
//
// Frames with a wrong FCS, dribble bits or alignment errors (5.9.3) cannot exist here:
// between virtual interfaces there is no FCS and no bit but the frame's. Short frames are no error
// there either: padding to 64 bytes is a wire's need, and a switch that forwards them to a virtual
// port harms nobody. Long ones are: the receiver's device was promised its MTU. One that is four
// bytes too long passes links and switches that leave room for a VLAN tag without looking for one.
//
// The sender's MTU is raised meanwhile, so that it sends long frames at all. Its link refuses what
// is longer than the other side's MTU and a tag, and the note says so: `direct`, for which these
// cases run too, tells what the link itself lets through. The load is the same for all, and low:
// the standard's overload is the other tests' business.

#include <fmt/core.h>

#include <algorithm>

#include "measure/cases/rfc2889.h"
#include "measure/switches/switch.h"

namespace trestle::measure::rfc2889 {
namespace {

constexpr double kRate = 10000;  // frames/s
constexpr std::uint32_t kLegalMtu = 1500, kLargeMtu = 9000;

struct Kind {
  const char* name;
  std::vector<std::uint32_t> sizes;  // with FCS
};

Result<void> set_sender_mtu(Stage& stage, std::uint32_t mtu) {
  if (stage.lab == nullptr) return {};
  const auto done =
      stage.lab->run_at(0, {"ip", "link", "set", "dev", "eth0", "mtu", std::to_string(mtu)}, 5);
  if (!done) return tl::make_unexpected(done.error());
  return {};
}

Result<void> offer_sizes(Stage& stage, Record& record, const std::vector<std::uint32_t>& sizes) {
  Trial trial;
  trial.streams = {stream_between(stage.trials, 0, 1)};
  trial.rate = kRate;
  trial.seconds = stage.effort.search_seconds;
  double sum = 0;
  auto& forwarded = record.series["forwarded"];
  for (const std::uint32_t bytes : sizes) {
    show_progress(stage, fmt::format("{}, {} bytes", record.test, bytes));
    trial.sizes = {{bytes, 1}};
    const auto result = run_trial(stage, trial);
    if (!result) return tl::make_unexpected(result.error());
    if (result->ends[0].sent == 0) {
      record.note = fmt::format("frames of {} bytes could not be sent", bytes);
      continue;
    }
    const double share = std::min(1.0, static_cast<double>(result->ends[1].received) /
                                           static_cast<double>(result->ends[0].sent));
    forwarded.emplace_back(bytes, share);
    sum += share;
  }
  if (forwarded.empty()) return fail("no frame of these sizes could be sent");
  record.values["errored_forwarded"] = sum / static_cast<double>(forwarded.size());
  return {};
}

Result<void> measure(Stage& stage, Record& record, const Kind& kind) {
  if (auto ready = prepare(stage); !ready) return ready;
  const bool large = kind.sizes.back() > kLegalMtu;
  if (large) {
    if (auto set = set_sender_mtu(stage, kLargeMtu); !set) return set;
  }
  const auto offered = offer_sizes(stage, record, kind.sizes);
  if (large) {
    if (auto set = set_sender_mtu(stage, kLegalMtu); !set) return set;
  }
  return offered;
}

}  // namespace

std::vector<Case> errored_cases(const Effort& effort) {
  std::vector<Case> cases;
  for (const Kind& kind : {Kind{"undersize", {32, 48, 63}}, Kind{"oversize", {1519, 1522, 2000}}}) {
    Case made = asked("errored-frames", 2);
    made.setup = {{"frames", kind.name}, {"ports", 2}};
    made.measure = [kind](Stage& stage, Record& record) { return measure(stage, record, kind); };
    made.seconds = 3 * (effort.search_seconds + 0.1);
    cases.push_back(std::move(made));
  }
  return cases;
}

}  // namespace trestle::measure::rfc2889
