// SPDX-License-Identifier: Apache-2.0
//
// An Open vSwitch for one test: its own database, sockets and directory, the userspace datapath
// with dummy ports, no kernel and no network. Rules go in through ovs-ofctl, as a user's would;
// frames go in and come out as bytes. From the test's main thread.

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/processes.h"
#include "tests/temporary_directory.h"

namespace trestle::testing {

using Bytes = std::vector<std::byte>;

class PrivateOvs {
 public:
  // What is missing to run one here, or nothing.
  static std::string missing();

  static constexpr unsigned kLocal = 0;  // the bridge's own port, LOCAL in rules

  // One bridge "br0" with ports p1 … pN, which have these numbers in rules, and LOCAL. Those of
  // `down` have no carrier.
  PrivateOvs(unsigned ports, const std::vector<unsigned>& down);
  PrivateOvs(const PrivateOvs&) = delete;
  PrivateOvs& operator=(const PrivateOvs&) = delete;

  // ovs-ofctl -O VERSION COMMAND br0 FILE, where the file holds `text`. Empty, or what it said.
  std::string ofctl(const std::string& version, const std::string& command,
                    const std::string& text);
  std::string add_meter(const std::string& text);
  std::string remove_everything();

  // ofproto/trace of this frame, without its side effects being kept.
  std::string trace(unsigned port, const Bytes& frame);
  // Really receives the frame, with an empty MAC table and empty caches: what leaves, by port.
  std::map<unsigned, std::vector<Bytes>> pass(unsigned port, const Bytes& frame);
  // "dpctl/dump-flows" and so on: for messages.
  std::string appctl(const std::string& method, const std::vector<std::string>& parameters);

 private:
  void connect();
  void forget();
  std::vector<Bytes> sent_by(unsigned port);
  std::string bridge() const;  // for ovs-ofctl
  std::string capture(unsigned port) const;

  struct Socket {
    ~Socket();
    int fd = -1;
  };

  // In the order of their making: a constructor that fails half-way undoes what there is of it, the
  // directory last.
  TemporaryDirectory directory_;
  unsigned ports_;
  std::vector<std::size_t> read_;  // of each port's capture file, in bytes
  std::unique_ptr<Process> database_, daemon_;
  Socket socket_;
  unsigned request_ = 0;
};

// The ports that the "Datapath actions:" of a trace send to, in order, as numbers in rules;
// `whole` is false where the trace ends at a recirculation, which ovs-appctl does not follow.
struct TracedOutputs {
  std::vector<unsigned> ports;
  bool whole = true;
};
TracedOutputs traced_outputs(std::string_view trace);

}  // namespace trestle::testing
