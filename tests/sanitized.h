// SPDX-License-Identifier: Apache-2.0
//
// Is this test built with a sanitizer? Such a build looks for other faults than a model does and
// takes its time: its tests run fewer steps, most of them a sixteenth.

#pragma once

namespace trestle::testing {

#if defined(__SANITIZE_THREAD__)
#define TRESTLE_TEST_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TRESTLE_TEST_THREAD_SANITIZER 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#define TRESTLE_TEST_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRESTLE_TEST_ADDRESS_SANITIZER 1
#endif
#endif

#if defined(TRESTLE_TEST_THREAD_SANITIZER)
inline constexpr bool kThreadSanitized = true;
#else
inline constexpr bool kThreadSanitized = false;
#endif

#if defined(TRESTLE_TEST_ADDRESS_SANITIZER)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = kThreadSanitized;
#endif

// How many of `all` steps this build takes.
template <typename Number>
constexpr Number steps(Number all) {
  return kSanitized ? all / 16 : all;
}

}  // namespace trestle::testing
