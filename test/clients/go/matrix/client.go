// Package matrix has what the drivers of Go clients share: arguments in, one JSON line per scenario out, the scenarios
// and their helpers. See ../../README.md for the contract. Nothing here knows a client.
package matrix

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A Header is one of a record's; its value is nil where it has none.
type Header struct {
	Key   string
	Value []byte
}

// A Record is what is sent or was read; nil is no key or no value.
type Record struct {
	Key, Value []byte
	Partition  int32
	Offset     int64
	// Time is the zero time where the client chooses it.
	Time    time.Time
	Headers []Header
}

// Unsupported is what the client cannot do, in words that are its own where it has some.
type Unsupported string

func (reason Unsupported) Error() string { return string(reason) }

// Protocols of groups.
const (
	Classic  = "classic"
	Consumer = "consumer"
)

// NoOffset is in the place of an offset that is not there.
const NoOffset int64 = -1

// ProducerOptions are what a scenario asks of a producer.
type ProducerOptions struct {
	// Codec is its name, or empty.
	Codec           string
	Idempotent      bool
	TransactionalID string
}

// ReaderOptions are what a scenario asks of a reader without a group.
type ReaderOptions struct {
	Partition int32
	Offset    int64
	Committed bool
}

// A Client wraps one client's own calls.
type Client interface {
	CreateTopic(ctx context.Context, topic string, partitions int32, configs map[string]string) error
	TopicNames(ctx context.Context) ([]string, error)
	PartitionCount(ctx context.Context, topic string) (int, error)
	DeleteTopic(ctx context.Context, topic string) error
	TopicConfig(ctx context.Context, topic, name string) (string, error)
	AlterTopicConfig(ctx context.Context, topic, name, value string) error
	// Cluster gives the brokers and the controller as host:port.
	Cluster(ctx context.Context) (brokers []string, controller string, err error)
	// Committed gives the group's offset in partition 0, or NoOffset.
	Committed(ctx context.Context, group, topic string) (int64, error)
	AlterCommitted(ctx context.Context, group, topic string, offset int64) error
	// OffsetAt gives the first offset in partition 0 at that time or later, or NoOffset.
	OffsetAt(ctx context.Context, topic string, at time.Time) (int64, error)
	Producer(ctx context.Context, options ProducerOptions) (Producer, error)
	Transformer(ctx context.Context, group, topic, transactionalID string) (Transformer, error)
	Reader(ctx context.Context, topic string, options ReaderOptions) (Reader, error)
	Member(ctx context.Context, group, topic, protocol string) (Member, error)
	Close()
}

// A Producer sends; its transactions are there where it was asked for a transactional id.
type Producer interface {
	// Send returns when all are acknowledged, or with the first error.
	Send(ctx context.Context, topic string, records ...Record) error
	Begin(ctx context.Context) error
	Commit(ctx context.Context) error
	Abort(ctx context.Context) error
	Close()
}

// A Transformer is a member of a group that commits its offsets in transactions.
type Transformer interface {
	// Transform reads count records, and in one transaction sends a record and the offsets after those that were read.
	Transform(ctx context.Context, count int, output string, record Record, commit bool) error
	Close()
}

// A Reader reads on until it is closed.
type Reader interface {
	Records() []Record
	Close()
}

// A Member reads what its group gives it.
type Member interface {
	Reader
	Partitions() []int32
	// Commit commits what follows the records that were read.
	Commit(ctx context.Context) error
}

// A Log holds what was read, for drivers to embed.
type Log struct {
	mutex   sync.Mutex
	records []Record
}

// Append adds what was read.
func (log *Log) Append(records ...Record) {
	log.mutex.Lock()
	defer log.mutex.Unlock()
	log.records = append(log.records, records...)
}

// AwaitRecords returns when at least count records were read.
func (log *Log) AwaitRecords(ctx context.Context, count int) error {
	for len(log.Records()) < count {
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Records gives what was read so far.
func (log *Log) Records() []Record {
	log.mutex.Lock()
	defer log.mutex.Unlock()
	return log.records[:len(log.records):len(log.records)]
}

// Next gives, by partition, the offset after the last record that was read.
func (log *Log) Next() map[int32]int64 {
	next := map[int32]int64{}
	for _, record := range log.Records() {
		next[record.Partition] = record.Offset + 1
	}
	return next
}

// Owned is the set of partitions that a member has, for drivers to embed.
type Owned struct {
	mutex sync.Mutex
	set   map[int32]struct{}
}

// Add puts partitions into the set.
func (owned *Owned) Add(partitions ...int32) {
	owned.mutex.Lock()
	defer owned.mutex.Unlock()
	if owned.set == nil {
		owned.set = map[int32]struct{}{}
	}
	for _, partition := range partitions {
		owned.set[partition] = struct{}{}
	}
}

// Remove takes partitions out of it.
func (owned *Owned) Remove(partitions ...int32) {
	owned.mutex.Lock()
	defer owned.mutex.Unlock()
	for _, partition := range partitions {
		delete(owned.set, partition)
	}
}

// Clear takes all out.
func (owned *Owned) Clear() {
	owned.Remove(owned.Partitions()...)
}

// Partitions gives what is in the set.
func (owned *Owned) Partitions() []int32 {
	owned.mutex.Lock()
	defer owned.mutex.Unlock()
	partitions := make([]int32, 0, len(owned.set))
	for partition := range owned.set {
		partitions = append(partitions, partition)
	}
	return partitions
}

// NoTransactions answers for producers without them, for drivers to embed.
type NoTransactions struct{}

func (NoTransactions) Begin(context.Context) error  { return errNoTransactions }
func (NoTransactions) Commit(context.Context) error { return errNoTransactions }
func (NoTransactions) Abort(context.Context) error  { return errNoTransactions }

var errNoTransactions = fmt.Errorf("no transactional producer")
