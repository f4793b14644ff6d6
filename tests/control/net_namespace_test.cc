// SPDX-License-Identifier: Apache-2.0
//
// Namespaces, made by us and by `ip netns`, each seen by the other; name servers; the watcher.

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <thread>
#include <vector>

#include "control/attach/owned_namespaces.h"
#include "control/net/links.h"
#include "control/net/namespaces.h"
#include "tests/sandbox.h"

using namespace trestle;
using namespace trestle::net;
using trestle::testing::Sandbox;
using trestle::testing::shell;

namespace {

// Waits until the watcher has told of `name`; false after 5 s.
bool tells_of(NamespaceWatcher& watcher, const std::string& name) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  pollfd descriptor{watcher.fd(), POLLIN, 0};
  while (std::chrono::steady_clock::now() < deadline && poll(&descriptor, 1, 5000) == 1) {
    const auto names = watcher.drain();
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  }
  return false;
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE_METHOD(Sandbox, "a namespace made by us is seen, used and deleted by ip netns") {
  const auto before = NamespaceHandle::current().value();
  REQUIRE(create_named("ours"));
  CHECK(NamespaceHandle::current()->same_as(before));
  CHECK(exists("ours"));
  CHECK_FALSE(open_namespace("ours")->same_as(before));
  CHECK_THAT(shell("ip netns list").output, Catch::Contains("ours"));
  CHECK(shell("ip netns exec ours ping -n -c 1 -W 1 127.0.0.1").ok());
  const auto again = create_named("ours");
  REQUIRE_FALSE(again);
  CHECK(again.error().code == EEXIST);
  REQUIRE(shell("ip netns del ours").ok());
  CHECK_FALSE(exists("ours"));
  CHECK(access("/run/netns/ours", F_OK) != 0);
}

TEST_CASE_METHOD(Sandbox,
                 "of many threads that miss the same namespace one makes it, and all have it") {
  control::Journal journal("");
  control::OwnedNamespaces namespaces(journal);
  constexpr int kThreads = 8;
  for (int round = 0; round < 20; ++round) {
    const std::string name = "shared" + std::to_string(round);
    std::barrier start(kThreads);
    std::atomic<int> opened{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        opened += namespaces.open(name, true).has_value();
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(opened == kThreads);
    REQUIRE(delete_named(name));
  }
}

TEST_CASE_METHOD(Sandbox,
                 "a namespace made by ip netns is opened by name and path, and deleted by us") {
  REQUIRE(shell("ip netns add theirs").ok());
  const auto handle = open_namespace("theirs");
  REQUIRE(handle);
  CHECK(open_namespace("/run/netns/theirs")->same_as(*handle));
  {
    auto scope = NamespaceScope::enter(*handle);
    REQUIRE(scope);
    CHECK(NamespaceHandle::current()->same_as(*handle));
    CHECK(open_namespace("pid:" + std::to_string(getpid())).has_value());
  }
  CHECK(NamespaceHandle::current()->same_as(*open_namespace("pid:" + std::to_string(getpid()))));
  REQUIRE(delete_named("theirs"));
  CHECK(shell("ip netns list").output.find("theirs") == std::string::npos);
  REQUIRE(delete_named("theirs"));
}

TEST_CASE_METHOD(Sandbox, "what is no namespace cannot be opened, and the error says why") {
  CHECK(open_namespace("nowhere").error().code == ENOENT);
  CHECK_THAT(open_namespace("nowhere").error().what,
             Catch::Contains("cannot open namespace nowhere"));
  CHECK_THAT(open_namespace("/etc/passwd").error().what,
             Catch::Contains("is not a network namespace"));
  CHECK_THAT(open_namespace("/proc/self/ns/mnt").error().what,
             Catch::Contains("is not a network namespace"));
  CHECK(open_namespace("pid:999999999").error().code == ENOENT);
  CHECK_FALSE(open_namespace("pid:1x"));
  CHECK_FALSE(open_namespace(".."));
  CHECK_FALSE(create_named("a/b"));
  CHECK_FALSE(create_named(""));
  CHECK_FALSE(delete_named(".."));
}

TEST_CASE_METHOD(Sandbox,
                 "name servers of a namespace are written for ip netns exec and taken away again") {
  REQUIRE(create_named("dns"));
  CHECK(set_dns("dns", {"10.0.0.2", "fd00::53"}).value());
  CHECK(set_dns("dns", {"10.0.0.3"}).value());
  CHECK_THAT(shell("ip netns exec dns cat /etc/resolv.conf").output,
             Catch::Contains("nameserver 10.0.0.3\n"));
  CHECK_FALSE(set_dns("dns", {"not-an-address"}));
  REQUIRE(remove_dns("dns"));
  CHECK(access("/etc/netns/dns", F_OK) != 0);

  REQUIRE(
      shell("mkdir /etc/netns/dns && echo nameserver 9.9.9.9 > /etc/netns/dns/resolv.conf").ok());
  CHECK_FALSE(set_dns("dns", {"10.0.0.2"}).value());
  REQUIRE(remove_dns("dns"));
  CHECK(contents("/etc/netns/dns/resolv.conf") == "nameserver 9.9.9.9\n");
  REQUIRE(shell("rm -r /etc/netns/dns && ip netns del dns").ok());
}

TEST_CASE_METHOD(Sandbox, "the watcher tells of namespaces that can be opened and that are gone") {
  auto watcher = NamespaceWatcher::open().value();
  for (int round = 0; round < 20; ++round) {
    REQUIRE(shell("ip netns add seen").ok());
    REQUIRE(tells_of(watcher, "seen"));
    REQUIRE(exists("seen"));
    REQUIRE(shell("ip netns del seen").ok());
    REQUIRE(tells_of(watcher, "seen"));
    REQUIRE_FALSE(exists("seen"));
  }
  pollfd descriptor{watcher.fd(), POLLIN, 0};
  CHECK(poll(&descriptor, 1, 0) == 0);
}

TEST_CASE_METHOD(Sandbox,
                 "a file in /run/netns is told of only when a namespace is mounted on it") {
  auto watcher = NamespaceWatcher::open().value();
  REQUIRE(shell("ip netns add model && : > /run/netns/late").ok());
  REQUIRE(tells_of(watcher, "model"));
  pollfd descriptor{watcher.fd(), POLLIN, 0};
  for (int looks = 0; looks < 3; ++looks) {
    REQUIRE(poll(&descriptor, 1, 5000) == 1);  // it looks again
    CHECK(watcher.drain().empty());
  }
  REQUIRE(shell("mount --bind /run/netns/model /run/netns/late").ok());
  CHECK(tells_of(watcher, "late"));
  REQUIRE(shell("ip netns del late; ip netns del model").ok());
}

TEST_CASE_METHOD(
    Sandbox, "the watcher starts without /run/netns and finds it made, removed and made again") {
  shell("ip -all netns del; umount /run/netns; rm -rf /run/netns");
  REQUIRE(access("/run/netns", F_OK) != 0);
  auto watcher = NamespaceWatcher::open().value();
  for (int round = 0; round < 2; ++round) {
    REQUIRE(create_named("first"));
    CHECK(tells_of(watcher, "first"));
    REQUIRE(shell("ip netns del first && umount /run/netns && rmdir /run/netns").ok());
    CHECK(tells_of(watcher, "first"));
  }
  REQUIRE(shell("mkdir -p /run/netns").ok());
}
