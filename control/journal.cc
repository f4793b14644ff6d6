// SPDX-License-Identifier: Apache-2.0

#include "control/journal.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <utility>

namespace trestle::control {
namespace {

constexpr std::pair<Journal::Kind, const char*> kWords[] = {
    {Journal::Kind::kNamespace, "namespace"},
    {Journal::Kind::kDns, "dns"},
    {Journal::Kind::kBlocked, "blocked"},
};

}  // namespace

Journal::Journal(std::string path) : path_(std::move(path)) {
  if (path_.empty()) return;
  std::ifstream file(path_);
  std::string word, name;
  while (file >> word >> std::ws && std::getline(file, name)) {
    for (const auto& [kind, text] : kWords) {
      if (word == text) entries_[kind].insert(name);
    }
  }
}

void Journal::add(Kind kind, const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (entries_[kind].insert(name).second) write();
}

void Journal::remove(Kind kind, const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (entries_[kind].erase(name) != 0) write();
}

std::set<std::string> Journal::all(Kind kind) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(kind);
  return found == entries_.end() ? std::set<std::string>{} : found->second;
}

// Whole or not at all: a reader after a crash sees the old file or the new one.
void Journal::write() const {
  if (path_.empty()) return;
  const std::string draft = path_ + ".new";
  {
    std::ofstream file(draft, std::ios::trunc);
    for (const auto& [kind, text] : kWords) {
      const auto found = entries_.find(kind);
      if (found == entries_.end()) continue;
      for (const std::string& name : found->second) file << text << ' ' << name << '\n';
    }
  }
  std::rename(draft.c_str(), path_.c_str());
}

void Journal::close() {
  const std::lock_guard lock(mutex_);
  for (const auto& [kind, names] : entries_) {
    if (!names.empty()) return;
  }
  if (!path_.empty()) unlink(path_.c_str());
}

}  // namespace trestle::control
