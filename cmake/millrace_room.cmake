# One folder is one room: one library of its sources, one program of its tests.
#
#   millrace_room(runtime/batch DEPS runtime/types absl::status)
#
# makes the library `millrace_runtime_batch` from every *.cc of the folder but
# *_test.cc and main.cc and, where there are *_test.cc, the test `millrace_runtime_batch_test`.
# DEPS name other rooms by folder and third-party targets by their CMake name;
# nothing reaches a room that its DEPS do not name. TEST_DEPS serve the tests
# alone. THREADS says that the tests start threads of our own, so that they also
# run under ThreadSanitizer. Test files are compiled joined, and optimised a
# little at most, because compiling them is what takes the time; files whose names
# would meet have a namespace each: millrace::worker_test. `unit_tests` and
# `threaded_tests` build them all.
add_custom_target(unit_tests)
add_custom_target(threaded_tests)

function(millrace_room folder)
  cmake_parse_arguments(ARG "THREADS" "" "DEPS;TEST_DEPS" ${ARGN})
  string(REPLACE "/" "_" name "millrace_${folder}")
  set(root ${PROJECT_SOURCE_DIR}/${folder})

  file(GLOB sources CONFIGURE_DEPENDS ${root}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  millrace_resolve(deps ${ARG_DEPS})
  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${deps})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} INTERFACE ${deps})
  endif()

  if(tests AND BUILD_TESTING)
    millrace_resolve(test_deps ${ARG_TEST_DEPS})
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${test_deps}
                          GTest::gmock GTest::gtest GTest::gtest_main)
    set_target_properties(${name}_test PROPERTIES UNITY_BUILD ON)
    target_compile_options(${name}_test PRIVATE $<$<CONFIG:Release>:-O1>)
    millrace_name_source_folder(${tests})
    add_test(NAME ${folder} COMMAND ${name}_test)
    add_dependencies(unit_tests ${name}_test)
    set_tests_properties(${folder} PROPERTIES LABELS unit)
    if(ARG_THREADS)
      add_dependencies(threaded_tests ${name}_test)
      set_tests_properties(${folder} PROPERTIES LABELS "unit;threads")
    endif()
  endif()
endfunction()

# Tells the tests that read files of the tree where it lies; what the others
# compile to is the same in every checkout.
function(millrace_name_source_folder)
  foreach(test IN LISTS ARGN)
    file(STRINGS ${test} readers LIMIT_COUNT 1 REGEX MILLRACE_SOURCE_DIR)
    if(readers)
      set_source_files_properties(${test} PROPERTIES COMPILE_DEFINITIONS
        MILLRACE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    endif()
  endforeach()
endfunction()

# Turns folders into their targets; what holds no room passes unchanged.
function(millrace_resolve out)
  set(resolved)
  foreach(dep IN LISTS ARGN)
    if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/${dep})
      string(REPLACE "/" "_" dep "millrace_${dep}")
    endif()
    list(APPEND resolved ${dep})
  endforeach()
  set(${out} ${resolved} PARENT_SCOPE)
endfunction()
