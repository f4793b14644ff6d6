// SPDX-License-Identifier: Apache-2.0
//
// One translation under way: what Translator::translate keeps while it goes through tables, groups
// and action lists. Only translate*.cc include this. One worker's.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "switch/ether_type.h"
#include "switch/flow/translate.h"

namespace trestle::flow {

// Tags and labels that may be put on a frame: as many as an edited frame has room for
// (EditedFrame::kPushMax).
inline constexpr unsigned kPushesMax = 16;
// Tables inside each other that do not count as depth, as each is after the one before: they take
// stack all the same.
inline constexpr unsigned kNestingMax = 512;
// Counters that one frame may add to.
inline constexpr std::size_t kHitsMax = 8192;
inline constexpr unsigned kReparsesMax = 64;
// Buckets that are looked at for one frame for whether they are alive; the others are taken for
// dead. (Groups that watch groups can be many times as many as they seem.)
inline constexpr unsigned kWatchesMax = 65536;

// What is known of the frame as it is now. Each bucket of a group has one of its own.
struct KnownFrame {
  Fields fields;
  // The bits of `fields` that no longer stand where they came from: constants were written over
  // them, or what was moved there has been examined at its source.
  Fields ours;
  // The bits of `fields` that only the frame's bytes can tell by now; null: none.
  const Fields* unknown = nullptr;
  // Tags that were pushed or popped stand elsewhere. What they are depends on these bits of
  // kWordVlanIp of the frame as it came; they are examined once somebody looks at a tag.
  std::uint64_t tags_depend_on = 0;
  // The TCIs of tags below the two in `fields` that were put there by pushing others.
  std::array<std::uint16_t, kPushesMax + 1> lower_tags{};
  std::uint8_t lower_tag_count = 0;
  std::uint8_t pushes = 0;  // headers added, less those taken off
};

struct Translator::Run {
  const Pipeline& pipeline;
  const Bridge& bridge;
  Reparse& reparse;
  Translation& out;
  Observer* observer;
  std::vector<const Action*>& action_set;
  std::vector<const Action*>& running_set;

  KnownFrame now;
  std::uint8_t table = 0;    // of the rule whose actions are being done …
  std::uint64_t cookie = 0;  // … and its cookie
  unsigned depth = 0;        // of resubmits that do not go to a later table, and of groups
  unsigned nesting = 0;      // of all
  unsigned reparses = 0;
  unsigned lookups = 0;
  unsigned watches = 0;  // buckets looked at for whether they are alive
  bool stopped = false;  // nothing more is done, not even the action set

  // --- translate.cc: tables and lists ---
  void run();
  // Looks the frame up in `first`, as if it had come in by `in_port`, and goes on from there.
  void run_table(std::uint8_t first, PortId in_port);
  const Rule* lookup(std::uint8_t number, PortId in_port);
  // The table that a goto_table at the end leads to, or kNoTable.
  unsigned run_list(const ActionList& actions);
  void run_action_set();
  void finish();
  static constexpr unsigned kNoTable = 256;

  // Does an action. False: the rest of its list is not done.
  bool act(const Action& action);
  bool act(const Output& action);
  bool act(const OutputInPort& action);
  bool act(const Flood& action);
  bool act(const Normal& action);
  bool act(const Punt& action);
  bool act(const GotoTable& action);
  bool act(const Resubmit& action);
  bool act(const WriteActions& action);
  bool act(const ClearActions& action);
  bool act(const WriteMetadata& action);
  bool act(const ToMeter& action);

  void emit(Op op);
  void hit(const std::shared_ptr<HitCounter>& counter);
  void note(const char* text) {
    if (observer != nullptr) observer->note(text);
  }
  // Too deep, too often or too long: the frame is dropped, whatever was to be done with it.
  void give_up(const char* why);

  // --- translate_edit.cc, translate_prerequisite.cc: actions that change the frame or registers
  // ---
  bool act(const SetField& action);
  bool act(const ModVlan& action);
  bool act(const Move& action);
  bool act(const PushVlan& action);
  bool act(const PopVlan& action);
  bool act(const PushMpls& action);
  bool act(const PopMpls& action);
  bool act(const DecTtl& action);
  bool act(const DecMplsTtl& action);

  void set(Field field, Bits value, Bits mask);
  void write(std::size_t word, std::uint64_t value, std::uint64_t mask);
  // Bits of the outermost TCI. As in Open vSwitch, it is kTagPresent that makes a tag: with it an
  // untagged frame gets one, without it a tagged frame loses its.
  void write_tag(std::uint16_t value, std::uint16_t mask);
  bool push_tag(std::uint16_t tpid);  // false: no room
  void pop_tag();
  bool room_for_header();
  bool has_tag();
  bool has(const FieldInfo& field);
  bool has(Prerequisite prerequisite);
  bool has_transport(std::uint8_t protocol);
  bool is_neighbor_discovery(unsigned type);
  bool expired(const char* why);

  // --- translate_known.cc: what is known and what has been examined ---
  void begin(const Fields& packet);
  // Before bits are looked at.
  void examine(std::size_t word, std::uint64_t mask);
  void examine(const Fields& mask);
  // Before bits are looked at or changed: if they are unknown, they no longer are after this.
  void reveal(std::size_t word, std::uint64_t mask);
  void reveal(const Fields& mask);
  void parse_again();
  std::uint16_t dl_type();  // examined
  bool is_ip();
  bool is_mpls();
  bool has_network();

  // --- translate_group.cc ---
  bool act(const ToGroup& action);
  void run_bucket(const Group& group, std::size_t index);
  // What follows op `start`, a kSave, has been done: back to the frame as it was before.
  void end_version(std::size_t start);
  void remove_op(std::size_t index);
  std::size_t choose(const Group& group);  // kNoBucket: none
  std::size_t select(const GroupSpec& group);
  std::uint64_t connection_hash();
  bool alive(const Bucket& bucket, unsigned watched = 0);
  static constexpr std::size_t kNoBucket = ~std::size_t{0};
};

// The bits of both TCIs in kWordVlanIp.
inline constexpr std::uint64_t kTagBits = ~std::uint64_t{0} << 32;
inline constexpr std::uint64_t kTagPresentBit = std::uint64_t{kTagPresent} << 48;
inline constexpr std::uint64_t kInnerTagPresentBit = std::uint64_t{kTagPresent} << 32;

inline bool is_edit(Op::Kind kind) {
  return kind == Op::Kind::kSet || kind == Op::Kind::kPushVlan || kind == Op::Kind::kPopVlan ||
         kind == Op::Kind::kPushMpls || kind == Op::Kind::kPopMpls;
}

// What comes to light when the outermost MPLS label is taken off, below which there is an EtherType
// as the action says; when the outermost of more than two tags is; when tags are below the label.
const Fields& below_label();
const Fields& below_tags();
const Fields& tags_below_label();

// What of the frame's connection a select group hashes: addresses, types, VLAN, ports.
Fields connection_bits();

// The bits that tell whether a frame meets a prerequisite.
Fields prerequisite_bits(Prerequisite prerequisite);

}  // namespace trestle::flow
