// SPDX-License-Identifier: Apache-2.0
//
// Random runs written and read again; also when the file ends anywhere.

#include <catch2/catch.hpp>

#include "tests/measure/result/random_run.h"
#include "tests/sanitized.h"

namespace trestle::measure {
namespace {

void require_equal(const Record& a, const Record& b) {
  REQUIRE(a.suite == b.suite);
  REQUIRE(a.test == b.test);
  REQUIRE(a.subject == b.subject);
  REQUIRE(a.round == b.round);
  REQUIRE(a.setup == b.setup);
  REQUIRE(a.values == b.values);
  REQUIRE(a.series == b.series);
  REQUIRE(a.marks == b.marks);
  REQUIRE(a.note == b.note);
  REQUIRE(a.latency.to_json() == b.latency.to_json());
}

TEST_CASE("every run comes back as it was written") {
  std::mt19937 random(20261121);
  for (int i = testing::steps(2000); i > 0; --i) {
    const RunFile file = random_run(random);
    const auto again = parse_run(text_of(file), "random");
    if (!again) FAIL(again.error().what);
    REQUIRE(again->run.started == file.run.started);
    REQUIRE(again->run.version == file.run.version);
    REQUIRE(again->run.command == file.run.command);
    REQUIRE(again->run.options_hash == file.run.options_hash);
    REQUIRE(again->run.options == file.run.options);
    REQUIRE(again->run.machine == file.run.machine);
    REQUIRE(again->run.pinning == file.run.pinning);
    REQUIRE(again->run.subjects == file.run.subjects);
    REQUIRE(again->records.size() == file.records.size());
    for (std::size_t n = 0; n < file.records.size(); ++n) {
      require_equal(file.records[n], again->records[n]);
    }
    REQUIRE(again->end.has_value() == file.end.has_value());
    if (file.end) REQUIRE(again->end->elapsed_seconds == file.end->elapsed_seconds);
    if (file.end) REQUIRE(again->end->interrupted == file.end->interrupted);
  }
}

TEST_CASE("a file cut off anywhere after its first line has the records that were whole") {
  std::mt19937 random(7);
  for (int i = testing::steps(160); i > 0; --i) {
    const RunFile file = random_run(random);
    const std::string text = text_of(file);
    const std::size_t first = text.find('\n');
    for (int cut = 0; cut < 20; ++cut) {
      const std::size_t length = first + 1 + random() % (text.size() - first);
      const auto read = parse_run(text.substr(0, length), "cut");
      if (!read) FAIL(read.error().what);
      // A line that lacks only its end is whole.
      const auto begin = text.begin(), end = begin + static_cast<std::ptrdiff_t>(length);
      auto lines = static_cast<std::size_t>(std::count(begin, end, '\n'));
      if (length < text.size() && text[length] == '\n' && text[length - 1] != '\n') ++lines;
      const std::size_t whole = lines - 1;
      REQUIRE(read->records.size() == std::min(whole, file.records.size()));
      REQUIRE(read->end.has_value() == (file.end && whole > file.records.size()));
      for (std::size_t n = 0; n < read->records.size(); ++n) {
        require_equal(file.records[n], read->records[n]);
      }
    }
  }
}

}  // namespace
}  // namespace trestle::measure
