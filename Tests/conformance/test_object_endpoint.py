"""Exports to and imports from an S3-compatible endpoint, whose signatures botocore checks."""
import contextlib
import datetime
import ipaddress
import json
import os

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conftest import NAMES, connect, make_table, serving, wait_active
from object_endpoint import KEY, REGION, SECRET, object_endpoint


@pytest.fixture(scope="module")
def endpoint():
    with object_endpoint() as started:
        yield started


@contextlib.contextmanager
def exporting(endpoint, *options, **more):
    """A client of a server that exports to an endpoint, with more variables of the environment."""
    names = {
        "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION, **more}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        with serving("--s3-endpoint", endpoint.url, *options) as url:
            yield connect(url)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture(scope="module")
def client(endpoint):
    with exporting(endpoint) as connected:
        yield connected


def parameters(name):
    return {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}


def test_an_export_is_imported_again(client, endpoint):
    objects = endpoint.buckets["lake"] = {}
    source = make_table(client)
    client.update_continuous_backups(
        TableName=source, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    for number in range(50):
        client.put_item(TableName=source, Item={"pk": {"S": f"k{number}"}, "b": {"B": b"\x00"}})
    endpoint.faults = 2
    started = client.export_table_to_point_in_time(
        TableArn=client.describe_table(TableName=source)["Table"]["TableArn"], S3Bucket="lake",
        S3Prefix="a b/ü+1")["ExportDescription"]
    done = client.describe_export(ExportArn=started["ExportArn"])["ExportDescription"]
    assert (done["ExportStatus"], done["ItemCount"]) == ("COMPLETED", 50)
    assert done["ExportManifest"].startswith("a b/ü+1/AWSDynamoDB/")
    summary = json.loads(objects[done["ExportManifest"]])
    lines = objects[summary["manifestFilesS3Key"]].decode().splitlines()
    assert sum(json.loads(line)["itemCount"] for line in lines) == 50
    target = next(NAMES)
    imported = client.import_table(
        S3BucketSource={"S3Bucket": "lake", "S3KeyPrefix": "a b/ü+1/"},
        InputFormat="DYNAMODB_JSON", InputCompressionType="GZIP",
        TableCreationParameters=parameters(target))["ImportTableDescription"]
    wait_active(client, target)
    done = client.describe_import(ImportArn=imported["ImportArn"])["ImportTableDescription"]
    assert (done["ImportStatus"], done["ImportedItemCount"]) == ("COMPLETED", 50)

    def items(name):
        return sorted(
            client.scan(TableName=name)["Items"], key=lambda item: item["pk"]["S"])
    assert items(target) == items(source)


def test_lists_come_in_pages(client, endpoint):
    endpoint.buckets["rows"] = {
        f"in/{number}<&>.csv": f"pk,n\nk{number},1\n".encode() for number in range(10)}
    target = next(NAMES)
    imported = client.import_table(
        S3BucketSource={"S3Bucket": "rows", "S3KeyPrefix": "in/"}, InputFormat="CSV",
        TableCreationParameters=parameters(target))["ImportTableDescription"]
    wait_active(client, target)
    done = client.describe_import(ImportArn=imported["ImportArn"])["ImportTableDescription"]
    assert done["ImportedItemCount"] == 10


def failure(client, bucket):
    source = make_table(client)
    client.update_continuous_backups(
        TableName=source, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    started = client.export_table_to_point_in_time(
        TableArn=client.describe_table(TableName=source)["Table"]["TableArn"], S3Bucket=bucket)
    done = client.describe_export(
        ExportArn=started["ExportDescription"]["ExportArn"])["ExportDescription"]
    assert done["ExportStatus"] == "FAILED"
    return done["FailureCode"], done["FailureMessage"]


def test_a_bucket_that_is_not_there(client):
    assert failure(client, "nothing") == (
        "S3NoSuchBucket", "The specified bucket does not exist")


def test_an_endpoint_that_stays_overloaded(client, endpoint):
    endpoint.buckets["busy"] = {}
    endpoint.faults = 1_000
    try:
        assert failure(client, "busy") == ("S3SlowDown", "Please reduce your request rate.")
    finally:
        endpoint.faults = 0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a self-signed certificate of 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "objects")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(
            [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256()))
    path = tmp_path_factory.mktemp("tls") / "objects.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(made.public_bytes(pem) + key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return path


def test_https_to_who_is_trusted_only(certificate):
    with object_endpoint(certificate) as endpoint:
        endpoint.buckets["lake"] = {}
        with exporting(endpoint) as distrustful:
            code, message = failure(distrustful, "lake")
            assert code == "S3Unreachable" and "certificate" in message, message
        with exporting(endpoint, AWS_CA_BUNDLE=str(certificate)) as trusting:
            test_an_export_is_imported_again(trusting, endpoint)
        with exporting(endpoint, "--no-verify-ssl") as careless:
            test_lists_come_in_pages(careless, endpoint)
