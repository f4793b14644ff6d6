// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/live/program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string_view>
#include <utility>

#include "measure/traffic/frame_template.h"

// send.bpf.c, compiled (CMakeLists.txt).
extern "C" const unsigned char trestle_send_bpf[];
extern "C" const unsigned char trestle_send_bpf_end[];

namespace trestle::measure {
namespace {

constexpr char kNeeds[] = "CAP_BPF and CAP_NET_ADMIN";

template <typename T>
T* map_memory(bpf_object* object, const char* name, std::size_t count) {
  const int fd = bpf_object__find_map_fd_by_name(object, name);
  void* memory = mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<T*>(memory);
}

Result<void> put_frames(bpf_object* object, const LiveCycle& cycle) {
  const auto& frames = cycle.frames();
  auto* const memory = map_memory<live_frame>(object, "frames", frames.size());
  if (memory == nullptr) return fail_errno("cannot map the frames to send", errno);
  std::copy(frames.begin(), frames.end(), memory);
  munmap(memory, frames.size() * sizeof(live_frame));
  return {};
}

// A map of devices knows them by the namespace of whoever puts them in.
Result<void> put_devices(bpf_object* object, const std::vector<LiveDevice>& devices) {
  const int fd = bpf_object__find_map_fd_by_name(object, "devices");
  for (std::uint32_t i = 0; i < devices.size(); ++i) {
    const auto scope = net::NamespaceScope::enter(*devices[i].space);
    if (!scope) return tl::make_unexpected(scope.error());
    const int put = bpf_map_update_elem(fd, &i, &devices[i].ifindex, BPF_ANY);
    if (put < 0) return fail_errno("cannot send by XDP through a device", -put);
  }
  return {};
}

std::vector<std::uint8_t> longest(const LiveCycle& cycle) {
  std::vector<std::uint8_t> octets(cycle.size_max());
  const std::size_t link_header = cycle.tagged() ? kLinkHeaderMax : kEthernet;
  std::copy_n(payload_pattern(), octets.size() - link_header,
              octets.begin() + static_cast<std::ptrdiff_t>(link_header));
  return octets;
}

bpf_object* open_object() {
  libbpf_set_print(nullptr);  // what it has to say is in the errors
  return bpf_object__open_mem(
      trestle_send_bpf, static_cast<std::size_t>(trestle_send_bpf_end - trestle_send_bpf), nullptr);
}

}  // namespace

Result<LiveProgram> LiveProgram::load(const LiveCycle& cycle,
                                      const std::vector<LiveDevice>& devices) {
  bpf_object* const object = open_object();
  if (object == nullptr) return fail_errno("cannot read the program that sends", errno);
  const char* const name = cycle.tagged() ? "send_tagged" : "send_plain";
  for (bpf_program* each = nullptr; (each = bpf_object__next_program(object, each)) != nullptr;) {
    bpf_program__set_autoload(each, std::string_view(bpf_program__name(each)) == name);
  }
  const auto resize = [object](const char* map, std::size_t entries) {
    bpf_map__set_max_entries(bpf_object__find_map_by_name(object, map),
                             static_cast<std::uint32_t>(entries));
  };
  resize("frames", cycle.frames().size());
  resize("devices", devices.size());
  // From here on the object is the result's to close.
  LiveProgram program(object, -1, nullptr, longest(cycle));
  if (const int loaded = bpf_object__load(object); loaded < 0) {
    return fail_errno("cannot load the program that sends", -loaded, kNeeds);
  }
  program.program_ = bpf_program__fd(bpf_object__find_program_by_name(object, name));
  program.state_ = map_memory<live_state>(object, "state", 1);
  if (program.state_ == nullptr) return fail_errno("cannot map the state of sending", errno);
  program.state_->cycle_frames = static_cast<std::uint32_t>(cycle.frames().size());
  return put_frames(object, cycle).and_then([&] { return put_devices(object, devices); }).map([&] {
    return std::move(program);
  });
}

LiveProgram::LiveProgram(LiveProgram&& other) noexcept
    : object_(std::exchange(other.object_, nullptr)),
      program_(other.program_),
      state_(std::exchange(other.state_, nullptr)),
      frame_(std::move(other.frame_)) {}

LiveProgram::~LiveProgram() {
  if (state_ != nullptr) munmap(state_, sizeof *state_);
  bpf_object__close(object_);
}

Result<void> LiveProgram::run(unsigned batch) const {
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = frame_.data();
  options.data_size_in = static_cast<std::uint32_t>(frame_.size());
  options.repeat = std::numeric_limits<int>::max();
  options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  options.batch_size = batch;
  const int ran = bpf_prog_test_run_opts(program_, &options);
  if (ran == 0 || ran == -EINTR) return {};
  if (ran == -EINVAL)
    return fail("cannot send by XDP: it takes Linux 5.18 or later, and frames that fit in a page",
                EINVAL);
  return fail_errno("cannot send by XDP", -ran, kNeeds);
}

}  // namespace trestle::measure
