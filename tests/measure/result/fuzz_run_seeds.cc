// SPDX-License-Identifier: Apache-2.0
//
// Seeds for fuzz_run: random runs as they are, and with some bytes changed.

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/measure/result/random_run.h"
#include "tests/sanitized.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::mt19937 random(3);
  for (int i = 0; i < trestle::testing::steps(480); ++i) {
    std::string text = trestle::measure::text_of(trestle::measure::random_run(random));
    for (std::size_t changes = random() % 4; changes > 0; --changes) {
      const std::size_t place = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[place] = static_cast<char>(random());
          break;
        case 1:
          text[place] = "0123456789\"{}[],:e-"[random() % 19];
          break;
        case 2:
          text.erase(place, random() % 8);
          break;
        default:
          text.insert(place, text.substr(random() % text.size(), random() % 8));
      }
      if (text.empty()) break;
    }
    std::ofstream(std::filesystem::path(argv[1]) / std::to_string(i), std::ios::binary) << text;
  }
  return 0;
}
