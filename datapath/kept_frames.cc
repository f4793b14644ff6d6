// SPDX-License-Identifier: Apache-2.0

#include "datapath/kept_frames.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>

#include "switch/zeroed_pages.h"

namespace trestle {
namespace {

using Word = std::uint64_t;
using AtomicWord = std::atomic_ref<Word>;
static_assert(AtomicWord::is_always_lock_free);

// A reader that has met the writer so often will not get through; the worker keeps one frame a
// burst, and copies it in a fraction of the time that a burst takes.
constexpr int kReadsMax = 1000;

constexpr std::size_t words_for(std::size_t bytes) {
  return (bytes + sizeof(Word) - 1) / sizeof(Word);
}

void store(Word& to, Word value) {
  AtomicWord(to).store(value, std::memory_order_release);
}

Word load(const Word& from) {
  return AtomicWord(const_cast<Word&>(from)).load(std::memory_order_acquire);
}

void store_bytes(Word* to, std::span<const std::byte> bytes) {
  const std::size_t whole = bytes.size() / sizeof(Word);
  for (std::size_t i = 0; i < whole; ++i) {
    Word word;
    std::memcpy(&word, bytes.data() + i * sizeof word, sizeof word);
    store(to[i], word);
  }
  if (const std::size_t rest = bytes.size() % sizeof(Word); rest != 0) {
    Word word = 0;
    std::memcpy(&word, bytes.data() + whole * sizeof word, rest);
    store(to[whole], word);
  }
}

// What is copied beside the bytes.
struct About {
  std::int64_t time_ns;
  std::uint32_t size;
  VlanTag stripped;
  VnetHeader vnet;
  std::uint16_t kept;  // bytes
  PortId in;
  std::uint16_t unused;
};
static_assert(std::is_trivially_copyable_v<About> && sizeof(About) % sizeof(Word) == 0);
using AboutWords = std::array<Word, sizeof(About) / sizeof(Word)>;

}  // namespace

// All zero (as fresh pages are): nothing has been kept here.
struct alignas(64) KeptFrames::Place {
  Word version;  // odd: being written
  AboutWords about;
  std::array<Word, words_for(kBytes)> bytes;

  void write(const Frame& frame, PortId in, std::int64_t now) {
    const Word before = version;  // its own writer reads it as it is
    AtomicWord(version).store(before + 1, std::memory_order_relaxed);

    const auto head = frame.bytes().first(std::min<std::size_t>(frame.size, kBytes));
    const About what{
        now, frame.size, frame.stripped, frame.vnet, static_cast<std::uint16_t>(head.size()),
        in,  0};
    const auto words = std::bit_cast<AboutWords>(what);
    for (std::size_t i = 0; i < words.size(); ++i) store(about[i], words[i]);
    store_bytes(bytes.data(), head);

    AtomicWord(version).store(before + 2, std::memory_order_release);
  }

  std::optional<KeptFrame> read() const {
    for (int i = 0; i < kReadsMax; ++i) {
      const Word before = load(version);
      if (before == 0) return std::nullopt;
      if (before % 2 != 0) continue;
      AboutWords words;
      for (std::size_t w = 0; w < words.size(); ++w) words[w] = load(about[w]);
      std::array<Word, words_for(kBytes)> copy;
      for (std::size_t w = 0; w < copy.size(); ++w) copy[w] = load(bytes[w]);
      if (AtomicWord(const_cast<Word&>(version)).load(std::memory_order_relaxed) != before)
        continue;

      const auto what = std::bit_cast<About>(words);
      const auto* first = reinterpret_cast<const std::byte*>(copy.data());
      return KeptFrame{
          {first, first + what.kept}, what.size, what.stripped, what.vnet, what.in, what.time_ns};
    }
    return std::nullopt;
  }
};

struct KeptFrames::Pages {
  Place last;
  struct Ring {
    Word kept;  // so far; the next goes to place kept % kPerReason
    std::array<Place, kPerReason> places;
  };
  std::array<Ring, kDropReasons> dropped;
};

KeptFrames::KeptFrames() {
  static_assert(std::is_trivial_v<Pages>, "fresh pages are a Pages as they are");
  void* const pages = map_zeroed_pages(sizeof(Pages));
  if (pages == nullptr) throw std::bad_alloc();
  pages_ = static_cast<Pages*>(pages);
}

KeptFrames::~KeptFrames() {
  unmap_zeroed_pages(pages_, sizeof(Pages));
}

void KeptFrames::keep_last(const Frame& frame, PortId in, std::int64_t now) {
  pages_->last.write(frame, in, now);
}

void KeptFrames::keep_dropped(DropReason reason, const Frame& frame, PortId in, std::int64_t now) {
  Pages::Ring& ring = pages_->dropped[static_cast<std::size_t>(reason)];
  const Word kept = ring.kept;
  ring.places[kept % kPerReason].write(frame, in, now);
  store(ring.kept, kept + 1);
}

std::optional<KeptFrame> KeptFrames::last() const {
  return pages_->last.read();
}

std::vector<KeptFrame> KeptFrames::dropped(DropReason reason) const {
  const Pages::Ring& ring = pages_->dropped[static_cast<std::size_t>(reason)];
  std::vector<KeptFrame> frames;
  const Word kept = load(ring.kept);
  for (Word back = 1; back <= std::min<Word>(kept, kPerReason); ++back) {
    if (auto frame = ring.places[(kept - back) % kPerReason].read()) {
      frames.push_back(std::move(*frame));
    }
  }
  return frames;
}

}  // namespace trestle
