// What a test with kfake waits for, as JSON in ms: the first cluster in the process, the next one, and a new group of one
// from its subscribe to its first record. With an address as argument, that last one from the broker there, by the same
// client.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	times = 20
	topic = "bench"
)

func since(begun time.Time) float64 { return float64(time.Since(begun).Microseconds()) / 1000 }

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func started() (*kfake.Cluster, float64) {
	begun := time.Now()
	cluster := must(kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topic)))
	return cluster, since(begun)
}

func toFirstRecord(address []string, group string) float64 {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	begun := time.Now()
	client := must(kgo.NewClient(
		kgo.SeedBrokers(address...),
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	))
	defer client.Close()
	for client.PollFetches(ctx).NumRecords() == 0 {
		if ctx.Err() != nil {
			must(0, ctx.Err())
		}
	}
	return since(begun)
}

func main() {
	results := map[string]float64{}
	address := os.Args[1:]
	if len(address) == 0 {
		cluster, firstMs := started()
		defer cluster.Close()
		address = cluster.ListenAddrs()
		var next []float64
		for range times {
			another, nextMs := started()
			another.Close()
			next = append(next, nextMs)
		}
		results["firstMs"], results["nextMs"] = firstMs, median(next)
	}
	producer := must(kgo.NewClient(kgo.SeedBrokers(address...)))
	must(producer.ProduceSync(context.Background(), &kgo.Record{Topic: topic, Value: []byte("one")}).First())
	producer.Close()
	var records []float64
	for nth := range times {
		records = append(records, toFirstRecord(address, fmt.Sprint("group-", nth)))
	}
	results["firstRecordMs"] = median(records)
	must(0, json.NewEncoder(os.Stdout).Encode(results))
}
