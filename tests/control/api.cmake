# The API server, its commands and the client; no root.
trestle_test(control_api_test unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/json_rpc_test.cc ${CMAKE_CURRENT_LIST_DIR}/api_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/api_limits_test.cc ${CMAKE_CURRENT_LIST_DIR}/listener_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/api_commands_test.cc
  LIBS trestle_control)
trestle_test(control_cli_test unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/cli_test.cc ${CMAKE_CURRENT_LIST_DIR}/cli_arguments_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/cli_flows_test.cc ${CMAKE_CURRENT_LIST_DIR}/cli_top_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/cli_why_test.cc
  LIBS trestle_cli trestle_control)
set_property(SOURCE ${CMAKE_CURRENT_LIST_DIR}/api_commands_test.cc
             APPEND PROPERTY COMPILE_OPTIONS "-DTRESTLE_API_DOC=\"${CMAKE_CURRENT_LIST_DIR}/../../docs/api.md\"")

if(TRESTLE_FUZZ)
  add_executable(fuzz_json_rpc ${CMAKE_CURRENT_LIST_DIR}/fuzz_json_rpc.cc)
  target_link_libraries(fuzz_json_rpc PRIVATE trestle_control)
  target_link_options(fuzz_json_rpc PRIVATE -fsanitize=fuzzer)
endif()
