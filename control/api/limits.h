// SPDX-License-Identifier: Apache-2.0
//
// What one client, or all of them together, may take of the daemon. The control thread serves the
// API between healing ports and ageing MACs, so no client may hold it up or fill its memory.

#pragma once

#include <chrono>
#include <cstddef>

namespace trestle::control {

// Clients at a time. A person, a few monitors and a test suite; each may hold kRequestMax +
// kEventBacklogMax.
inline constexpr std::size_t kConnectionsMax = 64;

// Bytes of one request line. The largest honest ones are a configuration in config.plan and a file
// of flow rules in flow.replace: as large as files may be (kConfigFileMax; some 100,000 rules), and
// what JSON adds to quotation marks and line breaks.
inline constexpr std::size_t kRequestMax = std::size_t{24} << 20;

// Arrays and objects inside each other. Ours need 4; the limit keeps recursive code (printing,
// destroying) off the end of the stack.
inline constexpr std::size_t kNestingMax = 32;

// Requests in one batch array: each may cost an apply.
inline constexpr std::size_t kBatchMax = 1000;

// Bytes of one reply line, a batch's being one. The largest single ones are a page of kFdbPageMax
// entries, 6 MB, and the metrics of 4000 ports, some 10 MB.
inline constexpr std::size_t kReplyMax = std::size_t{64} << 20;

// How long a client may take to read one reply. It has asked for it, so it should be waiting.
inline constexpr std::chrono::seconds kReplyTimeout{5};

// Bytes of events kept for a subscriber that does not read: at 150 bytes an event, some 28,000
// learned MACs.
inline constexpr std::size_t kEventBacklogMax = std::size_t{4} << 20;

// Bytes read from one client before the next one's turn.
inline constexpr std::size_t kReadChunk = std::size_t{64} << 10;

// Entries of one page of fdb.list. Each page walks the whole table once; its JSON takes about 1 KB
// an entry while it is being made.
inline constexpr std::size_t kFdbPageDefault = 10'000;
inline constexpr std::size_t kFdbPageMax = 50'000;

// Rules of one page of flow.list, and the bytes of their texts after which a page ends early, as
// that of group.list does: a rule may have thousands of actions. Its JSON takes about 3 KB a rule
// while it is being made.
inline constexpr std::size_t kFlowPageDefault = 2'000;
inline constexpr std::size_t kFlowPageMax = 10'000;
inline constexpr std::size_t kFlowPageText = std::size_t{4} << 20;

// Connections that wait to be accepted, as listen(2).
inline constexpr int kListenBacklog = 64;

static_assert(kRequestMax > kReadChunk);
static_assert(kReplyMax > kFdbPageMax * 200, "a page of the FDB must fit");

}  // namespace trestle::control
