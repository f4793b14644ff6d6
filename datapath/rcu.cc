// SPDX-License-Identifier: Apache-2.0

#include "datapath/rcu.h"

#include <urcu-qsbr.h>

#if defined(__SANITIZE_THREAD__)
#define TRESTLE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TRESTLE_TSAN 1
#endif
#endif

#ifdef TRESTLE_TSAN
extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}
#endif

namespace trestle::rcu {
namespace {

#ifdef TRESTLE_TSAN
char grace_period;  // its address stands for "readers left, then control went on"
void reader_leaves() {
  __tsan_release(&grace_period);
}
void control_goes_on() {
  __tsan_acquire(&grace_period);
}
#else
void reader_leaves() {}
void control_goes_on() {}
#endif

}  // namespace

Reader::Reader() {
  urcu_qsbr_register_thread();
}

Reader::~Reader() {
  reader_leaves();
  urcu_qsbr_unregister_thread();
}

void Reader::quiescent() {
  reader_leaves();
  urcu_qsbr_quiescent_state();
}

Reader::Offline::Offline() {
  reader_leaves();
  urcu_qsbr_thread_offline();
}

Reader::Offline::~Offline() {
  urcu_qsbr_thread_online();
}

void synchronize() {
  urcu_qsbr_synchronize_rcu();
  control_goes_on();
}

}  // namespace trestle::rcu
