// SPDX-License-Identifier: Apache-2.0
//
// The fields of one frame: a match that leaves nothing of what it names open.

#include "config/flow/match_reader.h"

namespace trestle::config {
namespace {

using flow::Field;

// The words behind kPacketWords are no part of a frame, and where it comes in is said elsewhere.
bool is_of_frames(const flow::FieldInfo& field) {
  return field.word < flow::kPacketWords && field.field != Field::kInPort;
}

// Whether a token says its field in full. Of flags, what is not named is not set.
FromText<void> check_exact(const Source& source, const Token& token) {
  const flow::FieldInfo* const field = flow::find_field(token.key);
  if (!field) return {};
  if (!is_of_frames(*field)) {
    return source.mistake(token.text, quoted(token.key) + " is not a field of a frame");
  }
  if (field->field == Field::kTcpFlags && token.value.find('/') == std::string_view::npos) {
    return {};
  }
  if (field->notation == flow::Notation::kFrag) {
    if (token.value == "no" || token.value == "first" || token.value == "later") return {};
    return source.mistake(token.value, "ip_frag: a frame is one of no, first and later");
  }
  if (token.value == "*" || token.value.find('/') != std::string_view::npos) {
    return source.mistake(token.value, quoted(token.text) +
                                           ": a frame has one value of each field, "
                                           "without a mask");
  }
  return {};
}

}  // namespace

FromText<flow::Fields> parse_frame_fields(std::string_view text) {
  const Source source(text);
  const FlowPorts no_ports;
  MatchReader reader(source, no_ports);
  const auto tokens = reader.take_all(text);
  if (!tokens) return tl::unexpected(tokens.error());
  for (const Token& token : *tokens) {
    if (const auto checked = check_exact(source, token); !checked) {
      return tl::unexpected(checked.error());
    }
  }
  const auto match = reader.finish();
  if (!match) return tl::unexpected(match.error());
  return match->value;
}

}  // namespace trestle::config
