# control/net against the real kernel, in a sandbox of its own (needs root).
trestle_test(control_net_test platform
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/net_test.cc ${CMAKE_CURRENT_LIST_DIR}/net_namespace_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/net_ingress_block_test.cc ${CMAKE_CURRENT_LIST_DIR}/../sandbox.cc
  LIBS trestle_control PkgConfig::capng)
