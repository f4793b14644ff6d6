// SPDX-License-Identifier: Apache-2.0
//
// Writes SVG 1.1 elements into HTML. Text is escaped here, numbers are printed here, elements are
// closed here; what is drawn where is the plots' business (plot_*.h). Pure.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trestle::measure {

// For text and for attributes in double quotes. What is not a printable character is left out.
std::string escaped(std::string_view text);
// A coordinate, in pixels: one decimal, no more than is needed.
std::string px(double value);
// A figure, unrounded: the shortest decimal that reads back as the same double.
std::string exact(double value);

// Names and values; values are escaped when written.
using Attributes = std::vector<std::pair<std::string, std::string>>;
std::string written(const Attributes& attributes);  // ` a="b" c="d"`

class Svg {
 public:
  // A picture of this many pixels, which scales with the page. `title` and `description` are what
  // a screen reader says.
  Svg(double width, double height, const std::string& title, const std::string& description);

  void open(const std::string& element, const Attributes& attributes = {});
  void close();
  // With `tip`, a <title> within: what the pointer shows.
  void element(const std::string& name, const Attributes& attributes, const std::string& tip = "");

  void line(double x1, double y1, double x2, double y2, const std::string& css_class);
  // `anchor`: start, middle, end. `y` is the base line.
  void text(double x, double y, const std::string& content, const std::string& css_class,
            const char* anchor = "start", const Attributes& more = {});

  std::string done();  // the whole; call once

 private:
  std::string out_;
  std::vector<std::string> open_;
};

}  // namespace trestle::measure
