# What the workers have to do, and who of them does it.
trestle_test(load_watch_test unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/load_watch_test.cc LIBS trestle_control)
