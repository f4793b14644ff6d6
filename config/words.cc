// SPDX-License-Identifier: Apache-2.0

#include "config/words.h"

#include <charconv>

#include "config/keys.h"
#include "config/toml_reader.h"

namespace trestle::config {
namespace {

// A key means the same for bridges and ports where both have it.
ValueKind kind_of(std::string_view key) {
  if (const Key* known = find_key(port_keys(), key)) return known->kind;
  if (const Key* known = find_key(bridge_keys(), key)) return known->kind;
  return ValueKind::kTextOrTable;  // the parser will say that there is no such key
}

Value to_value(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kBoolean:
      return node.boolean;
    case Node::Kind::kInteger:
      return node.integer;
    case Node::Kind::kArray: {
      Value::List list;
      for (const Node& item : node.items) list.push_back(to_value(item));
      return list;
    }
    case Node::Kind::kTable: {
      Value::Map map;
      for (const Entry& entry : node.entries) map.emplace(entry.key, to_value(entry.value));
      return map;
    }
    default:
      return node.text;
  }
}

Value integer_or_text(const std::string& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && rest == end) return number;
  return text;
}

Value simple(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return integer_or_text(text);
}

Value list_of(const std::string& text, bool numbers) {
  if (text.find(',') == std::string::npos) return numbers ? integer_or_text(text) : Value(text);
  Value::List list;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    const std::string item = text.substr(start, comma - start);
    list.push_back(numbers ? integer_or_text(item) : Value(item));
    start = comma + 1;
  }
  return list;
}

// `text` begins like an array or a table.
tl::expected<Value, std::string> as_toml(const std::string& key, const std::string& text) {
  const auto document = read_toml("value = " + text, "");
  if (!document) return tl::make_unexpected("'" + key + "': " + document.error().message);
  // More than one key: the word had a line break and went on.
  if (document->entries.size() != 1) return tl::make_unexpected("'" + key + "': more than a value");
  return to_value(document->entries.front().value);
}

tl::expected<Value, std::string> parse_value(const std::string& key, const std::string& text) {
  if (text.empty()) return Value(text);
  const ValueKind kind = kind_of(key);
  if (kind == ValueKind::kText) return Value(text);
  if (kind == ValueKind::kRules && text.front() != '[')
    return Value(text);  // has commas of its own
  if (text.front() == '[' || text.front() == '{') return as_toml(key, text);
  if (kind == ValueKind::kTextList) return list_of(text, false);
  if (kind == ValueKind::kVlanList) return list_of(text, true);
  return simple(text);
}

}  // namespace

tl::expected<Keys, std::string> parse_words(const std::vector<std::string>& words) {
  Keys keys;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      return tl::make_unexpected("expected key=value, found " + quoted(word));
    }
    const std::string key = word.substr(0, equals);
    auto value = parse_value(key, word.substr(equals + 1));
    if (!value) return tl::make_unexpected(std::move(value.error()));
    if (!keys.emplace(key, std::move(*value)).second) {
      return tl::make_unexpected("'" + key + "' is given twice");
    }
  }
  return keys;
}

}  // namespace trestle::config
