"""Query and Scan: ranges, order, pages, segments, indexes, filters, refusals."""
import pytest
from conftest import refusal


def numbers(answer, name="sk"):
    return [int(item[name]["N"]) for item in answer["Items"]]


def pages(call, **parameters):
    found = []
    while True:
        answer = call(**parameters)
        found += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return found
        parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


P0 = list(range(-15, 15, 3))


@pytest.mark.parametrize("condition, values, expected", [
    ("", {}, P0), (" AND sk = :a", {":a": "-3"}, [-3]), (" AND sk = :a", {":a": "-2"}, []),
    (" AND sk < :a", {":a": "-9"}, [-15, -12]), (" AND sk <= :a", {":a": "-9"}, [-15, -12, -9]),
    (" AND sk > :a", {":a": "6"}, [9, 12]), (" AND sk >= :a", {":a": "6"}, [6, 9, 12]),
    (" AND sk BETWEEN :a AND :b", {":a": "-4", ":b": "4"}, [-3, 0, 3])])
@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [None, 2])
def test_query(client, wide, condition, values, expected, forward, limit):
    parameters = dict(
        TableName=wide, KeyConditionExpression="pk = :p" + condition, ScanIndexForward=forward,
        ExpressionAttributeValues={
            ":p": {"S": "p0"}, **{name: {"N": value} for name, value in values.items()}})
    if limit:
        parameters["Limit"] = limit
    found = [int(item["sk"]["N"]) for item in pages(client.query, **parameters)]
    assert found == (expected if forward else expected[::-1])


@pytest.mark.parametrize("expression, values, message", [
    ("sk = :p", {":p": {"N": "1"}}, "Query condition missed key schema element: pk"),
    ("pk < :p", {":p": {"S": "a"}}, "Query key condition not supported"),
    ("pk = :p AND x = :x", {":p": {"S": "a"}, ":x": {"S": "a"}},
     "Query condition missed key schema element: sk"),
    ("pk = :p", {":p": {"N": "1"}}, "One or more parameter values were invalid: "
     "Condition parameter type does not match schema type"),
    ("pk = :p OR sk = :p", {":p": {"S": "a"}},
     "Invalid operator used in KeyConditionExpression: OR"),
    ("", {":p": {"S": "a"}}, "Invalid KeyConditionExpression: The expression can not be empty;"),
])
def test_query_is_refused(client, wide, expression, values, message):
    assert refusal(
        client.query, TableName=wide, KeyConditionExpression=expression,
        ExpressionAttributeValues=values) == ("ValidationException", message)


def test_query_needs_a_condition(client, wide):
    assert refusal(client.query, TableName=wide) == (
        "ValidationException", "Either the KeyConditions or KeyConditionExpression parameter must "
        "be specified in the request.")


def test_global_index(client, wide):
    found = pages(
        client.query, TableName=wide, IndexName="byG", KeyConditionExpression="g = :g", Limit=4,
        ExpressionAttributeValues={":g": {"S": "g1"}})
    assert [int(item["sk"]["N"]) for item in found] == list(range(-14, 15, 2))
    assert refusal(
        client.query, TableName=wide, IndexName="byG", KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "g1"}}, ConsistentRead=True) == (
        "ValidationException", "Consistent reads are not supported on global secondary indexes")


def test_local_index_fetches_what_it_lacks(client, wide):
    parameters = dict(
        TableName=wide, IndexName="byL", KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "p0"}}, ReturnConsumedCapacity="INDEXES")
    keys = client.query(**parameters)
    assert numbers(keys, "l") == sorted(numbers(keys, "l"))
    assert set(keys["Items"][0]) == {"pk", "sk", "l"}
    assert keys["ConsumedCapacity"]["LocalSecondaryIndexes"]["byL"]["CapacityUnits"] == 0.5
    whole = client.query(**parameters, Select="ALL_ATTRIBUTES")
    assert set(whole["Items"][0]) == {"pk", "sk", "l", "g", "x"}
    assert whole["ConsumedCapacity"]["Table"]["CapacityUnits"] == 5


@pytest.mark.parametrize("filter, values, count", [
    ("l > :a", {":a": {"N": "95"}}, 2), ("begins_with(x, :a)", {":a": {"S": "y"}}, 10),
    ("attribute_exists(nothing)", {}, 0)])
def test_filter(client, wide, filter, values, count):
    answer = client.query(
        TableName=wide, KeyConditionExpression="pk = :p", FilterExpression=filter,
        ExpressionAttributeValues={":p": {"S": "p0"}, **values})
    assert (answer["Count"], answer["ScannedCount"]) == (count, 10)


def test_filter_on_a_key(client, wide):
    code, message = refusal(
        client.query, TableName=wide, KeyConditionExpression="pk = :p", FilterExpression="sk = :s",
        ExpressionAttributeValues={":p": {"S": "p0"}, ":s": {"N": "1"}})
    assert (code, message) == (
        "ValidationException", "Filter Expression can only contain non-primary key attributes: "
        "Primary key attribute: sk")


@pytest.mark.parametrize("segments", [1, 2, 5])
@pytest.mark.parametrize("limit", [3, 100])
def test_scan(client, wide, segments, limit):
    found = []
    for segment in range(segments):
        found += pages(
            client.scan, TableName=wide, Limit=limit, Segment=segment, TotalSegments=segments)
    assert sorted(int(item["sk"]["N"]) for item in found) == list(range(-15, 15))


@pytest.mark.parametrize("parameters, message", [
    ({"Segment": 0}, "The TotalSegments parameter is required but was not present in the request "
     "when Segment parameter is present"),
    ({"TotalSegments": 1}, "The Segment parameter is required but was not present in the request "
     "when parameter TotalSegments is present"),
    ({"Segment": 2, "TotalSegments": 2}, "The Segment parameter is zero-based and must be less "
     "than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2"),
    ({"Limit": 0}, "1 validation error detected: Value '0' at 'limit' failed to satisfy "
     "constraint: Member must have value greater than or equal to 1"),
    ({"IndexName": "none"}, "The table does not have the specified index: none"),
    ({"Select": "COUNT", "ProjectionExpression": "x"},
     "Cannot specify the ProjectionExpression when choosing to get only the Count"),
    ({"FilterExpression": "x = :v"}, "Invalid FilterExpression: An expression attribute value used "
     "in expression is not defined; attribute value: :v"),
])
def test_scan_is_refused(client, wide, parameters, message):
    assert refusal(client.scan, TableName=wide, **parameters) == ("ValidationException", message)


def test_count_costs_as_much(client, wide):
    whole = client.scan(TableName=wide, ReturnConsumedCapacity="TOTAL")
    count = client.scan(TableName=wide, Select="COUNT", ReturnConsumedCapacity="TOTAL")
    assert "Items" not in count
    assert count["Count"] == 30
    assert count["ConsumedCapacity"] == whole["ConsumedCapacity"]


def test_page_ends_at_a_megabyte(client):
    from conftest import make_table
    name = make_table(client, sort="sk")
    for number in range(12):
        client.put_item(TableName=name, Item={
            "pk": {"S": "a"}, "sk": {"S": f"{number:02}"}, "x": {"S": "x" * 100_000}})
    answer = client.query(
        TableName=name, KeyConditionExpression="pk = :p", ReturnConsumedCapacity="TOTAL",
        ExpressionAttributeValues={":p": {"S": "a"}})
    assert answer["Count"] == 11
    assert answer["LastEvaluatedKey"]["sk"] == {"S": "10"}
    assert answer["ConsumedCapacity"]["CapacityUnits"] == 134.5
    client.delete_table(TableName=name)
