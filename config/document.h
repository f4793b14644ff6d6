// SPDX-License-Identifier: Apache-2.0
//
// A configuration between text and typed values: a tree of tables, arrays and values, each with its
// place in the text. The TOML reader makes one, `build` (config/parse.h) turns it into a Config,
// `to_document` (config/print.h) turns a Config back into one. Plain values; any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/mistake.h"

namespace trestle::config {

struct Entry;

struct Node {
  enum class Kind { kBoolean, kInteger, kFloat, kString, kTime, kArray, kTable };

  Kind kind = Kind::kTable;
  Position at;
  bool boolean = false;        // kBoolean
  std::int64_t integer = 0;    // kInteger
  std::string text;            // kString
  bool verbatim = false;       // kString: stands in the text as it is, between one pair of quotes
  std::vector<Node> items;     // kArray
  std::vector<Entry> entries;  // kTable; keys are unique

  static Node of(bool value);
  static Node of(std::int64_t value);
  static Node of(std::string value);
  static Node array(const std::vector<std::string>& texts);

  // Of character `column` (from 1) of a string; of the string where that cannot be told.
  Position inside(int column) const {
    return verbatim ? Position{at.line, at.column + column} : at;
  }

  // Tables only; linear in the number of keys. Null: no such key.
  const Entry* find(std::string_view key) const;
  Entry* find(std::string_view key);
  // Replaces the value of `key` or appends it; the value in its new place.
  Node& set(std::string_view key, Node value);
  // Whether there was one.
  bool erase(std::string_view key);

  // Equal contents in equal order; positions do not count.
  friend bool operator==(const Node& a, const Node& b);
};

struct Entry {
  std::string key;
  Position at;  // of the key
  Node value;

  friend bool operator==(const Entry& a, const Entry& b);
};

// With its article: "a string".
const char* describe(Node::Kind kind);

// For people: strings without quotes, arrays as "a, b", tables as "key value, key value".
std::string plain_text(const Node& node);

// As TOML, on one line: strings quoted and escaped, tables inline.
std::string toml_text(const Node& node);
// As a TOML key: bare where the grammar allows it, else quoted.
std::string toml_key(std::string_view key);

}  // namespace trestle::config
