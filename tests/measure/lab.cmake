# Tests of measure/lab/ and measure/switches/.
# in_lab.h, for all tests that want the sandbox.
add_library(trestle_measure_in_lab STATIC ${CMAKE_CURRENT_LIST_DIR}/in_lab.cc)
# It needs more of Catch2's header than the precompiled one has.
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/in_lab.cc PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
target_link_libraries(trestle_measure_in_lab PUBLIC trestle_catch_main trestle_measure_lab)
target_compile_definitions(trestle_measure_in_lab PRIVATE TRESTLE_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")

trestle_test(measure_process_test unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/lab/process_test.cc ${CMAKE_CURRENT_LIST_DIR}/lab/catalogue_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/lab/cpu_wait_test.cc
  LIBS trestle_measure_lab)
foreach(suite sandbox lab)
  trestle_test(measure_${suite}_test e2e
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/lab/${suite}_test.cc
    LIBS trestle_measure_in_lab trestle_lab)
  add_dependencies(measure_${suite}_test trestled trestle)
  set_tests_properties(measure_${suite}_test PROPERTIES RUN_SERIAL TRUE)
endforeach()
