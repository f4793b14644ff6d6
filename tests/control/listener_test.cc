// SPDX-License-Identifier: Apache-2.0
//
// Who may listen on a socket: two daemons, a daemon after a crash, and what else may lie at its
// path.

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "control/api/listener.h"
#include "tests/control/api_fixture.h"

using namespace trestle::control;
using namespace trestle::testing;
namespace fs = std::filesystem;

namespace {

// A socket that is bound as `path`; its file stays when the descriptor is closed, as after a crash.
int bound_socket(const std::string& path, bool listening) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  if (listening) REQUIRE(listen(descriptor, 1) == 0);
  return descriptor;
}

unsigned mode(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE(
    "the socket, its directory and its lock are made with their modes, and removed at the end") {
  TemporaryDirectory directory;
  const std::string path = directory / "a/b/api.sock";
  const mode_t before = umask(GENERATE(0, 022, 077));
  {
    auto listener = Listener::open(path);
    umask(before);
    REQUIRE(listener);
    CHECK(mode(path) == 0660);
    CHECK(mode(directory / "a/b") == 0755);
    CHECK(mode(path + ".lock") == 0600);
  }
  CHECK_FALSE(fs::exists(path));
  CHECK_FALSE(fs::exists(path + ".lock"));
}

TEST_CASE("a second daemon on the same socket is refused by name and harms nothing") {
  Served first;
  const auto second = Listener::open(first.socket);
  REQUIRE_FALSE(second);
  CHECK(second.error().what == "cannot listen on " + first.socket + ": another trestled (pid " +
                                   std::to_string(getpid()) + ") is running there");
  RawClient client(first.socket);
  CHECK(client.exchange(first, request("echo")).size() == 1);
}

TEST_CASE("a socket and a lock file that a crash left are taken over") {
  TemporaryDirectory directory;
  const std::string path = directory / "api.sock";
  close(bound_socket(path, true));
  std::ofstream(path + ".lock") << "4194304\n";
  REQUIRE(fs::exists(path));
  const auto listener = Listener::open(path);
  REQUIRE(listener);
  CHECK_NOTHROW(RawClient(path));
}

TEST_CASE("a socket that another program listens on is left to it") {
  TemporaryDirectory directory;
  const std::string path = directory / "api.sock";
  const int other = bound_socket(path, true);
  const auto listener = Listener::open(path);
  REQUIRE_FALSE(listener);
  CHECK(listener.error().what ==
        "cannot listen on " + path + ": another process is listening there");
  CHECK_NOTHROW(RawClient(path));
  close(other);
}

TEST_CASE("what is not a socket is left alone") {
  TemporaryDirectory directory;
  const std::string path = directory / "api.sock";
  std::ofstream(path) << "precious";
  const auto listener = Listener::open(path);
  REQUIRE_FALSE(listener);
  CHECK_THAT(listener.error().what, Catch::EndsWith("something that is not a socket is there"));
  CHECK(fs::file_size(path) == 8);
  CHECK_FALSE(fs::exists(path + ".lock"));
}

TEST_CASE("a path that no socket can have is refused") {
  CHECK_FALSE(Listener::open(""));
  CHECK_FALSE(Listener::open("/tmp/" + std::string(103, 'x')));
  CHECK_FALSE(Listener::open("/dev/null/api.sock"));
}

TEST_CASE("a socket is free again once its daemon has gone") {
  TemporaryDirectory directory;
  const std::string path = directory / "api.sock";
  for (int i = 0; i < 3; ++i) {
    auto listener = Listener::open(path);
    REQUIRE(listener);
    const Listener moved = std::move(*listener);
    CHECK_FALSE(Listener::open(path));
  }
}
