import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.InvalidRecordException;

/** What a producer is promised. */
final class ProducerCases {
  static void addTo(Map<String, Behaviours.Behaviour> cases) {
    cases.put("a producer is told consecutive offsets, in the order it sent", broker -> {
      String topic = broker.topic(1);
      var producer = broker.producer(Map.of("batch.size", 100));
      var sent = IntStream.range(0, 200).mapToObj(i -> producer.send(new ProducerRecord<>(topic, "value " + i))).toList();
      for (int i = 0; i < sent.size(); i++) Broker.equal((long) i, sent.get(i).get().offset());
      var read = Broker.take(broker.reader(topic, "read_committed"), 200);
      for (int i = 0; i < 200; i++) Broker.equal("value " + i, read.get(i).value());
    });
    for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
      cases.put("a producer compresses with " + codec, broker -> {
        String topic = broker.topic(1);
        var producer = broker.producer(Map.of("compression.type", codec, "linger.ms", 50));
        for (int i = 0; i < 100; i++) producer.send(new ProducerRecord<>(topic, "v".repeat(i)));
        producer.flush();
        var read = Broker.take(broker.reader(topic, "read_committed"), 100);
        for (int i = 0; i < 100; i++) Broker.equal("v".repeat(i), read.get(i).value());
      });
    }
    for (String acks : List.of("0", "1")) {
      cases.put("a producer with acks=" + acks + " has its records read", broker -> {
        String topic = broker.topic(1);
        var producer = broker.producer(Map.of("acks", acks, "enable.idempotence", false));
        long offset = producer.send(new ProducerRecord<>(topic, "a")).get().offset();
        Broker.equal(acks.equals("0") ? -1L : 0L, offset);
        Broker.equal("a", Broker.take(broker.reader(topic, "read_uncommitted"), 1).get(0).value());
      });
    }
    cases.put("keys, headers, times and missing values come as they went", broker -> {
      String topic = broker.topic(1);
      var record = new ProducerRecord<String, String>(topic, 0, 1_700_000_000_000L, "key", null);
      record.headers().add("one", new byte[] {1, 2}).add("none", null);
      broker.producer().send(record).get();
      var read = Broker.take(broker.reader(topic, "read_committed"), 1).get(0);
      Broker.equal("key", read.key());
      Broker.equal(true, read.value() == null);
      Broker.equal(1_700_000_000_000L, read.timestamp());
      Broker.equal(TimestampType.CREATE_TIME, read.timestampType());
      Broker.equal(record.headers(), read.headers());
    });
    cases.put("a topic with the broker's times gives those to producer and consumer", broker -> {
      String topic = broker.topic(1, Map.of("message.timestamp.type", "LogAppendTime"));
      var sent = broker.producer().send(new ProducerRecord<>(topic, 0, 1000L, "key", "value")).get();
      var read = Broker.take(broker.reader(topic, "read_committed"), 1).get(0);
      Broker.equal(TimestampType.LOG_APPEND_TIME, read.timestampType());
      Broker.equal(sent.timestamp(), read.timestamp());
      Broker.equal(true, read.timestamp() > 1_600_000_000_000L);
    });
    cases.put("a record larger than its topic allows is refused", broker -> {
      String topic = broker.topic(1, Map.of("max.message.bytes", "1000"));
      Broker.fails(RecordTooLargeException.class,
          () -> broker.producer().send(new ProducerRecord<>(topic, "x".repeat(2000))).get());
    });
    cases.put("a compacted topic refuses a record without a key", broker -> {
      String topic = broker.topic(1, Map.of("cleanup.policy", "compact"));
      Broker.fails(InvalidRecordException.class, () -> broker.producer().send(new ProducerRecord<>(topic, "value")).get());
      Broker.equal(0L, broker.producer().send(new ProducerRecord<>(topic, "key", "value")).get().offset());
    });
    cases.put("a name that no topic can have is refused", broker -> Broker.fails(InvalidTopicException.class,
        () -> broker.producer().send(new ProducerRecord<>("no topic at all!", "value")).get()));
    cases.put("producing to a topic that does not exist creates it", broker -> {
      String topic = broker.name("made-by-producing");
      Broker.equal(0L, broker.producer().send(new ProducerRecord<>(topic, "value")).get().offset());
      Broker.equal("value", Broker.take(broker.reader(topic, "read_committed"), 1).get(0).value());
    });
    cases.put("records of one key stay in one partition, those of many are in all", broker -> {
      String topic = broker.topic(3);
      var producer = broker.producer();
      for (int i = 0; i < 60; i++) producer.send(new ProducerRecord<>(topic, "key " + i % 20, "value"));
      producer.flush();
      var consumer = broker.consumer(Map.of());
      consumer.assign(IntStream.range(0, 3).mapToObj(i -> new TopicPartition(topic, i)).toList());
      var read = Broker.take(consumer, 60);
      Broker.equal(20L, read.stream().map(record -> record.key() + "/" + record.partition()).distinct().count());
      Broker.equal(3L, read.stream().map(record -> record.partition()).distinct().count());
    });
  }
}
