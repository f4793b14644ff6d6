// SPDX-License-Identifier: Apache-2.0
//
// Runs a libFuzzer target without libFuzzer, so that every build and sanitizer does: over the files
// named, and over bytes at random, the same ones each time. With "--write DIRECTORY" it puts those
// bytes there instead, as a seed corpus.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/sanitized.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kInputs = trestle::testing::kSanitized ? 300 : 3000;
constexpr std::size_t kSizeMax = 2000;

using Bytes = std::vector<std::uint8_t>;

// Long stretches of few values, as choices between few things are made of.
Bytes random_bytes(std::mt19937_64& random) {
  Bytes bytes(random() % kSizeMax);
  std::uint64_t most = 256;
  for (std::uint8_t& byte : bytes) {
    if (random() % 50 == 0) most = 1 + random() % 256;
    byte = static_cast<std::uint8_t>(random() % most);
  }
  return bytes;
}

int write_corpus(const std::filesystem::path& directory) {
  std::mt19937_64 random(1);
  std::filesystem::create_directories(directory);
  for (int i = 0; i < kInputs; ++i) {
    const Bytes bytes = random_bytes(random);
    std::ofstream file(directory / std::to_string(i), std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    if (!file) return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--write") return write_corpus(argv[2]);
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      const Bytes bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
      ++files;
    }
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < kInputs; ++i) {
    const Bytes bytes = random_bytes(random);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%d files and %d random inputs: nothing found\n", files, kInputs);
  return 0;
}
