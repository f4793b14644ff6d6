// SPDX-License-Identifier: Apache-2.0
//
// The classifier: its versions, and the search through the subtables of one.

#include "switch/flow/classifier.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <vector>

#include "switch/flow/subtable.h"

namespace trestle::flow {
namespace {

// What the frame path reads first of a subtable, side by side for all of them. Alive as long as the
// subtable is.
struct alignas(64) Slot {
  explicit Slot(const Subtable& table)
      : shape(&table.shape()),
        steps(table.steps().view()),
        kind(shape->kind),
        kind_mask(shape->kind_mask),
        prefixes(shape->prefixes),
        max_priority(table.max_priority()),
        link_first(shape->link_first) {
    for (std::size_t trie = 0; trie < kTries; ++trie)
      tries |= static_cast<std::uint8_t>((prefixes[trie] != 0 ? 1 : 0) << trie);
  }

  const Shape* shape;
  PersistentMap<Step>::View steps;
  std::uint32_t kind, kind_mask;
  std::array<std::uint8_t, kTries> prefixes;
  std::uint16_t max_priority;
  std::uint8_t tries = 0;  // bit n: prefixes[n] is not 0
  bool link_first;
};
static_assert(sizeof(Slot) == 64);

using Tries = std::array<PrefixTrie, kTries>;

// What the tries say about one frame; each is asked at most once, when a subtable first needs it.
class PrefixAnswers {
 public:
  PrefixAnswers(const Tries& tries, const Fields& fields) : tries_(tries), fields_(fields) {}

  // The tries (bits of a set, as in Slot) by which no rule of the subtable can match.
  unsigned excluding(const Slot& slot) {
    if ((slot.tries & ~asked_) != 0) ask(slot.tries);
    unsigned set = fails(0, slot) | fails(1, slot) << 1;
    if (slot.tries > kIpv4Tries) set |= fails(2, slot) << 2 | fails(3, slot) << 3;
    return set;
  }
  // Whether one of them says so by no more bits than are examined already.
  bool any_free(unsigned set, const Slot& slot) const {
    unsigned free = known(0, slot) | known(1, slot) << 1;
    if (slot.tries > kIpv4Tries) free |= known(2, slot) << 2 | known(3, slot) << 3;
    return (set & free) != 0;
  }
  void examine(unsigned trie, const Slot& slot) { examined_[trie] = bits(trie, slot); }
  void add_to(Fields& examined) const {
    for (unsigned trie = 0; trie < kTries; ++trie) {
      if (examined_[trie] != 0) add_prefix(examined, trie, examined_[trie]);
    }
  }

 private:
  static constexpr unsigned kIpv4Tries = 3;  // the set of them

  // Which prefixes longer than the subtable's match does not matter to it.
  unsigned bits(unsigned trie, const Slot& slot) const {
    return std::min<unsigned>(answers_[trie].bits, slot.prefixes[trie]);
  }
  unsigned fails(unsigned trie, const Slot& slot) const {
    return answers_[trie].has(slot.prefixes[trie]) ? 0 : 1;
  }
  unsigned known(unsigned trie, const Slot& slot) const {
    return bits(trie, slot) <= examined_[trie] ? 1 : 0;
  }
  void ask(unsigned tries) {
    for (unsigned left = tries & ~asked_; left != 0; left &= left - 1) {
      const auto trie = static_cast<unsigned>(std::countr_zero(left));
      answers_[trie] = tries_[trie].ask(address_of(fields_, trie));
    }
    asked_ |= tries;
  }

  const Tries& tries_;
  const Fields& fields_;
  unsigned asked_ = 0;
  std::array<unsigned, kTries> examined_{};  // first bits, of subtables passed by
  std::array<PrefixTrie::Answer, kTries> answers_;
};

const Step* find(const PersistentMap<Step>::View& steps, const Shape& shape, unsigned stage,
                 const Fields& fields) noexcept {
  return steps.find_if(shape.hash(stage, fields), [&](const std::uint64_t* words) {
    return shape.equal(stage, fields, words);
  });
}

// The rules of one subtable that match, if any do. What made it certain that none does goes into
// `examined`, or into `prefixes`.
const Step* search(const Slot& slot, const Fields& fields, std::uint32_t kind,
                   PrefixAnswers& prefixes, Fields& examined) noexcept {
  if (const std::uint32_t different = (kind ^ slot.kind) & slot.kind_mask; different != 0) {
    add_kind(examined, (different & kKindType) != 0 ? kKindType : kKindProto);
    return nullptr;
  }
  const Shape& shape = *slot.shape;
  if (slot.tries != 0) {
    const unsigned excluding = prefixes.excluding(slot);
    if (excluding != 0) {
      if (prefixes.any_free(excluding, slot)) return nullptr;
      // Better by the link layer, which distinguishes fewer frames.
      if (slot.link_first && find(slot.steps, shape, 0, fields) == nullptr) {
        shape.add_stages(1, examined);
      } else {
        prefixes.examine(static_cast<unsigned>(std::countr_zero(excluding)), slot);
      }
      return nullptr;
    }
  }
  const Step* step = find(slot.steps, shape, 0, fields);
  unsigned stage = 1;
  for (; step != nullptr && stage < shape.stages; ++stage)
    step = find(step->deeper.view(), shape, stage, fields);
  shape.add_stages(stage, examined);
  if (step != nullptr) add_kind(examined, slot.kind_mask);
  return step;
}

}  // namespace

struct Classifier::Version {
  std::vector<Slot> slots;                                 // by descending max_priority
  std::vector<std::shared_ptr<const Subtable>> subtables;  // of each slot
  Tries tries;
  Fields interest;
  std::size_t size = 0;

  std::optional<std::size_t> index_of(const Match& match) const {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (slots[i].shape->fits(match)) return i;
    }
    return std::nullopt;
  }

  // Puts `subtable` in the place of the one at `index` (none: it is new), or takes that away if
  // there are no rules left.
  void put(std::optional<std::size_t> index, Subtable subtable) {
    if (index) {
      slots.erase(slots.begin() + static_cast<std::ptrdiff_t>(*index));
      subtables.erase(subtables.begin() + static_cast<std::ptrdiff_t>(*index));
    }
    if (subtable.size() == 0) {
      interest = {};
      for (const Slot& slot : slots) add_interest(slot.shape->mask);
      return;
    }
    if (!index) add_interest(subtable.shape().mask);
    const auto at = std::find_if(slots.begin(), slots.end(),
                                 [&](const Slot& slot) {
                                   return slot.max_priority < subtable.max_priority();
                                 }) -
                    slots.begin();
    const auto made = std::make_shared<const Subtable>(std::move(subtable));
    slots.insert(slots.begin() + at, Slot(*made));
    subtables.insert(subtables.begin() + at, made);
  }

  void add_interest(const Fields& mask) {
    for (std::size_t i = 0; i < kWords; ++i) interest[i] |= mask[i];
  }

  void count_prefixes(const Shape& shape, const Match& match, bool one_more) {
    for (std::size_t trie = 0; trie < kTries; ++trie) {
      const unsigned length = shape.prefixes[trie];
      if (length == 0) continue;
      const Address prefix = address_of(match.value, trie);
      tries[trie] =
          one_more ? tries[trie].with(prefix, length) : tries[trie].without(prefix, length);
    }
  }
};

Classifier::Classifier() = default;
Classifier::~Classifier() = default;
Classifier::Classifier(const Classifier&) = default;
Classifier& Classifier::operator=(const Classifier&) = default;
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;

Classifier Classifier::with(RulePtr rule) const {
  auto next = version_ ? std::make_shared<Version>(*version_) : std::make_shared<Version>();
  const Match& match = rule->spec.match;
  const auto index = next->index_of(match);
  const Subtable subtable =
      index ? *next->subtables[*index] : Subtable(std::make_shared<const Shape>(match));
  bool replaced = false;
  Subtable changed = subtable.with(rule, replaced);
  if (!replaced) {
    next->count_prefixes(subtable.shape(), match, true);
    ++next->size;
  }
  next->put(index, std::move(changed));
  Classifier made;
  made.version_ = std::move(next);
  return made;
}

Classifier Classifier::without(const Match& match, std::uint16_t priority) const {
  if (find(match, priority) == nullptr) return *this;
  Classifier made;
  if (version_->size == 1) return made;
  auto next = std::make_shared<Version>(*version_);
  const auto index = next->index_of(match);
  const std::shared_ptr<const Subtable> subtable = next->subtables[*index];
  next->count_prefixes(subtable->shape(), match, false);
  --next->size;
  next->put(index, subtable->without(match, priority));
  made.version_ = std::move(next);
  return made;
}

const RulePtr* Classifier::find(const Match& match, std::uint16_t priority) const {
  if (!version_) return nullptr;
  const auto index = version_->index_of(match);
  return index ? version_->subtables[*index]->find(match, priority) : nullptr;
}

const Rule* Classifier::overlapping(const Match& match, std::uint16_t priority) const {
  if (!version_) return nullptr;
  const Rule* found = nullptr;
  for (const auto& subtable : version_->subtables) {
    if (!subtable->has_priority(priority)) continue;
    const bool none = subtable->for_each([&](const RulePtr& rule) {
      if (rule->spec.priority != priority || !rule->spec.match.overlaps(match)) return true;
      found = rule.get();
      return false;
    });
    if (!none) break;
  }
  return found;
}

std::size_t Classifier::size() const {
  return version_ ? version_->size : 0;
}

void Classifier::for_each(const std::function<void(const RulePtr&)>& visit) const {
  if (!version_) return;
  for (const auto& subtable : version_->subtables) {
    subtable->for_each([&visit](const RulePtr& rule) {
      visit(rule);
      return true;
    });
  }
}

const Rule* Classifier::lookup(const Fields& fields, Fields& examined) const noexcept {
  if (!version_) return nullptr;
  const std::uint32_t kind = kind_of(fields);
  PrefixAnswers prefixes(version_->tries, fields);
  const Step* best = nullptr;
  for (const Slot& slot : version_->slots) {
    // One of the same priority may be older.
    if (best != nullptr && slot.max_priority < best->priority) break;
    const Step* step = search(slot, fields, kind, prefixes, examined);
    if (step == nullptr) continue;
    if (best == nullptr || step->priority > best->priority ||
        (step->priority == best->priority && step->best->serial < best->best->serial))
      best = step;
  }
  prefixes.add_to(examined);
  return best != nullptr ? best->best.get() : nullptr;
}

const Fields& Classifier::interest() const {
  static const Fields kNone;
  return version_ ? version_->interest : kNone;
}

std::size_t Classifier::subtables() const {
  return version_ ? version_->slots.size() : 0;
}

}  // namespace trestle::flow
