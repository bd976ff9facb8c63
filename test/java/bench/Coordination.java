import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** What coordinators cost their clients: transactions, groups that come together, the first record. Prints JSON. */
public final class Coordination {
  private static final int RECORDS = 10;
  private static final int RECORD_SIZE = 100;
  private static final long DEADLINE_MS = 120_000;

  public static void main(String[] args) throws Exception {
    String bootstrap = args[1];
    String topic = args[2];
    switch (args[0]) {
      case "transactions" -> transactions(bootstrap, topic, Integer.parseInt(args[3]), Long.parseLong(args[4]));
      case "join" -> join(bootstrap, topic, args[3], Integer.parseInt(args[4]));
      case "first" -> first(bootstrap, topic, args[3], Integer.parseInt(args[4]));
      default -> throw new IllegalArgumentException(args[0]);
    }
    Runtime.getRuntime().halt(0);
  }

  /** Transactions a second of all producers together, and how long their commits took; half the time warms up. */
  private static void transactions(String bootstrap, String topic, int producers, long measuredMs) throws Exception {
    var pool = Executors.newFixedThreadPool(producers);
    var begun = new CountDownLatch(producers);
    List<Future<List<Long>>> running = new ArrayList<>();
    for (int i = 0; i < producers; i++) {
      int partition = i;
      running.add(pool.submit(() -> transactionsOfOne(bootstrap, topic, partition, measuredMs, begun)));
    }
    List<Long> commits = new ArrayList<>();
    for (var one : running) commits.addAll(one.get());
    double[] sorted = commits.stream().mapToDouble(nanos -> nanos / 1e6).sorted().toArray();
    System.out.printf("{\"perSecond\": %.1f, \"p50\": %.3f, \"p99\": %.3f}%n",
        sorted.length * 1000.0 / measuredMs, percentile(sorted, 50), percentile(sorted, 99));
  }

  private static List<Long> transactionsOfOne(
      String bootstrap, String topic, int partition, long measuredMs, CountDownLatch begun) throws Exception {
    Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "transactional.id", "bench-" + UUID.randomUUID());
    byte[] value = new byte[RECORD_SIZE];
    List<Long> commits = new ArrayList<>();
    try (var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      begun.countDown();
      begun.await();
      long measuredFrom = System.nanoTime() + measuredMs * 1_000_000 / 2;
      long end = measuredFrom + measuredMs * 1_000_000;
      while (System.nanoTime() < end) {
        producer.beginTransaction();
        for (int i = 0; i < RECORDS; i++) producer.send(new ProducerRecord<>(topic, partition, null, value));
        long started = System.nanoTime();
        producer.commitTransaction();
        long now = System.nanoTime();
        if (now >= measuredFrom && now < end) commits.add(now - started);
      }
    }
    return commits;
  }

  private static double percentile(double[] sorted, int percent) {
    return sorted.length == 0 ? Double.NaN : sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
  }

  private static KafkaConsumer<byte[], byte[]> member(String bootstrap, String protocol, String group) {
    Map<String, Object> config = Map.of(
        "bootstrap.servers", bootstrap, "group.id", group, "group.protocol", protocol, "auto.offset.reset", "earliest",
        "enable.auto.commit", false);
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** From the first subscription until each member has one of as many partitions. */
  private static void join(String bootstrap, String topic, String protocol, int members) throws Exception {
    String group = "bench-" + UUID.randomUUID();
    Map<Integer, List<Integer>> shares = new ConcurrentHashMap<>();
    List<KafkaConsumer<byte[], byte[]>> consumers = new ArrayList<>();
    for (int i = 0; i < members; i++) consumers.add(member(bootstrap, protocol, group));
    long started = System.nanoTime();
    for (int i = 0; i < members; i++) {
      int index = i;
      Thread thread = new Thread(() -> {
        var consumer = consumers.get(index);
        consumer.subscribe(List.of(topic));
        for (;;) {
          consumer.poll(Duration.ofMillis(100));
          shares.put(index, consumer.assignment().stream().map(partition -> partition.partition()).toList());
        }
      });
      thread.setDaemon(true);
      thread.start();
    }
    await("the group", () -> shares.values().stream().filter(share -> share.size() == 1).flatMap(List::stream)
        .distinct().count() == members);
    System.out.printf("{\"ms\": %.1f}%n", (System.nanoTime() - started) / 1e6);
  }

  /** From the subscription of a new group's only member to its first record: the median. */
  private static void first(String bootstrap, String topic, String protocol, int times) throws Exception {
    try (var producer = new KafkaProducer<>(
        Map.<String, Object>of("bootstrap.servers", bootstrap), new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(topic, new byte[RECORD_SIZE])).get();
    }
    double[] took = new double[times];
    for (int i = 0; i < times; i++) {
      try (var consumer = member(bootstrap, protocol, "bench-" + UUID.randomUUID())) {
        long started = System.nanoTime();
        consumer.subscribe(List.of(topic));
        await("the first record", () -> !consumer.poll(Duration.ofMillis(100)).isEmpty());
        took[i] = (System.nanoTime() - started) / 1e6;
      }
    }
    Arrays.sort(took);
    System.out.printf("{\"ms\": %.1f}%n", percentile(took, 50));
  }

  private static void await(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.currentTimeMillis() + DEADLINE_MS;
    while (!condition.call()) {
      if (System.currentTimeMillis() > deadline) throw new IllegalStateException("too late: " + what);
      Thread.sleep(1);
    }
  }
}
