// SPDX-License-Identifier: Apache-2.0
//
// Sends frames from inside the kernel: BPF_PROG_RUN in "live frames" mode calls this again and
// again, each time with a page in which the frame of an earlier call still stands, and hands what
// it redirects to a device's ndo_xdp_xmit (Documentation/bpf/bpf_prog_run.rst). A frame that is not
// due yet is dropped, which is how the program waits.

#include "layout.h"

#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

// As Pace (measure/traffic/pace.h) has it, in 1/65536 ns. Frames that are late by no more than a
// batch or two are sent at once. A longer debt, since the sender was kept off its CPU, is paid off
// a quarter faster than the rate, as a burst would say of the switch what is the machine's fault;
// and what is beyond 20 ms of it never is.
#define AT_ONCE (100000ULL << 16)
#define DEBT_MAX (20000000ULL << 16)
#define PAYS_OFF 5  // this part of an interval

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct live_state);
} state SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);  // as many as the cycle has
  __type(key, __u32);
  __type(value, struct live_frame);
} frames SEC(".maps");

// From any namespace: they are looked up where they are put in.
struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} devices SEC(".maps");

static __always_inline void end_phase(struct live_state* s) {
  s->phase++;
  s->in_phase = 0;
  s->schedule = 0;
  s->debt = 0;
  if (s->phase >= kLivePhases || s->phases[s->phase].frames == 0) s->done = 1;
}

// Whether it may begin. What was set before is seen from then on, on any machine.
static __always_inline int has_begun(struct live_state* s) {
  if (s->going) return 1;
  s->ready = 1;
  if (__sync_fetch_and_add(&s->begun, 0) == 0) return 0;
  s->going = 1;
  return 1;
}

static __always_inline int keeps_pace(struct live_state* s, __u64 at, __u64 interval) {
  if (at < s->schedule) return 0;
  if (at - s->schedule > AT_ONCE) {
    s->debt += at - s->schedule - AT_ONCE;
    if (s->debt > DEBT_MAX) s->debt = DEBT_MAX;
    s->schedule = at - AT_ONCE;
  }
  __u64 paid = interval / PAYS_OFF;
  if (paid > s->debt) paid = s->debt;
  s->debt -= paid;
  s->schedule += interval - paid;
  return 1;
}

// Whether it is time for a frame; then it counts as sent.
static __always_inline int is_due(struct live_state* s, __u64 now) {
  if (!has_begun(s) || s->done || s->phase >= kLivePhases) return 0;
  const struct live_phase* phase = &s->phases[s->phase];
  if (now < phase->begin_ns) return 0;
  if (s->in_phase >= phase->frames || now >= phase->end_ns) {
    end_phase(s);
    return 0;
  }
  const __u64 interval = phase->interval;
  if (interval > 0 && !keeps_pace(s, (now - phase->begin_ns) << 16, interval)) return 0;
  s->in_phase++;
  if (s->offered++ == 0) s->first_ns = now;
  s->last_ns = now;
  return 1;
}

// Puts the frame at the start of the packet. False: the packet is shorter.
static __always_inline int write_head(struct xdp_md* ctx, const struct live_frame* frame,
                                      __u32 octets, __u32 number, __u64 sent_ns) {
  __u32* to = (__u32*)(long)ctx->data;
  __u32* const end = to + octets / sizeof *to;
  if ((void*)end > (void*)(long)ctx->data_end) return 0;
  __builtin_memcpy(to, frame->head, octets);
  // The signature's number and time are its last twelve octets (measure/traffic/signature.h).
  end[-3] = bpf_htonl(number);
  end[-2] = bpf_htonl((__u32)(sent_ns >> 32));
  end[-1] = bpf_htonl((__u32)sent_ns);
  return 1;
}

static __always_inline int send(struct xdp_md* ctx, __u32 octets) {
  const __u32 zero = 0;
  struct live_state* s = bpf_map_lookup_elem(&state, &zero);
  if (!s) return XDP_DROP;
  const __u64 now = bpf_ktime_get_ns();
  if (!is_due(s, now)) return XDP_DROP;
  const __u32 at = s->next;
  const struct live_frame* frame = bpf_map_lookup_elem(&frames, &at);
  if (!frame) return XDP_DROP;
  const __u32 number = frame->first + s->cycle * frame->step;
  if (++s->next == s->cycle_frames) {
    s->next = 0;
    s->cycle++;
  }
  if (!write_head(ctx, frame, octets, number, now + s->to_realtime)) return XDP_DROP;
  if (frame->trim != 0 && bpf_xdp_adjust_tail(ctx, frame->trim) != 0) return XDP_DROP;
  return bpf_redirect_map(&devices, frame->device, XDP_DROP);
}

SEC("xdp") int send_plain(struct xdp_md* ctx) {
  return send(ctx, kLiveHeadPlain);
}

SEC("xdp") int send_tagged(struct xdp_md* ctx) {
  return send(ctx, kLiveHeadTagged);
}

char LICENSE[] SEC("license") = "Apache-2.0";
