// Package shop places orders and bills them; what is no order goes to a topic for the dead.
package shop

import (
	"context"
	"encoding/json"
	"math"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Order is what a customer asks for.
type Order struct {
	ID    string  `json:"id"`
	Total float64 `json:"total"`
}

// Bill is what they get.
type Bill struct {
	Gross float64 `json:"gross"`
}

// Place returns when the order is written.
func Place(ctx context.Context, bootstrapServers string, order Order) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrapServers), kgo.ClientID("shop"))
	if err != nil {
		return err
	}
	defer client.Close()
	value, err := json.Marshal(order)
	if err != nil {
		return err
	}
	record := &kgo.Record{Topic: "orders", Key: []byte(order.ID), Value: value}
	return client.ProduceSync(ctx, record).FirstErr()
}

// Billing bills orders until its context ends.
func Billing(ctx context.Context, bootstrapServers string) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(bootstrapServers),
		kgo.ClientID("billing"),
		kgo.ConsumerGroup("billing"),
		kgo.ConsumeTopics("orders"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := fetches.Err(); err != nil {
			return err
		}
		for _, record := range fetches.Records() {
			// What ends by being told to stop is no error, and comes again to the next one.
			if err := bill(ctx, client, record); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

func bill(ctx context.Context, client *kgo.Client, record *kgo.Record) error {
	if err := client.ProduceSync(ctx, outcome(record)).FirstErr(); err != nil {
		return err
	}
	return client.CommitRecords(ctx, record)
}

func outcome(record *kgo.Record) *kgo.Record {
	var order Order
	if json.Unmarshal(record.Value, &order) != nil {
		return &kgo.Record{Topic: "orders.dead", Value: record.Value}
	}
	value, _ := json.Marshal(Bill{Gross: math.Round(order.Total*119) / 100})
	return &kgo.Record{Topic: "bills", Key: record.Key, Value: value}
}
