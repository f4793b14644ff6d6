// SPDX-License-Identifier: Apache-2.0
//
// The text of a rule cut into tokens, each a piece of the whole text so that its column is known:
// "key", "key=value", "key:value", "key(value)", separated by commas or blanks. Parentheses and
// double quotes keep what is in them together. Pure; any thread.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/flow/flow_text.h"
#include "config/mistake.h"

namespace trestle::config {

// The text that all pieces belong to.
class Source {
 public:
  explicit Source(std::string_view whole) : whole_(whole) {}

  // Where `piece`, a part of the whole text, begins: characters (not bytes) from 1.
  int column(std::string_view piece) const;
  tl::unexpected<TextMistake> mistake(std::string_view piece, std::string message) const {
    return tl::unexpected(TextMistake{column(piece), std::move(message)});
  }

 private:
  std::string_view whole_;
};

struct Token {
  std::string_view text;   // all of it
  std::string_view key;    // up to the delimiter
  char delimiter = '\0';   // '=', ':', '(' or none
  std::string_view value;  // without the delimiter and the closing parenthesis; or empty

  bool has_value() const { return delimiter != '\0'; }
};

// Takes the next token off `rest`; nullopt at its end.
FromText<std::optional<Token>> next_token(const Source& source, std::string_view& rest);
// All of them.
FromText<std::vector<Token>> tokens_of(const Source& source, std::string_view text);

// The first character outside of parentheses and double quotes that `is_end` takes, by its place;
// the size of `text` if there is none, npos if what is opened is never closed.
template <typename IsEnd>
std::size_t find_outside(std::string_view text, const IsEnd& is_end) {
  std::size_t depth = 0;
  bool in_quotes = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') in_quotes = !in_quotes;
    if (in_quotes) continue;
    if (depth == 0 && is_end(i)) return i;
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && depth > 0) --depth;
  }
  return in_quotes || depth != 0 ? std::string_view::npos : text.size();
}

// `rest` without the separators it begins with.
std::string_view skip_separators(std::string_view rest);
std::string_view trimmed(std::string_view text);  // of blanks at both ends

// What a listing says of a rule, group or meter that nobody can ask for: "n_packets=3", and
// "bucket0:" for a `part` of "bucket".
bool is_counter(const Token& token, std::string_view part = {});

// Around the first `separator`; the second is absent when there is none.
struct Halves {
  std::string_view first;
  std::optional<std::string_view> second;
};
Halves split(std::string_view text, std::string_view separator);

bool same_word(std::string_view a, std::string_view b);  // letter case aside
bool is_one_of(std::string_view word, std::span<const std::string_view> words);

std::string joined(std::initializer_list<std::string_view> parts);

}  // namespace trestle::config
