# What becomes of a frame, and expectations of a configuration; no daemon, no root.
trestle_test(why_test unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/why_test.cc ${CMAKE_CURRENT_LIST_DIR}/expect_test.cc
  LIBS trestle_why trestle_config_file)
trestle_test(why_model_test model
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/why_model_test.cc LIBS trestle_why trestle_test_switch)
trestle_test(why_api_test unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/why_api_test.cc LIBS trestle_cli trestle_control)
