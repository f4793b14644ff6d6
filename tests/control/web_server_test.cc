// SPDX-License-Identifier: Apache-2.0
//
// The web server under /metrics, and what /healthz and /readyz say: methods, compression, and
// clients that are stuck, which hold up nobody.

#include "control/metrics/web_server.h"

#include <zlib.h>

#include <filesystem>
#include <list>
#include <memory>

#include "control/metrics/exposer.h"
#include "tests/control/web_clients.h"

namespace trestle::control {
namespace {

using namespace std::chrono_literals;
using testing::body_of;
using testing::http;
using testing::http_get;
using testing::WebClient;

const std::string kLarge(20'000'000, 'x');  // more than any two sockets hold

WebServer::Answer respond(const std::string& path) {
  if (path == "/large") return {200, kLarge};
  if (path == "/small") return {200, "small\n"};
  return {404, "nothing there\n"};
}

std::unique_ptr<WebServer> started(WebServer::Limits limits = {}) {
  auto server = WebServer::start("127.0.0.1:0", respond, limits);
  REQUIRE(server);
  return std::move(*server);
}

std::string unpacked(const std::string& bytes) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);
  std::string out(2 * kLarge.size(), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::size_t threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST_CASE("GET and HEAD are answered, other methods refused") {
  const auto server = started();
  const std::string got = http_get(server->port(), "/small");
  CHECK(got.find("HTTP/1.1 200 OK\r\n") == 0);
  CHECK(got.find("\r\nContent-Type: text/plain; charset=utf-8\r\n") != std::string::npos);
  CHECK(body_of(got) == "small\n");
  const std::string head = http(server->port(), "HEAD", "/small");
  CHECK(head.find("HTTP/1.1 200 OK\r\n") == 0);
  CHECK(head.find("\r\nContent-Length: 6\r\n") != std::string::npos);
  CHECK(body_of(head) == "");
  CHECK(http_get(server->port(), "/other").find("HTTP/1.1 404 ") == 0);
  const std::string refused = http(server->port(), "DELETE", "/small");
  CHECK(refused.find("HTTP/1.1 405 ") == 0);
  CHECK(refused.find("\r\nAllow: GET, HEAD\r\n") != std::string::npos);
}

TEST_CASE("large answers are compressed for those who accept it") {
  const auto server = started();
  const std::string plain = http_get(server->port(), "/large");
  CHECK(plain.find("Content-Encoding") == std::string::npos);
  CHECK(body_of(plain) == kLarge);
  const std::string packed =
      http_get(server->port(), "/large", "Accept-Encoding: deflate, gzip\r\n");
  CHECK(packed.find("\r\nContent-Encoding: gzip\r\n") != std::string::npos);
  CHECK(packed.size() < plain.size() / 100);
  CHECK(unpacked(body_of(packed)) == kLarge);
  CHECK(body_of(http_get(server->port(), "/large", "Accept-Encoding: gzip;q=0\r\n")) == kLarge);
  CHECK(body_of(http_get(server->port(), "/small", "Accept-Encoding: gzip\r\n")) == "small\n");
}

TEST_CASE("clients that send nothing or read nothing hold up nobody, and cost no thread") {
  const auto server = started({.idle = 600s, .lifetime = 600s, .connections = 64});
  const std::size_t before = threads();
  std::list<WebClient> stuck;
  for (int i = 0; i < 15; ++i) {
    stuck.emplace_back(server->port());
    stuck.emplace_back(server->port()).say("GET /sma");
    stuck.emplace_back(server->port(), 4096).say("GET /large HTTP/1.1\r\nHost: trestle\r\n\r\n");
    CHECK(body_of(http_get(server->port(), "/small")) == "small\n");
  }
  CHECK(body_of(http_get(server->port(), "/large")).size() == kLarge.size());
  CHECK(threads() == before);
}

TEST_CASE("clients that send nothing or read nothing are hung up on") {
  const auto server = started({.idle = 1s, .lifetime = 600s, .connections = 64});
  WebClient silent(server->port()), slow(server->port()), deaf(server->port(), 4096);
  slow.say("GET /sma");
  deaf.say("GET /large HTTP/1.1\r\nHost: trestle\r\n\r\n");
  CHECK(silent.is_hung_up_on(20s));
  CHECK(slow.is_hung_up_on(20s));
  // Taking something makes a client active again, so first it has to be idle for long enough for
  // certain: as long as three others after one another.
  for (int i = 0; i < 3; ++i) CHECK(WebClient(server->port()).is_hung_up_on(20s));
  CHECK(deaf.rest().size() < kLarge.size());
}

TEST_CASE("the oldest connection goes when there are too many, and the newest is served") {
  const auto server = started({.idle = 600s, .lifetime = 600s, .connections = 4});
  std::list<WebClient> stuck;
  for (int i = 0; i < 20; ++i) {
    stuck.emplace_back(server->port());
    if (i >= 4) {
      CHECK(stuck.front().is_hung_up_on(20s));
      stuck.pop_front();
    }
  }
  CHECK(body_of(http_get(server->port(), "/small")) == "small\n");
}

TEST_CASE("a connection that is too old goes when another comes") {
  const auto server = started({.idle = 600s, .lifetime = 0s, .connections = 64});
  WebClient dribbling(server->port());
  dribbling.say("GET /sma");
  CHECK_FALSE(dribbling.is_hung_up_on(0s));
  WebClient next(server->port());
  CHECK(dribbling.is_hung_up_on(20s));
}

TEST_CASE("a server stops at once while clients are stuck") {
  auto server = started({.idle = 600s, .lifetime = 600s, .connections = 64});
  WebClient silent(server->port()), deaf(server->port(), 4096);
  deaf.say("GET /large HTTP/1.1\r\nHost: trestle\r\n\r\n");
  server.reset();
  CHECK(silent.is_hung_up_on(20s));
}

TEST_CASE("an address that is none, or of another host, is an error that says so") {
  CHECK_FALSE(WebServer::start("localhost:80", respond, {}));
  const auto other = WebServer::start("192.0.2.1:9477", respond, {});
  REQUIRE_FALSE(other);
  CHECK(other.error().what == "Cannot assign requested address");
  const auto six = WebServer::start("[::1]:0", respond, {});
  if (six) CHECK((*six)->port() != 0);
}

TEST_CASE("a daemon is alive while its control thread comes round") {
  Health health;
  const auto now = Health::Clock::now();
  health.beat(now);
  CHECK(health.ill(now) == "");
  CHECK(health.ill(now + Health::kRoundMax) == "");
  CHECK(health.ill(now + Health::kRoundMax + 5s) ==
        "the control thread has not come round for 35 s");
  health.beat(now + 60s);
  CHECK(health.ill(now + 61s) == "");
}

TEST_CASE("a daemon is ready from its first configuration on until it stops, and while alive") {
  Health health;
  const auto now = Health::Clock::now();
  CHECK(health.unready(now) == "the first configuration is being applied");
  health.applied();
  health.beat(now);
  CHECK(health.unready(now) == "");
  CHECK(health.unready(now + 31s) == "the control thread has not come round for 31 s");
  health.stopping();
  CHECK(health.unready(now) == "stopping");
}

TEST_CASE("/healthz and /readyz say it over HTTP") {
  Health health;
  const auto server = MetricsServer::start(
      "127.0.0.1:0", [] { return std::make_shared<const Inventory>(); }, health);
  REQUIRE(server);
  const int port = (*server)->port();
  CHECK(http_get(port, "/healthz").find("HTTP/1.1 200 ") == 0);
  CHECK(body_of(http_get(port, "/healthz")) == "ok\n");
  CHECK(http_get(port, "/readyz").find("HTTP/1.1 503 ") == 0);
  CHECK(body_of(http_get(port, "/readyz")) == "the first configuration is being applied\n");
  health.applied();
  CHECK(http_get(port, "/readyz").find("HTTP/1.1 200 ") == 0);
  CHECK(body_of(http_get(port, "/readyz")) == "ready\n");
  health.beat(Health::Clock::now() - 60s);
  CHECK(http_get(port, "/healthz").find("HTTP/1.1 503 ") == 0);
  CHECK(http_get(port, "/readyz").find("HTTP/1.1 503 ") == 0);
  CHECK(http_get(port, "/metrics").find("HTTP/1.1 200 ") == 0);
}

}  // namespace
}  // namespace trestle::control
