// SPDX-License-Identifier: Apache-2.0
//
// Gives CMake a file to compile Catch2's header for, once for all test programs: catch_main.cc
// cannot use it, because Catch2 defines main only where its header was not included before
// CATCH_CONFIG_MAIN.
