// SPDX-License-Identifier: Apache-2.0
//
// Writes every kind of report into a directory: of a run read from a file of lines, or of the one
// that is made up. To look at them, and for html_test.py.

#include <fstream>
#include <iostream>
#include <string>

#include "measure/report/html.h"
#include "measure/report/markdown.h"
#include "measure/report/text_tables.h"
#include "tests/measure/report/made_up_run.h"

int main(int argc, char** argv) {
  using namespace trestle::measure;
  if (argc < 2) {
    std::cerr << "usage: write-reports DIRECTORY [RUN.jsonl]\n";
    return 2;
  }
  RunFile run = made_up_run();
  if (argc > 2) {
    auto read = read_run(argv[2]);
    if (!read) {
      std::cerr << read.error().what << "\n";
      return 1;
    }
    run = std::move(*read);
  }
  const std::string directory = argv[1];
  std::ofstream(directory + "/report.html") << html(run);
  std::ofstream(directory + "/report.md") << markdown(run);
  std::ofstream(directory + "/report.txt") << text_tables(run);
  std::ofstream lines(directory + "/run.jsonl");
  lines << to_line(to_json(run.run));
  for (const Record& record : run.records) lines << to_line(to_json(record));
  if (run.end) lines << to_line(to_json(*run.end));
  return lines ? 0 : 1;
}
