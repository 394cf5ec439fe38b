"""Backups, restores and point-in-time recovery through boto3 and the AWS CLI."""
import datetime
import json
import os
import subprocess
import time

import botocore.exceptions
import pytest

from conftest import NAMES, index, make_table, wait_active


@pytest.fixture
def orders(client):
    name = make_table(
        client, sort="sk", types={"sk": "N", "g": "S"}, GlobalSecondaryIndexes=[index("byG", "g")])
    for number in range(20):
        client.put_item(TableName=name, Item={
            "pk": {"S": f"p{number % 3}"}, "sk": {"N": str(number)}, "g": {"S": f"g{number % 2}"}})
    yield name
    client.delete_table(TableName=name)


def items(client, name, **more):
    found = client.scan(TableName=name, **more)["Items"]
    return sorted((item["pk"]["S"], int(item["sk"]["N"])) for item in found)


def test_backup_and_restore(client, orders):
    before = items(client, orders)
    backup = client.create_backup(TableName=orders, BackupName="before")["BackupDetails"]
    client.delete_item(TableName=orders, Key={"pk": {"S": "p0"}, "sk": {"N": "0"}})
    described = client.describe_backup(BackupArn=backup["BackupArn"])["BackupDescription"]
    assert described["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    assert described["SourceTableDetails"]["ItemCount"] == 20
    target = next(NAMES)
    client.restore_table_from_backup(
        TargetTableName=target, BackupArn=backup["BackupArn"],
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride={"ReadCapacityUnits": 50, "WriteCapacityUnits": 5})
    table = wait_active(client, target)
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 5
    assert table["RestoreSummary"]["SourceBackupArn"] == backup["BackupArn"]
    assert items(client, target) == before
    assert items(client, target, IndexName="byG") == before
    assert [entry["BackupArn"] for entry in client.list_backups(
        TableName=orders)["BackupSummaries"]] == [backup["BackupArn"]]
    assert client.delete_backup(BackupArn=backup["BackupArn"])[
        "BackupDescription"]["BackupDetails"]["BackupStatus"] == "DELETED"
    with pytest.raises(client.exceptions.BackupNotFoundException):
        client.describe_backup(BackupArn=backup["BackupArn"])
    client.delete_table(TableName=target)


def test_point_in_time_recovery(client, orders):
    def status():
        return client.describe_continuous_backups(TableName=orders)[
            "ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]

    assert status()["PointInTimeRecoveryStatus"] == "DISABLED"
    client.update_continuous_backups(
        TableName=orders, PointInTimeRecoverySpecification={
            "PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7})
    assert status()["RecoveryPeriodInDays"] == 7
    before = items(client, orders)
    time.sleep(1.1)
    moment = datetime.datetime.fromtimestamp(int(time.time()), datetime.timezone.utc)
    time.sleep(1.1)
    client.batch_write_item(RequestItems={orders: [
        {"DeleteRequest": {"Key": {"pk": {"S": pk}, "sk": {"N": str(sk)}}}}
        for pk, sk in before]})
    assert items(client, orders) == []
    target = next(NAMES)
    client.restore_table_to_point_in_time(
        SourceTableName=orders, TargetTableName=target, RestoreDateTime=moment)
    wait_active(client, target)
    assert items(client, target) == before
    with pytest.raises(client.exceptions.InvalidRestoreTimeException):
        client.restore_table_to_point_in_time(
            SourceTableName=orders, TargetTableName=next(NAMES),
            RestoreDateTime=moment - datetime.timedelta(days=1))
    client.delete_table(TableName=target)


def test_refusals(client, orders):
    with pytest.raises(client.exceptions.TableNotFoundException):
        client.create_backup(TableName="nowhere", BackupName="abc")
    with pytest.raises(client.exceptions.PointInTimeRecoveryUnavailableException):
        client.restore_table_to_point_in_time(
            SourceTableName=orders, TargetTableName=next(NAMES), UseLatestRestorableTime=True)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.create_backup(TableName=orders, BackupName="a")
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_command_line(url, client, orders):
    def aws(*arguments):
        output = subprocess.run(
            ["aws", "dynamodb", *arguments, "--endpoint-url", url, "--region", "us-east-1"],
            capture_output=True, text=True, check=True,
            env={
                **os.environ, "AWS_ACCESS_KEY_ID": "id",
                "AWS_SECRET_ACCESS_KEY": "secret"}).stdout
        return json.loads(output)

    arn = aws("create-backup", "--table-name", orders, "--backup-name", "cli")[
        "BackupDetails"]["BackupArn"]
    target = next(NAMES)
    aws("restore-table-from-backup", "--target-table-name", target, "--backup-arn", arn)
    wait_active(client, target)
    assert items(client, target) == items(client, orders)
    client.delete_table(TableName=target)
