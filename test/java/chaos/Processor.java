import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidPidMappingException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Copies a topic into another, partition by partition, as one member of a group: with transactions that hold the records
 * and the offsets (exactly-once), or with a plain producer and automatic commits (at-least-once), which must not pass.
 * What it cannot go on from ends it; whoever started it starts it again.
 */
public final class Processor {
  private final Map<String, String> options = new HashMap<>();
  private volatile boolean stopping;

  public static void main(String[] args) throws Exception {
    Processor processor = new Processor();
    for (String arg : args) processor.options.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
    Thread main = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      processor.stopping = true;
      try {
        main.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }));
    try {
      if (processor.option("mode").equals("exactly-once")) processor.exactlyOnce();
      else processor.atLeastOnce();
      say("stopped");
    } catch (Throwable error) {
      say("ends after " + error);
      Runtime.getRuntime().halt(1);
    }
  }

  private String option(String name) {
    return options.get(name);
  }

  private static void say(String what) {
    System.out.println(System.currentTimeMillis() % 1_000_000 + " " + what);
  }

  private KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(more);
    config.put("bootstrap.servers", option("bootstrap"));
    config.put("group.id", option("group"));
    config.put("group.protocol", option("protocol"));
    config.put("isolation.level", "read_committed");
    config.put("auto.offset.reset", "earliest");
    config.put("max.poll.records", 40);
    config.put("fetch.max.wait.ms", 100);
    config.put("reconnect.backoff.max.ms", 500);
    config.put("default.api.timeout.ms", 20_000);
    if (option("instance.id") != null) config.put("group.instance.id", option("instance.id"));
    if (option("protocol").equals("classic")) {
      config.put("session.timeout.ms", 3000);
      config.put("heartbeat.interval.ms", 300);
      config.put("max.poll.interval.ms", 30_000);
    }
    var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.subscribe(List.of(option("input")), new ConsumerRebalanceListener() {
      @Override
      public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        say("revoked " + partitions);
      }

      @Override
      public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        say("assigned " + partitions);
      }

      @Override
      public void onPartitionsLost(Collection<TopicPartition> partitions) {
        say("lost " + partitions);
      }
    });
    return consumer;
  }

  private KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(more);
    config.put("bootstrap.servers", option("bootstrap"));
    config.put("reconnect.backoff.max.ms", 500);
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private void send(KafkaProducer<byte[], byte[]> producer, ConsumerRecords<byte[], byte[]> records) {
    for (var record : records) {
      producer.send(new ProducerRecord<>(
          option("output"), record.partition(), record.timestamp(), record.key(), record.value()));
    }
  }

  private void exactlyOnce() {
    Map<String, Object> transactional = Map.of(
        "transactional.id", option("transactional.id"),
        "transaction.timeout.ms", 20_000,
        "max.block.ms", 20_000,
        "delivery.timeout.ms", 20_000,
        "request.timeout.ms", 10_000);
    try (var producer = producer(transactional); var consumer = consumer(Map.of("enable.auto.commit", false))) {
      producer.initTransactions();
      say("began");
      while (!stopping) {
        var records = consumer.poll(Duration.ofMillis(200));
        if (!records.isEmpty()) transaction(producer, consumer, records);
      }
    }
  }

  private void transaction(
      KafkaProducer<byte[], byte[]> producer,
      KafkaConsumer<byte[], byte[]> consumer,
      ConsumerRecords<byte[], byte[]> records) {
    try {
      producer.beginTransaction();
      send(producer, records);
      producer.sendOffsetsToTransaction(records.nextOffsets(), consumer.groupMetadata());
      say("commits " + records.nextOffsets());
      commit(producer);
    } catch (ProducerFencedException | OutOfOrderSequenceException | AuthorizationException
        | InvalidProducerEpochException | InvalidPidMappingException fatal) {
      throw fatal;
    } catch (KafkaException error) {
      say("aborts after " + error);
      producer.abortTransaction();
      rewind(consumer);
    }
  }

  /** A commit whose answer does not come is asked again: nobody may guess how it went. */
  private static void commit(KafkaProducer<byte[], byte[]> producer) {
    for (int attempt = 1; ; attempt++) {
      try {
        producer.commitTransaction();
        return;
      } catch (TimeoutException late) {
        if (attempt == 3) throw new IllegalStateException("no answer to the commit", late);
      }
    }
  }

  private static void rewind(KafkaConsumer<byte[], byte[]> consumer) {
    var committed = consumer.committed(consumer.assignment());
    for (TopicPartition partition : consumer.assignment()) {
      OffsetAndMetadata offset = committed.get(partition);
      if (offset == null) consumer.seekToBeginning(List.of(partition));
      else consumer.seek(partition, offset);
    }
  }

  private void atLeastOnce() {
    try (var producer = producer(Map.of("enable.idempotence", false));
        var consumer = consumer(Map.of("enable.auto.commit", true))) {
      say("began");
      while (!stopping) {
        var records = consumer.poll(Duration.ofMillis(200));
        send(producer, records);
      }
    }
  }
}
