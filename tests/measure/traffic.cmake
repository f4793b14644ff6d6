# Tests of measure/traffic/.
trestle_test(measure_ping_pong_test unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/traffic/ping_pong_test.cc
  LIBS trestle_measure_traffic)
trestle_test(measure_traffic_test unit
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/traffic/frame_template_test.cc ${CMAKE_CURRENT_LIST_DIR}/traffic/pace_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/traffic/last_missing_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/traffic/live_cycle_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/traffic/sequence_check_test.cc ${CMAKE_CURRENT_LIST_DIR}/traffic/sink_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/traffic/trial_test.cc
  LIBS trestle_measure_traffic)
# Alone: it compares rates and latencies, and lets no frame be lost.
trestle_test(measure_link_trials_test e2e
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/traffic/link_trials_test.cc ${CMAKE_CURRENT_LIST_DIR}/traffic/live_trials_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/traffic/cable.cc ${PROJECT_SOURCE_DIR}/tests/sandbox.cc
  LIBS trestle_measure_lab)
set_tests_properties(measure_link_trials_test PROPERTIES RUN_SERIAL TRUE)
