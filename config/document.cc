// SPDX-License-Identifier: Apache-2.0

#include "config/document.h"

#include <algorithm>

namespace trestle::config {
namespace {

bool is_bare_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// TOML 1.0 "basic string".
std::string quoted_string(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (octet < 0x20 || octet == 0x7f) {
      out += {'\\', 'u', '0', '0', kHex[octet >> 4], kHex[octet & 0xf]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

template <typename Range, typename Text>
std::string join(const Range& range, Text text) {
  std::string out;
  for (const auto& element : range) {
    if (!out.empty()) out += ", ";
    out += text(element);
  }
  return out;
}

}  // namespace

Node Node::of(bool value) {
  Node node;
  node.kind = Kind::kBoolean;
  node.boolean = value;
  return node;
}

Node Node::of(std::int64_t value) {
  Node node;
  node.kind = Kind::kInteger;
  node.integer = value;
  return node;
}

Node Node::of(std::string value) {
  Node node;
  node.kind = Kind::kString;
  node.text = std::move(value);
  return node;
}

Node Node::array(const std::vector<std::string>& texts) {
  Node node;
  node.kind = Kind::kArray;
  for (const std::string& text : texts) node.items.push_back(of(text));
  return node;
}

const Entry* Node::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

Entry* Node::find(std::string_view key) {
  return const_cast<Entry*>(static_cast<const Node*>(this)->find(key));
}

Node& Node::set(std::string_view key, Node value) {
  Entry* entry = find(key);
  if (entry == nullptr) entry = &entries.emplace_back(Entry{std::string(key), {}, {}});
  entry->value = std::move(value);
  return entry->value;
}

bool Node::erase(std::string_view key) {
  return std::erase_if(entries, [&](const Entry& entry) { return entry.key == key; }) > 0;
}

bool operator==(const Node& a, const Node& b) {
  return a.kind == b.kind && a.boolean == b.boolean && a.integer == b.integer && a.text == b.text &&
         a.items == b.items && a.entries == b.entries;
}

bool operator==(const Entry& a, const Entry& b) {
  return a.key == b.key && a.value == b.value;
}

const char* describe(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kBoolean:
      return "a boolean";
    case Node::Kind::kInteger:
      return "an integer";
    case Node::Kind::kFloat:
      return "a float";
    case Node::Kind::kString:
      return "a string";
    case Node::Kind::kTime:
      return "a date or time";
    case Node::Kind::kArray:
      return "an array";
    case Node::Kind::kTable:
      return "a table";
  }
  return "";
}

std::string plain_text(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kString:
      return node.text;
    case Node::Kind::kArray:
      return join(node.items, plain_text);
    case Node::Kind::kTable:
      return join(node.entries,
                  [](const Entry& entry) { return entry.key + " " + plain_text(entry.value); });
    default:
      return toml_text(node);
  }
}

std::string toml_text(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kBoolean:
      return node.boolean ? "true" : "false";
    case Node::Kind::kInteger:
      return std::to_string(node.integer);
    case Node::Kind::kString:
      return quoted_string(node.text);
    case Node::Kind::kArray:
      return "[" + join(node.items, toml_text) + "]";
    case Node::Kind::kTable: {
      if (node.entries.empty()) return "{}";
      return "{ " +
             join(node.entries,
                  [](const Entry& entry) {
                    return toml_key(entry.key) + " = " + toml_text(entry.value);
                  }) +
             " }";
    }
    case Node::Kind::kFloat:
    case Node::Kind::kTime:
      break;  // no key takes one, so none is ever printed
  }
  return "";
}

std::string toml_key(std::string_view key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), is_bare_key_character);
  return bare ? std::string(key) : quoted_string(key);
}

}  // namespace trestle::config
