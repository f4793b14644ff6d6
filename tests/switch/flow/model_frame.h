// SPDX-License-Identifier: Apache-2.0
//
// A frame as a plain value, for tests of pipelines: its layers and what stands in each, without
// bytes. And what carries out the steps of a Program on it.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "switch/flow/program.h"

namespace trestle::flow {

struct ModelFrame {
  // Tags and labels, outermost first. `type` announces the layer, and is what comes before it.
  struct Layer {
    bool label = false;
    std::uint16_t type = 0;
    std::uint32_t value = 0;  // a TCI with kTagPresent, or a label stack entry
    friend bool operator==(const Layer&, const Layer&) = default;
  };
  std::vector<Layer> layers;
  std::uint16_t type = 0;          // announces the payload …
  std::uint16_t payload_type = 0;  // … which really is this
  Fields payload;                  // all that is not in `layers`, with the MAC addresses
  // Tags that whoever looks at the frame knows of: those it was parsed with (two at most), and
  // those pushed since.
  std::size_t known_tags = 0;

  friend bool operator==(const ModelFrame& a, const ModelFrame& b) {
    return a.layers == b.layers && a.type == b.type && a.payload_type == b.payload_type &&
           a.payload == b.payload;
  }

  void parse();                       // sets known_tags
  Fields view(PortId in_port) const;  // packet words
  // Writes back what `view` shows; what the frame lacks is not written.
  void put(const Fields& view);
  void push_tag(std::uint16_t type_of_tag);
  void pop_tag();
  void push_label(std::uint16_t type_of_label, std::uint32_t entry);
  void pop_label(std::uint16_t next_type);

 private:
  bool is_tag(std::size_t i) const {
    return i < layers.size() && !layers[i].label &&
           (layers[i].type == 0x8100 || layers[i].type == 0x88a8);
  }
  std::uint16_t& announcement(std::size_t i) { return i < layers.size() ? layers[i].type : type; }
  bool shows_payload() const { return layers.size() == known_tags && type == payload_type; }
  bool shows_label() const { return layers.size() > known_tags && layers[known_tags].label; }
};

// A frame that went somewhere: `how` is the step, without what does not matter.
struct Sent {
  Op how;
  ModelFrame frame;
  friend bool operator==(const Sent&, const Sent&) = default;
};

// Does the steps; what is sent (or given to a meter) on the way. `frame` is as after them.
std::vector<Sent> execute(std::span<const Op> ops, ModelFrame& frame);

}  // namespace trestle::flow
