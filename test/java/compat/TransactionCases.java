import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;

/** What transactions promise, and how they are looked after. */
final class TransactionCases {
  static void addTo(Map<String, Behaviours.Behaviour> cases) {
    basics(cases);
    fencing(cases);
    offsets(cases);
    administration(cases);
  }

  private static TopicPartition first(String topic) {
    return new TopicPartition(topic, 0);
  }

  private static void write(KafkaProducer<String, String> producer, String topic, String... values) {
    producer.beginTransaction();
    for (String value : values) producer.send(new ProducerRecord<>(topic, 0, null, value));
    producer.flush();
  }

  private static long end(Broker broker, String topic, IsolationLevel isolation) throws Exception {
    var partition = first(topic);
    var result = broker.admin().listOffsets(Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(isolation));
    return result.partitionResult(partition).get().offset();
  }

  private static void basics(Map<String, Behaviours.Behaviour> cases) {
    cases.put("read_committed reads what was committed, read_uncommitted all", broker -> {
      String topic = broker.topic(1);
      var producer = broker.transactional();
      write(producer, topic, "a");
      producer.commitTransaction();
      write(producer, topic, "b", "c");
      producer.abortTransaction();
      write(producer, topic, "d");
      producer.commitTransaction();
      Broker.equal(List.of("a", "d"), Broker.values(Broker.take(broker.reader(topic, "read_committed"), 2)));
      Broker.equal(List.of("a", "b", "c", "d"), Broker.values(Broker.take(broker.reader(topic, "read_uncommitted"), 4)));
    });
    cases.put("read_committed goes no further than an open transaction", broker -> {
      String topic = broker.topic(1);
      var producer = broker.transactional();
      broker.send(topic, 0, "before");
      write(producer, topic, "open");
      broker.send(topic, 0, "after");
      var reader = broker.reader(topic, "read_committed");
      Broker.equal(List.of("before"), Broker.values(Broker.take(reader, 1)));
      Broker.equal(1L, end(broker, topic, IsolationLevel.READ_COMMITTED));
      Broker.equal(3L, end(broker, topic, IsolationLevel.READ_UNCOMMITTED));
      Broker.equal(1L, reader.endOffsets(List.of(first(topic))).get(first(topic)));
      Broker.equal(0, reader.poll(Duration.ofMillis(300)).count());
      producer.commitTransaction();
      Broker.equal(List.of("after", "open"), Broker.values(Broker.take(reader, 2)));
      Broker.equal(4L, end(broker, topic, IsolationLevel.READ_COMMITTED));
    });
    cases.put("a transaction over several topics and partitions is committed whole", broker -> {
      String one = broker.topic(3);
      String other = broker.topic(1);
      var producer = broker.transactional();
      producer.beginTransaction();
      for (int i = 0; i < 9; i++) producer.send(new ProducerRecord<>(one, i % 3, null, "value " + i));
      producer.send(new ProducerRecord<>(other, 0, null, "value"));
      producer.flush();
      var consumer = broker.consumer(Map.of("isolation.level", "read_committed"));
      consumer.assign(List.of(first(one), new TopicPartition(one, 1), new TopicPartition(one, 2), first(other)));
      Broker.equal(0, consumer.poll(Duration.ofMillis(300)).count());
      producer.commitTransaction();
      Broker.equal(10, Broker.take(consumer, 10).size());
    });
    cases.put("transactions without records begin and end", broker -> {
      var producer = broker.transactional();
      producer.beginTransaction();
      producer.commitTransaction();
      producer.beginTransaction();
      producer.abortTransaction();
      String topic = broker.topic(1);
      write(producer, topic, "a");
      producer.commitTransaction();
      Broker.equal(List.of("a"), Broker.values(Broker.take(broker.reader(topic, "read_committed"), 1)));
    });
    cases.put("a hundred transactions of one producer, one after the other", broker -> {
      String topic = broker.topic(1);
      var producer = broker.transactional();
      for (int i = 0; i < 100; i++) {
        write(producer, topic, "value " + i);
        if (i % 3 == 0) producer.abortTransaction();
        else producer.commitTransaction();
      }
      Broker.equal(66, Broker.take(broker.reader(topic, "read_committed"), 66).size());
    });
    cases.put("a transaction timeout above the broker's is refused", broker -> {
      Map<String, Object> config = Map.of("transactional.id", broker.name("late"), "transaction.timeout.ms", 3_600_000);
      var error = Broker.fails(KafkaException.class, () -> broker.producer(config).initTransactions());
      String told = error.getMessage() + error.getCause();
      if (!told.contains("larger than the maximum value allowed")) throw error;
    });
    cases.put("a transaction that takes too long is aborted by the broker", broker -> {
      String topic = broker.topic(1);
      var producer = broker.transactional(broker.name("slow"), Map.of("transaction.timeout.ms", 1000));
      write(producer, topic, "late");
      broker.send(topic, 0, "after");
      Broker.equal(List.of("after"), Broker.values(Broker.take(broker.reader(topic, "read_committed"), 1)));
      Broker.fails(KafkaException.class, producer::commitTransaction);
    });
  }

  private static void fencing(Map<String, Behaviours.Behaviour> cases) {
    cases.put("a second producer of the same id fences the first", broker -> {
      String topic = broker.topic(1);
      String id = broker.name("fenced");
      var first = broker.transactional(id, Map.of());
      write(first, topic, "a");
      first.commitTransaction();
      var second = broker.transactional(id, Map.of());
      Broker.fails(InvalidProducerEpochException.class, () -> {
        first.beginTransaction();
        first.send(new ProducerRecord<>(topic, 0, null, "b")).get();
      });
      write(second, topic, "c");
      second.commitTransaction();
      Broker.equal(List.of("a", "c"), Broker.values(Broker.take(broker.reader(topic, "read_committed"), 2)));
    });
    cases.put("a second producer of the same id aborts what the first left open", broker -> {
      String topic = broker.topic(1);
      String id = broker.name("left-open");
      var first = broker.transactional(id, Map.of());
      write(first, topic, "open");
      var second = broker.transactional(id, Map.of());
      write(second, topic, "new");
      second.commitTransaction();
      Broker.equal(List.of("new"), Broker.values(Broker.take(broker.reader(topic, "read_committed"), 1)));
      Broker.fails(ProducerFencedException.class, first::commitTransaction);
    });
    cases.put("an administrator fences a producer", broker -> {
      String topic = broker.topic(1);
      String id = broker.name("fenced-by-admin");
      var producer = broker.transactional(id, Map.of());
      write(producer, topic, "open");
      var fenced = broker.admin().fenceProducers(List.of(id));
      fenced.all().get();
      Broker.equal(true, fenced.producerId(id).get() >= 0);
      Broker.fails(ProducerFencedException.class, producer::commitTransaction);
      broker.send(topic, 0, "after");
      Broker.equal(List.of("after"), Broker.values(Broker.take(broker.reader(topic, "read_committed"), 1)));
    });
    cases.put("an administrator ends the transaction of an id", broker -> {
      String topic = broker.topic(1);
      String id = broker.name("terminated");
      var producer = broker.transactional(id, Map.of());
      write(producer, topic, "open");
      broker.admin().forceTerminateTransaction(id).result().get();
      broker.send(topic, 0, "after");
      Broker.equal(List.of("after"), Broker.values(Broker.take(broker.reader(topic, "read_committed"), 1)));
      Broker.fails(KafkaException.class, producer::commitTransaction);
    });
  }

  /** A member of the group that has read what is there. */
  private static KafkaConsumer<String, String> joined(Broker broker, String protocol, String group, String topic) {
    var consumer = broker.member(protocol, group, Map.of("isolation.level", "read_committed"));
    consumer.subscribe(List.of(topic));
    Broker.take(consumer, 2);
    return consumer;
  }

  private static void offsets(Map<String, Behaviours.Behaviour> cases) {
    for (String protocol : List.of("classic", "consumer")) {
      cases.put("offsets are committed with the transaction, or not at all (" + protocol + ")", broker -> {
        String topic = broker.topic(1);
        broker.send(topic, 0, "a", "b");
        var consumer = joined(broker, protocol, broker.name("group"), topic);
        var producer = broker.transactional();
        producer.beginTransaction();
        producer.sendOffsetsToTransaction(Map.of(first(topic), new OffsetAndMetadata(1)), consumer.groupMetadata());
        producer.commitTransaction();
        Broker.equal(1L, consumer.committed(Set.of(first(topic))).get(first(topic)).offset());
        producer.beginTransaction();
        producer.sendOffsetsToTransaction(Map.of(first(topic), new OffsetAndMetadata(2)), consumer.groupMetadata());
        producer.abortTransaction();
        Broker.equal(1L, consumer.committed(Set.of(first(topic))).get(first(topic)).offset());
      });
      cases.put("offsets of an open transaction are waited for (" + protocol + ")", broker -> {
        String topic = broker.topic(1);
        broker.send(topic, 0, "a", "b");
        var consumer = joined(broker, protocol, broker.name("group"), topic);
        var producer = broker.transactional();
        producer.beginTransaction();
        producer.sendOffsetsToTransaction(Map.of(first(topic), new OffsetAndMetadata(2)), consumer.groupMetadata());
        Broker.fails(TimeoutException.class, () -> consumer.committed(Set.of(first(topic)), Duration.ofMillis(500)));
        producer.commitTransaction();
        Broker.equal(2L, consumer.committed(Set.of(first(topic))).get(first(topic)).offset());
      });
      cases.put("offsets of a member that is none any more are refused (" + protocol + ")", broker -> {
        String topic = broker.topic(1);
        broker.send(topic, 0, "a", "b");
        String group = broker.name("group");
        var gone = joined(broker, protocol, group, topic);
        ConsumerGroupMetadata metadata = gone.groupMetadata();
        gone.unsubscribe();
        joined(broker, protocol, group, topic);
        var producer = broker.transactional();
        producer.beginTransaction();
        Broker.fails(CommitFailedException.class, () -> {
          producer.sendOffsetsToTransaction(Map.of(first(topic), new OffsetAndMetadata(2)), metadata);
          producer.commitTransaction();
        });
        producer.abortTransaction();
      });
    }
  }

  private static void administration(Map<String, Behaviours.Behaviour> cases) {
    cases.put("transactions are listed and described, through their states", broker -> {
      String topic = broker.topic(1);
      String id = broker.name("described");
      var producer = broker.transactional(id, Map.of("transaction.timeout.ms", 54_321));
      write(producer, topic, "a");
      var open = broker.admin().describeTransactions(List.of(id)).description(id).get();
      Broker.equal(TransactionState.ONGOING, open.state());
      Broker.equal(Set.of(first(topic)), open.topicPartitions());
      Broker.equal(54_321L, open.transactionTimeoutMs());
      var listed = broker.admin().listTransactions().all().get();
      Broker.equal(true, listed.stream().anyMatch(one ->
          one.transactionalId().equals(id) && one.state() == TransactionState.ONGOING && one.producerId() == open.producerId()));
      producer.commitTransaction();
      Broker.eventually("the transaction to be complete", () ->
          broker.admin().describeTransactions(List.of(id)).description(id).get().state() == TransactionState.COMPLETE_COMMIT);
      write(producer, topic, "b");
      producer.abortTransaction();
      Broker.eventually("the transaction to be complete", () ->
          broker.admin().describeTransactions(List.of(id)).description(id).get().state() == TransactionState.COMPLETE_ABORT);
    });
    cases.put("a transaction that nobody began is not found", broker -> Broker.fails(TransactionalIdNotFoundException.class,
        () -> broker.admin().describeTransactions(List.of(broker.name("nobody"))).all().get()));
    cases.put("producers of a partition are described, with the start of what they left open", broker -> {
      String topic = broker.topic(1);
      var producer = broker.transactional();
      broker.send(topic, 0, "before");
      write(producer, topic, "a");
      var states = broker.admin().describeProducers(List.of(first(topic))).partitionResult(first(topic)).get();
      var open = states.activeProducers().stream().filter(one -> one.currentTransactionStartOffset().isPresent()).toList();
      Broker.equal(1, open.size());
      Broker.equal(1L, open.get(0).currentTransactionStartOffset().getAsLong());
      producer.commitTransaction();
      Broker.eventually("no open transaction", () ->
          broker.admin().describeProducers(List.of(first(topic))).partitionResult(first(topic)).get().activeProducers()
              .stream().noneMatch(one -> one.currentTransactionStartOffset().isPresent()));
    });
    cases.put("an administrator aborts a transaction of one partition", broker -> {
      String topic = broker.topic(1);
      var producer = broker.transactional();
      write(producer, topic, "open");
      var state = broker.admin().describeProducers(List.of(first(topic))).partitionResult(first(topic)).get()
          .activeProducers().get(0);
      broker.admin().abortTransaction(new AbortTransactionSpec(
          first(topic), state.producerId(), (short) state.producerEpoch(), 0)).all().get();
      broker.send(topic, 0, "after");
      Broker.equal(List.of("after"), Broker.values(Broker.take(broker.reader(topic, "read_committed"), 1)));
    });
  }
}
