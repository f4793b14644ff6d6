// SPDX-License-Identifier: Apache-2.0
//
// One table of the document while it is read: hands out its keys as typed values and notes each
// mistake where it stands. Lives for one parse; one thread.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.h"
#include "config/keys.h"

namespace trestle::config {

class Section {
 public:
  // `name` is what messages call it: "port br0.red". `table` and `mistakes` must outlive it; a
  // `table` that is none is a mistake, and then there are no keys.
  Section(const Entry& entry, std::string name, Mistakes& mistakes);

  const std::string& name() const { return name_; }
  Position at() const { return at_; }  // of its own key
  const std::vector<Entry>& entries() const { return table_->entries; }

  // Notes each key that is not in `keys`, with what it may have been meant to be.
  void refuse_unknown(std::span<const Key> keys);
  // Makes `key` as if it were not given (because a mistake has been noted for it).
  void ignore(std::string_view key) { ignored_.push_back(key); }

  // Null: not given.
  const Entry* find(std::string_view key) const;
  // Each is nullopt (or empty) when the key is not given or when its value is a mistake, which is
  // noted.
  std::optional<std::string> text(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max);
  // A string or an array of strings: the nodes that are strings.
  std::vector<const Node*> texts(std::string_view key);

  // An integer or an array of integers: the nodes that are integers in the range.
  std::vector<const Node*> integers(std::string_view key, std::int64_t min, std::int64_t max);

  // "'mtu' of port br0.red: ", then `message`.
  void mistake(Position at, std::string_view key, const std::string& message);
  // "expected a string, found an integer".
  void wrong_type(const Node& found, std::string_view key, const std::string& expected);

 private:
  bool in_range(const Node& node, std::string_view key, std::int64_t min, std::int64_t max);

  std::string name_;
  Position at_;
  const Node* table_;
  Mistakes& mistakes_;
  std::vector<std::string_view> ignored_;
};

}  // namespace trestle::config
