// SPDX-License-Identifier: Apache-2.0

#include "config/flow/tokens.h"

#include <algorithm>

namespace trestle::config {
namespace {

constexpr std::string_view kSeparators = ", \t\r\n";
constexpr std::string_view kKeyEnds = ":=(, \t\r\n)";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;  // UTF-8
}

// The length of the value that `text` begins with: up to a separator, or (`inside`) up to the
// parenthesis that closes one opened before. npos: a parenthesis or quote is never closed.
std::size_t value_length(std::string_view text, bool inside) {
  const std::size_t end = find_outside(text, [&](std::size_t i) {
    return text[i] == ')' || (!inside && kSeparators.find(text[i]) != std::string_view::npos);
  });
  return inside && end == text.size() ? std::string_view::npos : end;
}

}  // namespace

int Source::column(std::string_view piece) const {
  const std::string_view before(whole_.data(),
                                static_cast<std::size_t>(piece.data() - whole_.data()));
  return 1 +
         static_cast<int>(before.size() - static_cast<std::size_t>(std::count_if(
                                              before.begin(), before.end(), continues_character)));
}

std::string_view skip_separators(std::string_view rest) {
  return rest.substr(std::min(rest.find_first_not_of(kSeparators), rest.size()));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

FromText<std::optional<Token>> next_token(const Source& source, std::string_view& rest) {
  rest = skip_separators(rest);
  if (rest.empty()) return std::nullopt;
  Token token;
  const bool is_quoted = rest.front() == '"';
  const std::size_t key_end =
      is_quoted ? value_length(rest, false) : std::min(rest.find_first_of(kKeyEnds), rest.size());
  if (key_end == std::string_view::npos) return source.mistake(rest, "'\"' is never closed");
  token.key = rest.substr(0, key_end);
  token.value = rest.substr(key_end, 0);
  const char after = key_end < rest.size() ? rest[key_end] : '\0';
  if (after == ')') return source.mistake(rest.substr(key_end), "')' without a '(' before it");
  std::size_t end = key_end;
  if (after == '=' || after == ':' || after == '(') {
    token.delimiter = after;
    const std::string_view value = rest.substr(key_end + 1);
    const std::size_t length = value_length(value, after == '(');
    if (length == std::string_view::npos) {
      return source.mistake(rest, quoted(rest) + ": a '(' or '\"' is never closed");
    }
    if (after != '(' && length < value.size() && value[length] == ')') {
      return source.mistake(value.substr(length), "')' without a '(' before it");
    }
    token.value = value.substr(0, length);
    end = key_end + 1 + length + (after == '(' ? 1 : 0);
  }
  token.text = rest.substr(0, end);
  rest.remove_prefix(end);
  if (!rest.empty() && kSeparators.find(rest.front()) == std::string_view::npos) {
    return source.mistake(rest, quoted(rest) + " follows " + quoted(token.text) +
                                    ": put a comma or blank between them");
  }
  return token;
}

FromText<std::vector<Token>> tokens_of(const Source& source, std::string_view text) {
  std::vector<Token> tokens;
  for (;;) {
    const auto token = next_token(source, text);
    if (!token) return tl::unexpected(token.error());
    if (!*token) return tokens;
    tokens.push_back(**token);
  }
}

bool is_counter(const Token& token, std::string_view part) {
  constexpr std::string_view kCounters[] = {"duration", "n_packets", "n_bytes", "idle_age",
                                            "hard_age"};
  if (is_one_of(token.key, kCounters)) return token.has_value();
  if (part.empty() || token.delimiter != ':' || !token.value.empty()) return false;
  return token.key.starts_with(part) && token.key.size() > part.size() &&
         token.key.find_first_not_of("0123456789", part.size()) == std::string_view::npos;
}

Halves split(std::string_view text, std::string_view separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, at), text.substr(at + separator.size())};
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

}  // namespace trestle::config
