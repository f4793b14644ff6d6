// SPDX-License-Identifier: Apache-2.0
//
// The only place that includes ncurses.

#include "control/cli/top_screen.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

// Its macros (timeout, move, clear, …) would replace names of ours.
#define NCURSES_NOMACROS
#include <ncurses.h>

namespace trestle::control {
namespace {

// One for the signals of all screens: a handler can reach nothing else.
volatile std::sig_atomic_t asked_to_quit = 0;

constexpr int kQuitSignals[] = {SIGINT, SIGTERM, SIGHUP};

short color_of(TopStyle style) {
  return style == TopStyle::kAlarm ? COLOR_RED : COLOR_YELLOW;
}

// Without colours, what warns is bold and what alarms is underlined, too.
chtype attributes_of(TopStyle style, bool colors) {
  const auto pair = static_cast<chtype>(COLOR_PAIR(static_cast<int>(style)));
  switch (style) {
    case TopStyle::kPlain:
      return A_NORMAL;
    case TopStyle::kTitle:
      return A_REVERSE;
    case TopStyle::kFaint:
      return A_DIM;
    case TopStyle::kWarning:
      return colors ? pair : static_cast<chtype>(A_BOLD);
    case TopStyle::kAlarm:
      return A_BOLD | (colors ? pair : static_cast<chtype>(A_UNDERLINE));
  }
  return A_NORMAL;
}

bool colors_wanted() {
  const char* const no_color = std::getenv("NO_COLOR");
  return no_color == nullptr || *no_color == '\0';
}

TopKey key_of(int code) {
  switch (code) {
    case 'q':
    case 'Q':
    case 3:
      return TopKey::kQuit;  // Ctrl-C, should the terminal hand it over
    case 's':
      return TopKey::kSort;
    case ' ':
      return TopKey::kPause;
    case 'h':
    case '?':
      return TopKey::kHelp;
    case KEY_UP:
    case 'k':
      return TopKey::kUp;
    case KEY_DOWN:
    case 'j':
      return TopKey::kDown;
    case KEY_PPAGE:
      return TopKey::kPageUp;
    case KEY_NPAGE:
      return TopKey::kPageDown;
    case KEY_HOME:
      return TopKey::kHome;
    case KEY_END:
      return TopKey::kEnd;
    default:
      return TopKey::kNone;
  }
}

}  // namespace

struct TopScreen::State {
  SCREEN* screen = nullptr;
  bool colors = false;
  std::array<struct sigaction, std::size(kQuitSignals)> before{};
};

tl::expected<std::unique_ptr<TopScreen>, std::string> TopScreen::open() {
  auto state = std::make_unique<State>();
  // Before ncurses, which leaves alone the handlers it finds.
  asked_to_quit = 0;
  struct sigaction quit {};
  quit.sa_handler = [](int) { asked_to_quit = 1; };
  for (std::size_t i = 0; i < std::size(kQuitSignals); ++i) {
    sigaction(kQuitSignals[i], &quit, &state->before[i]);
  }
  state->screen = newterm(nullptr, stdout, stdin);
  if (state->screen == nullptr) {
    for (std::size_t i = 0; i < std::size(kQuitSignals); ++i) {
      sigaction(kQuitSignals[i], &state->before[i], nullptr);
    }
    const char* const term = std::getenv("TERM");
    return tl::make_unexpected(std::string("cannot use a terminal of type '") +
                               (term != nullptr ? term : "") + "' (TERM); see trestle top --once");
  }
  cbreak();
  noecho();
  keypad(stdscr, TRUE);
  curs_set(0);
  set_escdelay(25);
  state->colors = colors_wanted() && has_colors();
  if (state->colors) {
    start_color();
    use_default_colors();
    for (const TopStyle style : {TopStyle::kWarning, TopStyle::kAlarm}) {
      init_pair(static_cast<short>(style), color_of(style), -1);
    }
  }
  return std::unique_ptr<TopScreen>(new TopScreen(std::move(state)));
}

TopScreen::TopScreen(std::unique_ptr<State> state) : state_(std::move(state)) {}

TopScreen::~TopScreen() {
  endwin();
  delscreen(state_->screen);
  for (std::size_t i = 0; i < std::size(kQuitSignals); ++i) {
    sigaction(kQuitSignals[i], &state_->before[i], nullptr);
  }
}

std::size_t TopScreen::width() const {
  return static_cast<std::size_t>(getmaxx(stdscr));
}

std::size_t TopScreen::height() const {
  return static_cast<std::size_t>(getmaxy(stdscr));
}

void TopScreen::show(const std::vector<TopLine>& lines) {
  werase(stdscr);
  int row = 0;
  for (const TopLine& line : lines) {
    wattrset(stdscr, static_cast<int>(attributes_of(line.style, state_->colors)));
    mvwaddnstr(stdscr, row++, 0, line.text.data(), static_cast<int>(line.text.size()));
  }
  wattrset(stdscr, A_NORMAL);
  wrefresh(stdscr);
}

// In short waits: a signal that comes just before one is noticed after it.
TopKey TopScreen::wait_key(std::chrono::milliseconds limit) {
  constexpr std::chrono::milliseconds kLook{200};
  int code = ERR;
  for (auto left = limit; code == ERR; left -= kLook) {
    if (asked_to_quit != 0) return TopKey::kQuit;
    wtimeout(stdscr, static_cast<int>(std::min(left, kLook).count()));
    code = wgetch(stdscr);
    if (left <= kLook) break;
  }
  if (asked_to_quit != 0) return TopKey::kQuit;
  if (code != ERR) return key_of(code);
  // No key within the limit; or the terminal has gone, and would be asked without end.
  pollfd input{STDIN_FILENO, POLLIN, 0};
  const bool gone = poll(&input, 1, 0) == 1 && (input.revents & (POLLHUP | POLLERR)) != 0;
  return gone ? TopKey::kQuit : TopKey::kNone;
}

}  // namespace trestle::control
