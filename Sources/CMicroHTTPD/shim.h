// libmicrohttpd without its variadic calls and macro-wrapped enumerations, which Swift cannot see.
// Names start with `mhd_`; results are 1 for success and 0 for failure. No policy lives here.
#ifndef PLIMSOLL_CMICROHTTPD
#define PLIMSOLL_CMICROHTTPD
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

typedef struct MHD_Daemon mhd_daemon;
typedef struct MHD_Connection mhd_connection;
typedef struct MHD_Response mhd_response;

// Called for each step of a request: `upload` holds `*upload_count` body bytes. 0 hangs up.
typedef int (*mhd_request_step)(void *server, mhd_connection *connection, const char *path,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_count, void **request);
// Called once when a request that began is over; `reason` 0 means answered completely.
typedef void (*mhd_request_end)(void *server, mhd_connection *connection, void **request,
                                int reason);
// Called when a connection begins (`closed` 0) and ends (1); `*state` is kept for it.
typedef void (*mhd_connection_event)(void *server, mhd_connection *connection, void **state,
                                     int closed);

struct mhd_settings {
  void *server;
  mhd_request_step step;
  mhd_request_end end;
  mhd_connection_event event;
  int listen_socket;
  unsigned int threads;
  unsigned int connections;
  unsigned int idle_seconds;
  size_t connection_memory;
  const char *private_key;  // PEM; NULL without TLS
  const char *certificate;
};

static inline mhd_daemon *mhd_start(const struct mhd_settings *s) {
  struct MHD_OptionItem items[16];
  int n = 0;
#define MHD_SHIM_ITEM(code, number, pointer)  \
  do {                                        \
    items[n].option = (code);                 \
    items[n].value = (intptr_t)(number);      \
    items[n].ptr_value = (void *)(pointer);   \
    n++;                                      \
  } while (0)
  MHD_SHIM_ITEM(MHD_OPTION_LISTEN_SOCKET, s->listen_socket, NULL);
  MHD_SHIM_ITEM(MHD_OPTION_NOTIFY_COMPLETED, s->end, s->server);
  MHD_SHIM_ITEM(MHD_OPTION_NOTIFY_CONNECTION, s->event, s->server);
  MHD_SHIM_ITEM(MHD_OPTION_CONNECTION_LIMIT, s->connections, NULL);
  MHD_SHIM_ITEM(MHD_OPTION_CONNECTION_TIMEOUT, s->idle_seconds, NULL);
  MHD_SHIM_ITEM(MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->connection_memory, NULL);
  MHD_SHIM_ITEM(MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL);
  MHD_SHIM_ITEM(MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL);
  if (s->threads > 1) MHD_SHIM_ITEM(MHD_OPTION_THREAD_POOL_SIZE, s->threads, NULL);
  unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_USE_ITC |
                       MHD_ALLOW_SUSPEND_RESUME;
  if (s->private_key) {
    flags |= MHD_USE_TLS;
    MHD_SHIM_ITEM(MHD_OPTION_HTTPS_MEM_KEY, 0, s->private_key);
    MHD_SHIM_ITEM(MHD_OPTION_HTTPS_MEM_CERT, 0, s->certificate);
  }
  MHD_SHIM_ITEM(MHD_OPTION_END, 0, NULL);
#undef MHD_SHIM_ITEM
  return MHD_start_daemon(flags, 0, NULL, NULL, (MHD_AccessHandlerCallback)s->step, s->server,
                          MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

static inline void mhd_stop(mhd_daemon *daemon) { MHD_stop_daemon(daemon); }

static inline void *mhd_connection_state(mhd_connection *connection) {
  const union MHD_ConnectionInfo *answer =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return answer ? answer->socket_context : NULL;
}

static inline int mhd_connection_socket(mhd_connection *connection) {
  const union MHD_ConnectionInfo *answer =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return answer ? answer->connect_fd : -1;
}

// Writes the numeric address of the other end to `text`; 0 when it is not known.
static inline int mhd_peer(mhd_connection *connection, char *text, size_t size) {
  const union MHD_ConnectionInfo *answer =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (!answer || !answer->client_addr) return 0;
  const struct sockaddr *address = answer->client_addr;
  socklen_t length = address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                     : sizeof(struct sockaddr_in);
  return getnameinfo(address, length, text, (socklen_t)size, NULL, 0, NI_NUMERICHOST) == 0;
}

// The value of a request header, names compared without case; NULL when absent.
static inline const char *mhd_header(mhd_connection *connection, const char *name, size_t count,
                                     size_t *value_count) {
  const char *value = NULL;
  *value_count = 0;
  if (!MHD_lookup_connection_value_n(connection, MHD_HEADER_KIND, name, count, &value, value_count))
    return NULL;
  // The library strips the blanks before a value, but not those behind it.
  while (*value_count > 0 && (value[*value_count - 1] == ' ' || value[*value_count - 1] == '\t'))
    --*value_count;
  return value;
}

// The value of a query argument, percent-decoded; NULL when absent or without a value.
static inline const char *mhd_query(mhd_connection *connection, const char *name, size_t count,
                                    size_t *value_count) {
  const char *value = NULL;
  *value_count = 0;
  if (!MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, name, count, &value,
                                     value_count))
    return NULL;
  return value;
}

typedef int (*mhd_header_visit)(void *context, const char *name, const char *value);
struct mhd_visit_context {
  mhd_header_visit visit;
  void *context;
};
static enum MHD_Result mhd_visit_step(void *context, enum MHD_ValueKind kind, const char *name,
                                      const char *value) {
  (void)kind;
  struct mhd_visit_context *c = (struct mhd_visit_context *)context;
  return c->visit(c->context, name, value ? value : "") ? MHD_YES : MHD_NO;
}
// Calls `visit` with every request header in order of arrival while it returns nonzero.
static inline void mhd_each_header(mhd_connection *connection, mhd_header_visit visit,
                                   void *context) {
  struct mhd_visit_context c = {visit, context};
  MHD_get_connection_values(connection, MHD_HEADER_KIND, mhd_visit_step, &c);
}

// What the headers say about where the body ends.
struct mhd_framing {
  int content_lengths;
  int transfer_encodings;
  int unknown_encodings;  // of those, the ones other than `chunked`
  int bad_names;          // with a blank or control character in the name
};
static enum MHD_Result mhd_framing_step(void *context, enum MHD_ValueKind kind, const char *name,
                                        const char *value) {
  (void)kind;
  struct mhd_framing *f = (struct mhd_framing *)context;
  for (const char *c = name; *c; c++)
    if ((unsigned char)*c <= ' ' || *c == 127) {
      f->bad_names++;
      return MHD_YES;
    }
  if (strcasecmp(name, "Content-Length") == 0) f->content_lengths++;
  if (strcasecmp(name, "Transfer-Encoding") == 0) {
    f->transfer_encodings++;
    if (!value || strcasecmp(value, "chunked") != 0) f->unknown_encodings++;
  }
  return MHD_YES;
}
static inline struct mhd_framing mhd_framing_of(mhd_connection *connection) {
  struct mhd_framing framing = {0, 0, 0, 0};
  MHD_get_connection_values(connection, MHD_HEADER_KIND, mhd_framing_step, &framing);
  return framing;
}

// A response with a copy of `bytes` as body; NULL without memory.
static inline mhd_response *mhd_response_make(const void *bytes, size_t count) {
  return MHD_create_response_from_buffer(count, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
}
static inline int mhd_response_header(mhd_response *response, const char *name, const char *value) {
  return MHD_add_response_header(response, name, value) == MHD_YES;
}
// Hands `response` to the connection and gives up this reference to it.
static inline int mhd_respond(mhd_connection *connection, unsigned int status,
                              mhd_response *response) {
  int queued = MHD_queue_response(connection, status, response) == MHD_YES;
  MHD_destroy_response(response);
  return queued;
}
static inline void mhd_suspend(mhd_connection *connection) { MHD_suspend_connection(connection); }
static inline void mhd_resume(mhd_connection *connection) { MHD_resume_connection(connection); }
#endif
