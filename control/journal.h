// SPDX-License-Identifier: Apache-2.0
//
// What this daemon has put on the host that does not carry its mark: namespaces, resolv.conf files,
// devices cut off from the host's stack. Kept in a small file beside the socket, written before
// each act, so that a successor knows after a crash what to take over or remove. (Interfaces carry
// their mark themselves, in their alias.)
//
// Thread-safety: several threads may add, remove and ask.

#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

namespace trestle::control {

class Journal {
 public:
  enum class Kind { kNamespace, kDns, kBlocked };  // kBlocked: a device whose ingress is dropped

  // Reads what is there. `path` empty: remembers only in memory. An unreadable line is left out:
  // what it stood for can only be found by a person.
  explicit Journal(std::string path);

  void add(Kind kind, const std::string& name);
  void remove(Kind kind, const std::string& name);
  std::set<std::string> all(Kind kind) const;  // a copy: may be changed while it is walked
  // The file goes, if nothing is left; else it stays, for a successor.
  void close();

 private:
  void write() const;  // mutex_ held

  const std::string path_;
  mutable std::mutex mutex_;
  std::map<Kind, std::set<std::string>> entries_;  // guarded by mutex_
};

}  // namespace trestle::control
