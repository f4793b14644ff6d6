// SPDX-License-Identifier: Apache-2.0
//
// Capture files: what a port wrote a port can read back, and what cannot be read or written says
// why.

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "datapath/ports/pcap.h"
#include "tests/datapath/gso_frames.h"
#include "tests/datapath/sending.h"
#include "tests/datapath/slow_wire.h"
#include "tests/frames.h"
#include "tests/temporary_directory.h"

namespace trestle {
namespace {

using Folder = testing::TemporaryDirectory;

template <typename T>
void append(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// A classic pcap file, microseconds: its header, and a record of zeros.
std::string file_header(std::uint32_t link_type = 1) {
  std::string out;
  append(out, std::uint32_t{0xa1b2c3d4});
  append(out, std::uint16_t{2});
  append(out, std::uint16_t{4});
  append(out, std::uint64_t{0});
  append(out, std::uint32_t{262144});
  append(out, link_type);
  return out;
}
std::string record(std::uint32_t seconds, std::uint32_t microseconds, std::uint32_t captured,
                   std::uint32_t length) {
  std::string out;
  for (const std::uint32_t field : {seconds, microseconds, captured, length}) append(out, field);
  out.append(captured, '\0');
  return out;
}
std::string written(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

// All frames of a file, as they come due; `truncated`: how many were not whole.
std::vector<std::vector<std::byte>> replay(PcapPort& port, std::size_t count,
                                           std::uint32_t* truncated = nullptr) {
  RxQueue& queue = *port.queues()[0];
  std::vector<std::vector<std::byte>> all;
  std::uint32_t lost = 0;
  Burst burst;
  while (all.size() + lost < count) {
    burst.clear();
    queue.receive(burst);
    for (std::size_t i = 0; i < burst.count; ++i) {
      const auto bytes = burst.frames[i].bytes();
      all.emplace_back(bytes.begin(), bytes.end());
    }
    lost += burst.truncated;
    if (burst.count + burst.truncated != 0) {
      queue.release();
      continue;
    }
    pollfd due{queue.fd(), POLLIN, 0};
    REQUIRE(poll(&due, 1, 60'000) == 1);
  }
  if (truncated != nullptr) *truncated = lost;
  burst.clear();
  queue.receive(burst);
  CHECK(burst.count + burst.truncated == 0);
  pollfd over{queue.fd(), POLLIN, 0};
  CHECK(poll(&over, 1, 0) == 0);  // a worker would not be woken for ever
  return all;
}

TEST_CASE("what is written is read back, tags in the bytes") {
  const Folder folder;
  const std::string path = folder / "out.pcap";
  const FrameBuilder f = frame().from(kA);
  {
    const auto port = PcapPort::open(std::nullopt, path).value();
    CHECK(port->queues().empty());
    REQUIRE(port->prepare(1));
    Sending send(*port);
    send(f.payload("one"));
    send(f.stripped(10));
    send(f.size(65'000));
    for (int i = 0; i < 200; ++i) send(f.size(100));
    CHECK(send.counters().tx_frames.get() == 203);
    CHECK(send.counters().tx_bytes.get() == MemoryFrame(f.payload("one")).bytes.size() +
                                                MemoryFrame(f.tagged(10)).bytes.size() + 65'000 +
                                                20'000);
  }
  const auto port = PcapPort::open(path, std::nullopt).value();
  REQUIRE(port->prepare(1));
  CHECK(port->sink(0) == nullptr);
  const auto all = replay(*port, 203);
  CHECK(all[0] == MemoryFrame(f.payload("one")).bytes);
  CHECK(all[1] == MemoryFrame(f.tagged(10)).bytes);
  CHECK(all[2] == MemoryFrame(f.size(65'000)).bytes);
  CHECK(all[202] == MemoryFrame(f.size(100)).bytes);
}

TEST_CASE("GSO frames are written as their segments, unfinished checksums finished, and counted") {
  const Folder folder;
  const std::string path = folder / "out.pcap";
  std::mt19937_64 random(1);
  GsoFrames frames([&](std::uint64_t n) { return n == 0 ? random() : random() % n; });
  std::vector<Octets> expected;
  {
    const auto port = PcapPort::open(std::nullopt, path).value();
    REQUIRE(port->prepare(1));
    Sending send(*port);
    for (int i = 0; i < 60; ++i) {
      GsoChoice choice = frames.any();
      choice.stripped = false;
      if (choice.type == VnetHeader::kGsoUdp)
        choice.ipv6 = false;  // whose identification is random
      const MemoryFrame frame = frames.right(choice);
      const SlowWire wire = slow_wire(frame.bytes, frame.vnet).value();
      expected.insert(expected.end(), wire.frames.begin(), wire.frames.end());
      send(frame);
    }
    CHECK(send.counters().tx_frames.get() == 60);
    CHECK(send.counters().software_segmented.get() == 60);
    send(frame().size(100).gso_tcp4(10));  // which is no TCP: it cannot be cut
    CHECK(send.drops(DropReason::kTransmitError) == 1);
    CHECK(send.counters().software_segmented.get() == 60);
  }
  CHECK(expected.size() > 300);
  const auto port = PcapPort::open(path, std::nullopt).value();
  const auto all = replay(*port, expected.size());
  CHECK(all == expected);
}

TEST_CASE("the file has nanoseconds, and the time of sending") {
  const Folder folder;
  const std::string path = folder / "out.pcap";
  timespec before, after;
  clock_gettime(CLOCK_REALTIME, &before);
  {
    const auto port = PcapPort::open(std::nullopt, path).value();
    REQUIRE(port->prepare(1));
    Sending send(*port);
    send(frame());
  }
  clock_gettime(CLOCK_REALTIME, &after);
  std::ifstream file(path, std::ios::binary);
  std::uint32_t header[6 + 2];
  file.read(reinterpret_cast<char*>(header), sizeof header);
  REQUIRE(file);
  CHECK(header[0] == 0xa1b23c4d);
  CHECK(header[4] >= kFrameMax);
  CHECK(header[6] >= before.tv_sec);
  CHECK(header[6] <= after.tv_sec);
  CHECK(header[7] < 1'000'000'000);
}

TEST_CASE("an idle writer has flushed: a reader sees the frame while the port is open") {
  const Folder folder;
  const std::string path = folder / "out.pcap";
  const auto port = PcapPort::open(std::nullopt, path).value();
  REQUIRE(port->prepare(1));
  Sending send(*port);
  const auto size_before = std::filesystem::file_size(path);
  CHECK(size_before == 24);
  send(frame().size(60));
  const timespec moment{0, 1'000'000};
  while (std::filesystem::file_size(path) == size_before)
    nanosleep(&moment, nullptr);  // ctest's limit ends it
  CHECK(std::filesystem::file_size(path) == 24 + 16 + 60);
}

TEST_CASE("a capture is replayed at its pace: no frame before its time") {
  const Folder folder;
  const std::string path =
      written(folder / "in.pcap", file_header() + record(100, 0, 60, 60) +
                                      record(100, 30'000, 61, 61) + record(100, 20'000, 62, 62));
  const auto port = PcapPort::open(path, std::nullopt).value();
  timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  const auto all = replay(*port, 3);
  clock_gettime(CLOCK_MONOTONIC, &end);
  CHECK(all[1].size() == 61);
  CHECK(all[2].size() == 62);  // recorded out of order: it keeps its place
  CHECK((end.tv_sec - begin.tv_sec) * 1'000'000'000 + end.tv_nsec - begin.tv_nsec >= 30'000'000);
}

TEST_CASE("more frames due at once than a burst holds come in several") {
  const Folder folder;
  std::string content = file_header();
  for (std::uint32_t i = 0; i < 200; ++i) content += record(1, 0, 60 + i % 3, 60 + i % 3);
  const auto port = PcapPort::open(written(folder / "in.pcap", content), std::nullopt).value();
  CHECK(replay(*port, 200).size() == 200);
}

TEST_CASE(
    "frames captured in part, or too large, count as truncated, and a cut-off file ends with one") {
  const Folder folder;
  const std::string good = record(1, 0, 60, 60);
  const std::string content = file_header() + good + record(1, 0, 40, 60) +
                              record(1, 0, 100'000, 100'000) + good + good.substr(0, 50);
  const auto port = PcapPort::open(written(folder / "in.pcap", content), std::nullopt).value();
  std::uint32_t truncated = 0;
  CHECK(replay(*port, 5, &truncated).size() == 2);
  CHECK(truncated == 3);
}

TEST_CASE("a file cut off anywhere is an error or a shorter capture") {
  const Folder folder;
  const std::string content = file_header() + record(1, 0, 20, 20) + record(1, 0, 20, 20);
  for (std::size_t length = 0; length < content.size(); ++length) {
    INFO(length);
    const auto port =
        PcapPort::open(written(folder / "in.pcap", content.substr(0, length)), std::nullopt);
    if (length < 24) {
      CHECK_FALSE(port);
      continue;
    }
    REQUIRE(port);
    const std::size_t whole = (length - 24) / 36;
    const bool rest = (length - 24) % 36 != 0;
    CHECK(replay(**port, whole + rest).size() == whole);
  }
}

TEST_CASE("times from the end of the world do no harm") {
  const Folder folder;
  const std::string path = written(
      folder / "in.pcap", file_header() + record(0xffff'ffff, 0xffff'ffff, 60, 60) +
                              record(0, 0xffff'ffff, 60, 60) + record(0xffff'ffff, 0, 60, 60));
  const auto port = PcapPort::open(path, std::nullopt).value();
  CHECK(replay(*port, 3).size() == 3);
}

std::string why(const std::optional<std::string>& read, const std::optional<std::string>& write) {
  const auto port = PcapPort::open(read, write);
  return port ? "" : port.error().what;
}

TEST_CASE("what cannot be opened says which file and why") {
  const Folder folder;
  const auto names = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  const std::string missing = why(folder / "missing.pcap", std::nullopt);
  CHECK(names(missing, "missing.pcap"));
  CHECK(names(missing, "No such file"));
  const std::string garbage =
      why(written(folder / "garbage", std::string(1000, 'x')), std::nullopt);
  CHECK(names(garbage, "garbage"));
  CHECK(garbage.size() > (folder / "garbage").size() + 30);
  CHECK(names(why(written(folder / "wlan", file_header(105)), std::nullopt),
              "IEEE802_11 frames, not Ethernet"));
  CHECK(names(why("/dev/zero", std::nullopt), "not a regular file"));
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(names(why(folder / "pipe", std::nullopt), "not a regular file"));
  CHECK(names(why(std::nullopt, folder / "pipe"), "No such device"));  // nobody reads it
  CHECK(names(why(std::nullopt, folder / "no/such/folder"), "No such file"));
  CHECK(names(why(std::nullopt, "/dev/full"), "No space left"));
  const std::string same = written(folder / "same", file_header());
  CHECK(names(why(same, same), "the one to be read"));
}

TEST_CASE("when the file takes no more, frames are dropped as such and nobody waits") {
  const Folder folder;
  const auto port = PcapPort::open(std::nullopt, folder / "out.pcap").value();
  REQUIRE(port->prepare(1));
  Sending send(*port);
  const auto previous_handler = signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit small = before;
  small.rlim_cur = 10'000;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::uint64_t sent = 0;
  while (send.drops(DropReason::kTransmitError) == 0) {  // ctest's limit ends it
    send(frame().size(1000));
    ++sent;
  }
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, previous_handler);
  CHECK(sent > 9);
  CHECK(send.counters().tx_frames.get() + send.drops(DropReason::kTransmitError) +
            send.drops(DropReason::kQueueFull) ==
        sent);
}

}  // namespace
}  // namespace trestle
