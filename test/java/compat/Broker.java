import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The broker as one case sees it: names of its own, clients that end with the case, and what cases say in one line. */
final class Broker implements AutoCloseable {
  static final long DEADLINE_MS = 60_000;

  private final String bootstrap;
  private final List<AutoCloseable> open = new ArrayList<>();
  private Admin admin;

  Broker(String bootstrap) {
    this.bootstrap = bootstrap;
  }

  @Override
  public void close() {
    for (int i = open.size() - 1; i >= 0; i--) {
      try {
        open.get(i).close();
      } catch (Exception ignored) {
        // How a client ends that a case has broken on purpose is none of the case's business.
      }
    }
  }

  String name(String what) {
    return what + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  Admin admin() {
    if (admin == null) {
      admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
      open.add(() -> admin.close(Duration.ofSeconds(5)));
    }
    return admin;
  }

  /** A topic whose partitions have leaders. */
  String topic(int partitions, Map<String, String> configs) throws Exception {
    return topic(name("topic"), partitions, configs);
  }

  String topic(String name, int partitions, Map<String, String> configs) throws Exception {
    admin().createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(configs))).all().get();
    eventually("the partitions of " + name, () -> {
      try {
        var described = admin().describeTopics(List.of(name)).allTopicNames().get().get(name);
        return described.partitions().size() == partitions;
      } catch (ExecutionException notYet) {
        return false;
      }
    });
    return name;
  }

  String topic(int partitions) throws Exception {
    return topic(partitions, Map.of());
  }

  KafkaProducer<String, String> producer(Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", bootstrap));
    config.putAll(more);
    var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    open.add(() -> producer.close(Duration.ofSeconds(1)));
    return producer;
  }

  KafkaProducer<String, String> producer() {
    return producer(Map.of());
  }

  /** A transactional producer that has begun. */
  KafkaProducer<String, String> transactional(String id, Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(Map.of("transactional.id", id));
    config.putAll(more);
    var producer = producer(config);
    producer.initTransactions();
    return producer;
  }

  KafkaProducer<String, String> transactional() {
    return transactional(name("transaction"), Map.of());
  }

  /** Produces values to one partition, and waits for them. */
  void send(String topic, int partition, String... values) throws Exception {
    var producer = producer();
    for (String value : values) producer.send(new ProducerRecord<>(topic, partition, null, value));
    producer.flush();
  }

  KafkaConsumer<String, String> consumer(Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(Map.of(
        "bootstrap.servers", bootstrap, "auto.offset.reset", "earliest", "enable.auto.commit", false,
        "metadata.max.age.ms", 500, "fetch.max.wait.ms", 100));
    config.putAll(more);
    var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    open.add(() -> consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(5))));
    return consumer;
  }

  /** A member of a group. */
  KafkaConsumer<String, String> member(String protocol, String group, Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(Map.of("group.id", group, "group.protocol", protocol));
    if (protocol.equals("classic")) config.put("heartbeat.interval.ms", 500);
    config.putAll(more);
    return consumer(config);
  }

  /** A reader of one partition that belongs to no group. */
  KafkaConsumer<String, String> reader(String topic, String isolation) {
    var consumer = consumer(Map.of("isolation.level", isolation));
    consumer.assign(List.of(new TopicPartition(topic, 0)));
    return consumer;
  }

  /** Polls until so many records came; gives them. */
  static List<ConsumerRecord<String, String>> take(KafkaConsumer<String, String> consumer, int count) {
    List<ConsumerRecord<String, String>> records = new ArrayList<>();
    eventually(count + " records", () -> {
      consumer.poll(Duration.ofMillis(50)).forEach(records::add);
      return records.size() >= count;
    });
    return records;
  }

  static List<String> values(Collection<ConsumerRecord<String, String>> records) {
    return records.stream().map(ConsumerRecord::value).sorted().toList();
  }

  /** Polls all of them until the condition holds. */
  static void poll(String what, Callable<Boolean> condition, List<KafkaConsumer<String, String>> consumers) {
    eventually(what, () -> {
      for (var consumer : consumers) consumer.poll(Duration.ofMillis(20));
      return condition.call();
    });
  }

  /** Polls all of them until each has its share of the partitions, and all have all of them. */
  static void share(int partitions, List<KafkaConsumer<String, String>> consumers) {
    poll("shares of " + partitions + " partitions", () -> {
      var sizes = consumers.stream().map(consumer -> consumer.assignment().size()).toList();
      long all = consumers.stream().flatMap(consumer -> consumer.assignment().stream()).distinct().count();
      int least = partitions / consumers.size();
      return all == partitions && sizes.stream().allMatch(size -> size >= least && size <= least + 1)
          && sizes.stream().mapToInt(size -> size).sum() == partitions;
    }, consumers);
  }

  static void eventually(String what, Callable<Boolean> condition) {
    long deadline = System.currentTimeMillis() + DEADLINE_MS;
    try {
      while (!condition.call()) {
        if (System.currentTimeMillis() > deadline) throw new AssertionError("not within " + DEADLINE_MS + " ms: " + what);
        Thread.sleep(10);
      }
    } catch (RuntimeException | Error error) {
      throw error;
    } catch (Exception error) {
      throw new AssertionError("while waiting for " + what, error);
    }
  }

  static void equal(Object expected, Object found) {
    if (!expected.equals(found)) throw new AssertionError("expected " + expected + ", got " + found);
  }

  interface Action {
    void run() throws Throwable;
  }

  /** The error that the action ends with, out of whatever it is wrapped in; it must be of that kind. */
  static <E extends Throwable> E fails(Class<E> kind, Action action) {
    try {
      action.run();
    } catch (Throwable error) {
      for (Throwable cause = error; cause != null; cause = cause.getCause()) {
        if (kind.isInstance(cause)) return kind.cast(cause);
      }
      throw new AssertionError("expected " + kind.getSimpleName() + ", got " + error, error);
    }
    throw new AssertionError("expected " + kind.getSimpleName() + ", but nothing failed");
  }
}
