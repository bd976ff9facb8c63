package shop

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

var order = Order{ID: "o-1", Total: 100}

type records []struct{ Key, Value string }

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestAnOrderIsThereOnceAlthoughTheAnswerToItWasLost(t *testing.T) {
	b := newBroker(t)
	var fault struct {
		ID   string
		Hits int
	}
	b.post("/faults", object{
		"selector": object{"api": "Produce", "topic": "orders"},
		"action":   object{"disconnect": "after"},
		"options":  object{"times": 1},
	}, &fault)
	if err := Place(within(t), b.bootstrapServers, order); err != nil {
		t.Fatal(err)
	}
	b.get("/faults/"+fault.ID, &fault)
	var orders records
	b.get("/topics/orders/records", &orders)
	if fault.Hits != 1 || len(orders) != 1 {
		t.Fatalf("%d hits, %d orders", fault.Hits, len(orders))
	}
}

func TestAnOrderThatTheBrokerWillNeverTakeIsTold(t *testing.T) {
	b := newBroker(t)
	b.post("/faults", object{"selector": object{"api": "Produce"}, "action": "TOPIC_AUTHORIZATION_FAILED"}, nil)
	if err := Place(within(t), b.bootstrapServers, order); !errors.Is(err, kerr.TopicAuthorizationFailed) {
		t.Fatalf("got %v", err)
	}
}

func TestOrdersAreBilledAndWhatIsNoneGoesToTheDead(t *testing.T) {
	b := newBroker(t)
	b.post("/topics/orders/records", object{"records": []object{{"value": "no JSON"}, {"key": "o-1", "value": order}}}, nil)
	ctx, stop := context.WithCancel(within(t))
	ended := make(chan error)
	go func() { ended <- Billing(ctx, b.bootstrapServers) }()

	var bills, dead records
	b.post("/wait/records", object{"topic": "bills", "count": 1}, &bills)
	b.post("/wait/committed", object{"group": "billing", "topic": "orders", "offsets": object{"0": 2}}, nil)
	b.get("/topics/orders.dead/records", &dead)
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if bills[0].Key != "o-1" || bills[0].Value != `{"gross":119}` || dead[0].Value != "no JSON" {
		t.Fatalf("bills %v, dead %v", bills, dead)
	}
}

func TestAnOrderWaitsUntilTheBrokerIsBack(t *testing.T) {
	b := newBroker(t)
	restarted := make(chan struct{})
	go func() {
		b.post("/restart", object{"kill": true, "downFor": "300 ms"}, nil)
		close(restarted)
	}()
	if err := Place(within(t), b.bootstrapServers, order); err != nil {
		t.Fatal(err)
	}
	<-restarted
	var orders records
	b.get("/topics/orders/records", &orders)
	if len(orders) != 1 {
		t.Fatalf("%d orders", len(orders))
	}
}
