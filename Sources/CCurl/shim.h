// libcurl (Debian: libcurl4-openssl-dev): one typed function for each kind of variadic argument.
#pragma once
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <unistd.h>

typedef size_t (*tp_curl_data_function)(char *, size_t, size_t, void *);
typedef int (*tp_curl_progress_function)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

static inline CURLcode tp_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tp_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tp_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tp_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tp_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tp_curl_set_data(CURL *handle, CURLoption option, tp_curl_data_function value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tp_curl_set_progress(CURL *handle, tp_curl_progress_function value) {
    return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, value);
}
static inline CURLcode tp_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode tp_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}

// A server that answers the first handshake with nonsense: curl reads certificates and keys before it begins one,
// the authorities at the first byte that comes.
struct tp_curl_nobody {
    int listener;
    int connection;
    uint16_t port;
};
static inline CURLcode tp_curl_answer(CURL *handle, void *context, void *data) {
    (void)handle, (void)context;
    struct tp_curl_nobody *nobody = data;
    if (nobody->connection >= 0) return CURLE_ABORTED_BY_CALLBACK;
    nobody->connection = accept(nobody->listener, NULL, NULL);
    if (nobody->connection < 0) return CURLE_ABORTED_BY_CALLBACK;
    (void)!send(nobody->connection, "nobody\n", 7, MSG_NOSIGNAL);
    shutdown(nobody->connection, SHUT_WR);
    return CURLE_OK;
}
static inline CURLcode tp_curl_set_nobody(CURL *handle, struct tp_curl_nobody *nobody) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, tp_curl_answer);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, nobody) : code;
}
// Listens on a port of its own on loopback; 0, or -1 with nothing to close.
static inline int tp_curl_open_nobody(struct tp_curl_nobody *nobody) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    nobody->connection = -1;
    nobody->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (nobody->listener < 0) return -1;
    if (bind(nobody->listener, (struct sockaddr *)&address, length) || listen(nobody->listener, 1) ||
        getsockname(nobody->listener, (struct sockaddr *)&address, &length)) {
        close(nobody->listener);
        return -1;
    }
    nobody->port = ntohs(address.sin_port);
    return 0;
}
static inline void tp_curl_close_nobody(struct tp_curl_nobody *nobody) {
    close(nobody->listener);
    if (nobody->connection >= 0) close(nobody->connection);
}
