// SPDX-License-Identifier: Apache-2.0
//
// Actions that put headers on, take them off or count their TTL down.

#include "config/flow/action_reader.h"
#include "config/flow/numbers.h"

namespace trestle::config {
namespace {

using flow::Action;
using flow::Prerequisite;

FromText<void> check_no_value(const ActionContext& context, const Token& token) {
  if (!token.has_value() || token.value.empty()) return {};
  return context.source.mistake(token.value, quoted(token.key) + " takes no value");
}

FromText<void> check(const ActionContext& context, const Token& token, Prerequisite prerequisite) {
  if (context.known.has(prerequisite)) return {};
  return context.source.mistake(token.text, lacks(token.key, prerequisite, context.known, "done"));
}

// One of two EtherTypes.
FromText<std::uint16_t> read_type(const ActionContext& context, const Token& token,
                                  std::uint16_t usual, std::uint16_t other) {
  const auto type = parse_number(context.source, token.key, token.value, 0xffff);
  if (!type) return tl::unexpected(type.error());
  if (*type != usual && *type != other) {
    return context.source.mistake(
        token.value, joined({token.key, ": ", quoted(token.value), " is neither ", hex(usual, 4),
                             " nor ", hex(other, 4)}));
  }
  return static_cast<std::uint16_t>(*type);
}

}  // namespace

FromText<Action> read_push_vlan(ActionContext& context, const Token& token) {
  const auto type = read_type(context, token, 0x8100, 0x88a8);
  if (!type) return tl::unexpected(type.error());
  if (context.known.two_tags()) {
    return context.source.mistake(token.text,
                                  "push_vlan: there are two VLAN tags already, as many as may be");
  }
  context.known.push_tag();
  return flow::PushVlan{*type};
}

// A frame without a tag stays as it is, so none needs to be matched.
FromText<Action> read_pop_vlan(ActionContext& context, const Token& token) {
  if (const auto none = check_no_value(context, token); !none) return tl::unexpected(none.error());
  context.known.pop_tag();
  return flow::PopVlan{};
}

FromText<Action> read_push_mpls(ActionContext& context, const Token& token) {
  const auto type = read_type(context, token, 0x8847, 0x8848);
  if (!type) return tl::unexpected(type.error());
  context.known.set_type(*type);
  return flow::PushMpls{*type};
}

FromText<Action> read_pop_mpls(ActionContext& context, const Token& token) {
  if (const auto done = check(context, token, Prerequisite::kMpls); !done) {
    return tl::unexpected(done.error());
  }
  const auto type = parse_number(context.source, token.key, token.value, 0xffff);
  if (!type) return tl::unexpected(type.error());
  context.known.set_type(static_cast<std::uint16_t>(*type));
  return flow::PopMpls{static_cast<std::uint16_t>(*type)};
}

FromText<Action> read_dec_ttl(ActionContext& context, const Token& token) {
  if (const auto none = check_no_value(context, token); !none) return tl::unexpected(none.error());
  if (const auto done = check(context, token, Prerequisite::kIp); !done) {
    return tl::unexpected(done.error());
  }
  return flow::DecTtl{};
}

FromText<Action> read_dec_mpls_ttl(ActionContext& context, const Token& token) {
  if (const auto none = check_no_value(context, token); !none) return tl::unexpected(none.error());
  if (const auto done = check(context, token, Prerequisite::kMpls); !done) {
    return tl::unexpected(done.error());
  }
  return flow::DecMplsTtl{};
}

}  // namespace trestle::config
