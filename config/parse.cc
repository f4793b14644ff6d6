// SPDX-License-Identifier: Apache-2.0

#include "config/parse.h"

#include <algorithm>

#include "config/address.h"
#include "config/check.h"
#include "config/duration.h"
#include "config/names.h"
#include "config/parse_expect.h"
#include "config/parse_port.h"
#include "config/parse_rules.h"
#include "config/section.h"
#include "config/suggest.h"
#include "config/toml_reader.h"

namespace trestle::config {
namespace {

using std::chrono::seconds;

class Builder {
 public:
  Builder(const std::string& file_name, const ReadFile& read_file, Mistakes& mistakes)
      : file_name_(file_name), read_file_(read_file), mistakes_(mistakes) {}

  Draft read(const Node& document) {
    const Entry root{"", {1, 1}, document};
    Section file(root, "the file", mistakes_);
    file.refuse_unknown(file_keys());
    if (const Entry* entry = file.find("switch")) read_switch(*entry);
    if (const Entry* entry = file.find("metrics")) read_metrics(*entry);
    if (const Entry* entry = file.find("namespace")) read_namespaces(*entry);
    if (const Entry* entry = file.find("bridge")) read_bridges(*entry);
    if (const Entry* entry = file.find("expect")) {
      draft_.config.expectations = read_expectations(*entry, draft_.config, mistakes_);
    }
    return std::move(draft_);
  }

 private:
  void read_switch(const Entry& entry) {
    Section section(entry, "[switch]", mistakes_);
    section.refuse_unknown(switch_keys());
    if (const auto workers = section.integer("workers", 1, kWorkersMax)) {
      draft_.config.workers = static_cast<std::uint32_t>(*workers);
    }
    read_cpus(section);
    read_latency(section);
    read_busy_poll(section);
  }

  void read_latency(Section& section) {
    const auto word = section.text("latency");
    if (!word) return;
    for (const Latency latency : {Latency::kLow, Latency::kBalanced, Latency::kIdle}) {
      if (*word != to_string(latency)) continue;
      draft_.config.latency = latency;
      return;
    }
    section.mistake(section.find("latency")->value.at, "latency",
                    "expected \"low\", \"balanced\" or \"idle\", found " + quoted(*word));
  }

  void read_busy_poll(Section& section) {
    const auto text = section.text("busy_poll");
    if (!text) return;
    const Position at = section.find("busy_poll")->value.at;
    const auto duration = parse_duration(*text);
    if (!duration) {
      section.mistake(at, "busy_poll",
                      "expected a duration with a unit (us, ms or s), such as \"50us\", found " +
                          quoted(*text));
    } else if (*duration > kBusyPollMax) {
      section.mistake(
          at, "busy_poll",
          quoted(*text) + " is out of range (0us to " + format_duration(kBusyPollMax) + ")");
    } else if (section.find("latency") != nullptr) {
      section.mistake(at, "busy_poll", "stands in place of 'latency'; give one of them");
    } else {
      draft_.config.busy_poll = duration;
    }
  }

  void read_cpus(Section& section) {
    const Entry* entry = section.find("cpus");
    if (entry == nullptr) return;
    std::vector<std::uint32_t>& cpus = draft_.config.cpus;
    for (const Node* node : section.integers("cpus", 0, kCpuMax)) {
      const auto cpu = static_cast<std::uint32_t>(node->integer);
      if (std::find(cpus.begin(), cpus.end(), cpu) != cpus.end()) {
        section.mistake(node->at, "cpus", "CPU " + std::to_string(cpu) + " is there twice");
      } else {
        cpus.push_back(cpu);
      }
    }
    if (entry->value.kind == Node::Kind::kArray && entry->value.items.empty())
      section.mistake(entry->value.at, "cpus", "names no CPU");
  }

  void read_metrics(const Entry& entry) {
    Section section(entry, "[metrics]", mistakes_);
    section.refuse_unknown(metrics_keys());
    read_listen(section);
    const auto latency = section.text("latency");
    if (!latency) return;
    if (*latency == "sampled" || *latency == "off") {
      draft_.config.metrics_latency = *latency == "sampled";
    } else {
      section.mistake(section.find("latency")->value.at, "latency",
                      "expected \"sampled\" or \"off\", found " + quoted(*latency));
    }
  }

  void read_listen(Section& section) {
    const auto listen = section.text("listen");
    if (!listen) return;
    if (*listen == "off") {
      draft_.config.metrics_listen.clear();
    } else if (is_listen_address(*listen)) {
      draft_.config.metrics_listen = *listen;
    } else {
      section.mistake(section.find("listen")->value.at, "listen",
                      "expected ADDRESS:PORT, such as \"127.0.0.1:9477\" or \"[::1]:9477\", or "
                      "\"off\", found " +
                          quoted(*listen));
    }
  }

  void read_namespaces(const Entry& entry) {
    const Section all(entry, "[namespace]", mistakes_);
    for (const Entry& one : all.entries()) {
      if (const std::string fault = namespace_name_fault(one.key); !fault.empty()) {
        mistakes_.add(one.at, "namespace " + quoted(one.key) + ": " + fault);
      }
      Section section(one, "namespace " + one.key, mistakes_);
      section.refuse_unknown(namespace_keys());
      Namespace& ns = draft_.config.namespaces[one.key];
      for (const Node* node : section.texts("dns")) {
        if (const auto address = IpAddress::parse(node->text); address && address->is_host()) {
          ns.dns.push_back(address->to_string());
        } else {
          section.mistake(node->at, "dns", "expected an IP address, found " + quoted(node->text));
        }
      }
    }
  }

  void read_bridges(const Entry& entry) {
    const Section all(entry, "[bridge]", mistakes_);
    for (const Entry& one : all.entries()) {
      if (const std::string fault = bridge_name_fault(one.key); !fault.empty()) {
        mistakes_.add(one.at, "bridge " + quoted(one.key) + ": " + fault);
      }
      read_bridge(one, draft_.config.bridges[one.key]);
    }
  }

  void read_bridge(const Entry& entry, Bridge& bridge) {
    Section section(entry, "bridge " + entry.key, mistakes_);
    section.refuse_unknown(bridge_keys());
    read_ageing(section, bridge);
    if (const auto limit = section.integer("mac_limit", 0, kMacLimitMax)) {
      bridge.mac_limit = static_cast<std::uint32_t>(*limit);
    }
    if (const Entry* link_local = section.find("link_local")) {
      read_link_local(section, *link_local, bridge.link_local);
    }
    if (const Entry* ports = section.find("ports")) read_ports(entry.key, *ports, bridge);
    read_rules(section, file_name_, read_file_, mistakes_, bridge);
  }

  void read_ageing(Section& section, Bridge& bridge) {
    const Entry* entry = section.find("ageing");
    if (entry == nullptr) return;
    const Position at = entry->value.at;
    if (entry->value.kind != Node::Kind::kString) {
      section.wrong_type(entry->value, "ageing", "a string with a unit, such as \"300s\"");
      return;
    }
    const auto duration = parse_duration(entry->value.text);
    if (!duration) {
      section.mistake(at, "ageing",
                      "expected a duration with a unit (s, m, h or d), such as \"300s\", found " +
                          quoted(entry->value.text));
    } else if (*duration % seconds(1) != seconds(0)) {
      section.mistake(at, "ageing", "ageing counts whole seconds");
    } else if (*duration < seconds(1) || *duration > kAgeingMax) {
      section.mistake(at, "ageing",
                      quoted(entry->value.text) + " is out of range (1s to " +
                          format_duration(kAgeingMax) + ")");
    } else {
      bridge.ageing = std::chrono::duration_cast<seconds>(*duration);
    }
  }

  void read_link_local(Section& bridge, const Entry& entry, LinkLocalPolicy& policy) {
    if (entry.value.kind == Node::Kind::kTable) {
      read_link_local_table(bridge, entry.value, policy);
    } else if (entry.value.kind != Node::Kind::kString) {
      bridge.wrong_type(entry.value, "link_local", "\"forward\", \"drop\" or a table");
    } else if (entry.value.text == "drop") {
      policy = LinkLocalPolicy::drop_all();
    } else if (entry.value.text != "forward") {
      bridge.mistake(
          entry.value.at, "link_local",
          "expected \"forward\", \"drop\" or a table, found " + quoted(entry.value.text));
    }
  }

  void read_link_local_table(Section& bridge, const Node& table, LinkLocalPolicy& policy) {
    unsigned seen = 0;
    for (const Entry& one : table.entries) {
      const auto nibble = link_local_nibble(one.key);
      if (!nibble) {
        std::vector<std::string_view> names;
        for (const LinkLocalName& known : link_local_names()) names.push_back(known.name);
        bridge.mistake(one.at, "link_local",
                       "unknown address " + quoted(one.key) +
                           " (stp, pause, lacp, eapol, lldp, or \"00\" to \"0f\")" +
                           did_you_mean(one.key, names));
      } else if (seen >> *nibble & 1) {
        bridge.mistake(one.at, "link_local", quoted(one.key) + " names an address a second time");
      } else if (one.value.kind != Node::Kind::kString) {
        bridge.wrong_type(one.value, "link_local", "\"forward\" or \"drop\"");
      } else if (one.value.text != "forward" && one.value.text != "drop") {
        bridge.mistake(one.value.at, "link_local",
                       "expected \"forward\" or \"drop\", found " + quoted(one.value.text));
      } else {
        policy.set_drop(*nibble, one.value.text == "drop");
      }
      if (nibble) seen |= 1u << *nibble;
    }
  }

  // "lldp" or "0e".
  static std::optional<unsigned> link_local_nibble(std::string_view key) {
    for (const LinkLocalName& known : link_local_names()) {
      if (known.name == key) return known.nibble;
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    if (key.size() != 2 || key[0] != '0') return std::nullopt;
    const char digit =
        key[1] >= 'A' && key[1] <= 'F' ? static_cast<char>(key[1] - 'A' + 'a') : key[1];
    const std::size_t nibble = kHex.find(digit);
    if (nibble == std::string_view::npos) return std::nullopt;
    return static_cast<unsigned>(nibble);
  }

  void read_ports(const std::string& bridge_name, const Entry& entry, Bridge& bridge) {
    const Section all(entry, "'ports' of bridge " + bridge_name, mistakes_);
    for (const Entry& one : all.entries()) {
      if (const std::string fault = port_name_fault(one.key); !fault.empty()) {
        mistakes_.add(one.at,
                      "port " + quoted(one.key) + " of bridge " + bridge_name + ": " + fault);
      }
      const PortName name{bridge_name, one.key};
      Section section(one, "port " + name.to_string(), mistakes_);
      const auto port = read_port(section);
      if (!port) draft_.untyped.insert(name);
      bridge.ports.emplace(one.key, port.value_or(Port{}));
    }
  }

  const std::string& file_name_;
  const ReadFile& read_file_;
  Mistakes& mistakes_;
  Draft draft_;
};

}  // namespace

tl::expected<Config, std::vector<Mistake>> build(const Node& document, const std::string& file_name,
                                                 const ReadFile& read_file) {
  Mistakes mistakes(file_name);
  Draft draft = Builder(file_name, read_file, mistakes).read(document);
  check_between_ports(draft, document, mistakes);
  if (!mistakes.empty()) return tl::make_unexpected(mistakes.in_file_order());
  return std::move(draft.config);
}

tl::expected<Config, std::vector<Mistake>> parse(std::string_view toml_text,
                                                 const std::string& file_name,
                                                 const ReadFile& read_file) {
  const auto document = read_toml(toml_text, file_name);
  if (!document) return tl::make_unexpected(std::vector<Mistake>{document.error()});
  return build(*document, file_name, read_file);
}

}  // namespace trestle::config
