// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/config_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ostream>

#include "config/parse.h"
#include "control/why/expect.h"

namespace trestle::control {
namespace {

std::string counted(std::size_t n, const std::string& noun) {
  return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

// Not system_error: the client does without the datapath's library.
tl::unexpected<Error> failed(const std::string& attempted, int code) {
  return fail(attempted + ": " + std::strerror(code), code);
}

Result<std::string> read_all(int file, const std::string& attempted) {
  std::string text;
  for (;;) {
    const std::size_t held = text.size();
    text.resize(held + (std::size_t{64} << 10));
    const ssize_t n = read(file, text.data() + held, text.size() - held);
    const int code = errno;
    text.resize(held + (n > 0 ? static_cast<std::size_t>(n) : 0));
    if (n == 0) return text;
    if (n < 0 && code != EINTR) return failed(attempted, code);
    if (text.size() > kConfigFileMax) {
      return fail(attempted + ": larger than " + std::to_string(kConfigFileMax >> 20) + " MiB",
                  EFBIG);
    }
  }
}

}  // namespace

Result<std::string> read_text_file(const std::string& path) {
  const std::string attempted = "cannot read " + path;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed(attempted, errno);
  auto text = read_all(file, attempted);
  close(file);
  return text;
}

tl::expected<config::Config, std::vector<config::Mistake>> parse_config_text(
    std::string_view text, const std::string& path) {
  return config::parse(text, path, [](const std::string& named) {
    return read_text_file(named).map_error([](const Error& error) { return error.what; });
  });
}

tl::expected<config::Config, std::vector<config::Mistake>> accept_config_text(
    std::string_view text, const std::string& path) {
  auto config = parse_config_text(text, path);
  if (!config) return config;
  auto failed = failed_expectations(*config, path);
  if (!failed.empty()) return tl::make_unexpected(std::move(failed));
  return config;
}

std::string summary(const std::string& file, const std::vector<config::Mistake>& mistakes) {
  if (mistakes.size() == 1) return mistakes.front().to_string();
  return counted(mistakes.size(), "mistake") + " in " + file;
}

int check_config_file(const std::string& path, bool run_expectations, std::ostream& out,
                      std::ostream& err) {
  const auto text = read_text_file(path);
  if (!text) {
    err << text.error().what << '\n';
    return 2;
  }
  const auto config =
      run_expectations ? accept_config_text(*text, path) : parse_config_text(*text, path);
  if (!config) {
    for (const config::Mistake& mistake : config.error()) err << mistake.to_string() << '\n';
    return 2;
  }
  std::size_t ports = 0;
  for (const auto& [name, bridge] : config->bridges) ports += bridge.ports.size();
  out << path << ": ok (" << counted(config->bridges.size(), "bridge") << ", "
      << counted(ports, "port");
  if (const std::size_t held = config->expectations.size(); run_expectations && held != 0) {
    out << ", " << counted(held, "expectation") << (held == 1 ? " holds" : " hold");
  }
  out << ")\n";
  return 0;
}

}  // namespace trestle::control
