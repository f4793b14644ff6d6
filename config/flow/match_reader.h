// SPDX-License-Identifier: Apache-2.0
//
// The match of a rule from its tokens. They may come in any order, so they are gathered first and
// understood together: "tp_dst" is TCP's or UDP's, "nw_src" is IPv4's or ARP's. Pure; any thread.

#pragma once

#include <string_view>
#include <vector>

#include "config/flow/field_values.h"
#include "config/flow/prerequisites.h"
#include "config/flow/tokens.h"
#include "switch/flow/match.h"

namespace trestle::config {

// "tcp" and the like: what they stand for.
struct Shorthand {
  std::string_view name;
  std::uint16_t type;
  int protocol;  // -1: any
};
std::span<const Shorthand> shorthands();

class MatchReader {
 public:
  MatchReader(const Source& source, const FlowPorts& ports) : source_(source), ports_(ports) {}

  // False: the token is neither a field nor a shorthand.
  FromText<bool> take(const Token& token);
  // The whole of a text, and what it consists of. It is a mistake if anything else stands in it.
  FromText<std::vector<Token>> take_all(std::string_view text);
  // All that was taken, checked.
  FromText<flow::Match> finish();

  // For a token that neither this nor the caller (who knows `others`) understands.
  tl::unexpected<TextMistake> unknown(const Token& token,
                                      std::span<const std::string_view> others) const;

 private:
  struct Wanted {
    Token token;
    const flow::FieldInfo* field = nullptr;  // else
    const Shorthand* shorthand = nullptr;
  };
  using Checked = FromText<void>;

  Checked require(const Wanted& wanted, flow::Field field, const MaskedValue& value);
  Checked understand(Wanted& wanted);
  FromText<const flow::FieldInfo*> resolve(const Wanted& wanted) const;
  FromText<MaskedValue> value_of(const Wanted& wanted) const;
  Checked prerequisites() const;

  const Source& source_;
  const FlowPorts& ports_;
  std::vector<Wanted> wanted_;
  flow::Match match_;
};

}  // namespace trestle::config
