"""The control server from Python's standard library alone: walk.py URL. Prints each step that is done."""

import base64
import json
import sys
import threading
import urllib.error
import urllib.request

URL = sys.argv[1]


def ask(method, path, body=None):
    """The status and the answer: None, text, or what the JSON says."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data=data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, decoded(response)
    except urllib.error.HTTPError as error:
        return error.code, decoded(error)


def decoded(response):
    text = response.read().decode()
    is_json = response.headers.get("content-type", "").startswith("application/json")
    return json.loads(text) if is_json else text or None


def done(method, path, body=None):
    status, answer = ask(method, path, body)
    assert status in (200, 204), (method, path, status, answer)
    return answer


def refused(status, error, method, path, body=None):
    answer = ask(method, path, body)
    assert (answer[0], answer[1]["error"]) == (status, error), (method, path, answer)
    assert answer[1]["message"], answer


def looking_inside():
    done("POST", "/topics", {"name": "orders", "partitions": 2, "configs": {"retention.ms": 1000}})
    records = [
        {"key": "o-1", "value": {"total": 12}, "partition": 1, "headers": {"trace": "x"}},
        {"valueBase64": base64.b64encode(b"\x00\xff").decode(), "partition": 1},
    ]
    assert done("POST", "/topics/orders/records", {"records": records})[1] == {"partition": 1, "offset": 1}
    first, second = done("GET", "/topics/orders/records?partition=1")
    assert (first["key"], json.loads(first["value"]), first["headers"][0]["value"]) == ("o-1", {"total": 12}, "x")
    assert (second["value"], base64.b64decode(second["valueBase64"])) == (None, b"\x00\xff")
    topic = done("GET", "/topics/orders")
    assert topic["configs"] == {"retention.ms": "1000"} and topic["partitions"][1]["highWatermark"] == 2
    done("POST", "/groups/billing/offsets", {"orders": {"1": 1}})
    assert done("GET", "/groups/billing")["lag"]["orders"]["1"] == 1
    assert done("GET", "/connections") == []


def waiting():
    found = []
    waiter = threading.Thread(
        target=lambda: found.extend(done("POST", "/wait/records", {"topic": "later", "count": 2}))
    )
    waiter.start()
    done("POST", "/topics/later/records", {"records": [{"value": "1"}, {"value": "2"}]})
    waiter.join()
    assert [record["value"] for record in found] == ["1", "2"]
    done("POST", "/wait/committed", {"group": "billing", "topic": "orders", "offsets": {"1": 1}})
    refused(408, "TIMEOUT", "POST", "/wait/lag", {"group": "billing", "lag": 0, "timeout": "20 ms"})
    done("POST", "/wait/idle")


def following():
    with urllib.request.urlopen(URL + "/topics/later/records/stream", timeout=20) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        done("POST", "/topics/later/records", {"records": [{"value": "3"}]})
        events = (json.loads(line[6:]) for line in stream if line.startswith(b"data: "))
        assert [next(events)["value"] for _ in range(3)] == ["1", "2", "3"]


def between_tests():
    kept = done("POST", "/snapshots")["id"]
    done("POST", "/reset", {"topics": {"fresh": {"partitions": 3}}})
    assert done("GET", "/topics") == ["fresh"]
    done("POST", f"/snapshots/{kept}/restore")
    assert sorted(done("GET", "/topics")) == ["later", "orders"]
    done("DELETE", f"/snapshots/{kept}")
    done("POST", "/restart", {"kill": True})
    assert len(done("GET", "/topics/later/records")) == 3


def time():
    now = done("POST", "/clock/freeze")["now"]
    assert done("POST", "/clock/advance", {"duration": "5 minutes"}) == {
        **done("GET", "/clock"),
        "now": now + 300_000,
        "isFrozen": True,
    }
    assert done("POST", "/clock/set", {"time": "2030-01-01T00:00:00Z"})["iso"] == "2030-01-01T00:00:00.000Z"
    assert not done("POST", "/clock/resume")["isFrozen"]


def making_it_fail():
    fault = done("POST", "/faults", {"selector": {"api": "Fetch"}, "action": {"delay": "1 s"}, "options": {"times": 1}})
    assert done("GET", "/faults") == [fault] and fault["hits"] == 0
    refused(408, "TIMEOUT", "POST", f"/faults/{fault['id']}/wait", {"timeout": 20})
    done("DELETE", f"/faults/{fault['id']}")
    slow = done("POST", "/network/slow", {"latency": "1 s"})["id"]
    done("DELETE", f"/network/{slow}")
    done("POST", "/disk-faults", {"selector": {"operation": "write", "topic": "orders"}, "action": {"code": "EIO"}})
    refused(422, "KAFKA_STORAGE_ERROR", "POST", "/topics/orders/records", {"records": [{"value": "lost"}]})
    done("DELETE", "/faults")


def errors():
    refused(404, "NOT_FOUND", "GET", "/topics/none")
    refused(404, "GROUP_ID_NOT_FOUND", "POST", "/groups/none/rebalance")
    refused(400, "INVALID_REQUEST", "POST", "/topics", {"nam": "t"})
    refused(400, "INVALID_REQUEST", "POST", "/faults", {"action": "NO_SUCH_ERROR"})
    refused(409, "INVALID_TXN_STATE", "POST", "/transactions/none/expire")


def health():
    assert done("GET", "/healthz") == {"status": "ok"}
    assert done("GET", "/readyz")["bootstrapServers"] == done("GET", "/broker")["bootstrapServers"]
    document = done("GET", "/openapi.json")
    assert document["openapi"].startswith("3.1") and "/faults" in document["paths"]


for step in (looking_inside, waiting, following, between_tests, time, errors, making_it_fail, health):
    step()
    print(step.__name__)
