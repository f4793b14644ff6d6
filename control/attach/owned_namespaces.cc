// SPDX-License-Identifier: Apache-2.0

#include "control/attach/owned_namespaces.h"

#include <cerrno>

namespace trestle::control {

Result<net::NamespaceHandle> OwnedNamespaces::open(const std::string& spec, bool create) {
  auto opened = net::open_namespace(spec);
  const bool named = spec.find('/') == std::string::npos && !spec.starts_with("pid:");
  if (opened || !create || !named) return opened;
  // Another thread may be making it: its file is there before anything is mounted on it.
  const std::lock_guard lock(making_);
  opened = net::open_namespace(spec);
  if (opened || opened.error().code != ENOENT) return opened;
  journal_.add(Journal::Kind::kNamespace,
               spec);  // first, so that a crash in between leaves a trace
  if (auto made = net::create_named(spec); !made) {
    journal_.remove(Journal::Kind::kNamespace, spec);
    return tl::make_unexpected(made.error());
  }
  return net::open_namespace(spec);
}

Result<void> OwnedNamespaces::set_dns(const std::map<std::string, config::Namespace>& namespaces) {
  for (const auto& [name, options] : namespaces) {
    if (options.dns.empty()) continue;
    journal_.add(Journal::Kind::kDns, name);
    if (auto written = net::set_dns(name, options.dns); !written) {
      return tl::make_unexpected(written.error());
    }
  }
  for (const std::string& name : journal_.all(Journal::Kind::kDns)) {
    const auto found = namespaces.find(name);
    if (found != namespaces.end() && !found->second.dns.empty()) continue;
    if (auto removed = net::remove_dns(name); !removed) return removed;
    journal_.remove(Journal::Kind::kDns, name);
  }
  return {};
}

void OwnedNamespaces::release_unused(const config::Config& config) {
  std::set<std::string> used;
  for (const auto& [bridge_name, bridge] : config.bridges) {
    for (const auto& [port_name, port] : bridge.ports) {
      if (port.ns) used.insert(*port.ns);
    }
  }
  for (const std::string& name : journal_.all(Journal::Kind::kNamespace)) {
    if (used.contains(name)) continue;
    // Failing means that it is in the way of nobody but still there: the journal keeps it for the
    // next try.
    if (net::delete_named(name)) journal_.remove(Journal::Kind::kNamespace, name);
  }
}

Result<void> OwnedNamespaces::release_all() {
  release_unused({});
  return set_dns({});
}

}  // namespace trestle::control
