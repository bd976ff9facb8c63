package matrix

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	largestMessageBytes = 1_048_588
	// What a batch of one record without key and headers has around a value of that size.
	batchOverheadBytes = 72
)

// scenarios are what each client is asked to do; what each promises is in ../../scenarios.ts.
var scenarios = map[string]func(run *Run){
	"topics":              topics,
	"topic-configs":       topicConfigs,
	"cluster":             cluster,
	"group-offsets":       groupOffsets,
	"alter-group-offsets": alterGroupOffsets,
	"codec-none":          codec(""),
	"codec-gzip":          codec("gzip"),
	"codec-snappy":        codec("snappy"),
	"codec-lz4":           codec("lz4"),
	"codec-zstd":          codec("zstd"),
	"nulls":               nulls,
	"headers":             headers,
	"null-header":         nullHeader,
	"largest-record":      largestRecord,
	"seek-by-time":        seekByTime,
	"idempotence":         idempotence,
	"transaction-commit":  transactionCommit,
	"transaction-abort":   transactionAbort,
	"transaction-offsets": transactionOffsets,
	"fencing":             fencing,
	"read-committed":      readCommitted,
	"group-classic":       group(Classic),
	"rebalance-classic":   rebalance(Classic),
	"group-consumer":      group(Consumer),
	"rebalance-consumer":  rebalance(Consumer),
	"restart":             restart(ProducerOptions{}, checkNothingLost),
	"restart-idempotent":  restart(ProducerOptions{Idempotent: true}, checkOnceInOrder),
	"restart-group":       restartGroup,
}

func recordOf(value string) Record {
	return Record{Value: []byte(value)}
}

func numbered(count, from int) []Record {
	records := make([]Record, count)
	for i := range records {
		records[i] = recordOf(fmt.Sprintf("value %d", from+i))
	}
	return records
}

func texts(records []Record) []string {
	values := make([]string, len(records))
	for i, record := range records {
		values[i] = string(record.Value)
	}
	return values
}

func (run *Run) topicOf(partitions int32, configs map[string]string) string {
	run.no(run.client.CreateTopic(run.ctx, run.name, partitions, configs))
	run.until("the topic in the list", func() bool { return run.listed(run.name) })
	return run.name
}

func (run *Run) listed(topic string) bool {
	return slices.Contains(must(run.client.TopicNames(run.ctx)), topic)
}

func (run *Run) producer(options ProducerOptions) Producer {
	producer, err := run.client.Producer(run.ctx, options)
	return using(run, producer, err)
}

func (run *Run) transactional() Producer {
	return run.producer(ProducerOptions{TransactionalID: run.name})
}

func (run *Run) produce(topic string, records ...Record) {
	run.no(run.producer(ProducerOptions{}).Send(run.ctx, topic, records...))
}

func (run *Run) reader(topic string, options ReaderOptions) Reader {
	reader, err := run.client.Reader(run.ctx, topic, options)
	return using(run, reader, err)
}

func (run *Run) member(topic, protocol string) Member {
	member, err := run.client.Member(run.ctx, run.name, topic, protocol)
	return using(run, member, err)
}

func (run *Run) untilRead(reader Reader, count int) {
	run.until(fmt.Sprintf("%d records", count), func() bool { return len(reader.Records()) >= count })
}

// readToEnd reads partition 0 from its beginning up to the record "end".
func (run *Run) readToEnd(topic string, options ReaderOptions) []string {
	reader := run.reader(topic, options)
	defer reader.Close()
	run.until(`the record "end"`, func() bool { return slices.Contains(texts(reader.Records()), "end") })
	read := texts(reader.Records())
	return read[:slices.Index(read, "end")]
}

func topics(run *Run) {
	topic := run.topicOf(3, nil)
	run.equal(must(run.client.PartitionCount(run.ctx, topic)), 3, "partitions")
	run.no(run.client.DeleteTopic(run.ctx, topic))
	run.until("the topic gone", func() bool { return !run.listed(topic) })
}

func topicConfigs(run *Run) {
	const config = "retention.ms"
	topic := run.topicOf(1, map[string]string{config: "3600000"})
	value := func() string { return must(run.client.TopicConfig(run.ctx, topic, config)) }
	run.equal(value(), "3600000", "retention.ms as created")
	run.no(run.client.AlterTopicConfig(run.ctx, topic, config, "7200000"))
	run.until("the new retention.ms", func() bool { return value() == "7200000" })
}

func cluster(run *Run) {
	brokers, controller, err := run.client.Cluster(run.ctx)
	run.no(err)
	run.equal(brokers, []string{run.bootstrap}, "brokers")
	run.equal(controller, run.bootstrap, "the controller")
}

func (run *Run) committed(topic string) int64 {
	return must(run.client.Committed(run.ctx, run.name, topic))
}

func groupOffsets(run *Run) {
	topic := run.topicOf(1, nil)
	run.produce(topic, numbered(5, 0)...)
	member := run.member(topic, Classic)
	run.untilRead(member, 5)
	run.no(member.Commit(run.ctx))
	member.Close()
	run.equal(run.committed(topic), int64(5), "the committed offset")
}

func alterGroupOffsets(run *Run) {
	topic := run.topicOf(1, nil)
	run.produce(topic, numbered(5, 0)...)
	run.no(run.client.AlterCommitted(run.ctx, run.name, topic, 3))
	run.equal(run.committed(topic), int64(3), "the committed offset")
	member := run.member(topic, Classic)
	run.untilRead(member, 2)
	run.equal(texts(member.Records()), texts(numbered(2, 3)), "what was read from there")
}

func codec(name string) func(run *Run) {
	return func(run *Run) {
		topic := run.topicOf(1, nil)
		sent := make([]Record, 200)
		for i := range sent {
			sent[i] = recordOf(fmt.Sprintf("%d %s", i, strings.Repeat("all work and no play ", 5)))
		}
		run.no(run.producer(ProducerOptions{Codec: name}).Send(run.ctx, topic, sent...))
		run.produce(topic, recordOf("end"))
		run.equal(run.readToEnd(topic, ReaderOptions{}), texts(sent), "what was read")
	}
}

func nulls(run *Run) {
	topic := run.topicOf(1, nil)
	sent := []Record{recordOf("no key"), {Key: []byte("tombstone")}, {Key: []byte{}, Value: []byte{}}}
	run.produce(topic, sent...)
	reader := run.reader(topic, ReaderOptions{})
	run.untilRead(reader, 3)
	for i, record := range reader.Records() {
		// Equal tells nil from empty.
		run.equal([][]byte{record.Key, record.Value}, [][]byte{sent[i].Key, sent[i].Value}, fmt.Sprintf("record %d", i))
	}
}

func headersComeBack(headers ...Header) func(run *Run) {
	return func(run *Run) {
		topic := run.topicOf(1, nil)
		sent := recordOf("with headers")
		sent.Headers = headers
		run.produce(topic, sent)
		reader := run.reader(topic, ReaderOptions{})
		run.untilRead(reader, 1)
		run.equal(reader.Records()[0].Headers, headers, "headers")
	}
}

func headers(run *Run) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	headersComeBack(
		Header{"binary", every},
		Header{"repeated", []byte("one")},
		Header{"repeated", []byte("two")},
		Header{"empty", []byte{}},
		Header{"schlüssel", []byte("wert")},
	)(run)
}

func nullHeader(run *Run) {
	headersComeBack(Header{"nothing", nil})(run)
}

var tooLarge = regexp.MustCompile(`(?i)too.?large|too.?big|larger than`)

func sizes(texts []string) []int {
	lengths := make([]int, len(texts))
	for i, text := range texts {
		lengths[i] = len(text)
	}
	return lengths
}

func largestRecord(run *Run) {
	const largest = largestMessageBytes - batchOverheadBytes
	topic := run.topicOf(1, nil)
	producer := run.producer(ProducerOptions{})
	send := func(topic string, size int) error {
		return producer.Send(run.ctx, topic, Record{Value: bytes.Repeat([]byte("x"), size)})
	}
	run.no(send(topic, largest))
	err := send(topic, largest+1)
	run.check(err != nil && tooLarge.MatchString(err.Error()), "one byte more was answered with %v", err)
	run.no(producer.Send(run.ctx, topic, recordOf("end")))
	run.equal(sizes(run.readToEnd(topic, ReaderOptions{})), []int{largest}, "sizes")

	large := topic + ".large"
	run.no(run.client.CreateTopic(run.ctx, large, 1, map[string]string{"max.message.bytes": strconv.Itoa(8 << 20)}))
	run.no(send(large, 8_000_000))
	run.no(producer.Send(run.ctx, large, recordOf("end")))
	run.equal(sizes(run.readToEnd(large, ReaderOptions{})), []int{8_000_000}, "sizes")
}

func seekByTime(run *Run) {
	topic := run.topicOf(1, nil)
	start := time.UnixMilli(time.Now().UnixMilli()).Add(-time.Hour)
	sent := numbered(10, 0)
	for i := range sent {
		sent[i].Time = start.Add(time.Duration(i) * time.Second)
	}
	run.produce(topic, sent...)
	offsetAt := func(after time.Duration) int64 {
		return must(run.client.OffsetAt(run.ctx, topic, start.Add(after)))
	}
	offset := offsetAt(2500 * time.Millisecond)
	run.equal(offset, int64(3), "the offset at a time between two records")
	run.equal(offsetAt(4*time.Second), int64(4), "the offset at the time of a record")
	after := offsetAt(time.Minute)
	run.check(after == NoOffset || after == 10, "the offset after the last record is %d", after)
	reader := run.reader(topic, ReaderOptions{Offset: offset})
	run.untilRead(reader, 7)
	for i, record := range reader.Records() {
		run.equal(record.Time.UnixMilli(), sent[3+i].Time.UnixMilli(), "timestamp")
	}
}

func idempotence(run *Run) {
	topic := run.topicOf(1, nil)
	producer := run.producer(ProducerOptions{Idempotent: true})
	for from := 0; from < 300; from += 100 {
		run.no(producer.Send(run.ctx, topic, numbered(100, from)...))
	}
	run.no(producer.Send(run.ctx, topic, recordOf("end")))
	run.equal(run.readToEnd(topic, ReaderOptions{}), texts(numbered(300, 0)), "what was read")
}

func transactionCommit(run *Run) {
	topic := run.topicOf(2, nil)
	producer := run.transactional()
	for _, word := range []string{"first", "second"} {
		both := []Record{recordOf(word), recordOf(word)}
		both[1].Partition = 1
		run.no(producer.Begin(run.ctx))
		run.no(producer.Send(run.ctx, topic, both...))
		run.no(producer.Commit(run.ctx))
	}
	for partition := range int32(2) {
		reader := run.reader(topic, ReaderOptions{Partition: partition, Committed: true})
		run.untilRead(reader, 2)
		run.equal(texts(reader.Records()), []string{"first", "second"}, fmt.Sprintf("partition %d", partition))
	}
}

func transactionAbort(run *Run) {
	topic := run.topicOf(1, nil)
	producer := run.transactional()
	send := func(word string) {
		run.no(producer.Begin(run.ctx))
		run.no(producer.Send(run.ctx, topic, recordOf(word)))
	}
	send("kept")
	run.no(producer.Commit(run.ctx))
	send("dropped")
	run.no(producer.Abort(run.ctx))
	send("also kept")
	run.no(producer.Commit(run.ctx))
	run.produce(topic, recordOf("end"))
	run.equal(run.readToEnd(topic, ReaderOptions{Committed: true}), []string{"kept", "also kept"}, "read_committed")
	run.equal(run.readToEnd(topic, ReaderOptions{}), []string{"kept", "dropped", "also kept"}, "read_uncommitted")
}

func transactionOffsets(run *Run) {
	topic := run.topicOf(1, nil)
	run.produce(topic, numbered(5, 0)...)
	output := topic + ".output"
	run.no(run.client.CreateTopic(run.ctx, output, 1, nil))
	transformer, err := run.client.Transformer(run.ctx, run.name, topic, run.name)
	using(run, transformer, err)
	run.no(transformer.Transform(run.ctx, 5, output, recordOf("abort"), false))
	run.equal(run.committed(topic), NoOffset, "the committed offset after an abort")
	run.no(transformer.Transform(run.ctx, 5, output, recordOf("commit"), true))
	run.until("the committed offset", func() bool { return run.committed(topic) == 5 })
	run.produce(output, recordOf("end"))
	run.equal(run.readToEnd(output, ReaderOptions{Committed: true}), []string{"commit"}, "the output")
}

// Sarama has no name for PRODUCER_FENCED.
var fenced = regexp.MustCompile(`(?i)fence|epoch|error code = 90$`)

func fencing(run *Run) {
	topic := run.topicOf(1, nil)
	zombie := run.transactional()
	run.no(zombie.Begin(run.ctx))
	run.no(zombie.Send(run.ctx, topic, recordOf("of the zombie")))
	successor := run.transactional()
	err := zombie.Commit(run.ctx)
	run.check(err != nil && fenced.MatchString(err.Error()), "the zombie's commit was answered with %v", err)
	run.no(successor.Begin(run.ctx))
	run.no(successor.Send(run.ctx, topic, recordOf("of the successor")))
	run.no(successor.Commit(run.ctx))
	run.produce(topic, recordOf("end"))
	run.equal(run.readToEnd(topic, ReaderOptions{Committed: true}), []string{"of the successor"}, "read_committed")
}

func readCommitted(run *Run) {
	topic := run.topicOf(1, nil)
	run.produce(topic, recordOf("before"))
	producer := run.transactional()
	run.no(producer.Begin(run.ctx))
	run.no(producer.Send(run.ctx, topic, recordOf("within")))
	run.produce(topic, recordOf("end"))
	committed := run.reader(topic, ReaderOptions{Committed: true})
	run.untilRead(committed, 1)
	run.equal(run.readToEnd(topic, ReaderOptions{}), []string{"before", "within"}, "read_uncommitted")
	run.equal(texts(committed.Records()), []string{"before"}, "read_committed while the transaction is open")
	run.no(producer.Commit(run.ctx))
	run.untilRead(committed, 3)
	run.equal(texts(committed.Records()), []string{"before", "within", "end"}, "read_committed")
}

func group(protocol string) func(run *Run) {
	return func(run *Run) {
		topic := run.topicOf(1, nil)
		run.produce(topic, numbered(10, 0)...)
		first := run.member(topic, protocol)
		run.untilRead(first, 10)
		run.equal(texts(first.Records()), texts(numbered(10, 0)), "what the first member read")
		run.no(first.Commit(run.ctx))
		first.Close()
		run.produce(topic, numbered(5, 10)...)
		second := run.member(topic, protocol)
		run.untilRead(second, 5)
		run.equal(texts(second.Records()), texts(numbered(5, 10)), "what the second member read")
	}
}

func rebalance(protocol string) func(run *Run) {
	return func(run *Run) {
		all := []int32{0, 1, 2, 3}
		topic := run.topicOf(4, nil)
		sendToAll := func(word string) {
			records := make([]Record, len(all))
			for i := range records {
				records[i] = recordOf(fmt.Sprintf("%s %d", word, i))
				records[i].Partition = all[i]
			}
			run.produce(topic, records...)
		}
		haveAll := func(word string, members ...Member) func() bool {
			return func() bool {
				seen := map[string]bool{}
				for _, member := range members {
					for _, text := range texts(member.Records()) {
						seen[text] = true
					}
				}
				return !slices.ContainsFunc(all, func(i int32) bool { return !seen[fmt.Sprintf("%s %d", word, i)] })
			}
		}
		first := run.member(topic, protocol)
		run.until("all partitions for the first member", func() bool { return len(first.Partitions()) == 4 })
		second := run.member(topic, protocol)
		run.until("partitions for both members", func() bool {
			ofFirst, ofSecond := first.Partitions(), second.Partitions()
			owned := slices.Sorted(slices.Values(slices.Concat(ofFirst, ofSecond)))
			return len(ofFirst) > 0 && len(ofSecond) > 0 && slices.Equal(owned, all)
		})
		sendToAll("shared")
		run.until("a record of each partition", haveAll("shared", first, second))
		first.Close()
		run.until("all partitions for the second member", func() bool { return len(second.Partitions()) == 4 })
		sendToAll("alone")
		run.until("all records at the second member", haveAll("alone", second))
	}
}

func (run *Run) sendValues(producer Producer, topic string) func(values ...string) error {
	return func(values ...string) error {
		records := make([]Record, len(values))
		for i, value := range values {
			records[i] = recordOf(value)
		}
		return producer.Send(run.ctx, topic, records...)
	}
}

// topicAtRestart creates a topic on a broker that has just been restarted, which may not take one yet.
func (run *Run) topicAtRestart() string {
	run.until("the topic created", func() bool {
		_ = run.client.CreateTopic(run.ctx, run.name, 1, nil)
		return run.listed(run.name)
	})
	return run.name
}

func restart(options ProducerOptions, check func(run *Run, acknowledged, read []string)) func(run *Run) {
	return func(run *Run) {
		topic := run.topicAtRestart()
		acknowledged := run.sendThroughRestarts(run.sendValues(run.producer(options), topic))
		check(run, acknowledged, run.readToEnd(topic, ReaderOptions{}))
	}
}

func checkNothingLost(run *Run, acknowledged, read []string) {
	there := map[string]bool{}
	for _, value := range read {
		there[value] = true
	}
	lost := slices.DeleteFunc(slices.Clone(acknowledged), func(value string) bool { return there[value] })
	run.equal(lost, []string{}, "acknowledged records that are lost")
}

func checkOnceInOrder(run *Run, acknowledged, read []string) {
	checkNothingLost(run, acknowledged, read)
	before := -1
	for _, value := range read {
		number := must(strconv.Atoi(value))
		run.check(number > before, "records twice or not in order: %d after %d", number, before)
		before = number
	}
}

func restartGroup(run *Run) {
	topic := run.topicAtRestart()
	member := run.member(topic, Classic)
	acknowledged := run.sendThroughRestarts(run.sendValues(run.producer(ProducerOptions{}), topic))
	run.until(`the record "end" at the member`, func() bool { return slices.Contains(texts(member.Records()), "end") })
	checkNothingLost(run, acknowledged, texts(member.Records()))
}
