// SPDX-License-Identifier: Apache-2.0

#include "measure/report/glossary.h"

#include <iterator>
#include <string_view>

#include "measure/report/labels.h"

namespace trestle::measure {
namespace {

struct TestMeaning {
  std::string_view suite;  // "": any
  std::string_view test;   // as plain_words
  const char* meaning;
};
constexpr TestMeaning kTests[] = {
    {"", "throughput",
     "RFC 2544, 26.1: the highest rate at which no frame is lost, found by bisection; and, since a "
     "single lost frame ends that search, the highest at which at most 0.1 % is lost."},
    {"", "latency",
     "RFC 2544, 26.2, and RFC 8219: how long a frame takes from the sender's system call until the "
     "far end's kernel has it, at a constant load. Every one of the frames looked at counts, not "
     "only the mean."},
    {"", "frame loss",
     "RFC 2544, 26.3: the share of frames that is lost as the load rises to all the generator can "
     "send."},
    {"", "back to back",
     "RFC 2544, 26.4: the longest burst, sent as fast as possible, of which no frame is lost."},
    {"", "recovery",
     "RFC 2544, 26.5: after an overload the load is halved; how long until no more frames are "
     "lost."},
    {"", "reset",
     "RFC 2544, 26.6, and RFC 6201: how long no frames pass while the switch starts again."},
    {"", "restart",
     "RFC 2544, 26.6, and RFC 6201: how long no frames pass when the switch's process is ended and "
     "started again under load."},
    {"", "reload",
     "RFC 6201, after its software reset: how long no frames pass while the switch takes a new "
     "configuration under load."},
    {"", "delivery",
     "What arrives, frame by frame, at a load the switch holds: lost, duplicated and reordered "
     "(RFC 4737) frames, by their sequence numbers."},
    {"", "fully meshed", "RFC 2889, 5.1: every port sends to every other port, round robin."},
    {"", "partially meshed",
     "RFC 2889, 5.3 and 5.4: some ports send to all of the others, in one direction or both."},
    {"", "one to many", "RFC 2889, 5.2: one port sends to all others, round robin."},
    {"", "many to one", "RFC 2889, 5.2: all other ports send to one port."},
    {"", "congestion",
     "RFC 2889, 5.5: two ports send to a third, which is thereby congested, and one of them to a "
     "fourth as well. Frames lost on the way to the fourth are head-of-line blocking; senders that "
     "are slowed down instead have met back pressure."},
    {"", "address capacity",
     "RFC 2889, 5.7: how many addresses the switch keeps without flooding frames to any of them."},
    {"", "address learning",
     "RFC 2889, 5.8: the highest rate of new addresses at which all of them are learned."},
    {"", "errored frames",
     "RFC 2889, 5.6: frames that are too short or too long; a switch is not to forward them."},
    {"", "broadcast",
     "RFC 2889, 5.9: broadcasts from one port; how many a second every other port receives, and "
     "how long they take."},
    {"trial", "trial", "What came of the traffic that was asked for; frames of each sender."},
    {"peers", "pps",
     "How many frames a second come out when one CPU sends all it can. Loss is allowed: this is "
     "what gets through under overload."},
    {"peers", "lossless", "The rate at which at most 0.1 % is lost, found by bisection."},
    {"peers", "tcp",
     "TCP transfers (iperf3), with offloads as the kernel sets them, and what a gigabyte costs."},
    {"peers", "tcp off", "TCP transfers (iperf3) between ends without offloads."},
    {"peers", "cpu",
     "CPU time of the whole system while frames come at a moderate rate; \"own\" is without what "
     "the rig needs for the same frames without a switch, in the same round."},
    {"peers", "rtt", "One UDP request and its answer at a time; nobody spins."},
    {"peers", "idle", "CPU time of the switch's processes while nobody sends."},
    {"peers", "memory", "Resident memory of the switch's processes after the round's traffic."},
    {"flows", "rules",
     "How many frames a second come out when one CPU sends all it can, with flow rules in force. "
     "Loss is allowed."},
    {"flows", "attack",
     "A stream through an access list while one frame in 1,000 is of an attack: of a station and a "
     "connection never seen before, so that it has to be decided anew."},
    {"scale", "ports",
     "A bridge with many ports, their far ends in 50 namespaces, beside small ones: started anew, "
     "left alone, asked how it is."},
    {"scale", "broadcast",
     "As many broadcasts as one port can send, to all others: what comes out."},
    {"scale", "addresses",
     "A table with many addresses, taught through the switch: what it says of itself and what "
     "round "
     "trips take, also while all of them age out."},
    {"peers", "tap", "Frames and transfers between TAP ends instead of veth ends."},
};

struct MetricMeaning {
  std::string_view metric;
  const char* meaning;
};
constexpr MetricMeaning kMetricMeanings[] = {
    {"throughput", "Highest offered rate of which every frame arrived."},
    {"throughput_low_loss", "Highest offered rate of which at most one frame in 1,000 was lost."},
    {"throughput_bits", "The same rate in bits of frames, FCS included, preamble and gap not."},
    {"delivered_rate",
     "Frames that came where they were due, over the time that they were sent in."},
    {"received_rate", "Frames that came out while more were sent than the switch can take."},
    {"offered_rate", "What the generator sent."},
    {"rate_kept", "Of the frames that came out in the same round without the attack."},
    {"forwarding_rate_max", "Most frames that came out in a second at any load (RFC 2285, 3.6.3)."},
    {"broadcast_rate", "Mean over the receiving ends."},
    {"reordered", "Frames that came after one with a higher sequence number (RFC 4737)."},
    {"flooded", "Frames that arrived at an end they were not addressed to."},
    {"latency_p50", "Half of the frames were at least as fast."},
    {"latency_p99", "99 of 100 frames were at least as fast."},
    {"latency_p999", "999 of 1,000 frames were at least as fast."},
    {"latency_rate", "The load while latency was taken."},
    {"switch_waited",
     "Time in which the switch wanted to run and other tasks did; its frames waited as well."},
    {"recovery_time", "From the end of the overload until the last frame was lost."},
    {"reset_time", "Longest gap between two frames that arrived."},
    {"back_pressure", "How much slower the senders were made, where no frames were lost."},
    {"cpu_per_frame",
     "CPU seconds of all CPUs for a million frames; generator and sinks included."},
    {"cpu_per_frame_own", "The same without what the rig needs for them without a switch."},
    {"cpu_per_gigabyte", "CPU seconds of all CPUs, both ends of the transfer included."},
    {"idle_cpu", "Of one CPU."},
    {"resident_growth", "VmRSS after the attack less VmRSS before it."},
    {"copies_rate", "Until the last one that waited in the switch has come."},
    {"start_time", "From the start of the switch's program until it says that all ports are up."},
    {"stop_time", "From SIGTERM until the switch's program has ended."},
    {"learning_time", "From the first frame until the switch says that it knows all of them."},
    {"rtt_max_ageing", "To be read beside the longest round trip of a quiet time."},
    {"cpu_per_copy",
     "CPU time of the switch's processes, in which the kernel's receiving at the far ends is too."},
    {"machine_bytes",
     "By how much less memory the machine had available: devices and sockets in the kernel are in "
     "it, and whatever else went on."},
    {"scrape_time", "Over HTTP, not compressed; the longest of five."},
    {"status_time", "The client's process in it; the longest of five."},
    {"port_list_time", "The client's process in it; the longest of five."},
    {"resident_bytes", "VmRSS, mapped receive rings included."},
};

}  // namespace

std::string test_meaning(const std::string& suite, const std::string& test) {
  const std::string name = plain_words(test);
  for (const TestMeaning& each : kTests) {
    if (each.test == name && (each.suite.empty() || each.suite == suite)) return each.meaning;
  }
  return "";
}

std::string metric_meaning(const std::string& metric) {
  for (const MetricMeaning& each : kMetricMeanings) {
    if (each.metric == metric) return each.meaning;
  }
  return "";
}

}  // namespace trestle::measure
