# Tests of measure/cases/.
trestle_test(measure_peers_test unit ONE_THREAD
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/cases/iperf3_test.cc ${CMAKE_CURRENT_LIST_DIR}/cases/peers_test.cc
  LIBS trestle_measure_cases)
trestle_test(measure_peers_in_lab_test e2e
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/cases/peers_in_lab_test.cc
  LIBS trestle_measure_in_lab trestle_measure_cases)
add_dependencies(measure_peers_in_lab_test trestled trestle)
set_tests_properties(measure_peers_in_lab_test PROPERTIES RUN_SERIAL TRUE)
trestle_test(measure_rfc2889_test unit ONE_THREAD
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/cases/rfc2889_test.cc ${CMAKE_CURRENT_LIST_DIR}/cases/rfc2889_addresses_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/cases/simulated_bridge.cc
  LIBS trestle_measure_cases)
trestle_test(measure_rfc2889_in_lab_test e2e
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/cases/rfc2889_in_lab_test.cc
  LIBS trestle_measure_in_lab trestle_measure_cases)
add_dependencies(measure_rfc2889_in_lab_test trestled trestle)
set_tests_properties(measure_rfc2889_in_lab_test PROPERTIES RUN_SERIAL TRUE)
trestle_test(measure_flows_test unit ONE_THREAD
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/cases/flows_test.cc
  LIBS trestle_measure_cases)
foreach(suite flows latency scale)
  trestle_test(measure_${suite}_in_lab_test e2e
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/cases/${suite}_in_lab_test.cc
    LIBS trestle_measure_in_lab trestle_measure_cases)
  add_dependencies(measure_${suite}_in_lab_test trestled trestle)
  set_tests_properties(measure_${suite}_in_lab_test PROPERTIES RUN_SERIAL TRUE)
endforeach()
trestle_test(measure_rfc2544_test unit ONE_THREAD
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/cases/search_test.cc ${CMAKE_CURRENT_LIST_DIR}/cases/rfc2544_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/cases/reset_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/simulated_switch.cc
  LIBS trestle_measure_cases)
trestle_test(measure_own_trial_test unit ONE_THREAD
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/cases/own_trial_test.cc ${CMAKE_CURRENT_LIST_DIR}/simulated_switch.cc
  LIBS trestle_measure_cases)
trestle_test(measure_interrupted_test unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/cases/interrupted_test.cc ${CMAKE_CURRENT_LIST_DIR}/simulated_switch.cc
  LIBS trestle_measure_cases)

# The measuring itself, of a switch whose faults are known.
add_executable(fake-switch ${CMAKE_CURRENT_LIST_DIR}/fake_switch.cc)
target_link_libraries(fake-switch PRIVATE trestle_measure_result CLI11::CLI11)
trestle_test(measure_known_faults_test e2e
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/cases/known_faults_test.cc
  LIBS trestle_measure_in_lab trestle_measure_cases)
target_compile_definitions(measure_known_faults_test PRIVATE FAKE_SWITCH="$<TARGET_FILE:fake-switch>")
add_dependencies(measure_known_faults_test fake-switch)
set_tests_properties(measure_known_faults_test PROPERTIES RUN_SERIAL TRUE)
