// SPDX-License-Identifier: Apache-2.0
//
// The namespaces that trestle made because a port named them and they were missing. Those, and
// their resolv.conf, are removed again; others are only used.
//
// Thread-safety: several threads may open; the rest is the control thread's, while none does.

#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "config/config.h"
#include "control/journal.h"
#include "control/net/namespaces.h"

namespace trestle::control {

class OwnedNamespaces {
 public:
  // Takes over what `journal` says an earlier daemon left.
  explicit OwnedNamespaces(Journal& journal) : journal_(journal) {}

  // Opens a namespace; makes it if it is named, missing and `create`. ENOENT: there is none.
  Result<net::NamespaceHandle> open(const std::string& spec, bool create);
  // Somebody has deleted it: what is called so from now on is theirs.
  void disown(const std::string& name) { journal_.remove(Journal::Kind::kNamespace, name); }
  // Writes or removes resolv.conf of the configured namespaces.
  Result<void> set_dns(const std::map<std::string, config::Namespace>& namespaces);
  // Deletes what we made and `config` does not name any more.
  void release_unused(const config::Config& config);
  Result<void> release_all();

 private:
  Journal& journal_;
  std::mutex making_;  // of two ports that miss the same one, one makes it
};

}  // namespace trestle::control
