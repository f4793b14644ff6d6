// SPDX-License-Identifier: Apache-2.0
//
// One client of the API: cuts what it sends into lines, has them answered, and keeps what it has
// not read yet. Never blocks; holds kRequestMax + kReadChunk in, and one reply + kEventBacklogMax
// out. Control thread only.
//
// Backpressure: while a reply lies unread, nothing more is read from the client, so a client that
// only asks and never reads fills its own socket, not our memory.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "control/api/json_rpc.h"

namespace trestle::control {

class Connection {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Connection(int descriptor) : descriptor_(descriptor) {}  // non-blocking; taken over
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The descriptor has something to read, room to write, or its peer is gone (`hung_up`).
  void on_ready(bool hung_up, const CommandTable& commands, Time now);
  // Queues an event's line (without line break) if the client subscribed; loses and counts it when
  // too much is queued already. Writes nothing itself.
  void add_event(std::string_view line);

  int descriptor() const { return descriptor_; }
  bool subscribed() const { return caller_.wants_events; }
  bool wants_read() const { return !eof_ && !closing_ && !reply_pending(); }
  bool wants_write() const { return queued_ > written_; }
  // Nothing more can come of this connection: to be destroyed.
  bool finished(Time now) const;

 private:
  void receive();
  void answer_lines(const CommandTable& commands, Time now);
  enum class Cut { kLine, kIncomplete, kTooLong };
  Cut cut_line(std::string_view& line);  // points into in_
  void add_reply(std::string_view line, Time now);
  void flush();
  void append(std::string_view line);
  void tell_losses();
  bool reply_pending() const { return written_ < reply_end_; }
  std::uint64_t unread() const { return queued_ - written_; }

  int descriptor_;
  Caller caller_;
  std::string in_;  // received; lines before begin_ are done with
  std::size_t begin_ = 0;
  std::size_t searched_ = 0;  // no line break between begin_ and here
  bool eof_ = false;          // the client sends no more
  bool closing_ = false;      // we listen no more; what is queued still goes out
  bool broken_ = false;       // the peer is gone

  std::string out_;  // queued bytes from position out_position_ of the stream on
  std::uint64_t out_position_ = 0;
  std::uint64_t queued_ = 0;       // bytes ever queued …
  std::uint64_t written_ = 0;      // … and written
  std::uint64_t reply_end_ = 0;    // where the latest reply ends in that stream
  Time reply_since_{};             // when it was queued; of no meaning unless reply_pending()
  std::uint64_t lost_events_ = 0;  // since the client was last told
};

}  // namespace trestle::control
