// SPDX-License-Identifier: Apache-2.0
//
// A frame as it leaves, in as many pieces as it lies in: one or two headers of its own and what was
// received. Read across their borders. One worker's; valid as long as the Gather it was made of.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "datapath/gather.h"
#include "switch/flow/wire.h"

namespace trestle {

class Pieces {
 public:
  using Piece = std::span<const std::byte>;
  static constexpr std::size_t kPiecesMax = 4;

  Pieces() = default;
  // Of what is behind the VnetHeader.
  explicit Pieces(Gather& gather) {
    std::size_t skipped = sizeof(VnetHeader);
    for (std::size_t i = 0; i < gather.count(); ++i) {
      const Piece piece{static_cast<const std::byte*>(gather.pieces()[i].iov_base),
                        gather.pieces()[i].iov_len};
      const Piece rest = piece.subspan(std::min(skipped, piece.size()));
      skipped -= piece.size() - rest.size();
      if (rest.empty()) continue;
      pieces_[count_++] = rest;
      size_ += static_cast<std::uint32_t>(rest.size());
    }
  }

  std::uint32_t size() const { return size_; }

  // Calls `visit` with each piece of the `size` bytes from `at` on, which there must be.
  template <typename Visit>
  void each(std::size_t at, std::size_t size, Visit visit) const {
    for (std::size_t i = 0; size != 0; ++i) {
      if (at >= pieces_[i].size()) {
        at -= pieces_[i].size();
        continue;
      }
      const Piece part = pieces_[i].subspan(at, std::min(size, pieces_[i].size() - at));
      visit(part);
      size -= part.size();
      at = 0;
    }
  }

  void copy(std::size_t at, std::size_t size, std::byte* to) const {
    each(at, size, [&](Piece part) {
      std::memcpy(to, part.data(), part.size());
      to += part.size();
    });
  }
  std::uint8_t load8(std::size_t at) const {
    std::byte byte;
    copy(at, 1, &byte);
    return std::to_integer<std::uint8_t>(byte);
  }
  std::uint16_t load16(std::size_t at) const {
    std::byte bytes[2];
    copy(at, 2, bytes);
    return flow::load16(bytes);
  }

 private:
  std::array<Piece, kPiecesMax> pieces_;
  std::size_t count_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace trestle
