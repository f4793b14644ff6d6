# Tests of measure/command.h and what it puts together.
trestle_test(measure_options_test unit ONE_THREAD SOURCES options_test.cc LIBS trestle_measure)
trestle_test(measure_command_test e2e
  SOURCES command_test.cc
  LIBS trestle_measure trestle_lab)
target_compile_definitions(measure_command_test PRIVATE TRESTLE_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
add_dependencies(measure_command_test trestled trestle)
set_tests_properties(measure_command_test PROPERTIES RUN_SERIAL TRUE)
