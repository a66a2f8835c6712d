# The tests that are not a room's own: rules of the house, whole jobs, bad
# input, and, labelled `real`, those that start real systems.

add_test(NAME tidy COMMAND python3 ${PROJECT_SOURCE_DIR}/tests/tidy/check_tidy.py)
