"""Writes signatures.txt: requests signed by botocore, for SigningTests.

    python3 make_signatures.py > signatures.txt      (botocore 1.44.8 made the file that is here)

One case a line: fields `name=value` separated by blanks, values percent-encoded; a header is a
field `h` whose value is `Name:value`. Dates are fixed, so that the file depends on nothing else.
"""
import datetime
from urllib.parse import quote

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
JSON = {"Content-Type": "application/x-amz-json-1.0"}
TOKEN = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGd=="


def case(name, time="20150830T123600Z", host="127.0.0.1:8000", path="/", params=(), headers=(),
         method="POST", body=b"", service="dynamodb", region="us-east-1", token=None,
         access="AKIDEXAMPLE", secret=SECRET, signer=botocore.auth.SigV4Auth):
    moment = datetime.datetime.strptime(time, "%Y%m%dT%H%M%SZ")
    botocore.auth.get_current_datetime = lambda *ignored, **more: moment
    query = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in params)
    request = AWSRequest(method=method, url=f"http://{host}{path}", data=body, params=list(params))
    request.headers["Host"] = host
    for key, value in dict(headers).items():
        request.headers[key] = value
    auth = signer(Credentials(access, secret, token), service, region)
    auth.add_auth(request)
    authorization = request.headers["Authorization"]
    del request.headers["Authorization"]
    fields = [
        ("name", name), ("method", method), ("path", path), ("query", query), ("access", access),
        ("secret", secret), ("token", token or ""), ("region", region), ("service", service),
        ("time", time), ("body", body), ("authorization", authorization),
        ("canonical", auth.canonical_request(request))]
    fields += [("h", f"{key}:{value}") for key, value in request.headers.items()]
    print(" ".join(f"{key}={quote(value, safe='')}" for key, value in fields))


def target(operation):
    return {**JSON, "X-Amz-Target": "DynamoDB_20120810." + operation}


for size in (0, 1, 54, 55, 56, 63, 64, 65, 150, 1_100, 16_384):
    case(f"PutItem of {size} bytes", headers=target("PutItem"), body=b"x" * size)
case("GetItem", headers=target("GetItem"),
     body=b'{"TableName":"t","Key":{"pk":{"S":"a"}}}')
case("a session token", headers=target("Query"), token=TOKEN, body=b'{"TableName":"t"}')
case("another region and host", headers=target("Scan"), region="eu-central-1",
     host="dynamodb.eu-central-1.amazonaws.com", body=b"{}")
case("a leap day", headers=target("Scan"), time="20240229T235959Z", body=b"{}")
case("the first second of a year", headers=target("Scan"), time="20260101T000000Z", body=b"{}")
case("streams", headers={**JSON, "X-Amz-Target": "DynamoDBStreams_20120810.GetRecords"}, body=b"{}")
case("bytes that are not text", headers=target("PutItem"), body=bytes(range(256)))
case("odd characters in body and secret", headers=target("PutItem"),
     body='{"ä":"€𝄞\\u0000\\""}'.encode(), secret="sé/+=cret \t€")
case("an access key with slashes", headers=target("Scan"), access="a/b/c", body=b"{}")
case("DAX", service="dax", host="dax.amazonaws.com")
case("no body, GET", method="GET", service="iam", host="iam.amazonaws.com")
case("arguments in order", method="GET", service="service",
     params=[("Version", "2010-05-08"), ("Action", "ListUsers")])
case("arguments of one name", method="GET", params=[("a", "2"), ("a", "10"), ("a", ""), ("A", "z")])
case("odd characters in arguments", method="GET",
     params=[("a b+c", "d/e=f&g"), ("ü", "€ 𝄞"), ("-._~", "%20*'()!"), ("a%20b", "")])
case("a name that begins another", method="GET", params=[("foo-", "1"), ("foo", "2"), ("foo1", "3")])
case("values with runs of blanks", headers={**JSON, "X-Note": "  a   b \t c  "})
case("names in capitals", headers={"X-AMZ-ZULU": "1", "x-amz-alpha": "2", "My-Header": "3"})
for path in ("//", "/./", "/a/./b/", "/a/../b", "/a/b/..", "/..", "/a//b", "/-._~0aZ", "/a%20b",
             "/%E1%88%B4", "/a*b:c@d", "/example/.", "/.hidden/..."):
    case("path " + path, path=path, method="GET")
for path in ("/bucket/a//b", "/bucket/a%20b/../c", "/bucket/t%24x"):
    case("S3 path " + path, path=path, method="PUT", service="s3", body=b"Welcome",
         signer=botocore.auth.S3SigV4Auth)
