// SPDX-License-Identifier: Apache-2.0
//
// Groups: "group_id=1,type=select,bucket=weight:2,actions=output:a,bucket=…". A bucket reaches to
// the next one.

#include <algorithm>

#include "config/flow/action_reader.h"
#include "config/flow/numbers.h"
#include "config/flow/port_names.h"
#include "config/suggest.h"

namespace trestle::config {
namespace {

using flow::Bucket;
using flow::GroupSpec;
using flow::GroupType;

struct TypeWord {
  std::string_view word;
  GroupType type;
};
constexpr TypeWord kTypes[] = {
    {"all", GroupType::kAll},
    {"select", GroupType::kSelect},
    {"indirect", GroupType::kIndirect},
    {"ff", GroupType::kFastFailover},
    {"fast_failover", GroupType::kFastFailover},
};
constexpr std::string_view kWords[] = {"group_id", "type", "bucket"};
constexpr std::string_view kBucketWord = "bucket=";

// Where the next bucket begins in `text`: a "bucket=" after a separator, outside of parentheses and
// quotes; or its end.
std::size_t next_bucket(std::string_view text) {
  const std::size_t at = find_outside(text, [&](std::size_t i) {
    const bool begins = i == 0 || skip_separators(text.substr(i - 1, 1)).empty();
    return begins && text.substr(i, kBucketWord.size()) == kBucketWord;
  });
  return std::min(at, text.size());
}

struct Reader {
  const Source& source;
  const FlowPorts& ports;
  GroupType type = GroupType::kAll;

  FromText<Bucket> bucket(std::string_view text) const;
  // False: the token belongs to the actions.
  FromText<bool> setting(const Token& token, Bucket& bucket) const;
};

FromText<bool> Reader::setting(const Token& token, Bucket& bucket) const {
  if (token.key == "weight") {
    if (type != GroupType::kSelect) {
      return source.mistake(token.text, "only buckets of a group of type=select have a weight");
    }
    const auto weight = parse_number(source, "weight", token.value, 0xffff);
    if (!weight) return tl::unexpected(weight.error());
    bucket.weight = static_cast<std::uint16_t>(*weight);
    return true;
  }
  if (token.key == "bucket_id") {
    return source.mistake(token.text,
                          "'bucket_id' is not supported: buckets count from 0 as they come");
  }
  if (token.key != "watch_port" && token.key != "watch_group") return false;
  if (type == GroupType::kAll || type == GroupType::kIndirect) {
    return source.mistake(token.text,
                          quoted(token.key) + " is for groups of type=ff and type=select");
  }
  if (token.key == "watch_port") {
    const auto port = parse_port(source, ports, token.value);
    if (!port) return tl::unexpected(port.error());
    bucket.watch_port = *port;
    return true;
  }
  const auto group = parse_number(source, "watch_group", token.value, flow::kGroupIdMax);
  if (!group) return tl::unexpected(group.error());
  bucket.watch_group = static_cast<std::uint32_t>(*group);
  return true;
}

FromText<Bucket> Reader::bucket(std::string_view text) const {
  Bucket bucket;
  std::string_view rest = skip_separators(text);
  while (!rest.empty()) {
    std::string_view after = rest;
    const auto token = next_token(source, after);
    if (!token) return tl::unexpected(token.error());
    const std::string_view key = (*token)->key;
    if ((key == "actions" || key == "action") && (*token)->has_value()) {
      rest.remove_prefix(key.size() + 1);
      break;
    }
    const auto taken = setting(**token, bucket);
    if (!taken) return tl::unexpected(taken.error());
    if (!*taken) break;
    rest = skip_separators(after);
  }
  if (type == GroupType::kFastFailover && !bucket.watch_port && !bucket.watch_group) {
    return source.mistake(text, "a bucket of a group of type=ff needs watch_port or watch_group");
  }
  ActionContext context{source, ports, Known::unchecked(), std::nullopt,
                        ActionContext::Place::kBucket};
  auto actions = read_actions(context, rest);
  if (!actions) return tl::unexpected(actions.error());
  bucket.actions = std::move(*actions);
  return bucket;
}

FromText<GroupType> read_type(const Source& source, std::string_view text) {
  std::vector<std::string_view> words;
  for (const TypeWord& known : kTypes) {
    if (known.word == text) return known.type;
    words.push_back(known.word);
  }
  return source.mistake(text, "type: " + quoted(text) + " is none of all, select, indirect and ff" +
                                  did_you_mean(text, words));
}

// All before the first bucket.
FromText<void> read_head(const Source& source, std::string_view text, GroupSpec& group) {
  bool has_id = false, has_type = false;
  const auto tokens = tokens_of(source, text);
  if (!tokens) return tl::unexpected(tokens.error());
  for (const Token& token : *tokens) {
    if (is_counter(token, "bucket")) continue;
    if ((token.key == "group_id" && std::exchange(has_id, true)) ||
        (token.key == "type" && std::exchange(has_type, true))) {
      return source.mistake(token.text, quoted(token.key) + " is given twice");
    }
    if (token.key == "group_id") {
      const auto id = parse_number(source, "group_id", token.value, flow::kGroupIdMax);
      if (!id) return tl::unexpected(id.error());
      group.id = static_cast<std::uint32_t>(*id);
    } else if (token.key == "type") {
      const auto type = read_type(source, token.value);
      if (!type) return tl::unexpected(type.error());
      group.type = *type;
    } else {
      return source.mistake(token.text,
                            "unknown key " + quoted(token.key) + did_you_mean(token.key, kWords));
    }
  }
  if (!has_id) return source.mistake(text, "group_id is missing");
  if (!has_type) return source.mistake(text, "type is missing: all, select, indirect or ff");
  return {};
}

std::string_view type_word(GroupType type) {
  return std::find_if(std::begin(kTypes), std::end(kTypes),
                      [type](const TypeWord& known) { return known.type == type; })
      ->word;
}

}  // namespace

FromText<GroupSpec> parse_group(std::string_view text, const FlowPorts& ports) {
  const Source source(text);
  GroupSpec group;
  std::size_t at = next_bucket(text);
  if (const auto head = read_head(source, text.substr(0, at), group); !head) {
    return tl::unexpected(head.error());
  }
  const Reader reader{source, ports, group.type};
  while (at < text.size()) {
    const std::string_view from = text.substr(at + kBucketWord.size());
    const std::size_t length = next_bucket(from);
    if (group.buckets.size() == flow::kBucketsMax) {
      return source.mistake(
          text.substr(at), "a group has at most " + std::to_string(flow::kBucketsMax) + " buckets");
    }
    auto bucket = reader.bucket(from.substr(0, length));
    if (!bucket) return tl::unexpected(bucket.error());
    group.buckets.push_back(std::move(*bucket));
    at += kBucketWord.size() + length;
  }
  if (group.type == GroupType::kIndirect && group.buckets.size() != 1) {
    return source.mistake(text, "a group of type=indirect has one bucket, not " +
                                    std::to_string(group.buckets.size()));
  }
  return group;
}

std::string print_group(const GroupSpec& group, const FlowPorts& ports) {
  std::string text =
      joined({"group_id=", std::to_string(group.id), ",type=", type_word(group.type)});
  for (const Bucket& bucket : group.buckets) {
    text += ",bucket=";
    if (group.type == GroupType::kSelect) text += "weight:" + std::to_string(bucket.weight) + ",";
    if (bucket.watch_port) text += "watch_port:" + print_port(*bucket.watch_port, ports) + ",";
    if (bucket.watch_group) text += "watch_group:" + std::to_string(*bucket.watch_group) + ",";
    text += "actions=" + print_actions(bucket.actions, ports);
  }
  return text;
}

}  // namespace trestle::config
