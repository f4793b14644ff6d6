// SPDX-License-Identifier: Apache-2.0
//
// The way of a frame as the Forwarder goes it (datapath/forwarder.cc and forward_by_rules.cc), with
// what is sent written down instead.

#include "control/why/explain.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "config/rule_ports.h"
#include "control/why/decision_steps.h"
#include "control/why/differences.h"
#include "datapath/bridge_steps.h"
#include "datapath/mtu.h"
#include "datapath/passing.h"
#include "datapath/program_runner.h"
#include "datapath/reparse_copy.h"
#include "datapath/vnet_header.h"
#include "switch/decide.h"
#include "switch/flow/extract.h"
#include "switch/flow/flow_engine.h"

namespace trestle::control {
namespace {

std::string vlan_text(VlanId vlan) {
  return vlan == kNoVlan ? "no VLAN" : "VLAN " + std::to_string(vlan);
}

std::string drop_text(DropReason reason) {
  return std::string(info(reason).label) + ": " + std::string(info(reason).help);
}

flow::Fields fields_of(const Frame& frame) {
  flow::Fields fields;
  flow::extract(head_of(frame), frame.size, frame.stripped, flow::Depth::kL4, fields);
  return fields;
}

class Explainer {
 public:
  Explainer(const Topology& topology, const NameOfPort& name_of, std::int64_t now)
      : topology_(topology), name_of_(name_of), now_(static_cast<Ticks>(now / 1'000'000'000)) {
    for (const TopologyPort& port : topology.ports) ports_.emplace(port.id, &port);
    for (std::size_t i = 0; i < topology.bridges.size(); ++i) names_.push_back(names_on(i));
  }

  Explanation run(PortId in, const Frame& frame) {
    Passing passing;
    WhyVisit& visit = begin_visit(in);
    if (!is_plain(frame.vnet) && !vnet_header_valid(frame.vnet, frame.size)) {
      visit.drop = DropReason::kBadVnetHeader;
    } else if (!passing.receive(frame)) {
      visit.drop = DropReason::kMalformed;
    } else {
      received_ = fields_of(frame);
      enter(passing, in, 0);
    }
    return std::move(out_);
  }

 private:
  // The visitor of ProgramRunner that writes down.
  class Steps : public BridgeSteps<Steps> {
   public:
    Steps(Explainer& explainer, const Passing& passing, PortId in, std::size_t visit, unsigned hops)
        : BridgeSteps(passing, explainer.bridge_of(in), in),
          explainer_(explainer),
          visit_(visit),
          hops_(hops) {}

    bool output(const Frame& frame, PortId id) {
      const BridgePort* const out = bridge().port(id);
      if (out == nullptr) {
        explainer_.step(visit_, WhyStep::Kind::kOutput, "the port is gone");
      } else if (!out->up) {
        explainer_.step(visit_, WhyStep::Kind::kOutput,
                        explainer_.name_of_(id).to_string() + " is down");
      }
      return BridgeSteps::output(frame, id);
    }
    void stage(const Passing& passing, const BridgePort& out) {
      explainer_.stage(passing, out, passing.customer_tag(), visit_, hops_);
    }
    NormalOutcome learn_and_forward(const Passing& passing) {
      return explainer_.normal(passing, bridge(), in(), visit_, hops_);
    }

    void punt(const Frame&, const flow::Op& op) {
      explainer_.step(visit_, WhyStep::Kind::kPunt,
                      "up to " + std::to_string(op.length) + " bytes to whoever listens to events");
    }

    bool admit(flow::MeterState&, const Frame&) {
      explainer_.step(visit_, WhyStep::Kind::kMeter,
                      "a meter: passes while it is within its rate, as is assumed here");
      return true;
    }

    EditedFrame& new_version() { return explainer_.new_version(); }

   private:
    Explainer& explainer_;
    const std::size_t visit_;
    const unsigned hops_;
  };

  const Bridge& bridge_of(PortId port) const { return *topology_.bridges[ports_.at(port)->bridge]; }
  const config::FlowPorts& names_for(PortId port) const { return names_[ports_.at(port)->bridge]; }

  config::FlowPorts names_on(std::size_t bridge) const {
    std::vector<config::NamedPort> named;
    for (const BridgePort& port : topology_.bridges[bridge]->ports()) {
      named.push_back({name_of_(port.id).port, port.id, port.internal});
    }
    return config::rule_ports(std::move(named));
  }

  WhyVisit& begin_visit(PortId in) {
    visited_.push_back(&bridge_of(in));
    WhyVisit& visit = out_.visits.emplace_back();
    visit.in = name_of_(in);
    return visit;
  }

  void step(std::size_t visit, WhyStep::Kind kind, std::string text) {
    WhyStep& step = out_.visits[visit].steps.emplace_back();
    step.kind = kind;
    step.text = std::move(text);
  }

  // The frame on the bridge of its last visit.
  void enter(const Passing& passing, PortId in, unsigned hops) {
    const std::size_t visit = out_.visits.size() - 1;
    const Bridge& bridge = bridge_of(in);
    const flow::Pipeline* const pipeline =
        bridge.flows() != nullptr ? bridge.flows()->pipeline() : nullptr;
    flow::Fields fields = fields_of(passing.frame());
    fields.set_in_port(in);
    out_.visits[visit].frame = frame_text(fields, names_for(in));
    Departure departure;
    if (pipeline == nullptr) {
      const NormalOutcome outcome = normal(passing, bridge, in, visit, hops);
      departure = {outcome.outputs, outcome.reason, 0};
    } else {
      departure = run_rules(passing, *pipeline, fields, in, visit, hops);
    }
    out_.visits[visit].outputs = departure.outputs;
    if (departure.outputs == 0) out_.visits[visit].drop = departure.reason;
  }

  Departure run_rules(const Passing& passing, const flow::Pipeline& pipeline,
                      const flow::Fields& fields, PortId in, std::size_t visit, unsigned hops) {
    const config::FlowPorts& names = names_for(in);
    flow::Translation decided;  // one each: a program is still running when the next bridge decides
    ReparseCopy reparse;
    std::vector<WhyStep> steps;
    DecisionSteps observer(steps, names);
    flow::Translator().translate(pipeline, bridge_of(in), fields, reparse.of(passing.frame(), in),
                                 decided, &observer);
    out_.visits[visit].steps = std::move(steps);
    out_.visits[visit].megaflow =
        WhyMegaflow{megaflow_text(fields, decided.examined, names),
                    print_program(decided.program, names), decided.cacheable};
    Steps visitor(*this, passing, in, visit, hops);
    return ProgramRunner(decided.program, passing.frame(), visitor).run();
  }

  NormalOutcome normal(const Passing& passing, const Bridge& bridge, PortId in, std::size_t visit,
                       unsigned hops) {
    const Verdict verdict = decide(bridge, passing.key(), in, now_);
    step(visit, WhyStep::Kind::kNormal, normal_text(passing.key(), bridge, verdict, in));
    const VlanTag tag = passing.customer_tag();
    const std::size_t outputs = for_each_output(bridge, verdict, in, [&](const BridgePort& out) {
      stage(passing, out, out.vlan.egress_tag(verdict.vlan, tag), visit, hops);
    });
    return {outputs, verdict.reason};
  }

  std::string normal_text(const FlowKey& key, const Bridge& bridge, const Verdict& verdict,
                          PortId in) const {
    if (verdict.reason == DropReason::kVlanIngress && verdict.action == Verdict::Action::kDrop) {
      return drop_text(verdict.reason);
    }
    std::string text = vlan_text(verdict.vlan) + "; ";
    const std::string destination = key.destination.to_string();
    if (verdict.action == Verdict::Action::kDrop && verdict.reason == DropReason::kLinkLocal) {
      return text + drop_text(verdict.reason);
    }
    if (key.destination.is_group()) {
      text += destination + " is a group address: flooded";
    } else if (const BridgePort* own = bridge.own(key.destination, verdict.vlan)) {
      text += destination + " is the host's own, at " + name_of_(own->id).to_string();
    } else {
      const BridgePort* known =
          bridge.port(bridge.fdb().lookup(verdict.vlan, key.destination, now_));
      text += destination + (known == nullptr ? " is not known: flooded"
                                              : " is behind " + name_of_(known->id).to_string());
    }
    if (verdict.action == Verdict::Action::kDrop) text += "; " + drop_text(verdict.reason);
    if (verdict.learn) {
      const bool known = bridge.fdb().lookup(verdict.vlan, key.source, now_) == in;
      text += "; " + key.source.to_string() +
              (known ? " is known to be behind " : " would be learned behind ") +
              name_of_(in).to_string();
    }
    return text;
  }

  void stage(const Passing& passing, const BridgePort& out, VlanTag tag, std::size_t visit,
             unsigned hops) {
    const TopologyPort& port = *ports_.at(out.id);
    if (port.peer != kNoPort) return cross(passing, port, tag, visit, hops);
    EditedFrame& leaving = new_version();
    leaving.copy(passing.frame(), passing.leaving_with(tag));
    WhyExit& exit = out_.exits.emplace_back();
    exit.port = name_of_(out.id);
    const flow::Fields fields = fields_of(leaving);
    exit.frame = frame_text(fields, names_for(out.id));
    exit.changes = changed_fields(received_, fields, names_for(out.id));
    const auto head = leaving.head(), payload = leaving.payload();
    exit.bytes.assign(head.begin(), head.end());
    exit.bytes.insert(exit.bytes.end(), payload.begin(), payload.end());
    if (exceeds_mtu(port.mtu, passing.frame(), passing.leaving_with(tag)))
      exit.drop = DropReason::kOversize;
    step(visit, WhyStep::Kind::kOutput,
         exit.port.to_string() +
             (exit.drop ? ", where it is dropped: " + drop_text(*exit.drop) : ""));
  }

  void cross(const Passing& passing, const TopologyPort& out, VlanTag tag, std::size_t visit,
             unsigned hops) {
    const Bridge* const far = &bridge_of(out.peer);
    const std::string link =
        name_of_(out.id).to_string() + ", a patch link to " + name_of_(out.peer).to_string();
    const auto refuse = [&](DropReason reason) {
      step(visit, WhyStep::Kind::kPatch, link + ", where it is dropped: " + drop_text(reason));
    };
    if (std::find(visited_.begin(), visited_.end(), far) != visited_.end()) {
      return refuse(DropReason::kPatchLoop);
    }
    if (hops == kPatchHopsMax) return refuse(DropReason::kPatchHops);
    step(visit, WhyStep::Kind::kPatch, link);
    begin_visit(out.peer);
    // As the next bridge sees it: with its tags in its bytes.
    EditedFrame& version = new_version();
    version.copy(passing.frame(), passing.leaving_with(tag));
    Passing entered;
    if (entered.receive(version)) {
      enter(entered, out.peer, hops + 1);
    } else {
      out_.visits.back().drop = DropReason::kMalformed;
    }
  }

  EditedFrame& new_version() { return *versions_.emplace_back(std::make_unique<EditedFrame>()); }

  const Topology& topology_;
  const NameOfPort& name_of_;
  const Ticks now_;
  std::map<PortId, const TopologyPort*> ports_;
  std::vector<config::FlowPorts> names_;  // by bridge
  flow::Fields received_;
  std::vector<const Bridge*> visited_;
  std::vector<std::unique_ptr<EditedFrame>> versions_;
  Explanation out_;
};

}  // namespace

const char* to_string(WhyStep::Kind kind) {
  static constexpr const char* kWords[] = {"table",  "action", "bucket", "note", "normal",
                                           "output", "patch",  "punt",   "meter"};
  static_assert(std::size(kWords) == static_cast<std::size_t>(WhyStep::Kind::kMeter) + 1);
  return kWords[static_cast<std::size_t>(kind)];
}

Explanation explain(const Topology& topology, const NameOfPort& name_of, PortId in,
                    const Frame& frame, std::int64_t now) {
  return Explainer(topology, name_of, now).run(in, frame);
}

}  // namespace trestle::control
