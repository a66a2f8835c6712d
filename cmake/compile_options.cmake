# How every target is compiled: warnings are errors in every preset, the
# release preset may use what every x86-64 server since 2013 has (AVX2, BMI2),
# and ccache and mold are taken where they are installed.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(MILLRACE_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them")

add_compile_options(-Wall -Wextra -Werror -Wno-sign-compare
                    -Wno-missing-field-initializers)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees overlapping copies inside std::string that cannot happen, and
  # takes the files that a unity build joins for headers.
  add_compile_options(-Wno-restrict -Wno-subobject-linkage)
endif()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64")
  add_compile_options(-march=x86-64-v3)
endif()

# MILLRACE_CHECK stays in release builds, so assert() may go.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
# Compiling is what sanitized tests wait for: -O0 halves it, and they run as long.
# Their presets also join files (unity builds): most of the time goes into headers.
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

if(MILLRACE_SANITIZE)
  add_compile_options(-fsanitize=${MILLRACE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MILLRACE_SANITIZE})
  # g++ 12 sees uninitialised variables in sanitized standard headers.
  add_compile_options(-Wno-maybe-uninitialized)
endif()

if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options(-Wthread-safety)
endif()

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(MILLRACE_CCACHE ccache)
  if(MILLRACE_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${MILLRACE_CCACHE})
  endif()
endif()

find_program(MILLRACE_MOLD mold)
if(MILLRACE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
