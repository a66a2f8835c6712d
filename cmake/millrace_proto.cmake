# The messages of a folder: a library of the code that protoc makes from every
# *.proto in it, in a target of its own so that it is compiled once. Included as
# "FOLDER/NAME.pb.h".
function(millrace_proto folder)
  set(out ${CMAKE_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${out})
  file(GLOB protos CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.proto)
  set(generated)
  foreach(proto IN LISTS protos)
    cmake_path(GET proto STEM stem)
    set(made ${out}/${folder}/${stem}.pb.cc ${out}/${folder}/${stem}.pb.h)
    add_custom_command(
      OUTPUT ${made}
      COMMAND protobuf::protoc --cpp_out=${out} -I ${PROJECT_SOURCE_DIR} ${proto}
      DEPENDS ${proto} protobuf::protoc
      VERBATIM)
    list(APPEND generated ${made})
  endforeach()
  add_library(millrace_${folder} STATIC ${generated})
  target_include_directories(millrace_${folder} SYSTEM PUBLIC ${out})
  target_link_libraries(millrace_${folder} PUBLIC protobuf::libprotobuf-lite)
endfunction()
