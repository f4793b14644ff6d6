// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/api/port_json.h"

#include "config/flow/flow_text.h"
#include "config/print.h"
#include "control/api/document_json.h"

namespace trestle::control {
namespace {

bool has_device(config::PortType type) {
  using config::PortType;
  return type == PortType::kVeth || type == PortType::kTap || type == PortType::kNetdev ||
         type == PortType::kInternal;
}

void add_counters(const PortTotals& totals, Json& json) {
  json["receive"] = {
      {"frames", totals.rx_frames}, {"bytes", totals.rx_bytes}, {"segments", totals.rx_segments}};
  json["transmit"] = {{"frames", totals.tx_frames},
                      {"bytes", totals.tx_bytes},
                      {"software_segmented", totals.software_segmented}};
  json["forwarded"] = totals.forwarded;
  json["staged"] = totals.staged;
  Json drops = Json::object();
  for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
    if (totals.drops[reason] == 0) continue;
    drops[std::string(kDropReasonInfo[reason].label)] = totals.drops[reason];
  }
  json["drops"] = std::move(drops);
}

}  // namespace

Json port_json(const PortEntry& port) {
  Json json = document_json(config::port_document(port.config));
  json["bridge"] = port.bridge;
  json["port"] = port.name;
  if (port.id != kNoPort) json["number"] = config::openflow_number(port.id);
  json["state"] = to_string(port.state);
  json["message"] = port.message;
  if (has_device(port.config.type)) {
    json["interface"] = config::interface_name(port.bridge, port.name, port.config);
  }
  if (!port.interface.empty()) json["device"] = port.interface;
  if (!port.mac.is_zero()) json["device_mac"] = port.mac.to_string();
  if (port.mtu != 0) json["mtu"] = port.mtu;
  if (port.worker) json["worker"] = *port.worker;
  if (port.ring_bytes != 0) json["receive_ring_bytes"] = port.ring_bytes;
  add_counters(port.stats ? port.stats->totals() : PortTotals{}, json);
  return json;
}

}  // namespace trestle::control
