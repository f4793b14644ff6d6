// SPDX-License-Identifier: Apache-2.0
//
// Whole rules, selectors and changes of rules: what is said beside match and actions.

#include "config/flow/action_reader.h"
#include "config/flow/match_reader.h"
#include "config/flow/numbers.h"
#include "config/flow/port_names.h"

namespace trestle::config {
namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};

constexpr std::string_view kWords[] = {"table",        "priority",      "cookie", "idle_timeout",
                                       "hard_timeout", "check_overlap", "actions"};
constexpr std::string_view kSelectorWords[] = {"table", "priority", "cookie", "out_port",
                                               "out_group"};
constexpr std::string_view kNotHonoured[] = {"send_flow_rem", "reset_counts", "no_packet_counts",
                                             "no_byte_counts", "importance"};

// A text in two: what comes before "actions=", and what after.
struct Parts {
  std::vector<Token> tokens;
  std::optional<std::string_view> actions;
};

FromText<Parts> parts_of(const Source& source, std::string_view text) {
  Parts parts;
  for (std::string_view rest = skip_separators(text); !rest.empty(); rest = skip_separators(rest)) {
    for (const std::string_view word : {"actions=", "action="}) {
      if (rest.substr(0, word.size()) != word) continue;
      parts.actions = rest.substr(word.size());
      return parts;
    }
    const auto token = next_token(source, rest);
    if (!token) return tl::unexpected(token.error());
    if (*token) parts.tokens.push_back(**token);
  }
  return parts;
}

struct Cookie {
  std::uint64_t value = 0, mask = 0;
  bool masked = false;
};

// What rules, selectors and changes have in common.
class RuleReader {
 public:
  enum class What : std::uint8_t { kRule, kSelector, kChange };

  RuleReader(std::string_view text, const FlowPorts& ports, What what)
      : source_(text), ports_(ports), match_(source_, ports), what_(what), text_(text) {}

  FromText<void> read() {
    const auto parts = parts_of(source_, text_);
    if (!parts) return tl::unexpected(parts.error());
    for (const Token& token : parts->tokens) {
      if (const auto done = take(token); !done) return done;
    }
    const auto match = match_.finish();
    if (!match) return tl::unexpected(match.error());
    rule.match = *match;
    if (table) rule.table = *table;
    return read_list(parts->actions);
  }

  flow::RuleSpec rule;  // also what a selector says of match and priority
  bool check_overlap = false;
  std::optional<std::uint8_t> table;
  bool has_priority = false;
  std::optional<Cookie> cookie;
  std::optional<PortId> out_port;
  std::optional<std::uint32_t> out_group;

 private:
  FromText<void> take(const Token& token) {
    if (what_ != What::kSelector && is_counter(token)) return {};
    const auto setting = take_setting(token);
    if (!setting) return tl::unexpected(setting.error());
    if (*setting) return {};
    const auto field = match_.take(token);
    if (!field) return tl::unexpected(field.error());
    if (*field) return {};
    if (is_one_of(token.key, kNotHonoured)) {
      return source_.mistake(token.text, quoted(token.key) + " is not supported");
    }
    if (is_one_of(token.key, kWords)) {
      return source_.mistake(token.text,
                             quoted(token.key) + " has no place where rules are selected");
    }
    if (what_ == What::kSelector) return match_.unknown(token, kSelectorWords);
    return match_.unknown(token, kWords);
  }

  FromText<bool> take_setting(const Token& token) {
    const std::string_view key = token.key;
    if (is_one_of(key, kWords) || is_one_of(key, kSelectorWords)) {
      if (is_one_of(key, seen_)) {
        return source_.mistake(token.text, quoted(key) + " is given twice");
      }
      seen_.push_back(key);
    }
    if (key == "table") {
      std::uint8_t number = 0;
      const auto done = take_number(token, flow::kLastTable, number);
      table = number;
      return done;
    }
    if (key == "priority") {
      has_priority = true;
      return take_number(token, 0xffff, rule.priority);
    }
    if (key == "cookie") return take_cookie(token);
    if (what_ != What::kSelector) {
      if (key == "idle_timeout") return take_number(token, 0xffff, rule.idle_timeout);
      if (key == "hard_timeout") return take_number(token, 0xffff, rule.hard_timeout);
      if (key == "check_overlap" && what_ == What::kRule) {
        if (token.has_value()) return source_.mistake(token.text, quoted(key) + " takes no value");
        return check_overlap = true;
      }
    }
    if (key == "out_port" || key == "out_group") return take_output(token);
    return false;
  }

  template <typename Number>
  FromText<bool> take_number(const Token& token, std::uint64_t max, Number& number) {
    const auto parsed = parse_number(source_, token.key, token.value, max);
    if (!parsed) return tl::unexpected(parsed.error());
    number = static_cast<Number>(*parsed);
    return true;
  }

  FromText<bool> take_cookie(const Token& token) {
    const Halves halves = split(token.value, "/");
    const auto value = parse_number(source_, token.key, halves.first, kAll);
    if (!value) return tl::unexpected(value.error());
    cookie = Cookie{*value, kAll, halves.second.has_value()};
    if (!halves.second) return true;
    if (what_ == What::kRule) {
      return source_.mistake(*halves.second,
                             "cookie takes a mask only where it selects rules, not in a new one");
    }
    const auto mask = parse_mask(source_, token.key, *halves.second, kAll);
    if (!mask) return tl::unexpected(mask.error());
    cookie->mask = *mask;
    cookie->value &= *mask;
    return true;
  }

  FromText<bool> take_output(const Token& token) {
    if (what_ == What::kRule) {
      return source_.mistake(token.text,
                             quoted(token.key) + " selects rules and has no place in a new one");
    }
    if (token.key == "out_group") {
      std::uint32_t number = 0;
      const auto done = take_number(token, flow::kGroupIdMax, number);
      out_group = number;
      return done;
    }
    const auto port = parse_port(source_, ports_, token.value);
    if (!port) return tl::unexpected(port.error());
    out_port = *port;
    return true;
  }

  FromText<void> read_list(std::optional<std::string_view> list) {
    if (what_ == What::kSelector) {
      if (!list) return {};
      return source_.mistake(*list, "actions have no place here: this only selects rules");
    }
    if (!list) {
      return source_.mistake(text_.substr(text_.size()),
                             "actions are missing: end with actions=…, to drop with actions=drop");
    }
    std::optional<std::uint8_t> own = rule.table;
    if (what_ == What::kChange) own = table;  // none said: rules of all tables are changed
    ActionContext context{source_, ports_, Known(rule.match), own, ActionContext::Place::kRule};
    auto actions = read_actions(context, *list);
    if (!actions) return tl::unexpected(actions.error());
    rule.actions = std::move(*actions);
    return {};
  }

  const Source source_;
  const FlowPorts& ports_;
  MatchReader match_;
  const What what_;
  const std::string_view text_;
  std::vector<std::string_view> seen_;
};

flow::RuleSelector selector_of(const RuleReader& reader) {
  flow::RuleSelector selector;
  selector.table = reader.table;
  selector.match = reader.rule.match;
  selector.strict = reader.has_priority;
  if (reader.has_priority) selector.priority = reader.rule.priority;
  selector.out_port = reader.out_port;
  selector.out_group = reader.out_group;
  return selector;
}

}  // namespace

FromText<ParsedFlow> parse_flow(std::string_view text, const FlowPorts& ports) {
  RuleReader reader(text, ports, RuleReader::What::kRule);
  if (const auto done = reader.read(); !done) return tl::unexpected(done.error());
  if (reader.cookie) reader.rule.cookie = reader.cookie->value;
  return ParsedFlow{std::move(reader.rule), reader.check_overlap};
}

FromText<flow::RuleSelector> parse_selector(std::string_view text, const FlowPorts& ports) {
  RuleReader reader(text, ports, RuleReader::What::kSelector);
  if (const auto done = reader.read(); !done) return tl::unexpected(done.error());
  flow::RuleSelector selector = selector_of(reader);
  if (reader.cookie) {
    selector.cookie = reader.cookie->value;
    selector.cookie_mask = reader.cookie->mask;
  }
  return selector;
}

FromText<ParsedChange> parse_change(std::string_view text, const FlowPorts& ports) {
  RuleReader reader(text, ports, RuleReader::What::kChange);
  if (const auto done = reader.read(); !done) return tl::unexpected(done.error());
  ParsedChange change;
  change.selector = selector_of(reader);
  if (reader.cookie && reader.cookie->masked) {
    change.selector.cookie = reader.cookie->value;
    change.selector.cookie_mask = reader.cookie->mask;
  } else if (reader.cookie) {
    change.new_cookie = reader.rule.cookie = reader.cookie->value;
  }
  change.rule = std::move(reader.rule);
  return change;
}

FromText<flow::Match> parse_match(std::string_view text, const FlowPorts& ports) {
  const Source source(text);
  MatchReader reader(source, ports);
  if (const auto taken = reader.take_all(text); !taken) return tl::unexpected(taken.error());
  return reader.finish();
}

FromText<flow::ActionList> parse_actions(std::string_view text, const FlowPorts& ports) {
  const Source source(text);
  ActionContext context{source, ports, Known::unchecked(), std::nullopt,
                        ActionContext::Place::kRule};
  return read_actions(context, text);
}

std::string print_flow(const flow::RuleSpec& rule, const FlowPorts& ports) {
  std::string text;
  const auto add = [&text](std::string_view key, const std::string& value) {
    text += joined({text.empty() ? "" : ", ", key, value});
  };
  if (rule.cookie != 0) add("cookie=", hex(rule.cookie));
  if (rule.table != 0) add("table=", std::to_string(rule.table));
  if (rule.idle_timeout != 0) add("idle_timeout=", std::to_string(rule.idle_timeout));
  if (rule.hard_timeout != 0) add("hard_timeout=", std::to_string(rule.hard_timeout));
  const std::string match = print_match(rule.match, ports);
  if (rule.priority != flow::kDefaultPriority) {
    add("priority=", std::to_string(rule.priority) + (match.empty() ? "" : "," + match));
  } else if (!match.empty()) {
    add("", match);
  }
  return text + (text.empty() ? "" : " ") + "actions=" + print_actions(rule.actions, ports);
}

}  // namespace trestle::config
