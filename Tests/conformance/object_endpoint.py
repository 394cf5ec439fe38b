"""A small S3-compatible endpoint in memory, for the cases of exports and imports.

It checks what real ones check: every request's signature, with botocore's own signer; the digest of
the body; that the bucket is there. Lists come in pages of `PAGE` keys, so that clients have to ask
for more. `faults` answers that many requests with 503 first.
"""
import contextlib
import hashlib
import http.server
import ssl
import threading
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials

KEY, SECRET, REGION = "AKIAOBJECTS", "objects/secret+", "eu-west-1"
PAGE = 3


class Endpoint(http.server.ThreadingHTTPServer):
    """With a certificate, a file of certificate and key, it speaks HTTPS."""
    daemon_threads = True

    def __init__(self, certificate=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.buckets = {}
        self.faults = 0
        self.scheme = "http"
        if certificate:
            self.scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, *_):
        """A client that does not trust the certificate is no news."""

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", kind="application/xml"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, code, message):
        text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        self.reply(status, text.encode())

    def is_signed(self, body):
        sent = self.headers
        request = botocore.awsrequest.AWSRequest(
            method=self.command, url=self.server.url + self.path, data=body,
            headers={"X-Amz-Content-SHA256": sent["X-Amz-Content-Sha256"]})
        request.context["timestamp"] = sent["X-Amz-Date"]
        signer = botocore.auth.S3SigV4Auth(
            botocore.credentials.Credentials(KEY, SECRET), "s3", REGION)
        request.headers["X-Amz-Date"] = sent["X-Amz-Date"]
        request.headers["Host"] = sent["Host"]
        canonical = signer.canonical_request(request)
        signature = signer.signature(signer.string_to_sign(request, canonical), request)
        return (sent.get("Authorization", "").endswith("Signature=" + signature)
                and sent["X-Amz-Content-Sha256"] == hashlib.sha256(body).hexdigest())

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.server.faults:
            self.server.faults -= 1
            return self.refuse(503, "SlowDown", "Please reduce your request rate.")
        if not self.is_signed(body):
            return self.refuse(403, "SignatureDoesNotMatch", "The signature does not match.")
        target = urllib.parse.urlsplit(self.path)
        bucket, _, key = urllib.parse.unquote(target.path[1:]).partition("/")
        objects = self.server.buckets.get(bucket)
        if objects is None:
            return self.refuse(404, "NoSuchBucket", "The specified bucket does not exist")
        if self.command == "PUT":
            objects[key] = body
            return self.reply(200)
        if key:
            if key not in objects:
                return self.refuse(404, "NoSuchKey", "The specified key does not exist.")
            return self.reply(200, objects[key], "application/octet-stream")
        self.list(objects, dict(urllib.parse.parse_qsl(target.query)))

    def list(self, objects, query):
        assert query["list-type"] == "2" and query["encoding-type"] == "url"
        keys = sorted(key for key in objects if key.startswith(query.get("prefix", "")))
        start = int(query.get("continuation-token", "<0&").strip("<&"))
        page = keys[start:start + PAGE]
        more = start + PAGE < len(keys)
        entries = "".join(
            f"<Contents><Key>{urllib.parse.quote_plus(key, safe='/')}</Key></Contents>"
            for key in page)
        token = f"<NextContinuationToken>&lt;{start + PAGE}&amp;</NextContinuationToken>"
        self.reply(200, (
            f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>"
            f"{token if more else ''}{entries}</ListBucketResult>").encode())

    do_GET = do_PUT = answer


@contextlib.contextmanager
def object_endpoint(certificate=None):
    endpoint = Endpoint(certificate)
    threading.Thread(target=endpoint.serve_forever, daemon=True).start()
    try:
        yield endpoint
    finally:
        endpoint.shutdown()
