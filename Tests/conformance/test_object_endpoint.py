"""Exports to and imports from an S3-compatible endpoint, whose signatures botocore checks."""
import json
import os

import pytest

from conftest import NAMES, connect, make_table, serving, wait_active
from object_endpoint import KEY, REGION, SECRET, object_endpoint


@pytest.fixture(scope="module")
def endpoint():
    with object_endpoint() as started:
        yield started


@pytest.fixture(scope="module")
def client(endpoint):
    names = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        with serving("--s3-endpoint", endpoint.url) as url:
            yield connect(url)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


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
