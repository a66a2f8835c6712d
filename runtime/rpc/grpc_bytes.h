#pragma once

#include <string>

namespace grpc {
class ByteBuffer;
}  // namespace grpc

namespace millrace {

// A message as gRPC carries it: the string itself becomes its one slice.
void ToByteBuffer(std::string message, grpc::ByteBuffer& buffer);

// The bytes, copied once; `buffer` is emptied.
std::string TakeBytes(grpc::ByteBuffer& buffer);

}  // namespace millrace
