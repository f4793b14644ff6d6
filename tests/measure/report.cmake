# Tests of measure/report/. The made-up run is theirs and that of result/ tests.
add_library(trestle_made_up_run STATIC ${CMAKE_CURRENT_LIST_DIR}/report/made_up_run.cc)
target_link_libraries(trestle_made_up_run PUBLIC trestle_measure_result trestle_options)

add_executable(write-reports ${CMAKE_CURRENT_LIST_DIR}/report/write_reports.cc)
target_link_libraries(write-reports PRIVATE trestle_measure_report trestle_made_up_run)

trestle_test(measure_report_test unit ONE_THREAD
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/report/html_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/report/tables_test.cc
  LIBS trestle_measure_report trestle_made_up_run)
# Needs chromium, no root; too heavy for the sanitized builds.
trestle_test(measure_html_in_browser_test platform
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/report/html_in_browser_test.cc
  LIBS trestle_measure_report trestle_made_up_run)
target_compile_definitions(measure_html_in_browser_test PRIVATE TRESTLE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
