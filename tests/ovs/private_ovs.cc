// SPDX-License-Identifier: Apache-2.0

#include "tests/ovs/private_ovs.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/hex.h"

namespace trestle::testing {
namespace {

using Json = nlohmann::json;

constexpr unsigned kLocalDatapathPort = 100;  // as the dummy datapath numbers LOCAL
constexpr std::size_t kCaptureHeader = 24, kRecordHeader = 16;  // pcap, classic

void must(const std::string& command) {
  const Outcome outcome = run(command);
  INFO(command << ": " << outcome.output);
  REQUIRE(outcome.ok());
}

}  // namespace

std::string PrivateOvs::missing() {
  for (const char* program :
       {"ovsdb-server", "ovsdb-tool", "ovs-vswitchd", "ovs-vsctl", "ovs-ofctl"}) {
    if (!run(std::string("command -v ") + program).ok()) {
      return std::string(program) + " is not installed (package openvswitch-switch)";
    }
  }
  return {};
}

PrivateOvs::PrivateOvs(unsigned ports, const std::vector<unsigned>& down)
    : ports_(ports), read_(ports + 1, kCaptureHeader) {
  for (const char* variable : {"OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR", "OVS_SYSCONFDIR"}) {
    setenv(variable, directory_.path().c_str(), 1);
  }
  const std::string socket = "unix:" + directory_ / "db.sock";
  must("ovsdb-tool create " + directory_ / "conf.db" + " /usr/share/openvswitch/vswitch.ovsschema");
  database_ = std::make_unique<Process>(
      std::vector<std::string>{"ovsdb-server", directory_ / "conf.db", "--remote=p" + socket,
                               "--unixctl=" + directory_ / "db.ctl", "--no-chdir"},
      directory_ / "ovsdb-server.log");
  REQUIRE(wait_until([&] { return std::filesystem::exists(directory_ / "db.sock"); }));
  const std::string vsctl = "ovs-vsctl --timeout=20 --db=" + socket + " ";
  must(vsctl + "--no-wait init -- set Open_vSwitch . other_config:vlan-limit=2");
  daemon_ = std::make_unique<Process>(
      std::vector<std::string>{"ovs-vswitchd", socket, "--enable-dummy=override",
                               "--disable-system", "--unixctl=" + directory_ / "vs.ctl"},
      directory_ / "ovs-vswitchd.log");
  std::string setup = vsctl +
                      "add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure "
                      "protocols=OpenFlow10,OpenFlow13,OpenFlow14,OpenFlow15 "
                      "other_config:forward-bpdu=true "
                      "-- set interface br0 options:tx_pcap=" +
                      capture(kLocal);
  for (unsigned port = 1; port <= ports; ++port) {
    const std::string name = "p" + std::to_string(port);
    setup += " -- add-port br0 " + name + " -- set interface " + name +
             " type=dummy ofport_request=" + std::to_string(port) +
             " options:tx_pcap=" + capture(port);
  }
  must(setup);  // returns when the daemon has carried it out
  // Its default has the ports of first fragments be zero for rules, too.
  must("ovs-ofctl -O OpenFlow13 set-frags " + bridge() + " nx-match");
  connect();
  for (const unsigned port : down) {
    appctl("netdev-dummy/set-admin-state", {"p" + std::to_string(port), "down"});
  }
}

PrivateOvs::Socket::~Socket() {
  if (fd >= 0) close(fd);
}

void PrivateOvs::connect() {
  socket_.fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(socket_.fd >= 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (directory_ / "vs.ctl").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::connect(socket_.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
}

// What ovs-appctl does, without a process for each call: JSON-RPC 1.0 on the daemon's socket.
std::string PrivateOvs::appctl(const std::string& method,
                               const std::vector<std::string>& parameters) {
  const std::string request =
      Json{{"id", ++request_}, {"method", method}, {"params", parameters}}.dump();
  REQUIRE(::send(socket_.fd, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
  std::string answer;
  for (;;) {
    char buffer[65536];
    const ssize_t got = recv(socket_.fd, buffer, sizeof buffer, 0);
    if (got <= 0) FAIL(method << ": ovs-vswitchd has ended: " << daemon_->output());
    answer.append(buffer, static_cast<std::size_t>(got));
    const Json reply = Json::parse(answer, nullptr, false);
    if (reply.is_discarded()) continue;  // not all of it yet
    if (reply.at("error").is_string()) FAIL(method << ": " << reply["error"].get<std::string>());
    return reply.at("result").is_string() ? reply["result"].get<std::string>() : std::string();
  }
}

std::string PrivateOvs::ofctl(const std::string& version, const std::string& command,
                              const std::string& text) {
  const std::string file = directory_ / "input";
  std::ofstream(file) << text;
  const Outcome outcome =
      run("ovs-ofctl -O " + version + " " + command + " " + bridge() + " " + file);
  return outcome.ok() ? std::string() : "ovs-ofctl " + command + ": " + outcome.output;
}

std::string PrivateOvs::add_meter(const std::string& text) {
  const Outcome outcome = run("ovs-ofctl -O OpenFlow13 add-meter " + bridge() + " " + text);
  return outcome.ok() ? std::string() : "ovs-ofctl add-meter: " + outcome.output;
}

std::string PrivateOvs::remove_everything() {
  const Outcome outcome =
      run("for each in flows groups meters; do ovs-ofctl -O OpenFlow15 del-$each " + bridge() +
          " || exit; done");
  return outcome.ok() ? std::string() : outcome.output;
}

std::string PrivateOvs::trace(unsigned port, const Bytes& frame) {
  forget();
  const std::string in = port == kLocal ? "LOCAL" : std::to_string(port);
  return appctl("ofproto/trace", {"br0", "in_port=" + in, hex(frame)});
}

// Frames before this one must not decide what becomes of it.
void PrivateOvs::forget() {
  appctl("fdb/flush", {"br0"});
  appctl("revalidator/purge", {});
}

std::map<unsigned, std::vector<Bytes>> PrivateOvs::pass(unsigned port, const Bytes& frame) {
  forget();
  for (unsigned each = 0; each <= ports_; ++each) sent_by(each);
  appctl("netdev-dummy/receive", {port == kLocal ? "br0" : "p" + std::to_string(port), hex(frame)});
  // The daemon's main loop moves frames between two rounds of commands, of which it answers at
  // most ten in a round.
  for (int i = 0; i < 12; ++i) appctl("version", {});
  std::map<unsigned, std::vector<Bytes>> delivered;
  for (unsigned each = 0; each <= ports_; ++each) {
    std::vector<Bytes> frames = sent_by(each);
    if (!frames.empty()) delivered[each] = std::move(frames);
  }
  return delivered;
}

std::string PrivateOvs::bridge() const {
  return "unix:" + directory_ / "br0.mgmt";
}

std::string PrivateOvs::capture(unsigned port) const {
  return directory_ / ("sent" + std::to_string(port) + ".pcap");
}

// What has been added to the port's capture file since the last call.
std::vector<Bytes> PrivateOvs::sent_by(unsigned port) {
  std::vector<Bytes> frames;
  std::ifstream file(capture(port), std::ios::binary);
  file.seekg(static_cast<std::streamoff>(read_[port]));
  char header[kRecordHeader];
  while (file.read(header, sizeof header)) {
    std::uint32_t size = 0;
    std::memcpy(&size, header + 8, sizeof size);
    Bytes frame(size);
    if (!file.read(reinterpret_cast<char*>(frame.data()), static_cast<std::streamsize>(size)))
      break;
    read_[port] += kRecordHeader + size;
    frames.push_back(std::move(frame));
  }
  return frames;
}

TracedOutputs traced_outputs(std::string_view trace) {
  static constexpr std::string_view kBefore = "Datapath actions: ";
  TracedOutputs outputs;
  const std::size_t at = trace.rfind(kBefore);
  if (at == trace.npos) return {{}, false};
  std::string_view actions = trace.substr(at + kBefore.size());
  actions = actions.substr(0, actions.find('\n'));
  // Only clone() has actions inside its brackets; all others' brackets hold values.
  std::size_t values = 0;
  for (std::size_t i = 0; i < actions.size();) {
    const std::size_t end = std::min(actions.find_first_of("(),", i), actions.size());
    const std::string_view word = actions.substr(i, end - i);
    const char mark = end < actions.size() ? actions[end] : ',';
    unsigned number = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool is_number =
        !word.empty() && parsed.ec == std::errc() && parsed.ptr == word.data() + word.size();
    if (values == 0 && is_number && mark != '(') {
      outputs.ports.push_back(number == kLocalDatapathPort ? PrivateOvs::kLocal : number);
    }
    if (mark == '(') {
      if (word == "recirc") outputs.whole = false;
      if (values > 0 || word != "clone") ++values;
    }
    if (mark == ')' && values > 0) --values;
    i = end + 1;
  }
  return outputs;
}

}  // namespace trestle::testing
