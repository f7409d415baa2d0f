// Owns the out-of-line part of agent_client.h: libcurl speaks HTTP, the framing of events is ours.
#include "jvm/agent_client.h"

#include <cstdlib>
#include <mutex>
#include <utility>

#include "abi/curl.h"

namespace lab {

namespace {

constexpr long kConnectSeconds = 10;
constexpr long kCallSeconds = 15;

// One POST.  The headers are linked by hand: curl_slist_append is none of the functions that the
// compat library hands on.
class Post {
 public:
  Post(const std::string& url, const std::string& authorization, const std::string& body)
      : authorization_(authorization) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(curl::kInitializeAll); });
    handle_ = curl_easy_init();
    if (handle_ == nullptr) return;
    set(curl::Url, url.c_str());
    set(curl::Post, 1L);
    set(curl::BodySize, static_cast<long>(body.size()));
    set(curl::Body, body.data());
    set(curl::Headers, authorization.empty() ? &content_ : &credentials_);
    set(curl::ConnectTimeoutSeconds, kConnectSeconds);
    set(curl::FailOnError, 1L);
    set(curl::NoSignal, 1L);
    set(curl::NoProxy, "*");
  }
  Post(const Post&) = delete;
  ~Post() {
    if (handle_ != nullptr) curl_easy_cleanup(handle_);
  }

  template <typename Value>
  void set(curl::Option option, Value value) {
    if (handle_ != nullptr) curl_easy_setopt(handle_, option, value);
  }

  bool perform() { return handle_ != nullptr && curl_easy_perform(handle_) == curl::kOk; }

 private:
  std::string authorization_;
  std::string accepted_ = "Accept: application/x-protobuf";
  std::string type_ = "Content-Type: application/x-protobuf";
  std::string atOnce_ =
      "Expect:";  // libcurl asks before it sends a large body; the agent is silent
  curl_slist expect_{atOnce_.data(), nullptr};
  curl_slist accept_{accepted_.data(), &expect_};
  curl_slist content_{type_.data(), &accept_};
  curl_slist credentials_{authorization_.data(), &content_};
  CURL* handle_ = nullptr;
};

// Takes a stream of records apart, each "<length>\n<bytes>".
struct Events {
  const std::function<void(const std::string&)>& onEvent;
  const std::function<bool()>& proceed;
  std::string buffer;

  bool receive(const char* data, size_t size) {
    buffer.append(data, size);
    while (proceed()) {
      const size_t newline = buffer.find('\n');
      if (newline == std::string::npos) return true;
      const size_t length = std::strtoul(buffer.c_str(), nullptr, 10);
      if (buffer.size() - newline - 1 < length) return true;
      const std::string event = buffer.substr(newline + 1, length);
      buffer.erase(0, newline + 1 + length);
      onEvent(event);
    }
    return false;
  }
};

size_t onData(const char* data, size_t size, size_t count, void* events) {
  const bool wanted = static_cast<Events*>(events)->receive(data, size * count);
  return wanted ? size * count : curl::kRefuse;
}

int onProgress(void* events, int64_t, int64_t, int64_t, int64_t) {
  return static_cast<Events*>(events)->proceed() ? curl::kOk : curl::kAbort;
}

size_t ignore(const char*, size_t size, size_t count, void*) { return size * count; }

}  // namespace

AgentClient::AgentClient(std::string url, const std::string& token)
    : url_(std::move(url)), authorization_(token.empty() ? "" : "Authorization: Bearer " + token) {}

bool AgentClient::send(const std::string& call) const {
  Post post(url_, authorization_, call);
  post.set(curl::TimeoutSeconds, kCallSeconds);
  post.set(curl::WriteFunction, ignore);
  return post.perform();
}

void AgentClient::subscribe(const std::string& call,
                            const std::function<void(const std::string&)>& onEvent,
                            const std::function<bool()>& proceed) const {
  Events events{onEvent, proceed, ""};
  Post post(url_, authorization_, call);
  post.set(curl::WriteFunction, onData);
  post.set(curl::WriteData, &events);
  post.set(curl::NoProgress, 0L);
  post.set(curl::ProgressFunction, onProgress);
  post.set(curl::ProgressData, &events);
  post.set(curl::KeepAlive, 1L);
  post.perform();
}

}  // namespace lab
