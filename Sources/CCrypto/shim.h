// The parts of OpenSSL's libcrypto that Cryptography uses, and the kernel's random bytes.
// The low-level SHA-256 calls are marked deprecated in OpenSSL 3 but are exported and twice as
// fast as the one-shot EVP calls on short messages: a context is a plain C struct on the stack.
#ifndef PLIMSOLL_CCRYPTO
#define PLIMSOLL_CCRYPTO
#define OPENSSL_SUPPRESS_DEPRECATED
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

// Fills `bytes` from the kernel; 1 when all of them came, 0 otherwise (errno says why).
static inline int crypto_random_fill(void *bytes, size_t count) {
  size_t filled = 0;
  while (filled < count) {
    ssize_t got = getrandom((char *)bytes + filled, count - filled, 0);
    if (got < 0) return 0;
    filled += (size_t)got;
  }
  return 1;
}

// Seals (`seal` 1) or opens (0) `count` bytes of `from` into `to` with AES-256-GCM: key of 32 bytes,
// nonce of 12, `about` authenticated along, a tag of 16 written or checked. 1 when done; 0 when the
// tag does not fit or the library failed, and then `to` must not be read.
static inline int crypto_gcm(int seal, const unsigned char *key, const unsigned char *nonce,
                             const void *about, size_t about_count, const void *from, size_t count,
                             unsigned char *to, unsigned char *tag) {
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  int written = 0;
  int done = context && count <= INT_MAX && about_count <= INT_MAX &&
             EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce, seal) &&
             (about_count == 0 || EVP_CipherUpdate(context, NULL, &written,
                                                   (const unsigned char *)about, (int)about_count)) &&
             (count == 0 || EVP_CipherUpdate(context, to, &written, (const unsigned char *)from,
                                             (int)count)) &&
             (seal || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, 16, tag)) &&
             EVP_CipherFinal_ex(context, to + count, &written) &&
             (!seal || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, tag));
  EVP_CIPHER_CTX_free(context);
  return done;
}

// A copy of what was written to `memory`, to be freed; NULL without memory.
static inline char *crypto_text_of(BIO *memory) {
  char *start = NULL;
  long count = BIO_get_mem_data(memory, &start);
  char *text = (char *)malloc((size_t)count + 1);
  if (text) {
    memcpy(text, start, (size_t)count);
    text[count] = 0;
  }
  return text;
}

static inline int crypto_add_extension(X509 *certificate, int kind, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
  int added = extension && X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  return added;
}

// Makes a P-256 key and a certificate signed by it, valid from `begin` to `end` (seconds since
// 1970) for `names` (as in `DNS:localhost,IP:127.0.0.1`). Both texts are PEM, to be freed by the
// caller. 1 on success; otherwise nothing has to be freed.
static inline int crypto_self_signed(const char *names, long long begin, long long end,
                                     char **certificate_pem, char **key_pem) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = X509_new();
  BIO *certificate_text = BIO_new(BIO_s_mem()), *key_text = BIO_new(BIO_s_mem());
  time_t first = (time_t)begin, last = (time_t)end;
  unsigned long long serial = 0;
  *certificate_pem = *key_pem = NULL;
  int made = key && certificate && certificate_text && key_text &&
             RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 &&
             X509_set_version(certificate, 2) &&
             ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) &&
             X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &first) &&
             X509_time_adj_ex(X509_getm_notAfter(certificate), 0, 0, &last) &&
             X509_set_pubkey(certificate, key);
  if (made) {
    X509_NAME *name = X509_get_subject_name(certificate);
    made = X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"plimsoll",
                                      -1, -1, 0) &&
           X509_set_issuer_name(certificate, name) &&
           crypto_add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
           crypto_add_extension(certificate, NID_subject_key_identifier, "hash") &&
           crypto_add_extension(certificate, NID_subject_alt_name, names) &&
           X509_sign(certificate, key, EVP_sha256()) &&
           PEM_write_bio_X509(certificate_text, certificate) &&
           PEM_write_bio_PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL);
  }
  if (made) {
    *certificate_pem = crypto_text_of(certificate_text);
    *key_pem = crypto_text_of(key_text);
    made = *certificate_pem && *key_pem;
    if (!made) {
      free(*certificate_pem);
      free(*key_pem);
    }
  }
  BIO_free(certificate_text);
  BIO_free(key_text);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return made;
}

// Whether the PEM certificate is signed by itself, belongs to the PEM key, and is valid for the
// DNS name or IP address `host` at `moment`.
static inline int crypto_identity_is_valid(const char *certificate_pem, const char *key_pem,
                                           const char *host, long long moment) {
  BIO *certificate_text = BIO_new_mem_buf(certificate_pem, -1);
  BIO *key_text = BIO_new_mem_buf(key_pem, -1);
  X509 *certificate = certificate_text ? PEM_read_bio_X509(certificate_text, NULL, NULL, NULL) : NULL;
  EVP_PKEY *key = key_text ? PEM_read_bio_PrivateKey(key_text, NULL, NULL, NULL) : NULL;
  time_t at = (time_t)moment;
  int valid = certificate && key && X509_check_private_key(certificate, key) == 1 &&
              X509_verify(certificate, key) == 1 &&
              (X509_check_host(certificate, host, 0, 0, NULL) == 1 ||
               X509_check_ip_asc(certificate, host, 0) == 1) &&
              X509_cmp_time(X509_get0_notBefore(certificate), &at) < 0 &&
              X509_cmp_time(X509_get0_notAfter(certificate), &at) > 0;
  X509_free(certificate);
  EVP_PKEY_free(key);
  BIO_free(certificate_text);
  BIO_free(key_text);
  return valid;
}
#endif
