import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** What a consumer without a group's assignment is promised: positions, times, ends. */
final class ConsumerCases {
  private static final long START = 1_700_000_000_000L;

  /** Ten records, a second apart. */
  private static String timed(Broker broker) throws Exception {
    String topic = broker.topic(1);
    var producer = broker.producer();
    for (int i = 0; i < 10; i++) producer.send(new ProducerRecord<>(topic, 0, START + i * 1000, null, "value " + i)).get();
    return topic;
  }

  private static TopicPartition first(String topic) {
    return new TopicPartition(topic, 0);
  }

  static void addTo(Map<String, Behaviours.Behaviour> cases) {
    cases.put("a consumer seeks to a time", broker -> {
      var topic = timed(broker);
      var consumer = broker.reader(topic, "read_committed");
      var found = consumer.offsetsForTimes(Map.of(first(topic), START + 4500)).get(first(topic));
      Broker.equal(5L, found.offset());
      Broker.equal(START + 5000, found.timestamp());
      consumer.seek(first(topic), found.offset());
      Broker.equal("value 5", Broker.take(consumer, 1).get(0).value());
    });
    cases.put("a time after the last record has no offset", broker -> {
      var topic = timed(broker);
      var found = broker.reader(topic, "read_committed").offsetsForTimes(Map.of(first(topic), START + 60_000));
      Broker.equal(true, found.get(first(topic)) == null);
    });
    cases.put("a consumer seeks to the beginning, the end and between", broker -> {
      var topic = timed(broker);
      var consumer = broker.reader(topic, "read_committed");
      consumer.seekToEnd(List.of(first(topic)));
      Broker.equal(10L, consumer.position(first(topic)));
      consumer.seek(first(topic), 7);
      Broker.equal("value 7", Broker.take(consumer, 3).get(0).value());
      consumer.seekToBeginning(List.of(first(topic)));
      Broker.equal(0L, consumer.position(first(topic)));
      Broker.equal(Map.of(first(topic), 0L), consumer.beginningOffsets(List.of(first(topic))));
      Broker.equal(Map.of(first(topic), 10L), consumer.endOffsets(List.of(first(topic))));
    });
    cases.put("a consumer knows its lag", broker -> {
      var topic = timed(broker);
      var consumer = broker.consumer(Map.of("max.poll.records", 4));
      consumer.assign(List.of(first(topic)));
      Broker.take(consumer, 4);
      Broker.equal(6L, consumer.currentLag(first(topic)).getAsLong());
    });
    cases.put("a paused partition gives nothing until it is resumed", broker -> {
      var topic = timed(broker);
      var consumer = broker.reader(topic, "read_committed");
      consumer.pause(List.of(first(topic)));
      Broker.equal(0, consumer.poll(Duration.ofMillis(300)).count());
      consumer.resume(List.of(first(topic)));
      Broker.equal(10, Broker.take(consumer, 10).size());
    });
    cases.put("a consumer without an offset and without a reset says so", broker -> {
      var topic = timed(broker);
      var consumer = broker.consumer(Map.of("auto.offset.reset", "none", "group.id", broker.name("group")));
      consumer.assign(List.of(first(topic)));
      Broker.fails(NoOffsetForPartitionException.class, () -> Broker.take(consumer, 1));
    });
    cases.put("a consumer that begins by duration begins there", broker -> {
      String topic = broker.topic(1);
      long now = System.currentTimeMillis();
      var producer = broker.producer();
      producer.send(new ProducerRecord<>(topic, 0, now - 7_200_000, null, "old")).get();
      producer.send(new ProducerRecord<>(topic, 0, now - 60_000, null, "new")).get();
      var consumer = broker.consumer(Map.of("auto.offset.reset", "by_duration:PT1H"));
      consumer.assign(List.of(first(topic)));
      Broker.equal("new", Broker.take(consumer, 1).get(0).value());
    });
    cases.put("a consumer that begins at the latest record sees what comes later", broker -> {
      var topic = timed(broker);
      var consumer = broker.consumer(Map.of("auto.offset.reset", "latest"));
      consumer.assign(List.of(first(topic)));
      Broker.equal(10L, consumer.position(first(topic)));
      broker.send(topic, 0, "later");
      Broker.equal("later", Broker.take(consumer, 1).get(0).value());
    });
    cases.put("an offset out of range is an error, or reset", broker -> {
      var topic = timed(broker);
      broker.admin().deleteRecords(Map.of(first(topic), RecordsToDelete.beforeOffset(4))).all().get();
      var strict = broker.consumer(Map.of("auto.offset.reset", "none"));
      strict.assign(List.of(first(topic)));
      strict.seek(first(topic), 1);
      var error = Broker.fails(OffsetOutOfRangeException.class, () -> Broker.take(strict, 1));
      Broker.equal(Map.of(first(topic), 1L), error.offsetOutOfRangePartitions());
      var lenient = broker.reader(topic, "read_committed");
      lenient.seek(first(topic), 1);
      Broker.equal("value 4", Broker.take(lenient, 1).get(0).value());
    });
    cases.put("a consumer commits for its group without being a member", broker -> {
      var topic = timed(broker);
      String group = broker.name("group");
      var consumer = broker.consumer(Map.of("group.id", group));
      consumer.assign(List.of(first(topic)));
      Broker.take(consumer, 10);
      consumer.commitSync(Map.of(first(topic), new OffsetAndMetadata(3, "a note")));
      var committed = broker.consumer(Map.of("group.id", group)).committed(Set.of(first(topic))).get(first(topic));
      Broker.equal(3L, committed.offset());
      Broker.equal("a note", committed.metadata());
    });
    cases.put("a consumer reads many partitions at once", broker -> {
      String topic = broker.topic(20);
      var producer = broker.producer();
      for (int i = 0; i < 400; i++) producer.send(new ProducerRecord<>(topic, i % 20, null, "value " + i));
      producer.flush();
      var consumer = broker.consumer(Map.of());
      consumer.assign(IntStream.range(0, 20).mapToObj(i -> new TopicPartition(topic, i)).toList());
      Broker.equal(400, new HashSet<>(Broker.values(Broker.take(consumer, 400))).size());
    });
    cases.put("a consumer reads records larger than it asks for", broker -> {
      String topic = broker.topic(1);
      broker.send(topic, 0, "x".repeat(50_000), "y".repeat(50_000));
      var consumer = broker.consumer(Map.of("max.partition.fetch.bytes", 1000, "fetch.max.bytes", 1000));
      consumer.assign(List.of(first(topic)));
      Broker.equal(2, Broker.take(consumer, 2).size());
    });
    cases.put("the partitions of a topic, and all topics, are known", broker -> {
      String topic = broker.topic(3);
      var consumer = broker.consumer(Map.of());
      Broker.equal(3, consumer.partitionsFor(topic).size());
      Broker.equal(true, consumer.partitionsFor(topic).stream().allMatch(info -> info.leader() != null));
      Broker.equal(3, consumer.listTopics().get(topic).size());
    });
  }
}
