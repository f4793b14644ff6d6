// SPDX-License-Identifier: Apache-2.0

#include "measure/result/summary.h"

#include <algorithm>
#include <set>

#include "measure/result/canonical.h"

namespace trestle::measure {
namespace {

// What rounds of the same thing have in common.
std::string thing(const std::string& suite, const std::string& test,
                  const nlohmann::ordered_json& setup) {
  return suite + '\n' + test + '\n' + canonical(setup);
}

bool failed(const Record& record) {
  return std::find(record.marks.begin(), record.marks.end(), kFailed) != record.marks.end();
}

// The records of one test in one setup, of all switches and rounds.
struct Group {
  const Record* first;
  std::vector<const Record*> records;
};

std::vector<Group> grouped(const std::vector<Record>& records) {
  std::vector<Group> groups;
  std::map<std::string, std::size_t> place;
  for (const Record& record : records) {
    const auto [found, is_new] =
        place.try_emplace(thing(record.suite, record.test, record.setup), groups.size());
    if (is_new) groups.push_back({&record, {}});
    groups[found->second].records.push_back(&record);
  }
  return groups;
}

std::vector<std::string> metrics_of(const Group& group) {
  std::vector<std::string> metrics;
  std::set<std::string> seen;
  for (const Record* record : group.records) {
    if (failed(*record)) continue;
    for (const auto& [metric, value] : record->values) {
      if (seen.insert(metric).second) metrics.push_back(metric);
    }
  }
  if (metrics.empty()) metrics.emplace_back();
  return metrics;
}

Row row_of(const Group& group, const std::string& metric) {
  Row row{group.first->suite, group.first->test, group.first->setup, metric, {}, {}, {}};
  std::map<std::string, std::vector<double>> values;
  for (const Record* record : group.records) {
    auto& marks = row.marks[record->subject];
    for (const std::string& mark : record->marks) {
      if (std::find(marks.begin(), marks.end(), mark) == marks.end()) marks.push_back(mark);
    }
    if (!record->note.empty()) row.notes[record->subject] = record->note;
    if (failed(*record)) continue;
    const auto value = record->values.find(metric);
    if (value != record->values.end()) values[record->subject].push_back(value->second);
  }
  std::erase_if(row.marks, [](const auto& entry) { return entry.second.empty(); });
  for (auto& [subject, list] : values) row.by_switch[subject] = figure(std::move(list));
  return row;
}

bool belongs(const Record& record, const Row& row, const std::string& row_thing) {
  return record.suite == row.suite && record.test == row.test && !failed(record) &&
         thing(record.suite, record.test, record.setup) == row_thing;
}

}  // namespace

Figure figure(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back(), values.size()};
}

std::vector<Row> rows(const std::vector<Record>& records) {
  std::vector<Row> result;
  for (const Group& group : grouped(records)) {
    for (const std::string& metric : metrics_of(group)) result.push_back(row_of(group, metric));
  }
  return result;
}

std::optional<Figure> ratio(const std::vector<Record>& records, const Row& row,
                            const std::string& subject, const std::string& other) {
  std::map<unsigned, double> values, others;  // by round
  const std::string row_thing = thing(row.suite, row.test, row.setup);
  for (const Record& record : records) {
    if (record.subject != subject && record.subject != other) continue;
    if (!belongs(record, row, row_thing)) continue;
    const auto value = record.values.find(row.metric);
    if (value == record.values.end()) continue;
    if (record.subject == subject) values[record.round] = value->second;
    if (record.subject == other) others[record.round] = value->second;
  }
  std::vector<double> ratios;
  for (const auto& [round, value] : values) {
    const auto divisor = others.find(round);
    if (divisor == others.end() || divisor->second <= 0 || value < 0) continue;
    ratios.push_back(value / divisor->second);
  }
  if (ratios.empty()) return std::nullopt;
  return figure(std::move(ratios));
}

std::map<std::string, Histogram> latencies(const std::vector<Record>& records, const Row& row) {
  std::map<std::string, Histogram> result;
  const std::string row_thing = thing(row.suite, row.test, row.setup);
  for (const Record& record : records) {
    if (!record.latency.empty() && belongs(record, row, row_thing)) {
      result[record.subject].merge(record.latency);
    }
  }
  return result;
}

}  // namespace trestle::measure
