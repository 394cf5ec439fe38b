// The parts of OpenSSL's libssl that are used: both sides of TLS on sockets that do not block. Every function that moves bytes returns their number, or TLS_WANTS_READ,
// TLS_WANTS_WRITE, TLS_CLOSED or TLS_FAILED.
#ifndef PLIMSOLL_CTLS
#define PLIMSOLL_CTLS
#include <openssl/err.h>
#include <openssl/pem.h>
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

// The context of a server with a certificate chain and a private key, both PEM; NULL when they are
// not, or do not match.
static inline SSL_CTX *tls_server_context(const char *certificates, const char *key) {
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  if (!context) return NULL;
  BIO *chain = BIO_new_mem_buf(certificates, -1), *secret = BIO_new_mem_buf(key, -1);
  X509 *own = chain ? PEM_read_bio_X509(chain, NULL, NULL, NULL) : NULL;
  EVP_PKEY *private_key = secret ? PEM_read_bio_PrivateKey(secret, NULL, NULL, NULL) : NULL;
  int ready = own && private_key && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) &&
              SSL_CTX_use_certificate(context, own) == 1 &&
              SSL_CTX_use_PrivateKey(context, private_key) == 1 &&
              SSL_CTX_check_private_key(context) == 1;
  for (X509 *next; ready && (next = PEM_read_bio_X509(chain, NULL, NULL, NULL));)
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {
      X509_free(next);
      ready = 0;
    }
  X509_free(own);
  EVP_PKEY_free(private_key);
  BIO_free(chain);
  BIO_free(secret);
  ERR_clear_error();
  if (!ready) {
    SSL_CTX_free(context);
    return NULL;
  }
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  return context;
}

// The server's side of a connection on `socket`.
static inline SSL *tls_accept(SSL_CTX *context, int socket) {
  SSL *connection = SSL_new(context);
  if (!connection) return NULL;
  if (!SSL_set_fd(connection, socket)) {
    SSL_free(connection);
    return NULL;
  }
  SSL_set_accept_state(connection);
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

// Says that nothing more will be written.
static inline void tls_end(SSL *connection) {
  SSL_shutdown(connection);
  ERR_clear_error();
}

// Why the last call failed; valid until the next failure of this thread.
static inline const char *tls_reason(SSL *connection) {
  long verified = SSL_get_verify_result(connection);
  if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
  const char *reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason ? reason : "the connection broke";
}
#endif
