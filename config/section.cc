// SPDX-License-Identifier: Apache-2.0

#include "config/section.h"

#include <algorithm>

#include "config/suggest.h"

namespace trestle::config {
namespace {

const Node& no_keys() {
  static const Node empty;
  return empty;
}

}  // namespace

Section::Section(const Entry& entry, std::string name, Mistakes& mistakes)
    : name_(std::move(name)), at_(entry.at), table_(&entry.value), mistakes_(mistakes) {
  if (table_->kind == Node::Kind::kTable) return;
  mistakes_.add(table_->at, name_ + ": expected a table, found " + describe(table_->kind));
  table_ = &no_keys();
}

void Section::refuse_unknown(std::span<const Key> keys) {
  for (const Entry& entry : table_->entries) {
    if (find_key(keys, entry.key) != nullptr) continue;
    mistakes_.add(entry.at, "unknown key " + quoted(entry.key) + " in " + name_ +
                                did_you_mean(entry.key, names_of(keys)));
  }
}

const Entry* Section::find(std::string_view key) const {
  if (std::find(ignored_.begin(), ignored_.end(), key) != ignored_.end()) return nullptr;
  return table_->find(key);
}

std::optional<std::string> Section::text(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  if (entry->value.kind == Node::Kind::kString) return entry->value.text;
  wrong_type(entry->value, key, "a string");
  return std::nullopt;
}

std::optional<bool> Section::boolean(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  if (entry->value.kind == Node::Kind::kBoolean) return entry->value.boolean;
  wrong_type(entry->value, key, "a boolean");
  return std::nullopt;
}

std::optional<std::int64_t> Section::integer(std::string_view key, std::int64_t min,
                                             std::int64_t max) {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  if (entry->value.kind != Node::Kind::kInteger) {
    wrong_type(entry->value, key, "an integer");
    return std::nullopt;
  }
  if (!in_range(entry->value, key, min, max)) return std::nullopt;
  return entry->value.integer;
}

std::vector<const Node*> Section::integers(std::string_view key, std::int64_t min,
                                           std::int64_t max) {
  const Entry* entry = find(key);
  if (entry == nullptr) return {};
  const bool array = entry->value.kind == Node::Kind::kArray;
  if (!array && entry->value.kind != Node::Kind::kInteger) {
    wrong_type(entry->value, key, "an integer or an array of integers");
    return {};
  }
  std::vector<const Node*> nodes;
  for (const Node& item : array ? std::span(entry->value.items) : std::span(&entry->value, 1)) {
    if (item.kind != Node::Kind::kInteger) {
      wrong_type(item, key, "an array of integers, and in it an integer");
    } else if (in_range(item, key, min, max)) {
      nodes.push_back(&item);
    }
  }
  return nodes;
}

bool Section::in_range(const Node& node, std::string_view key, std::int64_t min, std::int64_t max) {
  if (node.integer >= min && node.integer <= max) return true;
  mistake(node.at, key,
          std::to_string(node.integer) + " is out of range (" + std::to_string(min) + " to " +
              std::to_string(max) + ")");
  return false;
}

std::vector<const Node*> Section::texts(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return {};
  if (entry->value.kind == Node::Kind::kString) return {&entry->value};
  if (entry->value.kind != Node::Kind::kArray) {
    wrong_type(entry->value, key, "a string or an array of strings");
    return {};
  }
  std::vector<const Node*> nodes;
  for (const Node& item : entry->value.items) {
    if (item.kind == Node::Kind::kString) {
      nodes.push_back(&item);
    } else {
      wrong_type(item, key, "an array of strings, and in it a string");
    }
  }
  return nodes;
}

void Section::mistake(Position at, std::string_view key, const std::string& message) {
  mistakes_.add(at, "'" + std::string(key) + "' of " + name_ + ": " + message);
}

void Section::wrong_type(const Node& found, std::string_view key, const std::string& expected) {
  std::string what = describe(found.kind);
  if (found.kind == Node::Kind::kString) what += " " + quoted(found.text);
  if (found.kind == Node::Kind::kInteger || found.kind == Node::Kind::kBoolean) {
    what += " (" + plain_text(found) + ")";
  }
  mistake(found.at, key, "expected " + expected + ", found " + what);
}

}  // namespace trestle::config
