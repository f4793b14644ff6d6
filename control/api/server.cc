// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/api/server.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "control/api/limits.h"

namespace trestle::control {
namespace {

constexpr std::uint64_t kListenerTag = 0;  // clients count from 1

void refuse_client(int descriptor) {
  const std::string line =
      error_reply(
          {kRefused,
           "cannot serve another client: " + std::to_string(kConnectionsMax) + " are connected",
           {}}) +
      '\n';
  // A fresh socket has room for one line; if it does not, there is nobody to tell.
  [[maybe_unused]] const ssize_t n =
      send(descriptor, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  close(descriptor);
}

}  // namespace

Result<std::unique_ptr<ApiServer>> ApiServer::start(Listener listener, CommandTable commands) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return fail_errno("cannot serve " + listener.path(), errno);
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(listener), std::move(commands), epoll));
}

ApiServer::ApiServer(Listener listener, CommandTable commands, int epoll)
    : listener_(std::move(listener)), commands_(std::move(commands)), epoll_(epoll) {
  listen_for_clients(true);
}

ApiServer::~ApiServer() {
  clients_.clear();
  close(epoll_);
}

void ApiServer::dispatch(Time now) {
  std::array<epoll_event, 32> ready{};
  const int n = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 0);
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = ready[static_cast<std::size_t>(i)];
    if (event.data.u64 == kListenerTag) {
      accept_clients();
      continue;
    }
    const auto client = clients_.find(event.data.u64);
    if (client == clients_.end()) continue;
    client->second.connection->on_ready(event.events & (EPOLLHUP | EPOLLERR), commands_, now);
    settle(client, now);
  }
  tell_of_subscribers();
}

void ApiServer::tick(Time now) {
  for (auto client = clients_.begin(); client != clients_.end();) settle(client++, now);
  if (!accepting_) listen_for_clients(true);
  tell_of_subscribers();
}

void ApiServer::publish(std::string_view line) {
  for (auto& [number, client] : clients_) {
    if (!client.connection->subscribed()) continue;
    client.connection->add_event(line);
    if (client.interest & EPOLLOUT) continue;
    client.interest |= EPOLLOUT;  // dispatch() writes it
    epoll_event event{.events = client.interest, .data = {.u64 = number}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, client.connection->descriptor(), &event);
  }
}

void ApiServer::accept_clients() {
  for (std::size_t i = 0; i < kConnectionsMax; ++i) {
    const int descriptor =
        accept4(listener_.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      // Out of descriptors or memory: it would be ready again at once. tick() tries anew.
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        listen_for_clients(false);
      }
      return;
    }
    if (clients_.size() >= kConnectionsMax) {
      refuse_client(descriptor);
      continue;
    }
    const std::uint64_t number = next_client_++;
    epoll_event event{.events = EPOLLIN, .data = {.u64 = number}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) {
      close(descriptor);
      continue;
    }
    clients_.emplace(number, Client{std::make_unique<Connection>(descriptor), EPOLLIN});
  }
}

void ApiServer::listen_for_clients(bool on) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kListenerTag}};
  epoll_ctl(epoll_, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listener_.descriptor(), &event);
  accepting_ = on;
}

void ApiServer::settle(Clients::iterator client, Time now) {
  Connection& connection = *client->second.connection;
  if (connection.finished(now)) {
    clients_.erase(client);  // closing its only descriptor takes it out of epoll
    return;
  }
  const std::uint32_t interest =
      (connection.wants_read() ? EPOLLIN : 0u) | (connection.wants_write() ? EPOLLOUT : 0u);
  if (interest == client->second.interest) return;
  client->second.interest = interest;
  epoll_event event{.events = interest, .data = {.u64 = client->first}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.descriptor(), &event);
}

void ApiServer::tell_of_subscribers() {
  const bool any = std::any_of(clients_.begin(), clients_.end(),
                               [](const auto& c) { return c.second.connection->subscribed(); });
  if (std::exchange(any_subscribed_, any) != any && on_change_) on_change_(any);
}

}  // namespace trestle::control
