// SPDX-License-Identifier: Apache-2.0
//
// The TOML library walks tables by recursion, also when it frees them, and limits only nested
// values, not dotted keys: `a.a.a…` in a file of some kilobytes would overflow the stack. So a scan
// that knows just strings and comments refuses deep nesting before the library sees the text.

#include "config/toml_reader.h"

#include <optional>

#include <toml++/toml.h>

namespace trestle::config {
namespace {

// bridge.NAME.ports.NAME.link_local needs 5; the rest is room for a clear message by the parser.
constexpr int kDotsMax = 16;
constexpr int kBracketsMax = 16;

// Follows just enough of the grammar to know what is a string or a comment.
class NestingScan {
 public:
  explicit NestingScan(std::string_view text) : text_(text) {}

  // The place where nesting becomes too deep, if it does.
  std::optional<Position> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
      } else if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') step();
      } else {
        if (too_deep(c)) return Position{line_, column_};
        step();
      }
    }
    return std::nullopt;
  }

 private:
  bool too_deep(char c) {
    if (c == '.') return ++dots_ > kDotsMax;
    if (c == '[' || c == '{') {
      dots_ = 0;
      return ++brackets_ > kBracketsMax;
    }
    if ((c == ']' || c == '}') && brackets_ > 0) --brackets_;
    if (c == '=' || c == ',' || c == '\n') dots_ = 0;
    return false;
  }

  void skip_string(char quote) {
    const std::string_view three(quote == '"' ? "\"\"\"" : "'''");
    const bool multi_line = text_.substr(at_, 3) == three;
    for (int i = multi_line ? 3 : 1; i > 0; --i) step();
    while (at_ < text_.size()) {
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) {
        step();
      } else if (multi_line ? text_.substr(at_, 3) == three
                            : text_[at_] == quote || text_[at_] == '\n') {
        for (int i = multi_line ? 3 : 1; i > 0; --i) step();
        return;
      }
      step();
    }
  }

  void step() {
    const auto octet = static_cast<unsigned char>(text_[at_++]);
    if (octet == '\n') {
      ++line_;
      column_ = 1;
    } else if ((octet & 0xc0) != 0x80) {
      ++column_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int column_ = 1;
  int dots_ = 0;      // since the last delimiter: the length of a dotted key
  int brackets_ = 0;  // open
};

// Characters of UTF-8.
std::size_t length_of(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) length += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return length;
}

// On one line, with one quote at each end and no escapes.
bool is_verbatim(const toml::source_region& region, std::string_view text) {
  return region.begin.line == region.end.line &&
         region.end.column - region.begin.column == length_of(text) + 2;
}

Position position_of(const toml::source_region& region) {
  return {static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

Node convert(const toml::node& from) {
  Node node;
  switch (from.type()) {
    case toml::node_type::table:
      for (const auto& [key, value] : *from.as_table()) {
        node.entries.push_back({std::string(key.str()), position_of(key.source()), convert(value)});
      }
      break;
    case toml::node_type::array:
      node.kind = Node::Kind::kArray;
      for (const auto& item : *from.as_array()) node.items.push_back(convert(item));
      break;
    case toml::node_type::string:
      node = Node::of(from.as_string()->get());
      node.verbatim = is_verbatim(from.source(), node.text);
      break;
    case toml::node_type::integer:
      node = Node::of(from.as_integer()->get());
      break;
    case toml::node_type::boolean:
      node = Node::of(from.as_boolean()->get());
      break;
    case toml::node_type::floating_point:
      node.kind = Node::Kind::kFloat;
      break;
    default:
      node.kind = Node::Kind::kTime;
      break;
  }
  node.at = position_of(from.source());
  return node;
}

}  // namespace

tl::expected<Node, Mistake> read_toml(std::string_view toml_text, const std::string& file_name) {
  if (toml_text.size() > kTextMax) {
    return tl::make_unexpected(Mistake{file_name, 1, 1, "longer than 16 MiB"});
  }
  if (const auto deep = NestingScan(toml_text).run()) {
    return tl::make_unexpected(
        Mistake{file_name, deep->line, deep->column, "nested deeper than any configuration is"});
  }
  try {
    return convert(toml::parse(toml_text));
  } catch (const toml::parse_error& error) {
    const Position at = position_of(error.source());
    return tl::make_unexpected(
        Mistake{file_name, at.line, at.column, std::string(error.description())});
  }
}

}  // namespace trestle::config
