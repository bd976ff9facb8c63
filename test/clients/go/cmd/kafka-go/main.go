// segmentio/kafka-go: its Client, its Writer, and Readers for what its ConsumerGroup assigns.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"odradek/test/clients/matrix"

	"github.com/segmentio/kafka-go"
)

const (
	fetchBytes = 20 << 20
	maxWait    = 100 * time.Millisecond
)

const noProducerID = matrix.Unsupported("it writes its batches without a producer id")

var codecs = map[string]kafka.Compression{
	"gzip":   kafka.Gzip,
	"snappy": kafka.Snappy,
	"lz4":    kafka.Lz4,
	"zstd":   kafka.Zstd,
}

func main() {
	matrix.Drive(matrix.ModuleVersion("github.com/segmentio/kafka-go"), connect)
}

func connect(options matrix.ConnectOptions) (matrix.Client, error) {
	address := kafka.TCP(options.Bootstrap)
	transport := &kafka.Transport{ClientID: options.Name}
	return &client{options.Bootstrap, transport, &kafka.Client{Addr: address, Transport: transport}}, nil
}

type client struct {
	bootstrap string
	transport *kafka.Transport
	*kafka.Client
}

func (c *client) Close() { c.transport.CloseIdleConnections() }

func (c *client) CreateTopic(ctx context.Context, topic string, partitions int32, configs map[string]string) error {
	config := kafka.TopicConfig{Topic: topic, NumPartitions: int(partitions), ReplicationFactor: 1}
	for name, value := range configs {
		config.ConfigEntries = append(config.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
	}
	response, err := c.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{config}})
	if err != nil {
		return err
	}
	return response.Errors[topic]
}

func (c *client) metadata(ctx context.Context, topics ...string) (*kafka.MetadataResponse, error) {
	return c.Metadata(ctx, &kafka.MetadataRequest{Topics: topics})
}

func (c *client) TopicNames(ctx context.Context) ([]string, error) {
	metadata, err := c.metadata(ctx)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(metadata.Topics))
	for i, topic := range metadata.Topics {
		names[i] = topic.Name
	}
	return names, nil
}

func (c *client) PartitionCount(ctx context.Context, topic string) (int, error) {
	metadata, err := c.metadata(ctx, topic)
	if err != nil {
		return 0, err
	}
	return len(metadata.Topics[0].Partitions), metadata.Topics[0].Error
}

func (c *client) DeleteTopic(ctx context.Context, topic string) error {
	response, err := c.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic}})
	if err != nil {
		return err
	}
	return response.Errors[topic]
}

func (c *client) TopicConfig(ctx context.Context, topic, name string) (string, error) {
	resource := kafka.DescribeConfigRequestResource{
		ResourceType: kafka.ResourceTypeTopic,
		ResourceName: topic,
		ConfigNames:  []string{name},
	}
	request := &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{resource}}
	response, err := c.DescribeConfigs(ctx, request)
	if err != nil {
		return "", err
	}
	described := response.Resources[0]
	if described.Error != nil || len(described.ConfigEntries) != 1 {
		return "", errors.Join(described.Error, fmt.Errorf("%d configs %s", len(described.ConfigEntries), name))
	}
	return described.ConfigEntries[0].ConfigValue, nil
}

func (c *client) AlterTopicConfig(ctx context.Context, topic, name, value string) error {
	config := kafka.IncrementalAlterConfigsRequestConfig{
		Name:            name,
		Value:           value,
		ConfigOperation: kafka.ConfigOperationSet,
	}
	resource := kafka.IncrementalAlterConfigsRequestResource{
		ResourceType: kafka.ResourceTypeTopic,
		ResourceName: topic,
		Configs:      []kafka.IncrementalAlterConfigsRequestConfig{config},
	}
	request := &kafka.IncrementalAlterConfigsRequest{Resources: []kafka.IncrementalAlterConfigsRequestResource{resource}}
	response, err := c.IncrementalAlterConfigs(ctx, request)
	if err != nil {
		return err
	}
	return response.Resources[0].Error
}

func addressOf(broker kafka.Broker) string {
	return net.JoinHostPort(broker.Host, strconv.Itoa(broker.Port))
}

func (c *client) Cluster(ctx context.Context) (brokers []string, controller string, err error) {
	metadata, err := c.metadata(ctx)
	if err != nil {
		return nil, "", err
	}
	for _, broker := range metadata.Brokers {
		brokers = append(brokers, addressOf(broker))
	}
	return brokers, addressOf(metadata.Controller), nil
}

func (c *client) Committed(ctx context.Context, group, topic string) (int64, error) {
	request := &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: {0}}}
	response, err := c.OffsetFetch(ctx, request)
	if err != nil {
		return 0, err
	}
	partitions := response.Topics[topic]
	if response.Error != nil || len(partitions) == 0 {
		return matrix.NoOffset, response.Error
	}
	return partitions[0].CommittedOffset, partitions[0].Error
}

func (c *client) AlterCommitted(ctx context.Context, group, topic string, offset int64) error {
	response, err := c.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
		GroupID:      group,
		GenerationID: -1,
		Topics:       map[string][]kafka.OffsetCommit{topic: {{Partition: 0, Offset: offset}}},
	})
	if err != nil {
		return err
	}
	return response.Topics[topic][0].Error
}

func (c *client) OffsetAt(ctx context.Context, topic string, at time.Time) (int64, error) {
	request := &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: {kafka.TimeOffsetOf(0, at)}}}
	response, err := c.ListOffsets(ctx, request)
	if err != nil {
		return 0, err
	}
	found := response.Topics[topic][0]
	for offset := range found.Offsets {
		return offset, found.Error
	}
	return matrix.NoOffset, found.Error
}

type producer struct {
	matrix.NoTransactions
	writer *kafka.Writer
}

func (c *client) Producer(_ context.Context, options matrix.ProducerOptions) (matrix.Producer, error) {
	if options.Idempotent || options.TransactionalID != "" {
		return nil, noProducerID
	}
	// The message's own field for the partition is for reading alone.
	chosen := func(message kafka.Message, _ ...int) int { return message.WriterData.(int) }
	return producer{writer: &kafka.Writer{
		Addr:         c.Addr,
		Transport:    c.transport,
		Balancer:     kafka.BalancerFunc(chosen),
		RequiredAcks: kafka.RequireAll,
		Compression:  codecs[options.Codec],
		BatchBytes:   fetchBytes,
		BatchSize:    200,
		BatchTimeout: 5 * time.Millisecond,
	}}, nil
}

func (p producer) Send(ctx context.Context, topic string, records ...matrix.Record) error {
	messages := make([]kafka.Message, len(records))
	for i, record := range records {
		messages[i] = kafka.Message{
			Topic:      topic,
			WriterData: int(record.Partition),
			Key:        record.Key,
			Value:      record.Value,
			Time:       record.Time,
		}
		for _, header := range record.Headers {
			messages[i].Headers = append(messages[i].Headers, kafka.Header{Key: header.Key, Value: header.Value})
		}
	}
	err := p.writer.WriteMessages(ctx, messages...)
	// It counts them, and keeps what each says to itself.
	if each := (kafka.WriteErrors)(nil); errors.As(err, &each) {
		return errors.Join(each...)
	}
	return err
}

func (p producer) Close() { _ = p.writer.Close() }

func (c *client) Transformer(context.Context, string, string, string) (matrix.Transformer, error) {
	return nil, noProducerID
}

func fromHeaders(headers []kafka.Header) []matrix.Header {
	read := make([]matrix.Header, len(headers))
	for i, header := range headers {
		read[i] = matrix.Header{Key: header.Key, Value: header.Value}
	}
	return read
}

type reader struct {
	matrix.Log
	client  *client
	request kafka.FetchRequest
	cancel  context.CancelFunc
}

func (c *client) Reader(_ context.Context, topic string, options matrix.ReaderOptions) (matrix.Reader, error) {
	ctx, cancel := context.WithCancel(context.Background())
	request := kafka.FetchRequest{
		Topic:     topic,
		Partition: int(options.Partition),
		Offset:    options.Offset,
		MinBytes:  1,
		MaxBytes:  fetchBytes,
		MaxWait:   maxWait,
	}
	started := &reader{client: c, request: request, cancel: cancel}
	go func() {
		for ctx.Err() == nil {
			if err := started.fetch(ctx); err != nil && ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}()
	return started, nil
}

func (r *reader) fetch(ctx context.Context) error {
	response, err := r.client.Fetch(ctx, &r.request)
	if err != nil {
		return err
	}
	for response.Error == nil {
		record, err := response.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := r.take(record); err != nil {
			return err
		}
	}
	return response.Error
}

func (r *reader) take(record *kafka.Record) error {
	key, keyErr := kafka.ReadAll(record.Key)
	value, valueErr := kafka.ReadAll(record.Value)
	if record.Offset < r.request.Offset {
		// Of a batch that begins before.
		return errors.Join(keyErr, valueErr)
	}
	r.request.Offset = record.Offset + 1
	r.Append(matrix.Record{
		Key:       key,
		Value:     value,
		Partition: int32(r.request.Partition),
		Offset:    record.Offset,
		Time:      record.Time,
		Headers:   fromHeaders(record.Headers),
	})
	return errors.Join(keyErr, valueErr)
}

func (r *reader) Close() { r.cancel() }

type member struct {
	matrix.Log
	matrix.Owned
	client     *client
	topic      string
	group      *kafka.ConsumerGroup
	cancel     context.CancelFunc
	generation chan *kafka.Generation
}

func (c *client) Member(_ context.Context, group, topic, protocol string) (matrix.Member, error) {
	if protocol != matrix.Classic {
		return nil, matrix.Unsupported("it has the classic protocol alone")
	}
	joined, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                group,
		Brokers:           []string{c.bootstrap},
		Topics:            []string{topic},
		HeartbeatInterval: 500 * time.Millisecond,
		StartOffset:       kafka.FirstOffset,
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	started := &member{
		client:     c,
		topic:      topic,
		group:      joined,
		cancel:     cancel,
		generation: make(chan *kafka.Generation, 1),
	}
	go started.run(ctx)
	return started, nil
}

func (m *member) run(ctx context.Context) {
	for {
		generation, err := m.group.Next(ctx)
		if errors.Is(err, kafka.ErrGroupClosed) || ctx.Err() != nil {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		m.use(generation)
	}
}

// use reads the partitions of a generation while it lasts.
func (m *member) use(generation *kafka.Generation) {
	select {
	case <-m.generation:
	default:
	}
	m.generation <- generation
	for _, assigned := range generation.Assignments[m.topic] {
		partition := int32(assigned.ID)
		generation.Start(func(ctx context.Context) {
			m.Add(partition)
			defer m.Remove(partition)
			m.read(ctx, assigned)
		})
	}
}

func (m *member) read(ctx context.Context, assigned kafka.PartitionAssignment) {
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers:   []string{m.client.bootstrap},
		Topic:     m.topic,
		Partition: assigned.ID,
		MinBytes:  1,
		MaxBytes:  fetchBytes,
		MaxWait:   maxWait,
	})
	defer reader.Close()
	err := reader.SetOffset(assigned.Offset)
	for err == nil {
		var message kafka.Message
		message, err = reader.ReadMessage(ctx)
		if err == nil {
			m.Append(fromMessage(message))
		}
	}
	if ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func fromMessage(message kafka.Message) matrix.Record {
	return matrix.Record{
		// A Reader gives nil for what is empty.
		Key:       message.Key,
		Value:     message.Value,
		Partition: int32(message.Partition),
		Offset:    message.Offset,
		Time:      message.Time,
		Headers:   fromHeaders(message.Headers),
	}
}

func (m *member) Commit(context.Context) error {
	generation := <-m.generation
	offsets := map[int]int64{}
	for partition, offset := range m.Next() {
		offsets[int(partition)] = offset
	}
	return generation.CommitOffsets(map[string]map[int]int64{m.topic: offsets})
}

func (m *member) Close() {
	m.cancel()
	_ = m.group.Close()
}
