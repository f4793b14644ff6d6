// SPDX-License-Identifier: Apache-2.0
//
// What a classifier finds, and how little of a frame it looks at for that.

#include "switch/flow/classifier.h"

#include <catch2/catch.hpp>

namespace trestle::flow {
namespace {

constexpr std::uint64_t kIpv4 = 0x0800, kIpv6 = 0x86dd, kTcp = 6, kUdp = 17;

// A part of a word, as Fields::part has it.
struct Part {
  Word word;
  unsigned shift, width;
};
constexpr Part kInPort{kWordDestination, 0, 16}, kDlDst{kWordDestination, 16, 48},
    kDlType{kWordSource, 0, 16}, kNwProto{kWordVlanIp, 24, 8}, kNwSrc{kWordIpv4, 32, 32},
    kNwDst{kWordIpv4, 0, 32}, kTpDst{kWordTransport, 32, 16}, kIpv6Dst{kWordIpv6Destination, 0, 64},
    kIpv6DstLow{static_cast<Word>(kWordIpv6Destination + 1), 0, 64},
    kReg15{static_cast<Word>(kWordRegisters + 7), 0, 32};

struct Matching : Match {
  Matching& with(Part part, std::uint64_t wanted, std::uint64_t of = ~std::uint64_t{0}) {
    value.set_part(part.word, part.shift, part.width, wanted & of);
    mask.set_part(part.word, part.shift, part.width, of);
    return *this;
  }
  Matching& with_prefix(Part part, std::uint64_t wanted, unsigned length) {
    return with(part, wanted, ~Fields::ones(part.width - length));
  }
};

struct Frame : Fields {
  Frame& with(Part part, std::uint64_t wanted) {
    set_part(part.word, part.shift, part.width, wanted);
    return *this;
  }
};

RulePtr rule(const Match& match, std::uint16_t priority = 1, std::uint64_t serial = 0) {
  auto made = std::make_shared<Rule>();
  made->spec.match = match;
  made->spec.priority = priority;
  made->serial = serial;
  return made;
}

Classifier classifier_of(std::initializer_list<RulePtr> rules) {
  Classifier classifier;
  for (const RulePtr& one : rules) classifier = classifier.with(one);
  return classifier;
}

const Rule* answer(const Classifier& classifier, const Fields& fields) {
  Fields examined;
  return classifier.lookup(fields, examined);
}

Fields examined_by(const Classifier& classifier, const Fields& fields) {
  Fields examined;
  classifier.lookup(fields, examined);
  return examined;
}

std::uint64_t bits(const Fields& examined, Part part) {
  return examined.part(part.word, part.shift, part.width);
}

TEST_CASE("an empty classifier finds nothing and looks at nothing") {
  const Classifier classifier;
  CHECK(answer(classifier, Frame().with(kInPort, 3)) == nullptr);
  CHECK(examined_by(classifier, Frame().with(kInPort, 3)) == Fields{});
  CHECK(classifier.interest() == Fields{});
  CHECK(classifier.size() == 0);
  CHECK(classifier.find(Match{}, 1) == nullptr);
  CHECK(classifier.overlapping(Match{}, 1) == nullptr);
  CHECK(classifier.without(Match{}, 1).size() == 0);
}

TEST_CASE("a rule that matches everything is found without a look at the frame") {
  const RulePtr all = rule(Match{}, 0);
  const Classifier classifier = classifier_of({all});
  CHECK(answer(classifier, Frame().with(kInPort, 3)) == all.get());
  CHECK(examined_by(classifier, Frame().with(kInPort, 3)) == Fields{});
}

TEST_CASE("of the rules that match, that of the highest priority is found") {
  const RulePtr low = rule(Matching().with(kInPort, 3), 10);
  const RulePtr high = rule(Matching().with(kDlDst, 0x0200'0000'0001), 20);
  const RulePtr other = rule(Matching().with(kInPort, 4), 30);
  const Classifier classifier = classifier_of({low, high, other});
  Frame frame;
  frame.with(kInPort, 3).with(kDlDst, 0x0200'0000'0001);
  CHECK(answer(classifier, frame) == high.get());
  CHECK(answer(classifier, frame.with(kDlDst, 2)) == low.get());
  CHECK(answer(classifier, frame.with(kInPort, 5)) == nullptr);
}

TEST_CASE("of rules of one priority, the older is found, whichever came first") {
  const RulePtr old = rule(Matching().with(kInPort, 3), 10, 1);
  const RulePtr young = rule(Matching().with(kDlDst, 7), 10, 2);
  const Frame frame = Frame().with(kInPort, 3).with(kDlDst, 7);
  CHECK(answer(classifier_of({old, young}), frame) == old.get());
  CHECK(answer(classifier_of({young, old}), frame) == old.get());
}

TEST_CASE("rules of one match and several priorities give way to one another") {
  const Match match = Matching().with(kInPort, 3);
  Classifier classifier = classifier_of({rule(match, 5), rule(match, 9), rule(match, 7)});
  const Frame frame = Frame().with(kInPort, 3);
  CHECK(classifier.size() == 3);
  CHECK(classifier.subtables() == 1);
  CHECK(answer(classifier, frame)->spec.priority == 9);
  classifier = classifier.without(match, 9);
  CHECK(answer(classifier, frame)->spec.priority == 7);
  classifier = classifier.without(match, 5);
  CHECK(answer(classifier, frame)->spec.priority == 7);
  classifier = classifier.without(match, 7);
  CHECK(answer(classifier, frame) == nullptr);
  CHECK(classifier.subtables() == 0);
}

TEST_CASE("a rule takes the place of one of the same match and priority") {
  const Match match = Matching().with(kDlType, kIpv4).with_prefix(kNwDst, 0x0a000000, 8);
  const RulePtr first = rule(match, 5, 1), second = rule(match, 5, 2);
  const Classifier before = classifier_of({first});
  const Classifier after = before.with(second);
  CHECK(after.size() == 1);
  REQUIRE(after.find(match, 5) != nullptr);
  CHECK(*after.find(match, 5) == second);
  CHECK(*before.find(match, 5) == first);
  // Its prefix was counted once: gone with the rule.
  CHECK(after.without(match, 5).interest() == Fields{});
}

TEST_CASE("a version stays as it was when others are made from it") {
  const RulePtr one = rule(Matching().with(kInPort, 1)), two = rule(Matching().with(kInPort, 2));
  const Classifier base = classifier_of({one});
  const Classifier more = base.with(two);
  const Classifier less = base.without(one->spec.match, 1);
  CHECK(answer(base, Frame().with(kInPort, 1)) == one.get());
  CHECK(answer(base, Frame().with(kInPort, 2)) == nullptr);
  CHECK(answer(more, Frame().with(kInPort, 2)) == two.get());
  CHECK(answer(less, Frame().with(kInPort, 1)) == nullptr);
}

TEST_CASE("rules are held as long as a version has them, and no longer") {
  RulePtr held = rule(Matching().with(kInPort, 1));
  const std::weak_ptr<const Rule> watched = held;
  Classifier base = classifier_of({held, rule(Matching().with(kInPort, 2))});
  Classifier copy = base;
  base = base.without(held->spec.match, 1);
  held.reset();
  CHECK_FALSE(watched.expired());
  copy = Classifier();
  CHECK(watched.expired());
}

TEST_CASE("only the same match and priority are found and removed") {
  const Match match = Matching().with(kDlType, kIpv4).with(kNwProto, kTcp).with(kTpDst, 80);
  const Classifier classifier = classifier_of({rule(match, 5)});
  const Match udp = Matching().with(kDlType, kIpv4).with(kNwProto, kUdp).with(kTpDst, 80);
  const Match wider = Matching().with(kDlType, kIpv4).with(kNwProto, kTcp);
  const Match masked =
      Matching().with(kDlType, kIpv4).with(kNwProto, kTcp).with(kTpDst, 80, 0xfffe);
  for (const Match& other : {udp, wider, masked, Match{}}) {
    CHECK(classifier.find(other, 5) == nullptr);
    CHECK(classifier.without(other, 5).size() == 1);
  }
  CHECK(classifier.find(match, 6) == nullptr);
  CHECK(classifier.without(match, 6).size() == 1);
  CHECK(classifier.without(match, 5).size() == 0);
}

TEST_CASE("rules overlap if a frame could match both and they are of one priority") {
  const RulePtr http = rule(Matching().with(kNwProto, kTcp).with(kTpDst, 80), 5);
  const Classifier classifier = classifier_of({http});
  CHECK(classifier.overlapping(Matching().with(kInPort, 1), 5) == http.get());
  CHECK(classifier.overlapping(Matching().with(kInPort, 1), 6) == nullptr);
  CHECK(classifier.overlapping(Matching().with(kNwProto, kUdp), 5) == nullptr);
  CHECK(classifier.overlapping(Matching().with(kTpDst, 64, 0xfff0), 5) == nullptr);
  CHECK(classifier.overlapping(Matching().with(kTpDst, 80, 0xfff0), 5) == http.get());
}

TEST_CASE("for_each visits every rule once") {
  Classifier classifier;
  for (std::uint64_t i = 0; i < 1000; ++i)
    classifier = classifier.with(rule(
        i % 3 ? Matching().with(kDlDst, i) : Matching().with(kInPort, i).with(kTpDst, i), 1, i));
  std::vector<int> visits(1000);
  classifier.for_each([&visits](const RulePtr& one) { ++visits[one->serial]; });
  CHECK(std::count(visits.begin(), visits.end(), 1) == 1000);
}

TEST_CASE("interest is what the present rules look at") {
  const RulePtr port = rule(Matching().with(kInPort, 1));
  const RulePtr reg = rule(Matching().with(kReg15, 1, 0xff));
  Classifier classifier = classifier_of({port, reg});
  CHECK(bits(classifier.interest(), kInPort) == 0xffff);
  CHECK(bits(classifier.interest(), kReg15) == 0xff);
  classifier = classifier.without(port->spec.match, 1);
  CHECK(bits(classifier.interest(), kInPort) == 0);
  CHECK(bits(classifier.interest(), kReg15) == 0xff);
}

TEST_CASE("a frame of another dl_type or nw_proto is passed by for that alone") {
  const Classifier classifier =
      classifier_of({rule(Matching().with(kDlType, kIpv4).with(kNwProto, kTcp).with(kTpDst, 80))});
  Fields examined = examined_by(classifier, Frame().with(kDlType, kIpv6).with(kNwProto, kTcp));
  CHECK(examined == Matching().with(kDlType, 0).mask);
  examined = examined_by(classifier, Frame().with(kDlType, kIpv4).with(kNwProto, kUdp));
  CHECK(examined == Matching().with(kNwProto, 0).mask);
  examined =
      examined_by(classifier, Frame().with(kDlType, kIpv4).with(kNwProto, kTcp).with(kTpDst, 80));
  CHECK(examined == Matching().with(kDlType, 0).with(kNwProto, 0).with(kTpDst, 0).mask);
}

TEST_CASE("a search ends at the first stage that has nothing") {
  const Classifier classifier =
      classifier_of({rule(Matching().with(kInPort, 1).with(kNwProto, 6, 6).with(kTpDst, 80))});
  const Frame other_port = Frame().with(kInPort, 2).with(kNwProto, 6).with(kTpDst, 80);
  CHECK(examined_by(classifier, other_port) == Matching().with(kInPort, 0).mask);
  const Frame other_proto = Frame().with(kInPort, 1).with(kNwProto, 1).with(kTpDst, 80);
  CHECK(examined_by(classifier, other_proto) ==
        Matching().with(kInPort, 0).with(kNwProto, 0, 6).mask);
  const Frame other_tp = Frame().with(kInPort, 1).with(kNwProto, 6).with(kTpDst, 81);
  CHECK(examined_by(classifier, other_tp) == classifier.interest());
}

TEST_CASE("rules below the one that was found are not looked at") {
  const RulePtr high = rule(Matching().with(kInPort, 1), 10);
  const Classifier classifier = classifier_of({high, rule(Matching().with(kDlDst, 1), 9)});
  CHECK(examined_by(classifier, Frame().with(kInPort, 1)) == high->spec.match.mask);
}

TEST_CASE("prefixes that cannot match are told by as few bits as it takes") {
  const RulePtr wide = rule(Matching().with_prefix(kNwDst, 0x0a00'0000, 8), 8);
  const RulePtr near = rule(Matching().with_prefix(kNwDst, 0x0a01'0000, 16), 16);
  const RulePtr host = rule(Matching().with_prefix(kNwDst, 0x0a01'0203, 32), 32);
  const Classifier classifier = classifier_of({wide, near, host});
  const auto dst = [&](std::uint64_t address) {
    return bits(examined_by(classifier, Frame().with(kNwDst, address)), kNwDst);
  };
  CHECK(answer(classifier, Frame().with(kNwDst, 0x0a01'0203)) == host.get());
  CHECK(dst(0x0a01'0203) == 0xffff'ffff);
  // Differs from the host's in the 18th bit.
  CHECK(answer(classifier, Frame().with(kNwDst, 0x0a01'4203)) == near.get());
  CHECK(dst(0x0a01'4203) == 0xffff'c000);
  // … in the ninth …
  CHECK(answer(classifier, Frame().with(kNwDst, 0x0a81'0203)) == wide.get());
  CHECK(dst(0x0a81'0203) == 0xff80'0000);
  // … and in the first.
  CHECK(answer(classifier, Frame().with(kNwDst, 0xc0a8'0001)) == nullptr);
  CHECK(dst(0xc0a8'0001) == 0x8000'0000);
}

TEST_CASE("prefixes of IPv6 addresses may reach into the lower half") {
  const RulePtr net =
      rule(Matching().with(kDlType, kIpv6).with(kIpv6Dst, 0x2001'0db8'0000'0001), 1);
  const RulePtr part = rule(Matching()
                                .with(kDlType, kIpv6)
                                .with(kIpv6Dst, 0x2001'0db8'0000'0001)
                                .with_prefix(kIpv6DstLow, 0xab00'0000'0000'0000, 8),
                            2);
  const Classifier classifier = classifier_of({net, part});
  Frame frame = Frame().with(kDlType, kIpv6).with(kIpv6Dst, 0x2001'0db8'0000'0001);
  CHECK(answer(classifier, frame) == net.get());
  CHECK(bits(examined_by(classifier, frame), kIpv6DstLow) == std::uint64_t{1} << 63);
  CHECK(answer(classifier, frame.with(kIpv6DstLow, 0xab00'0000'0000'0001)) == part.get());
  CHECK(bits(examined_by(classifier, frame), kIpv6DstLow) == std::uint64_t{0xff} << 56);
  CHECK(answer(classifier, frame.with(kIpv6Dst, 0)) == nullptr);
  CHECK(bits(examined_by(classifier, frame), kIpv6DstLow) == 0);
}

TEST_CASE("a port that no rule has is told before an address is looked at") {
  const Classifier classifier =
      classifier_of({rule(Matching().with(kInPort, 1).with_prefix(kNwDst, 0x0a00'0000, 24))});
  CHECK(examined_by(classifier, Frame().with(kInPort, 2)) == Matching().with(kInPort, 0).mask);
}

TEST_CASE("masks that are no prefixes match what they say") {
  const RulePtr odd = rule(Matching().with(kNwDst, 5, 0xff00'00ff), 1);
  const RulePtr even = rule(Matching().with(kNwSrc, 0, 1), 2);
  const Classifier classifier = classifier_of({odd, even});
  CHECK(answer(classifier, Frame().with(kNwSrc, 1).with(kNwDst, 0x00ab'cd05)) == odd.get());
  CHECK(answer(classifier, Frame().with(kNwSrc, 1).with(kNwDst, 0x01ab'cd05)) == nullptr);
  CHECK(answer(classifier, Frame().with(kNwSrc, 2)) == even.get());
}

}  // namespace
}  // namespace trestle::flow
