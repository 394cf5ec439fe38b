"""PartiQL through boto3 and the AWS CLI: what a user of either would write."""
import json
import os
import subprocess

import botocore.exceptions
import pytest

from conftest import index, make_table


@pytest.fixture(scope="module")
def films(client):
    name = make_table(
        client, partition="year", sort="title", types={"year": "N", "genre": "S"},
        GlobalSecondaryIndexes=[index("byGenre", "genre", "year")])
    for year, title, genre in [
            (1979, "Alien", "horror"), (1979, "Apocalypse Now", "war"), (1982, "Tron", "sf"),
            (1982, "Blade Runner", "sf")]:
        client.execute_statement(
            Statement=f"INSERT INTO \"{name}\" VALUE {{'year': ?, 'title': ?, 'genre': ?}}",
            Parameters=[{"N": str(year)}, {"S": title}, {"S": genre}])
    yield name
    client.delete_table(TableName=name)


def titles(answer):
    return [item["title"]["S"] for item in answer["Items"]]


def test_select_by_key_index_and_scan(client, films):
    run = client.execute_statement
    assert titles(run(
        Statement=f"SELECT * FROM \"{films}\" WHERE year = 1979 AND begins_with(title, 'Al')"
    )) == ["Alien"]
    assert sorted(titles(run(
        Statement=f"SELECT title FROM \"{films}\".\"byGenre\" WHERE genre = 'sf'"))) == [
            "Blade Runner", "Tron"]
    assert sorted(titles(run(
        Statement=f"SELECT title FROM \"{films}\" WHERE contains(title, 'n')"))) == [
            "Alien", "Blade Runner", "Tron"]
    assert titles(run(
        Statement=f"SELECT title FROM \"{films}\" WHERE year IN [1979, 1982] "
                  "ORDER BY year DESC, title DESC")) == [
            "Tron", "Blade Runner", "Apocalypse Now", "Alien"]


def test_pages(client, films):
    found, token = [], {}
    while True:
        answer = client.execute_statement(
            Statement=f"SELECT title FROM \"{films}\"", Limit=1, **token)
        found += titles(answer)
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert sorted(found) == ["Alien", "Apocalypse Now", "Blade Runner", "Tron"]


def test_update_and_delete_return_items(client, films):
    key = "WHERE year = 1990 AND title = 'x'"
    client.execute_statement(
        Statement=f"INSERT INTO \"{films}\" VALUE "
                  "{'year': 1990, 'title': 'x', 'n': 1, 's': <<'a'>>, 'l': [1]}")
    answer = client.execute_statement(
        Statement=f"UPDATE \"{films}\" SET n = n + 4, s = set_add(s, <<'b'>>) "
                  f"SET l = list_append(l, [{{'k': TRUE}}]) {key} RETURNING MODIFIED NEW *",
        ReturnConsumedCapacity="TOTAL")
    assert answer["Items"] == [{
        "n": {"N": "5"}, "s": {"SS": ["a", "b"]},
        "l": {"L": [{"N": "1"}, {"M": {"k": {"BOOL": True}}}]}}]
    assert answer["ConsumedCapacity"]["CapacityUnits"] == 1.0
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as failed:
        client.execute_statement(
            Statement=f"DELETE FROM \"{films}\" {key} AND n = 4",
            ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert failed.value.response["Item"]["n"] == {"N": "5"}
    answer = client.execute_statement(
        Statement=f"DELETE FROM \"{films}\" {key} RETURNING ALL OLD *")
    assert answer["Items"][0]["n"] == {"N": "5"}


def test_batch_tells_errors_one_by_one(client, films):
    answer = client.batch_execute_statement(Statements=[
        {"Statement": f"INSERT INTO \"{films}\" VALUE {{'year': 1991, 'title': 'y'}}"},
        {"Statement": f"INSERT INTO \"{films}\" VALUE {{'year': 1979, 'title': 'Alien'}}"},
        {"Statement": f"DELETE FROM \"{films}\" WHERE year = 1991 AND title = 'y'"}])
    assert [entry.get("Error", {}).get("Code") for entry in answer["Responses"]] == [
        None, "DuplicateItem", None]
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.batch_execute_statement(
            Statements=[{"Statement": f"SELECT * FROM \"{films}\" WHERE year = 1"}] * 26)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_transactions(client, films):
    client.execute_transaction(TransactStatements=[
        {"Statement": f"EXISTS(SELECT * FROM \"{films}\" WHERE year = 1979 AND title = 'Alien' "
                      "AND genre = 'horror')"},
        {"Statement": f"UPDATE \"{films}\" SET seen = 1 WHERE year = 1982 AND title = 'Tron'"}])
    answer = client.execute_transaction(TransactStatements=[
        {"Statement": f"SELECT seen FROM \"{films}\" WHERE year = 1982 AND title = 'Tron'"}])
    assert answer["Responses"] == [{"Item": {"seen": {"N": "1"}}}]
    with pytest.raises(client.exceptions.TransactionCanceledException) as cancelled:
        client.execute_transaction(TransactStatements=[
            {"Statement": f"INSERT INTO \"{films}\" VALUE {{'year': 1979, 'title': 'Alien'}}"}])
    assert cancelled.value.response["CancellationReasons"][0]["Code"] == "DuplicateItem"


def test_command_line(url, films):
    output = subprocess.run(
        ["aws", "dynamodb", "execute-statement", "--endpoint-url", url, "--region", "us-east-1",
         "--statement", f"SELECT title FROM \"{films}\" WHERE year = 1982 AND title = 'Tron'"],
        capture_output=True, text=True, check=True,
        env={
            **os.environ, "AWS_ACCESS_KEY_ID": "id",
            "AWS_SECRET_ACCESS_KEY": "secret"}).stdout
    assert json.loads(output)["Items"] == [{"title": {"S": "Tron"}}]
