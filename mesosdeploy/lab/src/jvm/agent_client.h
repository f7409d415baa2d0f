// Owns the transport of the agent's v1 executor API: protobuf over HTTP.
#pragma once

#include <functional>
#include <string>

namespace lab {

class AgentClient {
 public:
  AgentClient(std::string url, const std::string& token);

  // Sends a call; whether the agent took it.
  bool send(const std::string& call) const;

  // Sends the call that subscribes, and hands on events until the agent ends the stream or
  // `proceed` returns false, which is asked after each event and about once a second.
  void subscribe(const std::string& call, const std::function<void(const std::string&)>& onEvent,
                 const std::function<bool()>& proceed) const;

 private:
  const std::string url_;
  const std::string authorization_;
};

}  // namespace lab
