// SPDX-License-Identifier: Apache-2.0
//
// The programs that one worker's flow cache leads to, each once however many flows take it, with
// what was counted for it and not yet passed on to its rules. One worker's.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "switch/flow/program.h"

namespace trestle::flow {

// What a decision was made by: it holds as long as both are the same.
struct Stamp {
  std::uint64_t pipeline = 0;  // Pipeline::version
  std::uint64_t ports = 0;     // the snapshot's serial where the pipeline watches ports; else 0
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

// What a frame touches is in one cache line.
struct alignas(64) CachedProgram {
  // Most programs are one step, and can be done without a look at the list of them.
  enum class Shape : std::uint8_t { kOutput, kNormal, kDrop, kOther };

  Stamp stamp;
  std::uint64_t frames = 0, bytes = 0;  // counted and not yet flushed
  std::uint32_t references = 0;         // cache entries that lead to it
  PortId output = kNoPort;              // kOutput
  Shape shape = Shape::kOther;
  std::uint64_t content = 0;  // hash of the program and the stamp
  Program program;
};

class ProgramSet {
 public:
  // The one like this, or a new one, without a reference; null: there is no room.
  CachedProgram* intern(const Program& program, Stamp stamp);
  void hold(CachedProgram& program) { ++program.references; }
  // What nothing holds any more goes at the next flush(): until then a frame may be on its way by
  // it.
  void release(CachedProgram& program) {
    if (--program.references == 0) released_.push_back(&program);
  }

  void note_counted(CachedProgram& program) { counted_.push_back(&program); }
  void flush(Milliseconds now);

 private:
  static constexpr std::size_t kProgramsMax = 65536;
  // Steps and counters of all of them: a long program takes the room of many short ones.
  static constexpr std::size_t kStepsMax = std::size_t{1} << 20;

  void erase(CachedProgram& program);

  std::unordered_multimap<std::uint64_t, std::unique_ptr<CachedProgram>> programs_;  // by content
  std::size_t steps_ = 0;
  std::vector<CachedProgram*> counted_, released_;
};

// Adds to the counters of those hits that came before op `ended` (or at it).
void count_hits(const Program& program, std::size_t ended, std::uint64_t frames,
                std::uint64_t bytes, Milliseconds now);

}  // namespace trestle::flow
