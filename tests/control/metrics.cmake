# What a scrape says of a hand-made inventory, and that docs/metrics.md says the same.
trestle_test(control_metrics_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/metrics_test.cc LIBS trestle_control)
target_compile_definitions(control_metrics_test PRIVATE TRESTLE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
trestle_test(control_web_server_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/web_server_test.cc LIBS trestle_control ZLIB::ZLIB)
