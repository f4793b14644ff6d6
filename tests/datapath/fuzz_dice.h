// SPDX-License-Identifier: Apache-2.0
//
// For the fuzzers that compare a switch with its slow twin: the fuzzer's bytes as the choices that
// the twins ask for, and the end of a run in which the twins differ.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

namespace trestle {

class FuzzDice {
 public:
  FuzzDice(const std::uint8_t* data, std::size_t size) : left_(data, size) {}
  // It counts on: those who keep a copy would throw the same again. Hand it on by std::ref.
  FuzzDice(const FuzzDice&) = delete;
  FuzzDice& operator=(const FuzzDice&) = delete;

  // A number below n, or any number for n = 0. Takes as many bytes as the choice needs; all is the
  // first choice when none are left.
  std::uint64_t operator()(std::uint64_t n) {
    const std::uint64_t choices = n == 0 ? std::uint64_t{1} << 56 : n;
    std::uint64_t value = 0;
    for (std::uint64_t range = 1; range < choices && !left_.empty(); range *= 256) {
      value = value * 256 + left_.front();
      left_ = left_.subspan(1);
    }
    return n == 0 ? value : value % n;
  }
  bool empty() const { return left_.empty(); }

 private:
  std::span<const std::uint8_t> left_;
};

inline void abort_if_different(const std::string& difference) {
  if (difference.empty()) return;
  std::fprintf(stderr, "%s\n", difference.c_str());
  std::abort();
}

}  // namespace trestle
