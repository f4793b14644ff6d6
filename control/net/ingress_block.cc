// SPDX-License-Identifier: Apache-2.0

#include "control/net/ingress_block.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "control/net/clsact.h"
#include "control/net/drop_program.h"
#include "control/net/tcx.h"

namespace trestle::net {
namespace {

// EINVAL: an attach type or a flag that this kernel does not know.
bool lacks_tcx(const Error& error) {
  return error.code == EINVAL || error.code == EOPNOTSUPP;
}

// An older daemon, or one on an older kernel, may have left it, from a crash.
void clear_clsact(int ifindex) {
  if (const auto left_over = find_clsact(ifindex); left_over && *left_over) {
    static_cast<void>(detach_clsact(ifindex, **left_over));
  }
}

}  // namespace

Result<IngressBlock> IngressBlock::install(int ifindex, Lasts lasts, Means means) {
  const auto program = drop_program();
  if (!program) return tl::make_unexpected(program.error());
  if (means == Means::kBest && lasts == Lasts::kLikeProcess) {
    const auto link = attach_tcx_link(ifindex, *program);
    if (link) {
      clear_clsact(ifindex);
      return IngressBlock(ifindex, How::kTcxLink, *link);
    }
    if (!lacks_tcx(link.error())) return tl::make_unexpected(link.error());
  } else if (means == Means::kBest) {
    const auto attached = attach_tcx(ifindex, *program);
    if (attached) {
      clear_clsact(ifindex);
      return IngressBlock(ifindex, How::kTcx);
    }
    if (!lacks_tcx(attached.error())) return tl::make_unexpected(attached.error());
  }
  const auto owns_qdisc = attach_clsact(ifindex, *program);
  if (!owns_qdisc) return tl::make_unexpected(owns_qdisc.error());
  return IngressBlock(ifindex, *owns_qdisc ? How::kOwnClsact : How::kForeignClsact);
}

IngressBlock::IngressBlock(IngressBlock&& other) noexcept
    : ifindex_(std::exchange(other.ifindex_, 0)),
      how_(other.how_),
      link_(std::exchange(other.link_, -1)) {}

IngressBlock& IngressBlock::operator=(IngressBlock&& other) noexcept {
  std::swap(ifindex_, other.ifindex_);
  std::swap(how_, other.how_);
  std::swap(link_, other.link_);
  return *this;
}

IngressBlock::~IngressBlock() {
  static_cast<void>(remove());
}

void IngressBlock::release() {
  ifindex_ = 0;
  if (link_ >= 0) close(std::exchange(link_, -1));  // detached by the kernel with the device
}

Result<void> IngressBlock::remove() {
  const int ifindex = ifindex_;
  release();
  if (ifindex == 0 || how_ == How::kTcxLink) return {};
  if (how_ != How::kTcx) return detach_clsact(ifindex, how_ == How::kOwnClsact);
  const auto program = drop_program();
  if (!program) return tl::make_unexpected(program.error());
  return detach_tcx(ifindex, *program);
}

}  // namespace trestle::net
