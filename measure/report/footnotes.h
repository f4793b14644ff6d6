// SPDX-License-Identifier: Apache-2.0
//
// Sentences below a table, each once, referred to by number. Pure; Markdown and HTML tables use it.

#pragma once

#include <string>
#include <vector>

#include "measure/result/summary.h"

namespace trestle::measure {

class Footnotes {
 public:
  // The number of the sentence, from 1.
  std::size_t refer(const std::string& sentence);
  // Those of a figure's marks, and of its note.
  std::vector<std::size_t> of(const Row& row, const std::string& subject);
  const std::vector<std::string>& sentences() const { return sentences_; }

 private:
  std::vector<std::string> sentences_;
};

}  // namespace trestle::measure
