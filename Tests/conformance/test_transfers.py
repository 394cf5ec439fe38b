"""Exports to and imports from a directory that stands for S3, through boto3 and the AWS CLI."""
import base64
import gzip
import hashlib
import json
import os
import subprocess

import pytest

from conftest import NAMES, connect, make_table, serving, wait_active


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A server with a bucket, which is a folder."""
    folder = tmp_path_factory.mktemp("s3")
    (folder / "bucket").mkdir()
    with serving("--s3-directory", str(folder)) as url:
        yield url, connect(url), folder / "bucket"


@pytest.fixture(scope="module")
def songs(place):
    _, client, _ = place
    name = make_table(client, sort="sk", types={"sk": "N"})
    client.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    for number in range(100):
        client.put_item(TableName=name, Item={
            "pk": {"S": f"p{number % 7}"}, "sk": {"N": str(number)},
            "m": {"M": {"b": {"B": b"\x00\xff"}, "s": {"SS": ["x", "y"]}}}})
    return client.describe_table(TableName=name)["Table"]


def parameters(name):
    return {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"}]}


def test_export_and_import(place, songs):
    _, client, bucket = place
    started = client.export_table_to_point_in_time(
        TableArn=songs["TableArn"], S3Bucket="bucket", S3Prefix="out")["ExportDescription"]
    done = client.describe_export(ExportArn=started["ExportArn"])["ExportDescription"]
    assert done["ExportStatus"] == "COMPLETED"
    assert done["ItemCount"] == 100
    summary = json.loads((bucket / done["ExportManifest"]).read_text())
    lines = (bucket / summary["manifestFilesS3Key"]).read_text().splitlines()
    found = 0
    for line in map(json.loads, lines):
        content = (bucket / line["dataFileS3Key"]).read_bytes()
        assert base64.b64encode(hashlib.md5(content).digest()).decode() == line["md5Checksum"]
        found += len(gzip.decompress(content).splitlines())
    assert found == 100
    assert started["ExportArn"] in [
        export["ExportArn"] for export in client.list_exports()["ExportSummaries"]]
    target = next(NAMES)
    folder = os.path.dirname(done["ExportManifest"]) + "/data/"
    imported = client.import_table(
        S3BucketSource={"S3Bucket": "bucket", "S3KeyPrefix": folder},
        InputFormat="DYNAMODB_JSON", InputCompressionType="GZIP",
        TableCreationParameters=parameters(target))["ImportTableDescription"]
    wait_active(client, target)
    done = client.describe_import(ImportArn=imported["ImportArn"])["ImportTableDescription"]
    assert (done["ImportStatus"], done["ImportedItemCount"]) == ("COMPLETED", 100)
    assert client.scan(TableName=target)["Items"] == client.scan(
        TableName=songs["TableName"])["Items"]


def test_import_of_csv(place):
    url, client, bucket = place
    (bucket / "rows.csv").write_text('pk,sk,note\na,1,"one, two"\nb,2,\n')
    target = next(NAMES)
    output = subprocess.run(
        ["aws", "dynamodb", "import-table", "--endpoint-url", url, "--region", "us-east-1",
         "--s3-bucket-source", "S3Bucket=bucket,S3KeyPrefix=rows.csv", "--input-format", "CSV",
         "--table-creation-parameters", json.dumps(parameters(target))],
        capture_output=True, text=True, check=True,
        env={**os.environ, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}).stdout
    assert json.loads(output)["ImportTableDescription"]["ImportStatus"] == "IN_PROGRESS"
    wait_active(client, target)
    found = sorted(client.scan(TableName=target)["Items"], key=lambda item: item["pk"]["S"])
    assert found == [
        {"pk": {"S": "a"}, "sk": {"N": "1"}, "note": {"S": "one, two"}},
        {"pk": {"S": "b"}, "sk": {"N": "2"}}]


def test_failures_are_described(place, songs):
    _, client, _ = place
    export = client.export_table_to_point_in_time(
        TableArn=songs["TableArn"], S3Bucket="nowhere")["ExportDescription"]
    done = client.describe_export(ExportArn=export["ExportArn"])["ExportDescription"]
    assert (done["ExportStatus"], done["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    with pytest.raises(client.exceptions.ExportNotFoundException):
        client.describe_export(ExportArn=export["ExportArn"] + "x")
