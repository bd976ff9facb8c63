import json

import pytest

from shop import OrderNotPlaced, billing, place_order

ORDER = {"id": "o-1", "total": 100}


def test_an_order_is_there_once_although_the_answer_to_it_was_lost(broker):
    fault = broker.post(
        "/faults",
        selector={"api": "Produce", "topic": "orders"},
        action={"disconnect": "after"},
        options={"times": 1},
    )
    place_order(broker.bootstrap_servers, ORDER)
    assert broker.get(f"/faults/{fault['id']}")["hits"] == 1
    assert [json.loads(record["value"]) for record in broker.get("/topics/orders/records")] == [ORDER]


def test_an_order_that_the_broker_will_never_take_is_told(broker):
    broker.post("/faults", selector={"api": "Produce"}, action="TOPIC_AUTHORIZATION_FAILED")
    with pytest.raises(OrderNotPlaced, match="authorization"):
        place_order(broker.bootstrap_servers, ORDER)
    assert broker.get("/topics/orders/records") == []


def test_orders_are_billed_and_what_is_none_goes_to_the_dead(broker):
    broker.post("/topics/orders/records", records=[{"value": "no JSON"}, {"key": "o-1", "value": ORDER}])
    with billing(broker.bootstrap_servers) as bills:
        assert [next(bills), next(bills)] == [None, {"gross": 119.0}]
        broker.post("/wait/committed", group="billing", topic="orders", offsets={"0": 2})
    assert broker.get("/topics/orders.dead/records")[0]["value"] == "no JSON"
    assert broker.get("/topics/bills/records")[0]["key"] == "o-1"


def test_a_consumer_that_is_silent_for_its_session_is_put_out_of_its_group(broker):
    broker.post("/topics/orders/records", records=[{"key": "o-1", "value": ORDER}])
    with billing(broker.bootstrap_servers) as bills:
        next(bills)
        assert len(broker.get("/groups/billing")["members"]) == 1
        broker.post("/network/pause", clientId="billing")
        broker.post("/clock/freeze")
        broker.post("/clock/advance", duration="46 s")
        assert broker.get("/groups/billing")["members"] == []
        broker.post("/clock/resume")
        broker.delete("/faults")


def test_a_state_is_kept_and_come_back_to(broker):
    broker.post("/topics/orders/records", records=[{"key": "o-1", "value": ORDER}])
    kept = broker.post("/snapshots")["id"]
    place_order(broker.bootstrap_servers, {"id": "o-2", "total": 1})
    broker.post(f"/snapshots/{kept}/restore")
    assert len(broker.get("/topics/orders/records")) == 1
