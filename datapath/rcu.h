// SPDX-License-Identifier: Apache-2.0
//
// Read-copy-update for snapshots: workers read without locks, control frees what all of them have
// left behind. A thin face on liburcu's quiescent-state flavour (QSBR), in which reading costs
// nothing.
//
// A worker is a reader from registration on. It must say quiescent() now and then while it runs,
// and be offline whenever it blocks; between two such moments it may hold pointers it loaded.
//
// Why a face: liburcu is not built with ThreadSanitizer, which therefore cannot see the order that
// a grace period gives. It is told here, and only here.

#pragma once

namespace trestle::rcu {

// Makes the calling thread a reader for the object's life.
class Reader {
 public:
  Reader();
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // This thread holds no pointer it loaded before.
  void quiescent();

  // The same, for as long as the object lives: around a blocking call.
  class Offline {
   public:
    Offline();
    ~Offline();
    Offline(const Offline&) = delete;
    Offline& operator=(const Offline&) = delete;
  };
};

// Returns when every reader has been quiescent or offline since the call. Not from a reader. May
// take as long as a worker's longest burst.
void synchronize();

}  // namespace trestle::rcu
