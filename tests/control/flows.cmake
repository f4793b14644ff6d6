# Flow rules, groups and meters through a whole Instance with memory ports; no root.
trestle_test(control_flows_test unit SOURCES ${CMAKE_CURRENT_LIST_DIR}/flows_test.cc LIBS trestle_control)
