#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

namespace millrace {

// A connection to a server on this machine, byte by byte, so that a test says
// what no HTTP library would.
class LoopbackHttp {
 public:
  explicit LoopbackHttp(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address),
                         sizeof(address)) == 0;
  }
  LoopbackHttp(const LoopbackHttp&) = delete;
  LoopbackHttp& operator=(const LoopbackHttp&) = delete;
  ~LoopbackHttp() { close(socket_); }

  bool connected() const { return connected_; }

  void Send(const std::string& text) {
    send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }

  // One response, head and body, as it came; what came of it until the end.
  std::string Receive() {
    while (true) {
      const size_t head = received_.find("\r\n\r\n");
      if (head != std::string::npos) {
        const size_t end = head + 4 + ContentLength(head);
        if (received_.size() >= end) {
          std::string response = received_.substr(0, end);
          received_.erase(0, end);
          return response;
        }
      }
      char buffer[4096];
      const ssize_t size = recv(socket_, buffer, sizeof(buffer), 0);
      if (size <= 0) return std::exchange(received_, {});
      received_.append(buffer, size);
    }
  }

  // One request on a connection of its own. `head` is without the empty line.
  static std::string Ask(int port, const std::string& head,
                         const std::string& body = "") {
    LoopbackHttp connection(port);
    connection.Send(head + "\r\nHost: x\r\n\r\n" + body);
    return connection.Receive();
  }

 private:
  size_t ContentLength(size_t head) const {
    const std::string name = "Content-Length: ";
    const size_t at = received_.find(name);
    if (at == std::string::npos || at > head) return 0;
    return std::stoul(received_.substr(at + name.size(), 20));
  }

  const int socket_;
  bool connected_ = false;
  std::string received_;
};

}  // namespace millrace
