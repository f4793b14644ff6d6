// SPDX-License-Identifier: Apache-2.0

#include "switch/flow/program_set.h"

#include <algorithm>

#include "switch/flow/flow_key_words.h"

namespace trestle::flow {
namespace {

std::uint64_t content_of(const Program& program, Stamp stamp) {
  std::uint64_t hash = fold(stamp.pipeline + 1, 0x9e37'79b9'7f4a'7c15) ^ stamp.ports;
  const auto mix = [&](std::uint64_t word) { hash = fold(hash ^ word, 0xd6e8'feb8'6659'fd93); };
  for (const Op& op : program.ops) {
    mix(static_cast<std::uint64_t>(op.kind) | std::uint64_t{op.word} << 8 |
        std::uint64_t{op.port} << 16 | std::uint64_t{op.type} << 32);
    mix(op.value);
    mix(op.mask);
  }
  for (const Hit& hit : program.hits) mix(reinterpret_cast<std::uintptr_t>(hit.counter.get()));
  return hash;
}

void set_shape(CachedProgram& cached) {
  using Shape = CachedProgram::Shape;
  const std::vector<Op>& ops = cached.program.ops;
  if (ops.empty()) {
    cached.shape = Shape::kDrop;
  } else if (ops.size() == 1 && ops[0].kind == Op::Kind::kNormal) {
    cached.shape = Shape::kNormal;
  } else if (ops.size() == 1 && ops[0].kind == Op::Kind::kOutput) {
    cached.shape = Shape::kOutput;
    cached.output = ops[0].port;
  }
}

}  // namespace

CachedProgram* ProgramSet::intern(const Program& program, Stamp stamp) {
  const std::uint64_t content = content_of(program, stamp);
  const auto [first, last] = programs_.equal_range(content);
  for (auto at = first; at != last; ++at) {
    if (at->second->stamp == stamp && at->second->program == program) return at->second.get();
  }
  const std::size_t steps = program.ops.size() + program.hits.size();
  if (programs_.size() >= kProgramsMax || steps_ + steps > kStepsMax) return nullptr;
  steps_ += steps;
  auto made = std::make_unique<CachedProgram>();
  made->program = program;
  made->stamp = stamp;
  made->content = content;
  set_shape(*made);
  return programs_.emplace(content, std::move(made))->second.get();
}

void ProgramSet::flush(Milliseconds now) {
  for (CachedProgram* const counted : counted_) {
    count_hits(counted->program, counted->program.ops.size(), counted->frames, counted->bytes, now);
    counted->frames = 0;
    counted->bytes = 0;
  }
  counted_.clear();
  // One may have been released, held again and released again.
  std::sort(released_.begin(), released_.end());
  released_.erase(std::unique(released_.begin(), released_.end()), released_.end());
  for (CachedProgram* const released : released_) {
    if (released->references == 0) erase(*released);
  }
  released_.clear();
}

void ProgramSet::erase(CachedProgram& program) {
  const auto [first, last] = programs_.equal_range(program.content);
  for (auto at = first; at != last; ++at) {
    if (at->second.get() != &program) continue;
    steps_ -= program.program.ops.size() + program.program.hits.size();
    programs_.erase(at);
    return;
  }
}

void count_hits(const Program& program, std::size_t ended, std::uint64_t frames,
                std::uint64_t bytes, Milliseconds now) {
  for (const Hit& hit : program.hits) {
    if (hit.before <= ended) hit.counter->add(frames, bytes, now);
  }
}

}  // namespace trestle::flow
