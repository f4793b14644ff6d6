# What every target is compiled with. One interface library, so that no folder invents flags of its own.
set(TRESTLE_SANITIZE "" CACHE STRING "value of -fsanitize=: address,undefined or thread")
option(TRESTLE_FUZZ "build the libFuzzer targets (needs clang)" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")

find_program(TRESTLE_CCACHE ccache)
if(TRESTLE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TRESTLE_CCACHE})
endif()

add_library(trestle_options INTERFACE)
target_include_directories(trestle_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(trestle_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wundef
  -fno-omit-frame-pointer)
if(TRESTLE_SANITIZE)
  target_compile_options(trestle_options INTERFACE -fsanitize=${TRESTLE_SANITIZE} -fno-sanitize-recover=all)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 sees uninitialized values in libstdc++'s <regex> when it instruments it; there are none.
    target_compile_options(trestle_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  target_link_options(trestle_options INTERFACE -fsanitize=${TRESTLE_SANITIZE})
endif()
if(TRESTLE_FUZZ)
  target_compile_options(trestle_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
find_program(TRESTLE_MOLD mold)
if(TRESTLE_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_link_options(trestle_options INTERFACE -fuse-ld=mold)
endif()
