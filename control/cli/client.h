// SPDX-License-Identifier: Apache-2.0
//
// The client's end of the API: one connection, requests and replies in turn, then perhaps events.
// Blocks. One thread.

#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "control/api/json.h"
#include "control/api/rpc_error.h"

namespace trestle::control {

// Why there is no result, and what to exit with.
struct Failure {
  int status = 0;  // ExitStatus
  RpcError error;
};

class Client {
 public:
  // With `patience` every call fails that waits longer for the daemon; 0: waits as long as it
  // takes.
  static tl::expected<Client, Failure> connect(const std::string& socket,
                                               std::chrono::milliseconds patience = {});
  ~Client();
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;

  // The result of `method`.
  tl::expected<Json, Failure> call(const std::string& method, const Json& params);
  // Waits for the next event: its parameters. Null when whoever reads `output`, a descriptor, is
  // gone (-1: do not look); fails when the daemon is.
  tl::expected<Json, Failure> next_event(int output);

 private:
  Client(std::string socket, int descriptor)
      : socket_(std::move(socket)), descriptor_(descriptor) {}
  bool send_all(const std::string& line);
  // nullopt: the connection has ended.
  std::optional<std::string> read_line();
  bool wait_for_input(int output) const;  // false: nobody reads `output`
  tl::unexpected<Failure> lost() const;

  std::string socket_;
  int descriptor_;
  std::string in_;
  std::size_t begin_ = 0;  // in_ before it has been read
  bool out_of_patience_ = false;
};

}  // namespace trestle::control
