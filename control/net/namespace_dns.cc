// SPDX-License-Identifier: Apache-2.0
//
// Name servers of a named namespace, where ip-netns(8) looks for them: /etc/netns/NAME/resolv.conf.
// A first line of ours tells our file from somebody else's. Control thread.

#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "control/net/namespaces.h"

namespace trestle::net {
namespace {

constexpr char kFirstLine[] =
    "# Written by trestle; it is removed when trestle removes the namespace.";

std::string directory_of(const std::string& name) {
  return std::string(kNamespaceConfigDirectory) + "/" + name;
}

std::string file_of(const std::string& name) {
  return directory_of(name) + "/resolv.conf";
}

bool is_address(const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

bool present(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}

bool is_ours(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line) && line == kFirstLine;
}

Result<void> make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return fail_errno("cannot make " + path, errno, "write access to /etc");
}

}  // namespace

Result<bool> set_dns(const std::string& name, const std::vector<std::string>& servers) {
  std::string text = std::string(kFirstLine) + "\n";
  for (const auto& server : servers) {
    if (!is_address(server)) {
      return fail("cannot set the name servers of namespace " + name + ": \"" + server +
                      "\" is not an IP address",
                  EINVAL);
    }
    text += "nameserver " + server + "\n";
  }
  const std::string path = file_of(name);
  if (present(path) && !is_ours(path)) return false;
  if (auto made = make_directory(kNamespaceConfigDirectory); !made)
    return tl::make_unexpected(made.error());
  if (auto made = make_directory(directory_of(name)); !made)
    return tl::make_unexpected(made.error());
  errno = 0;
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file)
    return fail_errno("cannot write " + path, errno != 0 ? errno : EIO, "write access to /etc");
  return true;
}

Result<void> remove_dns(const std::string& name) {
  const std::string path = file_of(name);
  if (!is_ours(path)) return {};
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return fail_errno("cannot remove " + path, errno, "write access to /etc");
  }
  rmdir(directory_of(name).c_str());  // stays when another file is in it
  return {};
}

}  // namespace trestle::net
