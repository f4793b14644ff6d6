// SPDX-License-Identifier: Apache-2.0

#include "measure/report/footnotes.h"

#include <algorithm>

#include "measure/report/labels.h"

namespace trestle::measure {

std::size_t Footnotes::refer(const std::string& sentence) {
  auto found = std::find(sentences_.begin(), sentences_.end(), sentence);
  if (found == sentences_.end()) found = sentences_.insert(sentences_.end(), sentence);
  return static_cast<std::size_t>(found - sentences_.begin()) + 1;
}

std::vector<std::size_t> Footnotes::of(const Row& row, const std::string& subject) {
  std::vector<std::size_t> numbers;
  const auto note = row.notes.find(subject);
  bool told = note == row.notes.end();
  if (const auto marks = row.marks.find(subject); marks != row.marks.end()) {
    for (const std::string& mark : marks->second) {
      const bool explained = mark == kFailed && !told;
      numbers.push_back(refer(mark_words(mark) + (explained ? ": " + note->second : "")));
      told = told || explained;
    }
  }
  if (!told) numbers.push_back(refer(note->second));
  return numbers;
}

}  // namespace trestle::measure
