// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/pcap_writer.h"

#include <fcntl.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "datapath/gather.h"
#include "datapath/vnet_header.h"

namespace trestle {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t realtime_ns() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

}  // namespace

void PcapWriter::ClosePcap::operator()(pcap* handle) const {
  pcap_close(handle);
}
void PcapWriter::CloseDumper::operator()(pcap_dumper* file) const {
  pcap_dump_close(file);
}

Result<std::unique_ptr<PcapWriter>> PcapWriter::open(const std::string& path) {
  const std::string attempted = "cannot write capture file " + path;
  std::unique_ptr<pcap, ClosePcap> format(pcap_open_dead_with_tstamp_precision(
      DLT_EN10MB, kSnapshotLength, PCAP_TSTAMP_PRECISION_NANO));
  if (!format) return fail(attempted + ": out of memory", ENOMEM);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0644);
  if (fd < 0) return fail_errno(attempted, errno);
  struct stat status;
  if (fstat(fd, &status) != 0 || S_ISFIFO(status.st_mode)) {
    close(fd);  // who reads a pipe could keep the port from being closed
    return fail(attempted + ": it is a pipe");
  }
  std::FILE* const stream = fdopen(fd, "wb");
  if (stream == nullptr) {
    close(fd);
    return fail_errno(attempted, ENOMEM);
  }
  std::unique_ptr<pcap_dumper, CloseDumper> file(pcap_dump_fopen(format.get(), stream));
  if (!file) {
    std::fclose(stream);
    return fail(attempted + ": " + pcap_geterr(format.get()));
  }
  if (pcap_dump_flush(file.get()) != 0) return fail_errno(attempted, errno);

  auto channel = FrameChannel::make(kLimits, true);
  if (!channel) return fail(attempted + ": " + channel.error().what, channel.error().code);
  return std::unique_ptr<PcapWriter>(
      new PcapWriter(std::move(format), std::move(file), std::move(*channel)));
}

PcapWriter::PcapWriter(std::unique_ptr<pcap, ClosePcap> format,
                       std::unique_ptr<pcap_dumper, CloseDumper> file,
                       std::shared_ptr<FrameChannel> channel)
    : format_(std::move(format)),
      file_(std::move(file)),
      wire_bytes_(std::make_unique<std::array<std::byte, kFrameMax>>()),
      channel_(std::move(channel)) {
  sigset_t all, before;  // signals are for the control thread
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), "trestle-pcap");
}

PcapWriter::~PcapWriter() {
  stopping_.store(true, std::memory_order_release);
  channel_->ring();
  thread_.join();
}

void PcapWriter::run() {
  do {
    for (;;) {
      const auto frames = channel_->take(kBurstMax);
      if (frames.empty()) break;
      if (!failed()) write(frames);
      channel_->give_back();
    }
  } while (wait());
}

// Until there may be something. False: there is nothing, and nothing will come.
bool PcapWriter::wait() {
  channel_->arm();
  const bool stopping =
      stopping_.load(std::memory_order_acquire);  // before looking: all has been sent by then
  const auto late = channel_->take(kBurstMax);
  if (!late.empty()) {
    if (!failed()) write(late);
    channel_->give_back();
    return true;
  }
  flush();
  if (stopping) return false;
  pollfd bell{channel_->fd(), POLLIN, 0};
  poll(&bell, 1, -1);
  return true;
}

void PcapWriter::write(std::span<FrameLane::Slot* const> frames) {
  for (FrameLane::Slot* slot : frames) {
    if (is_plain(slot->vnet)) {
      write(slot->time_ns, {slot->data(), slot->size});
      continue;
    }
    const Frame frame{slot->data(), slot->size, {}, slot->vnet, true};
    if (!segmenter_.begin({&frame, nullptr, {}, true})) continue;  // the sink has looked
    while (segmenter_.next(wire_)) {
      wire_.copy(wire_bytes_->data());
      write(slot->time_ns, {wire_bytes_->data(), wire_.size()});
    }
  }
  if (std::ferror(pcap_dump_file(file_.get()))) failed_.store(true, std::memory_order_relaxed);
}

void PcapWriter::write(std::int64_t time_ns, std::span<const std::byte> bytes) {
  pcap_pkthdr header{};
  header.ts.tv_sec = time_ns / kSecond;
  header.ts.tv_usec = time_ns % kSecond;  // by the precision asked for
  header.caplen = header.len = static_cast<bpf_u_int32>(bytes.size());
  pcap_dump(reinterpret_cast<u_char*>(file_.get()), &header,
            reinterpret_cast<const u_char*>(bytes.data()));
}

// So that who reads the file sees the frames soon.
void PcapWriter::flush() {
  if (!failed() && pcap_dump_flush(file_.get()) != 0)
    failed_.store(true, std::memory_order_relaxed);
}

void PcapSink::send(std::span<const Outgoing> frames) {
  const std::int64_t now = realtime_ns();
  for (const Outgoing& frame : frames) {
    const std::uint32_t size = outgoing_size(frame);
    if (writer_.failed()) {
      count_dropped(frame, DropReason::kTransmitError);
      continue;
    }
    if (size > kFrameMax) {
      count_dropped(frame, DropReason::kOversize);
      continue;
    }
    const bool plain = is_plain(frame.frame->vnet);
    if (!plain && !segmenter_.begin(frame)) {
      count_dropped(frame, DropReason::kTransmitError);
      continue;
    }
    FrameLane::Slot* slot = lane_.claim(size);
    if (slot == nullptr) {
      count_dropped(frame, DropReason::kQueueFull);
      continue;
    }
    slot->size = size;
    slot->time_ns = now;
    slot->epoch = frame.egress->epoch;
    slot->vnet =
        frame.as_received ? frame.frame->vnet : shifted(frame.frame->vnet, frame.headers.delta());
    copy_out(frame, slot->data());
    if (!plain) frame.egress->counters->software_segmented.add(1);
    count_transmitted(frame);
  }
  lane_.publish();
  writer_.channel().ring();
}

}  // namespace trestle
