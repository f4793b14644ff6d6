// SPDX-License-Identifier: Apache-2.0
//
// libmicrohttpd's callbacks all come from its one thread, so that State needs no lock.

#include "control/metrics/web_server.h"

#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <list>
#include <memory>
#include <utility>

namespace trestle::control {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kWorthPacking = 1024;  // bytes

// A socket that listens there.
Result<int> listen_on(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon == std::string::npos ? 0 : colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error =
          getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found);
      error != 0) {
    return fail(gai_strerror(error), EINVAL);
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, &freeaddrinfo);
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(std::strerror(errno), errno);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (found->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
  const int error = errno;
  close(fd);
  return fail(std::strerror(error), error);
}

int port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  char port[NI_MAXSERV] = "0";
  getnameinfo(reinterpret_cast<sockaddr*>(&address), size, nullptr, 0, port, sizeof port,
              NI_NUMERICSERV);
  return std::stoi(port);
}

// In gzip's format (RFC 1952); empty: it could not be done.
std::string packed(const std::string& body) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS, kMemory = 8;
  // The fastest: a scrape is repetitive, and what more effort saves is not worth it on one host.
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string out(deflateBound(&stream, body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));  // is only read
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(whole ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

bool accepts_gzip(MHD_Connection* connection) {
  const char* const accepted =
      MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_ENCODING);
  return accepted != nullptr && std::strstr(accepted, "gzip") != nullptr &&
         std::strstr(accepted, "gzip;q=0") == nullptr;
}

MHD_Result send(MHD_Connection* connection, WebServer::Answer answer) {
  const bool pack = answer.body.size() >= kWorthPacking && accepts_gzip(connection);
  bool is_packed = false;
  if (pack) {
    if (std::string smaller = packed(answer.body); !smaller.empty()) {
      answer.body = std::move(smaller);
      is_packed = true;
    }
  }
  auto body = std::make_unique<std::string>(std::move(answer.body));
  MHD_Response* const response = MHD_create_response_from_buffer_with_free_callback_cls(
      body->size(), body->data(), [](void* held) { delete static_cast<std::string*>(held); },
      body.get());
  if (response == nullptr) return MHD_NO;
  static_cast<void>(body.release());  // the response has it
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.type);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  if (is_packed) MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
  if (answer.status == MHD_HTTP_METHOD_NOT_ALLOWED) {
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  }
  const MHD_Result queued = MHD_queue_response(connection, answer.status, response);
  MHD_destroy_response(response);
  return queued;
}

}  // namespace

struct WebServer::State {
  struct Connection {
    int socket;
    Clock::time_point begun;
  };

  void on_begun(MHD_Connection* connection, void** place);
  MHD_Result on_request(MHD_Connection* connection, const char* path, const char* method);

  Respond respond;
  Limits limits;
  int port = 0;
  MHD_Daemon* daemon = nullptr;
  std::list<Connection> connections;  // the oldest first
};

// libmicrohttpd ends who is idle. Who takes a little now and then is not, and has to go in the end,
// too; and whoever comes must find a place.
void WebServer::State::on_begun(MHD_Connection* connection, void** place) {
  const int socket =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  const Clock::time_point now = Clock::now();
  try {
    auto at = std::make_unique<std::list<Connection>::iterator>();
    *at = connections.insert(connections.end(), {socket, now});
    *place = at.release();
  } catch (const std::exception&) {  // out of memory: the connection is ended
    shutdown(socket, SHUT_RDWR);
    return;
  }
  std::size_t many = connections.size();
  for (Connection& old : connections) {
    if (now - old.begun <= limits.lifetime && many <= limits.connections) break;
    shutdown(old.socket, SHUT_RDWR);  // which libmicrohttpd notices, and takes it off the list
    --many;
  }
}

MHD_Result WebServer::State::on_request(MHD_Connection* connection, const char* path,
                                        const char* method) {
  Answer answer;
  const bool reads = std::strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
                     std::strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
  try {
    if (reads) {
      answer = respond(path);
    } else {
      answer = {MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n"};
    }
    return send(connection, std::move(answer));
  } catch (const std::exception&) {  // out of memory: the connection is ended
    return MHD_NO;
  }
}

WebServer::WebServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

WebServer::~WebServer() {
  MHD_stop_daemon(state_->daemon);
}

Result<std::unique_ptr<WebServer>> WebServer::start(const std::string& listen, Respond respond,
                                                    Limits limits) {
  const auto socket = listen_on(listen);
  if (!socket) return tl::make_unexpected(socket.error());
  auto state = std::make_unique<State>();
  state->respond = std::move(respond);
  state->limits = limits;
  state->port = port_of(*socket);
  const MHD_AccessHandlerCallback on_request = [](void* self, MHD_Connection* connection,
                                                  const char* path, const char* method, const char*,
                                                  const char*, std::size_t*, void**) {
    return static_cast<State*>(self)->on_request(connection, path, method);
  };
  const MHD_NotifyConnectionCallback on_connection = [](void* self, MHD_Connection* connection,
                                                        void** place,
                                                        MHD_ConnectionNotificationCode event) {
    State& server = *static_cast<State*>(self);
    if (event == MHD_CONNECTION_NOTIFY_STARTED) return server.on_begun(connection, place);
    const auto* at = static_cast<std::list<State::Connection>::iterator*>(*place);
    if (at == nullptr) return;
    server.connections.erase(*at);
    delete at;
  };
  const MHD_LogCallback no_log = [](void*, const char*, va_list) {};  // a peer that hung up
  state->daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, nullptr, nullptr, on_request, state.get(),
      MHD_OPTION_EXTERNAL_LOGGER, no_log, nullptr, MHD_OPTION_LISTEN_SOCKET, *socket,
      MHD_OPTION_CONNECTION_LIMIT, 2 * limits.connections, MHD_OPTION_CONNECTION_TIMEOUT,
      static_cast<unsigned>(limits.idle.count()), MHD_OPTION_NOTIFY_CONNECTION, on_connection,
      state.get(), MHD_OPTION_END);
  // The socket is not closed here: where it failed late, libmicrohttpd has closed it, and the
  // number may be another's by now.
  if (state->daemon == nullptr) return fail("the web server cannot start", EAGAIN);
  return std::unique_ptr<WebServer>(new WebServer(std::move(state)));
}

int WebServer::port() const {
  return state_->port;
}

}  // namespace trestle::control
