"""PutItem, GetItem, UpdateItem and DeleteItem: values, conditions, updates, refusals."""
import pytest
from conftest import refusal

INVALID = "One or more parameter values were invalid: "
VALUES = {
    "text": {"S": "a"}, "empty text": {"S": ""}, "unicode": {"S": "\u00e9\U0001f600\u0000\n\"\\"},
    "integer": {"N": "1"}, "negative": {"N": "-1.5"}, "38 digits": {"N": "1" * 38},
    "large": {"N": "1" + "0" * 125}, "small": {"N": "0." + "0" * 129 + "1"},
    "binary": {"B": bytes(range(256))}, "empty binary": {"B": b""}, "true": {"BOOL": True},
    "false": {"BOOL": False}, "null": {"NULL": True}, "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2.5"]}, "binaries": {"BS": [b"a", b""]}, "list": {"L": []},
    "nested": {"L": [{"M": {"a": {"L": [{"N": "1"}, {"NULL": True}]}}}]}, "map": {"M": {}},
}


@pytest.mark.parametrize("name", VALUES)
def test_value_comes_back(client, plain, name):
    key = {"pk": {"S": "value " + name}}
    client.put_item(TableName=plain, Item={**key, "v": VALUES[name]})
    got = client.get_item(TableName=plain, Key=key, ConsistentRead=True)["Item"]["v"]
    sets = ("SS", "NS", "BS")
    if next(iter(got)) in sets:
        assert {k: sorted(v) for k, v in got.items()} == {
            k: sorted(v) for k, v in VALUES[name].items()}
    else:
        assert got == VALUES[name]


@pytest.mark.parametrize("given, kept", [
    ("007", "7"), ("1.50", "1.5"), ("1e3", "1000"), ("-0", "0"), ("0.00", "0"), (".5", "0.5"),
    ("5.", "5"), ("1E-3", "0.001"), ("+4", "4"), ("123456789e-4", "12345.6789")])
def test_number_is_normalised(client, plain, given, kept):
    key = {"pk": {"S": "number " + given}}
    client.put_item(TableName=plain, Item={**key, "v": {"N": given}})
    assert client.get_item(TableName=plain, Key=key)["Item"]["v"] == {"N": kept}


REFUSED_VALUES = [
    ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    ({"S": "a", "N": "1"}, "Supplied AttributeValue has more than one datatypes set, "
     "must contain exactly one of the supported datatypes"),
    ({"N": "abc"}, "The parameter cannot be converted to a numeric value: abc"),
    ({"N": ""}, "The parameter cannot be converted to a numeric value"),
    ({"N": "1" * 39}, "Attempting to store more than 38 significant digits in a Number"),
    ({"N": "1e126"}, "Number overflow. Attempting to store a number with magnitude larger than "
     "supported range"),
    ({"N": "1e-131"}, "Number underflow. Attempting to store a number with magnitude smaller than "
     "supported range"),
    ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
    ({"SS": []}, INVALID + "An string set  may not be empty"),
    ({"NS": []}, INVALID + "An number set  may not be empty"),
    ({"BS": []}, INVALID + "Binary sets should not be empty"),
    ({"SS": ["a", "a"]}, INVALID + "Input collection [a, a] contains duplicates."),
    ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
]


@pytest.mark.parametrize("value, message", REFUSED_VALUES, ids=lambda v: str(v)[:40])
def test_value_is_refused(client, plain, value, message):
    assert refusal(client.put_item, TableName=plain, Item={"pk": {"S": "a"}, "v": value}) == (
        "ValidationException", message)


@pytest.mark.parametrize("value, message", REFUSED_VALUES[:1] + REFUSED_VALUES[2:3])
def test_placeholder_value_is_refused(client, plain, value, message):
    assert refusal(
        client.put_item, TableName=plain, Item={"pk": {"S": "a"}}, ConditionExpression="a = :v",
        ExpressionAttributeValues={":v": value}) == (
        "ValidationException",
        f"ExpressionAttributeValues contains invalid value: {message} for key :v")


@pytest.mark.parametrize("key, message", [
    ({}, "The provided key element does not match the schema"),
    ({"pk": {"N": "1"}}, "The provided key element does not match the schema"),
    ({"pk": {"S": "a"}, "sk": {"S": "b"}}, "The provided key element does not match the schema"),
    ({"pk": {"S": ""}}, "One or more parameter values are not valid. The AttributeValue for a key "
     "attribute cannot contain an empty string value. Key: pk"),
    ({"pk": {"S": "a" * 2049}},
     INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
])
@pytest.mark.parametrize("operation", ["get_item", "delete_item", "update_item"])
def test_key_is_refused(client, plain, operation, key, message):
    assert refusal(getattr(client, operation), TableName=plain, Key=key) == (
        "ValidationException", message)


@pytest.mark.parametrize("item, message", [
    ({"x": {"S": "a"}}, INVALID + "Missing the key pk in the item"),
    ({"pk": {"N": "1"}}, INVALID + "Type mismatch for key pk expected: S actual: N"),
    ({"pk": {"S": "a"}, "x": {"S": "a" * 409_600}},
     "Item size has exceeded the maximum allowed size"),
])
def test_item_is_refused(client, plain, item, message):
    assert refusal(client.put_item, TableName=plain, Item=item) == ("ValidationException", message)


def test_index_key_of_another_type(client, wide):
    item = {"pk": {"S": "a"}, "sk": {"N": "1"}, "g": {"N": "1"}}
    assert refusal(client.put_item, TableName=wide, Item=item) == (
        "ValidationException",
        INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: byG")


STORED = {
    "pk": {"S": "condition"}, "n": {"N": "5"}, "s": {"S": "hello"}, "t": {"SS": ["a", "b"]},
    "l": {"L": [{"N": "1"}, {"S": "x"}]}, "m": {"M": {"k": {"S": "v"}, "z": {"NULL": True}}},
    "b": {"B": b"abc"}, "f": {"BOOL": False}}
ARGUMENTS = {
    ":n": {"N": "5"}, ":low": {"N": "1"}, ":high": {"N": "9"}, ":s": {"S": "hello"},
    ":he": {"S": "he"}, ":a": {"S": "a"}, ":one": {"N": "1"}, ":type": {"S": "N"},
    ":v": {"S": "v"}, ":b": {"B": b"ab"}, ":two": {"N": "2"}}


@pytest.mark.parametrize("expression, holds", [
    ("n = :n", True), ("n <> :n", False), ("n < :n", False), ("n <= :n", True), ("n > :low", True),
    ("n >= :high", False), ("n BETWEEN :low AND :high", True), ("n IN (:low, :n)", True),
    ("n IN (:low, :high)", False), ("NOT n = :n", False), ("n = :n AND s = :s", True),
    ("n = :low OR s = :s", True), ("n = :low OR n = :n AND s = :he", False),
    ("(n = :low OR n = :n) AND s = :s", True), ("attribute_exists(n)", True),
    ("attribute_exists(q)", False), ("attribute_not_exists(q)", True),
    ("attribute_not_exists(m.k)", False), ("attribute_type(n, :type)", True),
    ("attribute_type(s, :type)", False), ("begins_with(s, :he)", True),
    ("begins_with(b, :b)", True), ("contains(s, :he)", True), ("contains(t, :a)", True),
    ("contains(l, :one)", True), ("contains(l, :two)", False), ("size(s) = :n", True),
    ("size(t) = :two", True), ("size(l) = :two", True), ("size(m) = :two", True),
    ("size(b) > :two", True), ("m.k = :v", True), ("l[0] = :one", True), ("l[5] = :one", False),
    ("q = :n", False), ("q <> :n", True), ("s < :n", False), ("n = s", False),
    ("size(n) = :one", False)])
def test_condition(client, plain, expression, holds):
    client.put_item(TableName=plain, Item=STORED)
    used = {k: v for k, v in ARGUMENTS.items() if k in expression.replace(")", " ").replace(
        "(", " ").replace(",", " ").split()}
    parameters = dict(
        TableName=plain, Item=STORED, ConditionExpression=expression,
        **({"ExpressionAttributeValues": used} if used else {}))
    if holds:
        client.put_item(**parameters)
    else:
        assert refusal(client.put_item, **parameters) == (
            "ConditionalCheckFailedException", "The conditional request failed")


@pytest.mark.parametrize("expression, values, expected", [
    ("SET n = :v", {":v": {"N": "7"}}, {"n": {"N": "7"}}),
    ("SET n = n + :v", {":v": {"N": "7"}}, {"n": {"N": "12"}}),
    ("SET n = n - :v", {":v": {"N": "0.5"}}, {"n": {"N": "4.5"}}),
    ("SET q = if_not_exists(n, :v)", {":v": {"N": "7"}}, {"q": {"N": "5"}}),
    ("SET q = if_not_exists(q, :v)", {":v": {"N": "7"}}, {"q": {"N": "7"}}),
    ("SET l = list_append(l, :v)", {":v": {"L": [{"N": "3"}]}},
     {"l": {"L": [{"N": "1"}, {"S": "x"}, {"N": "3"}]}}),
    ("SET l[0] = :v", {":v": {"S": "new"}}, {"l": {"L": [{"S": "new"}]}}),
    ("SET m.k = :v", {":v": {"S": "new"}}, {"m": {"M": {"k": {"S": "new"}}}}),
    ("SET a = n, n = s", {}, {"a": {"N": "5"}, "n": {"S": "hello"}}),
    ("ADD n :v", {":v": {"N": "1"}}, {"n": {"N": "6"}}),
    ("ADD q :v", {":v": {"N": "1"}}, {"q": {"N": "1"}}),
    ("ADD t :v", {":v": {"SS": ["c"]}}, {"t": {"SS": ["a", "b", "c"]}}),
    ("DELETE t :v", {":v": {"SS": ["a", "z"]}}, {"t": {"SS": ["b"]}}),
    ("DELETE t :v", {":v": {"SS": ["a", "b"]}}, {}),
    ("REMOVE n", {}, {}), ("REMOVE q", {}, {}), ("REMOVE m.k", {}, {}),
])
def test_update(client, plain, expression, values, expected):
    client.put_item(TableName=plain, Item=STORED)
    got = client.update_item(
        TableName=plain, Key={"pk": STORED["pk"]}, UpdateExpression=expression,
        ReturnValues="UPDATED_NEW",
        **({"ExpressionAttributeValues": values} if values else {})).get("Attributes", {})
    for value in got.values():
        if "SS" in value:
            value["SS"].sort()
    assert got == expected


@pytest.mark.parametrize("expression, values, message", [
    ("", {}, "Invalid UpdateExpression: The expression can not be empty;"),
    ("SET", {}, 'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "SET"'),
    ("SET a = :v", {":w": {"N": "1"}}, "Invalid UpdateExpression: An expression attribute value "
     "used in expression is not defined; attribute value: :v"),
    ("SET pk = :v", {":v": {"S": "1"}},
     INVALID + "Cannot update attribute pk. This attribute is part of the key"),
    ("SET q.r = :v", {":v": {"S": "1"}},
     "The document path provided in the update expression is invalid for update"),
    ("SET a = :v", {":v": {"S": "1"}, ":w": {"S": "1"}},
     "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"),
    ("SET a = q + :v", {":v": {"N": "1"}},
     "The provided expression refers to an attribute that does not exist in the item"),
    ("SET size = :v", {":v": {"S": "1"}},
     "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: size"),
])
def test_update_is_refused(client, plain, expression, values, message):
    client.put_item(TableName=plain, Item=STORED)
    assert refusal(
        client.update_item, TableName=plain, Key={"pk": STORED["pk"]},
        UpdateExpression=expression,
        **({"ExpressionAttributeValues": values} if values else {})) == (
        "ValidationException", message)


@pytest.mark.parametrize("expression, expected", [
    ("n", {"n": {"N": "5"}}), ("n, s", {"n": {"N": "5"}, "s": {"S": "hello"}}),
    ("m.k", {"m": {"M": {"k": {"S": "v"}}}}), ("l[1]", {"l": {"L": [{"S": "x"}]}}),
    ("q", {}), ("l[9]", {})])
def test_projection(client, plain, expression, expected):
    client.put_item(TableName=plain, Item=STORED)
    got = client.get_item(
        TableName=plain, Key={"pk": STORED["pk"]}, ProjectionExpression=expression)
    assert got["Item"] == expected


@pytest.mark.parametrize("wanted, before, after", [
    ("NONE", None, None), ("ALL_OLD", {"pk": {"S": "r"}, "n": {"N": "1"}, "o": {"N": "2"}}, None),
    ("ALL_NEW", None, {"pk": {"S": "r"}, "n": {"N": "2"}, "o": {"N": "2"}}),
    ("UPDATED_OLD", {"n": {"N": "1"}}, None), ("UPDATED_NEW", None, {"n": {"N": "2"}})])
def test_return_values(client, plain, wanted, before, after):
    client.put_item(
        TableName=plain, Item={"pk": {"S": "r"}, "n": {"N": "1"}, "o": {"N": "2"}})
    got = client.update_item(
        TableName=plain, Key={"pk": {"S": "r"}}, UpdateExpression="SET n = :v",
        ExpressionAttributeValues={":v": {"N": "2"}}, ReturnValues=wanted)
    assert got.get("Attributes") == (before or after)


@pytest.mark.parametrize("operation", ["get_item", "delete_item", "update_item"])
def test_no_table(client, operation):
    assert refusal(getattr(client, operation), TableName="nowhere", Key={"pk": {"S": "a"}}) == (
        "ResourceNotFoundException", "Requested resource not found")


@pytest.mark.parametrize("size, read, write", [
    (100, 0.5, 1), (1024, 0.5, 1), (1025, 0.5, 2), (4096, 0.5, 4), (4097, 1, 5), (9000, 1.5, 9)])
def test_consumed_capacity(client, plain, size, read, write):
    key = {"pk": {"S": f"{size:06}"}}
    item = {**key, "x": {"S": "a" * (size - 2 - 6 - 1)}}
    put = client.put_item(TableName=plain, Item=item, ReturnConsumedCapacity="TOTAL")
    assert put["ConsumedCapacity"] == {"TableName": plain, "CapacityUnits": write}
    got = client.get_item(TableName=plain, Key=key, ReturnConsumedCapacity="TOTAL")
    assert got["ConsumedCapacity"]["CapacityUnits"] == read
    strong = client.get_item(
        TableName=plain, Key=key, ConsistentRead=True, ReturnConsumedCapacity="INDEXES")
    assert strong["ConsumedCapacity"]["Table"] == {"CapacityUnits": 2 * read}
