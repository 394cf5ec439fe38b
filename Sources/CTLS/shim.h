// The parts of OpenSSL's libssl that HTTPClient uses: a client's side of TLS on a socket that does
// not block. Every function that moves bytes returns their number, or TLS_WANTS_READ,
// TLS_WANTS_WRITE, TLS_CLOSED or TLS_FAILED.
#ifndef PLIMSOLL_CTLS
#define PLIMSOLL_CTLS
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define TLS_WANTS_READ (-1)
#define TLS_WANTS_WRITE (-2)
#define TLS_CLOSED (-3)
#define TLS_FAILED (-4)

// A context that trusts the system's authorities, or those in `bundle`; NULL if it cannot be read.
static inline SSL_CTX *tls_context(const char *bundle, int verifies) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (!context) return NULL;
  int ready = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  if (ready && bundle) ready = SSL_CTX_load_verify_file(context, bundle);
  if (ready && !bundle) ready = SSL_CTX_set_default_verify_paths(context);
  if (!ready) {
    SSL_CTX_free(context);
    return NULL;
  }
  SSL_CTX_set_verify(context, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

// A connection on `socket` to the host called `name`, a DNS name or an IP address.
static inline SSL *tls_open(SSL_CTX *context, int socket, const char *name) {
  SSL *connection = SSL_new(context);
  if (!connection) return NULL;
  X509_VERIFY_PARAM *rules = SSL_get0_param(connection);
  int ready = SSL_set_fd(connection, socket);
  if (ready && X509_VERIFY_PARAM_set1_ip_asc(rules, name) != 1)
    ready = SSL_set1_host(connection, name) && SSL_set_tlsext_host_name(connection, name);
  if (!ready) {
    SSL_free(connection);
    return NULL;
  }
  SSL_set_connect_state(connection);
  return connection;
}

static inline int tls_outcome(SSL *connection, int answer) {
  if (answer > 0) return answer;
  switch (SSL_get_error(connection, answer)) {
    case SSL_ERROR_WANT_READ: return TLS_WANTS_READ;
    case SSL_ERROR_WANT_WRITE: return TLS_WANTS_WRITE;
    case SSL_ERROR_ZERO_RETURN: return TLS_CLOSED;
    default: return TLS_FAILED;
  }
}

static inline int tls_handshake(SSL *connection) {
  ERR_clear_error();
  return tls_outcome(connection, SSL_do_handshake(connection));
}

static inline int tls_read(SSL *connection, void *place, int count) {
  ERR_clear_error();
  return tls_outcome(connection, SSL_read(connection, place, count));
}

static inline int tls_write(SSL *connection, const void *place, int count) {
  ERR_clear_error();
  return tls_outcome(connection, SSL_write(connection, place, count));
}

// Why the last call failed; valid until the next failure of this thread.
static inline const char *tls_reason(SSL *connection) {
  long verified = SSL_get_verify_result(connection);
  if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
  const char *reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason ? reason : "the connection broke";
}
#endif
