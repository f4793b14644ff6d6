# Tests of measure/result/.
trestle_test(measure_histogram_test unit ONE_THREAD
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/result/histogram_test.cc
  LIBS trestle_measure_result)

# Runs at random; for this and other tests.
add_library(trestle_random_run STATIC ${CMAKE_CURRENT_LIST_DIR}/result/random_run.cc)
target_link_libraries(trestle_random_run PUBLIC trestle_measure_result)
trestle_test(measure_result_test unit ONE_THREAD
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/result/compare_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/result/machine_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/result/record_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/result/summary_test.cc
  LIBS trestle_measure_result)
trestle_test(measure_record_model_test model ONE_THREAD
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/result/record_model_test.cc
  LIBS trestle_random_run)

add_executable(fuzz_run_seeds ${CMAKE_CURRENT_LIST_DIR}/result/fuzz_run_seeds.cc)
target_link_libraries(fuzz_run_seeds PRIVATE trestle_random_run)
add_library(trestle_fuzz_run INTERFACE)
target_link_libraries(trestle_fuzz_run INTERFACE trestle_random_run trestle_measure_report)
fuzz_smoke(fuzz_run_smoke ${CMAKE_CURRENT_LIST_DIR}/result/fuzz_run.cc trestle_fuzz_run fuzz_run_seeds)
if(TRESTLE_FUZZ)
  add_executable(fuzz_run ${CMAKE_CURRENT_LIST_DIR}/result/fuzz_run.cc)
  target_link_libraries(fuzz_run PRIVATE trestle_fuzz_run)
  target_link_options(fuzz_run PRIVATE -fsanitize=fuzzer)
endif()
