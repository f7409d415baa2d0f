// Owns the declarations of libcurl: the functions that the compat library hands on, and the options
// that we set.  The numbers are part of libcurl's stable interface.
#pragma once

#include <cstddef>

extern "C" {
struct CURL;

struct curl_slist {
  char* data;
  curl_slist* next;
};

int curl_global_init(long flags);
CURL* curl_easy_init();
int curl_easy_setopt(CURL* handle, int option, ...);
int curl_easy_perform(CURL* handle);
void curl_easy_cleanup(CURL* handle);
}

namespace curl {

constexpr int kOk = 0;
constexpr long kInitializeAll = 3;

enum Option : int {
  TimeoutSeconds = 13,
  NoProgress = 43,
  FailOnError = 45,
  Post = 47,
  BodySize = 60,
  ConnectTimeoutSeconds = 78,
  NoSignal = 99,
  KeepAlive = 213,
  WriteData = 10001,
  Url = 10002,
  Body = 10015,
  Headers = 10023,
  ProgressData = 10057,
  NoProxy = 10177,
  WriteFunction = 20011,
  ProgressFunction = 20219,
};

// What a write function takes part of to say stop, and a progress function returns to say so.
constexpr size_t kRefuse = 0;
constexpr int kAbort = 1;

}  // namespace curl
