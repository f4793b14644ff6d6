// SPDX-License-Identifier: Apache-2.0

#include "measure/report/svg.h"

#include <fmt/core.h>

#include <cmath>

namespace trestle::measure {

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char character : text) {
    switch (character) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(character) >= ' ' || character == '\n') result += character;
    }
  }
  return result;
}

std::string px(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string exact(double value) {
  return fmt::format("{}", value);
}

std::string written(const Attributes& attributes) {
  std::string result;
  for (const auto& [name, value] : attributes) {
    result += fmt::format(" {}=\"{}\"", name, escaped(value));
  }
  return result;
}

Svg::Svg(double width, double height, const std::string& title, const std::string& description) {
  open("svg", {{"viewBox", fmt::format("0 0 {} {}", px(width), px(height))},
               {"width", px(width)},
               {"height", px(height)},
               {"role", "img"},
               {"aria-label", title + ". " + description}});
  out_ += "<title>" + escaped(title) + "</title><desc>" + escaped(description) + "</desc>\n";
}

void Svg::open(const std::string& element, const Attributes& attributes) {
  out_ += "<" + element + written(attributes) + ">";
  open_.push_back(element);
}

void Svg::close() {
  out_ += "</" + open_.back() + ">\n";
  open_.pop_back();
}

void Svg::element(const std::string& name, const Attributes& attributes, const std::string& tip) {
  out_ += "<" + name + written(attributes);
  if (tip.empty()) {
    out_ += "/>\n";
  } else {
    out_ += "><title>" + escaped(tip) + "</title></" + name + ">\n";
  }
}

void Svg::line(double x1, double y1, double x2, double y2, const std::string& css_class) {
  element("line",
          {{"class", css_class}, {"x1", px(x1)}, {"y1", px(y1)}, {"x2", px(x2)}, {"y2", px(y2)}});
}

void Svg::text(double x, double y, const std::string& content, const std::string& css_class,
               const char* anchor, const Attributes& more) {
  Attributes attributes = {{"class", css_class}, {"x", px(x)}, {"y", px(y)}};
  if (std::string_view(anchor) != "start") attributes.emplace_back("text-anchor", anchor);
  attributes.insert(attributes.end(), more.begin(), more.end());
  out_ += "<text" + written(attributes) + ">" + escaped(content) + "</text>\n";
}

std::string Svg::done() {
  while (!open_.empty()) close();
  return std::move(out_);
}

}  // namespace trestle::measure
