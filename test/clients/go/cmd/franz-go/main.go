// franz-go: kgo, and kadm for administration.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"odradek/test/clients/matrix"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const fetchBytes = 20 << 20

var codecs = map[string]kgo.CompressionCodec{
	"":       kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

func main() {
	matrix.Drive(matrix.ModuleVersion("github.com/twmb/franz-go"), connect)
}

func connect(options matrix.ConnectOptions) (matrix.Client, error) {
	base := []kgo.Opt{kgo.SeedBrokers(options.Bootstrap), kgo.ClientID(options.Name), kgo.MetadataMinAge(100 * time.Millisecond)}
	kafka, err := kgo.NewClient(base...)
	if err != nil {
		return nil, err
	}
	return &client{base: base, admin: kadm.NewClient(kafka)}, nil
}

type client struct {
	base  []kgo.Opt
	admin *kadm.Client
}

func (c *client) with(options ...kgo.Opt) []kgo.Opt {
	return append(c.base[:len(c.base):len(c.base)], options...)
}

func (c *client) Close() { c.admin.Close() }

func (c *client) CreateTopic(ctx context.Context, topic string, partitions int32, configs map[string]string) error {
	values := map[string]*string{}
	for name, value := range configs {
		values[name] = &value
	}
	_, err := c.admin.CreateTopic(ctx, partitions, 1, values, topic)
	return err
}

func (c *client) TopicNames(ctx context.Context) ([]string, error) {
	topics, err := c.admin.ListTopics(ctx)
	return topics.Names(), err
}

func (c *client) PartitionCount(ctx context.Context, topic string) (int, error) {
	topics, err := c.admin.ListTopics(ctx, topic)
	return len(topics[topic].Partitions), errors.Join(err, topics.Error())
}

func (c *client) DeleteTopic(ctx context.Context, topic string) error {
	_, err := c.admin.DeleteTopic(ctx, topic)
	return err
}

func (c *client) TopicConfig(ctx context.Context, topic, name string) (string, error) {
	described, err := c.admin.DescribeTopicConfigs(ctx, topic)
	if err != nil {
		return "", err
	}
	configs, err := described.On(topic, nil)
	for _, config := range configs.Configs {
		if config.Key == name {
			return config.MaybeValue(), err
		}
	}
	return "", errors.Join(err, fmt.Errorf("no config %s", name))
}

func (c *client) AlterTopicConfig(ctx context.Context, topic, name, value string) error {
	altered, err := c.admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: name, Value: &value}}, topic)
	if err != nil {
		return err
	}
	response, err := altered.On(topic, nil)
	return errors.Join(err, response.Err)
}

func (c *client) Cluster(ctx context.Context) (brokers []string, controller string, err error) {
	metadata, err := c.admin.BrokerMetadata(ctx)
	for _, broker := range metadata.Brokers {
		address := net.JoinHostPort(broker.Host, strconv.Itoa(int(broker.Port)))
		brokers = append(brokers, address)
		if broker.NodeID == metadata.Controller {
			controller = address
		}
	}
	return brokers, controller, err
}

func (c *client) Committed(ctx context.Context, group, topic string) (int64, error) {
	offsets, err := c.admin.FetchOffsetsForTopics(ctx, group, topic)
	if err != nil {
		return 0, err
	}
	offset, found := offsets.Lookup(topic, 0)
	if !found {
		return matrix.NoOffset, nil
	}
	return offset.At, offset.Err
}

func (c *client) AlterCommitted(ctx context.Context, group, topic string, offset int64) error {
	offsets := kadm.Offsets{}
	offsets.AddOffset(topic, 0, offset, -1)
	return c.admin.CommitAllOffsets(ctx, group, offsets)
}

func (c *client) OffsetAt(ctx context.Context, topic string, at time.Time) (int64, error) {
	offsets, err := c.admin.ListOffsetsAfterMilli(ctx, at.UnixMilli(), topic)
	if err != nil {
		return 0, err
	}
	offset, _ := offsets.Lookup(topic, 0)
	return offset.Offset, offset.Err
}

func toRecord(topic string, record matrix.Record) *kgo.Record {
	sent := &kgo.Record{
		Topic:     topic,
		Partition: record.Partition,
		Key:       record.Key,
		Value:     record.Value,
		Timestamp: record.Time,
	}
	for _, header := range record.Headers {
		sent.Headers = append(sent.Headers, kgo.RecordHeader{Key: header.Key, Value: header.Value})
	}
	return sent
}

func fromRecord(record *kgo.Record) matrix.Record {
	read := matrix.Record{
		Key:       record.Key,
		Value:     record.Value,
		Partition: record.Partition,
		Offset:    record.Offset,
		Time:      record.Timestamp,
	}
	for _, header := range record.Headers {
		read.Headers = append(read.Headers, matrix.Header{Key: header.Key, Value: header.Value})
	}
	return read
}

type producer struct{ kafka *kgo.Client }

func producing(options ...kgo.Opt) []kgo.Opt {
	return append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(fetchBytes))
}

func (c *client) Producer(ctx context.Context, options matrix.ProducerOptions) (matrix.Producer, error) {
	chosen := producing(c.with(kgo.ProducerBatchCompression(codecs[options.Codec]))...)
	if options.TransactionalID != "" {
		chosen = append(chosen, kgo.TransactionalID(options.TransactionalID))
	} else if !options.Idempotent {
		chosen = append(chosen, kgo.DisableIdempotentWrite())
	}
	kafka, err := kgo.NewClient(chosen...)
	if err != nil {
		return nil, err
	}
	if options.TransactionalID != "" {
		// It would ask for its producer id with the first record; this fences the one before.
		if _, _, err := kafka.ProducerID(ctx); err != nil {
			return nil, err
		}
	}
	return producer{kafka}, nil
}

func (p producer) Send(ctx context.Context, topic string, records ...matrix.Record) error {
	sent := make([]*kgo.Record, len(records))
	for i, record := range records {
		sent[i] = toRecord(topic, record)
	}
	return p.kafka.ProduceSync(ctx, sent...).FirstErr()
}

func (p producer) Begin(context.Context) error { return p.kafka.BeginTransaction() }

func (p producer) Commit(ctx context.Context) error {
	return p.kafka.EndTransaction(ctx, kgo.TryCommit)
}

func (p producer) Abort(ctx context.Context) error { return p.kafka.EndTransaction(ctx, kgo.TryAbort) }

func (p producer) Close() { p.kafka.Close() }

func consuming(options ...kgo.Opt) []kgo.Opt {
	return append(options,
		kgo.FetchMaxWait(100*time.Millisecond),
		kgo.FetchMaxBytes(fetchBytes),
		kgo.FetchMaxPartitionBytes(fetchBytes),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)
}

func joining(group, topic string) []kgo.Opt {
	return []kgo.Opt{
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic),
		kgo.DisableAutoCommit(),
		kgo.HeartbeatInterval(500 * time.Millisecond),
	}
}

type transformer struct{ session *kgo.GroupTransactSession }

func (c *client) Transformer(_ context.Context, group, topic, transactionalID string) (matrix.Transformer, error) {
	options := append(consuming(producing(c.with(joining(group, topic)...)...)...), kgo.TransactionalID(transactionalID))
	session, err := kgo.NewGroupTransactSession(options...)
	if err != nil {
		return nil, err
	}
	return transformer{session}, nil
}

func (t transformer) Transform(ctx context.Context, count int, output string, record matrix.Record, commit bool) error {
	for read := 0; read < count; {
		fetches := t.session.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		read += fetches.NumRecords()
	}
	if err := t.session.Begin(); err != nil {
		return err
	}
	if err := t.session.ProduceSync(ctx, toRecord(output, record)).FirstErr(); err != nil {
		return err
	}
	committed, err := t.session.End(ctx, kgo.TransactionEndTry(commit))
	if err == nil && committed != commit {
		return fmt.Errorf("committed: %t, though asked for %t", committed, commit)
	}
	return err
}

func (t transformer) Close() { t.session.Close() }

type reader struct {
	matrix.Log
	matrix.Owned
	kafka *kgo.Client
}

func (r *reader) poll() {
	for {
		fetches := r.kafka.PollFetches(context.Background())
		if fetches.IsClientClosed() {
			return
		}
		fetches.EachError(func(_ string, _ int32, err error) { fmt.Fprintln(os.Stderr, err) })
		fetches.EachRecord(func(record *kgo.Record) { r.Append(fromRecord(record)) })
	}
}

func (r *reader) Commit(ctx context.Context) error { return r.kafka.CommitUncommittedOffsets(ctx) }

func (r *reader) Close() {
	r.kafka.Close()
	r.Clear()
}

// start begins to read; the set of partitions is a member's.
func (r *reader) start(options []kgo.Opt) (*reader, error) {
	kafka, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	r.kafka = kafka
	go r.poll()
	return r, nil
}

func (c *client) Reader(_ context.Context, topic string, options matrix.ReaderOptions) (matrix.Reader, error) {
	from := map[string]map[int32]kgo.Offset{topic: {options.Partition: kgo.NewOffset().At(options.Offset)}}
	chosen := consuming(c.with(kgo.ConsumePartitions(from))...)
	if options.Committed {
		chosen = append(chosen, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	}
	return new(reader).start(chosen)
}

func (c *client) Member(_ context.Context, group, topic, protocol string) (matrix.Member, error) {
	joined := new(reader)
	added := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
		joined.Add(partitions[topic]...)
	}
	removed := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
		joined.Remove(partitions[topic]...)
	}
	chosen := append(consuming(c.with(joining(group, topic)...)...),
		kgo.OnPartitionsAssigned(added), kgo.OnPartitionsRevoked(removed), kgo.OnPartitionsLost(removed))
	if protocol == matrix.Consumer {
		chosen = append(chosen, kgo.ServerSideBalancer(), kgo.Balancers(kgo.RangeBalancer()))
	}
	return joined.start(chosen)
}
