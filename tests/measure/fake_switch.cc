// SPDX-License-Identifier: Apache-2.0
//
// fake-switch: what is measured when the measuring itself is tested. It moves frames between two
// interfaces and is at fault exactly as it is told: it loses, repeats and swaps every n-th frame,
// keeps to a rate, and delays. One thread, plain, and slow. At its end it writes what it has really
// done, so that a test can tell the machine's hiccups from mistakes in measuring.
//
// Faults are only for frames to UDP port 9 (discard), which the generator sends; all others pass.
// Time is that at which the kernel received a frame: a moment in which this program could not run
// changes neither the rate nor what is lost. SIGUSR1 begins an outage.

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "measure/result/histogram.h"

namespace {

using Time = std::int64_t;  // ns, CLOCK_REALTIME
constexpr Time kSecond = 1'000'000'000;
constexpr std::size_t kFrameMax = 65536;
constexpr int kBurst = 64;
constexpr Time kHoldMax = 20'000'000;  // for a frame whose successor does not come

struct Options {
  double loss = 0, reorder = 0, duplicate = 0;  // shares
  double rate = 0;                              // frames/s; 0: no limit
  double depth = 200;    // frames that may come at once, of the rate's bucket
  double delay_ms = 0;   // of every frame
  double sulk_ms = 0;    // after a frame above the rate, every second one is lost for so long
  double outage_ms = 0;  // nothing passes for so long after SIGUSR1
  std::string report;
  std::vector<std::string> interfaces;
};

struct Done {
  std::uint64_t received = 0;  // frames to port 9, both ways
  std::uint64_t forwarded = 0, lost = 0, limited = 0, reordered = 0, duplicated = 0;
  std::uint64_t sulked = 0, out = 0;
  std::uint64_t refused = 0;  // by the kernel, when sent
  trestle::measure::Histogram delay;
  Time longest_gap = 0;  // between two forwarded ones of a direction
};

volatile std::sig_atomic_t stopped = 0, outage_wanted = 0;

[[noreturn]] void die(const std::string& attempted) {
  std::fprintf(stderr, "fake-switch: %s: %s\n", attempted.c_str(), std::strerror(errno));
  std::exit(1);
}

Time now() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

// True for every n-th call where n = 1 / share, exactly.
class Every {
 public:
  explicit Every(double share) : share_(share) {}
  bool next() {
    sum_ += share_;
    if (sum_ < 1 - 1e-9) return false;
    sum_ -= 1;
    return true;
  }

 private:
  const double share_;
  double sum_ = 0;
};

// Tokens come at the rate, and each frame takes one.
class Bucket {
 public:
  Bucket(double rate, double depth) : rate_(rate), depth_(depth), tokens_(depth) {}
  bool take(Time at) {
    if (rate_ == 0) return true;
    tokens_ = std::min(depth_, tokens_ + rate_ * static_cast<double>(at - last_) / kSecond);
    last_ = at;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  const double rate_, depth_;
  double tokens_;
  Time last_ = 0;
};

struct Frame {
  std::vector<std::uint8_t> bytes;
  Time at = 0;       // when it came
  Time due = 0;      // when it is to go
  bool ours = true;  // to port 9
};

bool to_discard_port(const std::uint8_t* frame, std::size_t size) {
  constexpr std::size_t kIp = 14, kUdp = kIp + 20;
  return size >= kUdp + 4 && frame[12] == 0x08 && frame[13] == 0x00 && frame[kIp] == 0x45 &&
         frame[kIp + 9] == 17 && frame[kUdp + 2] == 0 && frame[kUdp + 3] == 9;
}

int open_port(const std::string& interface) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) die("cannot open a packet socket");
  const int on = 1, buffer = 64 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0) die("no time stamps");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0) die("no buffer");
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) {
    die("cannot leave out what it sent itself");
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  if (address.sll_ifindex == 0) die("no interface " + interface);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    die("cannot bind to " + interface);
  }
  return fd;
}

// From one interface to the other.
class Direction {
 public:
  Direction(const Options& options, int from, int to, Done& done)
      : options_(options),
        from_(from),
        to_(to),
        done_(done),
        loss_(options.loss),
        reorder_(options.reorder),
        duplicate_(options.duplicate),
        bucket_(options.rate, options.depth) {}

  // Takes what has come; false when there was nothing.
  bool receive(Time out_until);
  // Sends what is due.
  void send(Time time);
  // When it has to look again; none: when something comes.
  std::optional<Time> next() const;

 private:
  void take(Frame frame, Time out_until);
  bool loses(const Frame& frame, Time out_until);
  void queue(Frame frame);

  const Options& options_;
  const int from_, to_;
  Done& done_;
  Every loss_, reorder_, duplicate_, sulk_{0.5};
  Bucket bucket_;
  Time sulks_until_ = 0;
  Time last_gone_ = 0;
  std::optional<Frame> held_;  // until its successor has gone
  std::deque<Frame> queue_;
};

Time stamp_of(const msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(const_cast<msghdr*>(&message), part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec time{};
    std::memcpy(&time, CMSG_DATA(part), sizeof time);
    return time.tv_sec * kSecond + time.tv_nsec;
  }
  return now();
}

bool Direction::receive(Time out_until) {
  static std::array<std::array<std::uint8_t, kFrameMax>, kBurst> buffers;
  std::array<std::array<std::uint8_t, 128>, kBurst> controls;
  std::array<iovec, kBurst> parts;
  std::array<mmsghdr, kBurst> messages{};
  for (std::size_t i = 0; i < kBurst; ++i) {
    parts[i] = {buffers[i].data(), kFrameMax};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_control = controls[i].data();
    messages[i].msg_hdr.msg_controllen = controls[i].size();
  }
  const int count = recvmmsg(from_, messages.data(), kBurst, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < count; ++i) {
    const auto n = static_cast<std::size_t>(i);
    const std::uint8_t* bytes = buffers[n].data();
    const std::size_t size = messages[n].msg_len;
    Frame frame{{bytes, bytes + size}, stamp_of(messages[n].msg_hdr), 0, true};
    frame.ours = to_discard_port(bytes, size);
    take(std::move(frame), out_until);
  }
  return count > 0;
}

bool Direction::loses(const Frame& frame, Time out_until) {
  const auto counted = [](std::uint64_t& counter) {
    ++counter;
    return true;
  };
  if (frame.at < out_until) return counted(done_.out);
  if (!bucket_.take(frame.at)) {
    sulks_until_ = frame.at + static_cast<Time>(options_.sulk_ms * 1e6);
    return counted(done_.limited);
  }
  if (frame.at < sulks_until_ && sulk_.next()) return counted(done_.sulked);
  return loss_.next() && counted(done_.lost);
}

void Direction::take(Frame frame, Time out_until) {
  frame.due = frame.at + static_cast<Time>(options_.delay_ms * 1e6);
  if (!frame.ours) return queue(std::move(frame));
  ++done_.received;
  if (loses(frame, out_until)) return;
  const bool twice = duplicate_.next();
  if (reorder_.next() && !held_) {
    held_ = std::move(frame);
    return;
  }
  if (twice) {
    ++done_.duplicated;
    queue(frame);
  }
  const Time due = frame.due;
  queue(std::move(frame));
  if (!held_) return;
  ++done_.reordered;
  held_->due = due;
  queue(std::move(*held_));
  held_.reset();
}

void Direction::queue(Frame frame) {
  queue_.push_back(std::move(frame));
}

void Direction::send(Time time) {
  // A stream's last frame has no successor.
  if (held_ && time > held_->due + kHoldMax) {
    queue(std::move(*held_));
    held_.reset();
  }
  for (; !queue_.empty() && queue_.front().due <= time; queue_.pop_front()) {
    const Frame& frame = queue_.front();
    if (::send(to_, frame.bytes.data(), frame.bytes.size(), MSG_DONTWAIT) < 0) {
      ++done_.refused;
    } else if (frame.ours) {
      ++done_.forwarded;
      const Time gone = now();
      done_.delay.record(gone - frame.at);
      if (last_gone_ > 0) done_.longest_gap = std::max(done_.longest_gap, gone - last_gone_);
      last_gone_ = gone;
    }
  }
}

std::optional<Time> Direction::next() const {
  std::optional<Time> next;
  if (!queue_.empty()) next = queue_.front().due;
  if (held_) next = std::min(next.value_or(held_->due + kHoldMax), held_->due + kHoldMax);
  return next;
}

void run(const Options& options, const std::array<int, 2>& ports, Done& done) {
  std::array<Direction, 2> directions{Direction(options, ports[0], ports[1], done),
                                      Direction(options, ports[1], ports[0], done)};
  // The signals are let through only while it waits, so that none comes in between.
  sigset_t handled, waiting;
  sigemptyset(&handled);
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&handled, number);
  sigprocmask(SIG_BLOCK, &handled, &waiting);
  Time out_until = 0;
  while (stopped == 0) {
    Time wait = kSecond;
    for (Direction& direction : directions) {
      const bool came = direction.receive(out_until);
      direction.send(now());
      if (came) wait = 0;
      if (const auto next = direction.next()) wait = std::clamp(*next - now(), Time{0}, wait);
    }
    std::array<pollfd, 2> polled{pollfd{ports[0], POLLIN, 0}, pollfd{ports[1], POLLIN, 0}};
    const timespec timeout{wait / kSecond, wait % kSecond};
    ppoll(polled.data(), polled.size(), &timeout, &waiting);
    if (outage_wanted == 0) continue;
    outage_wanted = 0;
    out_until = now() + static_cast<Time>(options.outage_ms * 1e6);
  }
}

std::uint64_t dropped_by_kernel(int port) {
  tpacket_stats stats{};
  socklen_t size = sizeof stats;
  if (getsockopt(port, SOL_PACKET, PACKET_STATISTICS, &stats, &size) != 0) die("no statistics");
  return stats.tp_drops;
}

void write_report(const Options& options, const std::array<int, 2>& ports, const Done& done) {
  const nlohmann::ordered_json report = {
      {"received", done.received},
      {"unseen", dropped_by_kernel(ports[0]) + dropped_by_kernel(ports[1])},
      {"forwarded", done.forwarded},
      {"lost", done.lost},
      {"limited", done.limited},
      {"sulked", done.sulked},
      {"out", done.out},
      {"reordered", done.reordered},
      {"duplicated", done.duplicated},
      {"refused", done.refused},
      {"longest_gap", done.longest_gap},
      {"delay_p50", done.delay.quantile(0.5)},
      {"delay_max", done.delay.max()}};
  std::printf("%s\n", report.dump().c_str());
  if (!options.report.empty()) std::ofstream(options.report) << report.dump() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"A switch with known faults, between two interfaces"};
  app.add_option("--loss", options.loss, "share of the frames, every n-th");
  app.add_option("--reorder", options.reorder, "share that comes after its successor");
  app.add_option("--duplicate", options.duplicate, "share that comes twice");
  app.add_option("--rate", options.rate, "frames/s that pass; 0: all");
  app.add_option("--depth", options.depth, "frames of --rate that may come at once");
  const CLI::AsNumberWithUnit time(
      std::map<std::string, double>{{"us", 1e-3}, {"ms", 1}, {"s", 1000}});
  app.add_option("--delay", options.delay_ms, "of every frame: 2ms")->transform(time);
  app.add_option("--sulk", options.sulk_ms, "every second frame is lost, so long after overload")
      ->transform(time);
  app.add_option("--outage", options.outage_ms, "nothing passes, so long after SIGUSR1")
      ->transform(time);
  app.add_option("--report", options.report, "a file for what it has done");
  app.add_option("interfaces", options.interfaces)->required()->expected(2);
  CLI11_PARSE(app, argc, argv);

  std::signal(SIGTERM, [](int) { stopped = 1; });
  std::signal(SIGINT, [](int) { stopped = 1; });
  std::signal(SIGUSR1, [](int) { outage_wanted = 1; });
  prctl(PR_SET_TIMERSLACK, 1);
  const std::array<int, 2> ports{open_port(options.interfaces[0]),
                                 open_port(options.interfaces[1])};
  Done done;
  run(options, ports, done);
  write_report(options, ports, done);
  return 0;
}
