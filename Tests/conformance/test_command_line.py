"""The AWS CLI, as a user types it."""
import json
import os
import subprocess

from conftest import NAMES


def aws(url, *arguments):
    environment = dict(
        os.environ, AWS_ACCESS_KEY_ID="id", AWS_SECRET_ACCESS_KEY="secret",
        AWS_DEFAULT_REGION="us-east-1", AWS_PAGER="")
    done = subprocess.run(
        ["aws", "dynamodb", "--endpoint-url", url, "--output", "json", *arguments],
        env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


def test_seed_of_a_table(url, tmp_path):
    name = next(NAMES)
    aws(url, "create-table", "--table-name", name,
        "--attribute-definitions", "AttributeName=Artist,AttributeType=S",
        "AttributeName=SongTitle,AttributeType=S",
        "--key-schema", "AttributeName=Artist,KeyType=HASH",
        "AttributeName=SongTitle,KeyType=RANGE",
        "--provisioned-throughput", "ReadCapacityUnits=5,WriteCapacityUnits=5")
    aws(url, "wait", "table-exists", "--table-name", name)
    song = {"Artist": {"S": "No One You Know"}, "SongTitle": {"S": "Call Me Today"}}
    aws(url, "put-item", "--table-name", name, "--item",
        json.dumps({**song, "Awards": {"N": "1"}}))
    assert aws(url, "get-item", "--table-name", name, "--key", json.dumps(song))["Item"][
        "Awards"] == {"N": "1"}
    batch = tmp_path / "batch.json"
    batch.write_text(json.dumps({name: [
        {"PutRequest": {"Item": {"Artist": {"S": "Acme Band"}, "SongTitle": {"S": f"Song {n}"}}}}
        for n in range(3)]}))
    aws(url, "batch-write-item", "--request-items", f"file://{batch}")
    found = aws(url, "query", "--table-name", name, "--key-condition-expression", "Artist = :a",
                "--expression-attribute-values", '{":a":{"S":"Acme Band"}}')
    assert found["Count"] == 3
    assert aws(url, "scan", "--table-name", name, "--page-size", "2")["Count"] == 4
    aws(url, "update-table", "--table-name", name, "--provisioned-throughput",
        "ReadCapacityUnits=6,WriteCapacityUnits=6")
    aws(url, "delete-item", "--table-name", name, "--key", json.dumps(song))
    assert name in aws(url, "list-tables")["TableNames"]
    aws(url, "delete-table", "--table-name", name)
    aws(url, "wait", "table-not-exists", "--table-name", name)
