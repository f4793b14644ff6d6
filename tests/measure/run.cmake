# Tests of measure/run/.
trestle_test(measure_runner_in_lab_test e2e
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/run/runner_in_lab_test.cc
  LIBS trestle_measure_in_lab trestle_measure)
add_dependencies(measure_runner_in_lab_test trestled trestle)
set_tests_properties(measure_runner_in_lab_test PROPERTIES RUN_SERIAL TRUE)
