// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/api/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "control/api/limits.h"

namespace trestle::control {
namespace {

RpcError too_long() {
  return {kInvalidRequest,
          "a request may have " + std::to_string(kRequestMax) + " bytes and ends with a line break",
          {}};
}

}  // namespace

Connection::~Connection() {
  close(descriptor_);
}

void Connection::on_ready(bool hung_up, const CommandTable& commands, Time now) {
  flush();
  if (wants_read()) receive();
  if (!broken_) answer_lines(commands, now);
  // Nobody reads any more, and what was sent before is answered or stands behind a reply that
  // nobody takes.
  if (hung_up && !wants_read()) broken_ = true;
}

bool Connection::finished(Time now) const {
  if (broken_) return true;
  if (reply_pending() && now - reply_since_ >= kReplyTimeout) return true;
  if (wants_write()) return false;
  return closing_ || (eof_ && !subscribed());
}

void Connection::receive() {
  const std::size_t held = in_.size();
  in_.resize(held + kReadChunk);
  const ssize_t n = recv(descriptor_, in_.data() + held, kReadChunk, MSG_DONTWAIT);
  const int code = errno;
  in_.resize(held + (n > 0 ? static_cast<std::size_t>(n) : 0));
  if (n == 0) eof_ = true;
  if (n < 0 && code != EAGAIN && code != EINTR) broken_ = true;
}

void Connection::answer_lines(const CommandTable& commands, Time now) {
  std::string_view line;
  Cut cut = Cut::kLine;
  while (!reply_pending() && !closing_ && (cut = cut_line(line)) == Cut::kLine) {
    if (line.empty()) continue;  // a stray line break asks nothing
    const std::string reply = answer(line, commands, caller_);
    if (!reply.empty()) add_reply(reply, now);
  }
  if (cut == Cut::kTooLong) {
    closing_ = true;
    begin_ = in_.size();
    add_reply(error_reply(too_long()), now);
  }
  in_.erase(0, begin_);
  searched_ -= std::min(searched_, begin_);
  begin_ = 0;
  if (in_.empty() && in_.capacity() > 2 * kReadChunk) in_.shrink_to_fit();
}

Connection::Cut Connection::cut_line(std::string_view& line) {
  const std::size_t end = in_.find('\n', std::max(begin_, searched_));
  searched_ = end == std::string::npos ? in_.size() : end;
  if (searched_ - begin_ > kRequestMax) return Cut::kTooLong;
  // What a client leaves without a line break before it shuts its side down is its last line.
  if (end == std::string::npos && !(eof_ && begin_ < in_.size())) return Cut::kIncomplete;
  line = std::string_view(in_).substr(begin_, searched_ - begin_);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  begin_ = std::min(searched_ + 1, in_.size());
  return Cut::kLine;
}

void Connection::add_reply(std::string_view line, Time now) {
  append(line);
  reply_end_ = queued_;
  reply_since_ = now;
  flush();
}

void Connection::add_event(std::string_view line) {
  if (!subscribed() || broken_ || closing_) return;
  if (lost_events_ > 0 || unread() + line.size() > kEventBacklogMax) {
    ++lost_events_;
    return;
  }
  append(line);
}

void Connection::append(std::string_view line) {
  out_.append(line);
  out_ += '\n';
  queued_ += line.size() + 1;
}

void Connection::flush() {
  while (wants_write() && !broken_) {
    const std::size_t done = written_ - out_position_;
    const ssize_t n =
        send(descriptor_, out_.data() + done, out_.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      written_ += static_cast<std::size_t>(n);
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) broken_ = true;
    break;
  }
  const std::size_t done = written_ - out_position_;
  if (done >= out_.size() / 2) {  // rarely enough that a long reply is not moved about
    out_.erase(0, done);
    out_position_ = written_;
    if (out_.empty() && out_.capacity() > 2 * kReadChunk) out_.shrink_to_fit();
  }
  if (lost_events_ > 0 && unread() <= kEventBacklogMax / 2) tell_losses();
}

void Connection::tell_losses() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  append(notification("event",
                      {{"type", "events.lost"},
                       {"time", std::chrono::duration_cast<std::chrono::milliseconds>(now).count()},
                       {"count", lost_events_}}));
  lost_events_ = 0;
}

}  // namespace trestle::control
