// sarama.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"odradek/test/clients/matrix"

	"github.com/IBM/sarama"
)

const fetchBytes = 20 << 20

var codecs = map[string]sarama.CompressionCodec{
	"":       sarama.CompressionNone,
	"gzip":   sarama.CompressionGZIP,
	"snappy": sarama.CompressionSnappy,
	"lz4":    sarama.CompressionLZ4,
	"zstd":   sarama.CompressionZSTD,
}

func main() {
	matrix.Drive(matrix.ModuleVersion("github.com/IBM/sarama"), connect)
}

func connect(options matrix.ConnectOptions) (matrix.Client, error) {
	connected := &client{addresses: []string{options.Bootstrap}, name: options.Name}
	admin, err := sarama.NewClusterAdmin(connected.addresses, connected.config())
	connected.admin = admin
	return connected, err
}

type client struct {
	addresses []string
	name      string
	admin     sarama.ClusterAdmin
}

func (c *client) config() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.ClientID = c.name
	config.Metadata.Retry.Max = 100
	config.Metadata.Retry.Backoff = 100 * time.Millisecond
	config.Consumer.Fetch.Default = fetchBytes
	config.Consumer.MaxWaitTime = 100 * time.Millisecond
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	return config
}

func (c *client) Close() { _ = c.admin.Close() }

func (c *client) CreateTopic(_ context.Context, topic string, partitions int32, configs map[string]string) error {
	entries := map[string]*string{}
	for name, value := range configs {
		entries[name] = &value
	}
	detail := &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: entries}
	return c.admin.CreateTopic(topic, detail, false)
}

func (c *client) TopicNames(context.Context) ([]string, error) {
	topics, err := c.admin.ListTopics()
	names := make([]string, 0, len(topics))
	for name := range topics {
		names = append(names, name)
	}
	return names, err
}

func (c *client) PartitionCount(_ context.Context, topic string) (int, error) {
	described, err := c.admin.DescribeTopics([]string{topic})
	if err != nil {
		return 0, err
	}
	if described[0].Err != sarama.ErrNoError {
		return 0, described[0].Err
	}
	return len(described[0].Partitions), nil
}

func (c *client) DeleteTopic(_ context.Context, topic string) error {
	return c.admin.DeleteTopic(topic)
}

func (c *client) TopicConfig(_ context.Context, topic, name string) (string, error) {
	resource := sarama.ConfigResource{Type: sarama.TopicResource, Name: topic, ConfigNames: []string{name}}
	entries, err := c.admin.DescribeConfig(resource)
	if err != nil || len(entries) != 1 {
		return "", errors.Join(err, fmt.Errorf("%d configs %s", len(entries), name))
	}
	return entries[0].Value, nil
}

func (c *client) AlterTopicConfig(_ context.Context, topic, name, value string) error {
	entry := sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value}
	entries := map[string]sarama.IncrementalAlterConfigsEntry{name: entry}
	return c.admin.IncrementalAlterConfig(sarama.TopicResource, topic, entries, false)
}

func (c *client) Cluster(context.Context) (brokers []string, controller string, err error) {
	described, id, err := c.admin.DescribeCluster()
	for _, broker := range described {
		brokers = append(brokers, broker.Addr())
		if broker.ID() == id {
			controller = broker.Addr()
		}
	}
	return brokers, controller, err
}

func (c *client) Committed(_ context.Context, group, topic string) (int64, error) {
	response, err := c.admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0}})
	if err != nil {
		return 0, err
	}
	block := response.GetBlock(topic, 0)
	if block == nil {
		return matrix.NoOffset, nil
	}
	return block.Offset, orNil(block.Err)
}

// orNil makes no error of the code for none.
func orNil(code sarama.KError) error {
	if code == sarama.ErrNoError {
		return nil
	}
	return code
}

func (c *client) AlterCommitted(_ context.Context, group, topic string, offset int64) error {
	offsets := map[string]map[int32]sarama.OffsetAndMetadata{topic: {0: {Offset: offset, LeaderEpoch: -1}}}
	response, err := c.admin.AlterConsumerGroupOffsets(group, offsets, nil)
	if err != nil {
		return err
	}
	return orNil(response.Errors[topic][0])
}

func (c *client) OffsetAt(_ context.Context, topic string, at time.Time) (int64, error) {
	asked := map[string]map[int32]int64{topic: {0: at.UnixMilli()}}
	results, err := c.admin.ListOffsets(asked, nil)
	if err != nil {
		return 0, err
	}
	result := results[topic][0]
	if result.Err != nil && !errors.Is(result.Err, sarama.ErrNoError) {
		return 0, result.Err
	}
	return result.Offset, nil
}

type producer struct{ kafka sarama.SyncProducer }

func (c *client) newProducer(options matrix.ProducerOptions) (*producer, error) {
	config := c.config()
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Producer.Compression = codecs[options.Codec]
	config.Producer.MaxMessageBytes = fetchBytes
	config.Producer.Retry.Max = 100
	if options.Idempotent || options.TransactionalID != "" {
		config.Producer.Idempotent = true
		config.Producer.Transaction.ID = options.TransactionalID
		config.Net.MaxOpenRequests = 1
	}
	kafka, err := sarama.NewSyncProducer(c.addresses, config)
	return &producer{kafka}, err
}

func (c *client) Producer(_ context.Context, options matrix.ProducerOptions) (matrix.Producer, error) {
	return c.newProducer(options)
}

// encoderOf tells nil from empty.
func encoderOf(value []byte) sarama.Encoder {
	if value == nil {
		return nil
	}
	return sarama.ByteEncoder(value)
}

func (p *producer) Send(_ context.Context, topic string, records ...matrix.Record) error {
	messages := make([]*sarama.ProducerMessage, len(records))
	for i, record := range records {
		messages[i] = &sarama.ProducerMessage{
			Topic:     topic,
			Partition: record.Partition,
			Key:       encoderOf(record.Key),
			Value:     encoderOf(record.Value),
			Timestamp: record.Time,
		}
		for _, header := range record.Headers {
			sent := sarama.RecordHeader{Key: []byte(header.Key), Value: header.Value}
			messages[i].Headers = append(messages[i].Headers, sent)
		}
	}
	err := p.kafka.SendMessages(messages)
	// It counts them, and keeps what each says to itself.
	if each := (sarama.ProducerErrors)(nil); errors.As(err, &each) {
		return each[0]
	}
	return err
}

func (p *producer) Begin(context.Context) error { return p.kafka.BeginTxn() }

func (p *producer) Commit(context.Context) error { return p.kafka.CommitTxn() }

func (p *producer) Abort(context.Context) error { return p.kafka.AbortTxn() }

func (p *producer) Close() { _ = p.kafka.Close() }

func fromMessage(message *sarama.ConsumerMessage) matrix.Record {
	read := matrix.Record{
		Key:       message.Key,
		Value:     message.Value,
		Partition: message.Partition,
		Offset:    message.Offset,
		Time:      message.Timestamp,
	}
	for _, header := range message.Headers {
		read.Headers = append(read.Headers, matrix.Header{Key: string(header.Key), Value: header.Value})
	}
	return read
}

type reader struct {
	matrix.Log
	consumer  sarama.Consumer
	partition sarama.PartitionConsumer
	close     sync.Once
}

func (c *client) Reader(_ context.Context, topic string, options matrix.ReaderOptions) (matrix.Reader, error) {
	config := c.config()
	if options.Committed {
		config.Consumer.IsolationLevel = sarama.ReadCommitted
	}
	consumer, err := sarama.NewConsumer(c.addresses, config)
	if err != nil {
		return nil, err
	}
	partition, err := consumer.ConsumePartition(topic, options.Partition, options.Offset)
	if err != nil {
		return nil, errors.Join(err, consumer.Close())
	}
	started := &reader{consumer: consumer, partition: partition}
	go func() {
		for message := range partition.Messages() {
			started.Append(fromMessage(message))
		}
	}()
	return started, nil
}

func (r *reader) Close() {
	r.close.Do(func() {
		_ = r.partition.Close()
		_ = r.consumer.Close()
	})
}

// member is the handler of its sessions, too.
type member struct {
	matrix.Log
	matrix.Owned
	topic   string
	group   sarama.ConsumerGroup
	mutex   sync.Mutex
	session sarama.ConsumerGroupSession
}

func (c *client) newMember(group, topic string) (*member, error) {
	kafka, err := sarama.NewConsumerGroup([]string{c.addresses[0]}, group, c.config())
	if err != nil {
		return nil, err
	}
	started := &member{topic: topic, group: kafka}
	go func() {
		for {
			err := kafka.Consume(context.Background(), []string{topic}, started)
			if errors.Is(err, sarama.ErrClosedConsumerGroup) {
				return
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}()
	return started, nil
}

func (c *client) Member(_ context.Context, group, topic, protocol string) (matrix.Member, error) {
	if protocol != matrix.Classic {
		return nil, matrix.Unsupported("it describes consumer groups, but joins classic ones alone")
	}
	return c.newMember(group, topic)
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	m.mutex.Lock()
	m.session = session
	m.mutex.Unlock()
	m.Add(session.Claims()[m.topic]...)
	return nil
}

func (m *member) Cleanup(sarama.ConsumerGroupSession) error {
	m.Clear()
	return nil
}

func (m *member) ConsumeClaim(_ sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		m.Append(fromMessage(message))
	}
	return nil
}

func (m *member) Commit(context.Context) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for partition, offset := range m.Next() {
		m.session.MarkOffset(m.topic, partition, offset, "")
	}
	// It tells of no error here; they come out of the group's Errors.
	m.session.Commit()
	return nil
}

func (m *member) Close() { _ = m.group.Close() }

type transformer struct {
	*member
	producer *producer
	groupID  string
}

func (c *client) Transformer(_ context.Context, group, topic, transactionalID string) (matrix.Transformer, error) {
	producer, err := c.newProducer(matrix.ProducerOptions{TransactionalID: transactionalID})
	if err != nil {
		return nil, err
	}
	member, err := c.newMember(group, topic)
	return transformer{member, producer, group}, err
}

func (t transformer) Transform(ctx context.Context, count int, output string, record matrix.Record, commit bool) error {
	if err := t.AwaitRecords(ctx, count); err != nil {
		return err
	}
	if err := t.producer.Begin(ctx); err != nil {
		return err
	}
	if err := t.producer.Send(ctx, output, record); err != nil {
		return err
	}
	offsets := map[string][]*sarama.PartitionOffsetMetadata{}
	for partition, offset := range t.Next() {
		next := &sarama.PartitionOffsetMetadata{Partition: partition, Offset: offset, LeaderEpoch: -1}
		offsets[t.topic] = append(offsets[t.topic], next)
	}
	if err := t.producer.kafka.AddOffsetsToTxn(offsets, t.groupID); err != nil {
		return err
	}
	if commit {
		return t.producer.Commit(ctx)
	}
	return t.producer.Abort(ctx)
}

func (t transformer) Close() {
	t.member.Close()
	t.producer.Close()
}
