// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/pcap.h"

#include <fcntl.h>
#include <pcap/pcap.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "datapath/clock.h"

namespace trestle {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct ClosePcap {
  void operator()(pcap_t* file) const { pcap_close(file); }
};
using PcapFile = std::unique_ptr<pcap_t, ClosePcap>;

// Replays a capture. A frame that was captured only in part, or that is cut off by the end of the
// file, counts as truncated; what follows the latter, or damage, cannot be read.
class PcapReader : public RxQueue {
 public:
  PcapReader(PcapFile file, int timer) : file_(std::move(file)), timer_(timer) {}
  ~PcapReader() override { close(timer_); }

  void receive(Burst& burst) override {
    const std::int64_t now = monotonic_now();
    while (burst.count + burst.truncated < kBurstMax && load_next(burst, now) && due_ <= now) {
      hand_over(burst);
    }
    wait_for_next();
  }
  int fd() const override { return timer_; }

 private:
  // Makes sure that header_ and data_ are of the next frame, which is due at due_. False: there is
  // none.
  bool load_next(Burst& burst, std::int64_t now) {
    if (loaded_ || at_end_) return loaded_;
    const int result = pcap_next_ex(file_.get(), &header_, &data_);
    if (result == 1) {
      loaded_ = true;
      due_ = due_of_loaded(now);
      return true;
    }
    if (result == PCAP_ERROR) ++burst.truncated;
    at_end_ = true;
    return false;
  }

  std::int64_t due_of_loaded(std::int64_t now) {
    const std::int64_t seconds = header_->ts.tv_sec;
    const std::int64_t nanoseconds = header_->ts.tv_usec;  // by the precision asked for
    if (started_ == 0) {
      started_ = now;
      first_seconds_ = seconds;
      first_nanoseconds_ = std::clamp<std::int64_t>(nanoseconds, 0, kSecond - 1);
    }
    std::int64_t after;  // the first; a file may say anything
    if (__builtin_sub_overflow(seconds, first_seconds_, &after)) after = 0;
    after = std::clamp<std::int64_t>(after, -1, kPauseMax_s) * kSecond;
    after += std::clamp<std::int64_t>(nanoseconds, 0, kSecond - 1) - first_nanoseconds_;
    return started_ + std::max<std::int64_t>(after, 0);
  }

  void hand_over(Burst& burst) {
    loaded_ = false;
    if (header_->caplen < header_->len || header_->caplen > kFrameMax) {
      ++burst.truncated;
      return;
    }
    std::byte* const buffer = burst.buffers.at(burst.count);
    std::memcpy(buffer, data_, header_->caplen);
    burst.frames[burst.count++] = {buffer, header_->caplen, {}, {}};
  }

  // The descriptor becomes readable when the next frame is due, or never again. Setting a timer
  // also clears it.
  void wait_for_next() {
    const std::int64_t wanted = at_end_   ? 0
                                : loaded_ ? due_
                                          : 1;  // 1: long past; it has not been looked at yet
    if (wanted == timer_set_to_) return;
    timer_set_to_ = wanted;
    itimerspec at{};
    at.it_value = {wanted / kSecond, wanted % kSecond};
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &at, nullptr);
  }

  static constexpr std::int64_t kPauseMax_s = 100LL * 365 * 24 * 3600;

  const PcapFile file_;
  const int timer_;
  std::int64_t timer_set_to_ = 0;  // CLOCK_MONOTONIC nanoseconds; 0: not set
  std::int64_t started_ = 0;       // when the first frame was due; 0: not yet
  std::int64_t first_seconds_ = 0, first_nanoseconds_ = 0;
  std::int64_t due_ = 0;
  pcap_pkthdr* header_ = nullptr;
  const u_char* data_ = nullptr;
  bool loaded_ = false;
  bool at_end_ = false;
};

Result<std::unique_ptr<RxQueue>> open_reader(const std::string& path) {
  const std::string attempted = "cannot read capture file " + path;
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return fail_errno(attempted, errno);
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(fd);  // reading a pipe could keep a worker waiting
    return fail(attempted + ": not a regular file");
  }
  std::FILE* const stream = fdopen(fd, "rb");
  if (stream == nullptr) {
    close(fd);
    return fail_errno(attempted, ENOMEM);
  }
  char reason[PCAP_ERRBUF_SIZE];
  PcapFile file(
      pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, reason));
  if (!file) {
    std::fclose(stream);
    return fail(attempted + ": " + reason);
  }
  if (const int type = pcap_datalink(file.get()); type != DLT_EN10MB) {
    const char* const name = pcap_datalink_val_to_name(type);
    return fail(attempted + ": it holds " + (name ? name : std::to_string(type)) +
                " frames, not Ethernet");
  }
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (timer < 0) return fail_errno(attempted + ": cannot make a timer", errno);
  return std::make_unique<PcapReader>(std::move(file), timer);
}

bool same_file(const std::string& a, const std::string& b) {
  struct stat one, other;
  return stat(a.c_str(), &one) == 0 && stat(b.c_str(), &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

}  // namespace

Result<std::shared_ptr<PcapPort>> PcapPort::open(std::optional<std::string> read_file,
                                                 std::optional<std::string> write_file) {
  if (read_file && write_file && same_file(*read_file, *write_file)) {
    return fail("cannot write capture file " + *write_file + ": it is the one to be read");
  }
  std::shared_ptr<PcapPort> port(new PcapPort);
  if (read_file) {
    auto reader = open_reader(*read_file);
    if (!reader) return tl::make_unexpected(reader.error());
    port->reader_ = std::move(*reader);
    port->queue_ = port->reader_.get();
  }
  if (write_file) {
    auto writer = PcapWriter::open(*write_file);
    if (!writer) return tl::make_unexpected(writer.error());
    port->writer_ = std::move(*writer);
  }
  return port;
}

Result<void> PcapPort::prepare(std::size_t workers) {
  if (!writer_) return {};
  if (auto prepared = writer_->prepare(workers); !prepared) return prepared;
  while (sinks_.size() < workers) {
    sinks_.push_back(std::make_unique<PcapSink>(*writer_, sinks_.size()));
  }
  return {};
}

Sink* PcapPort::sink(std::size_t worker) {
  return worker < sinks_.size() ? sinks_[worker].get() : nullptr;
}

}  // namespace trestle
