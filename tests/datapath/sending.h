// SPDX-License-Identifier: Apache-2.0
//
// Sends frames by a port, as worker 0 of a datapath would.

#pragma once

#include <catch2/catch.hpp>
#include <cstdint>

#include "datapath/passing.h"
#include "datapath/port.h"
#include "datapath/ports/memory.h"

namespace trestle {

class Sending {
 public:
  // Of a port that has been prepared.
  explicit Sending(Port& port) : sink_(*port.sink(0)) {}

  void operator()(const MemoryFrame& frame) {
    const Frame received{frame.bytes.data(), static_cast<std::uint32_t>(frame.bytes.size()),
                         frame.stripped, frame.vnet};
    Passing passing;
    REQUIRE(passing.receive(received));
    const Headers headers = passing.leaving_with(passing.customer_tag());
    sink_.stage(received, egress_, headers, passing.as_received(headers));
    sink_.flush();
  }
  const PortCounters& counters() const { return counters_; }
  std::uint64_t drops(DropReason reason) const {
    return counters_.drops[static_cast<std::size_t>(reason)].get();
  }

 private:
  Sink& sink_;
  PortCounters counters_;
  Egress egress_{0, 0, &counters_};
};

}  // namespace trestle
