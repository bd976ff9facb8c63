import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;

/**
 * One instance of a Kafka Streams application with exactly-once: it counts words (through a repartition topic), joins two
 * streams within a window, and keeps for each account what its amounts come to. Caches are off, so that every step of
 * every count and balance comes out, once.
 */
public final class StreamsApp {
  private static final String HASH_START = "0:0:0";

  public static void main(String[] args) throws Exception {
    Map<String, String> options = new HashMap<>();
    for (String arg : args) options.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
    var builder = new StreamsBuilder();
    countWords(builder);
    join(builder, Duration.ofMillis(Long.parseLong(options.get("window.ms"))));
    keepBalances(builder);

    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, options.get("application.id"));
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.get("bootstrap"));
    config.put(StreamsConfig.STATE_DIR_CONFIG, options.get("state.dir"));
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    config.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, options.get("standby.replicas"));
    config.put(StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG,
        "org.apache.kafka.streams.state.BuiltInDslStoreSuppliers$" + options.get("store"));
    config.put("reconnect.backoff.max.ms", 500);
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 4000);
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), 500);
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 50);

    var streams = new KafkaStreams(builder.build(), config);
    streams.setUncaughtExceptionHandler(error -> {
      say("a thread is replaced after " + error);
      return StreamThreadExceptionResponse.REPLACE_THREAD;
    });
    streams.setStateListener((now, before) -> say(before + " -> " + now));
    var stopped = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      say("closed: " + streams.close(Duration.ofSeconds(20)));
      stopped.countDown();
    }));
    streams.start();
    stopped.await();
  }

  private static void say(String what) {
    System.out.println(System.currentTimeMillis() % 1_000_000 + " " + what);
  }

  private static void countWords(StreamsBuilder builder) {
    builder.<String, String>stream("lines")
        .flatMapValues(line -> Arrays.asList(line.split(" ")))
        .groupBy((key, word) -> word, Grouped.as("words"))
        .count(Materialized.as("counts"))
        .toStream()
        .mapValues(count -> Long.toString(count))
        .to("counts", Produced.with(Serdes.String(), Serdes.String()));
  }

  private static void join(StreamsBuilder builder, Duration window) {
    KStream<String, String> left = builder.stream("left", Consumed.with(Serdes.String(), Serdes.String()));
    KStream<String, String> right = builder.stream("right", Consumed.with(Serdes.String(), Serdes.String()));
    // Nothing comes too late, so that what is joined does not depend on which instance was how far.
    var windows = JoinWindows.ofTimeDifferenceAndGrace(window, Duration.ofDays(1));
    left.join(right, (one, other) -> one + "+" + other, windows, StreamJoined.as("pairs")).to("joined");
  }

  /** For each account "count:sum:hash", where the hash depends on the order of the amounts. */
  private static void keepBalances(StreamsBuilder builder) {
    builder.<String, String>stream("amounts")
        .groupByKey()
        .aggregate(() -> HASH_START, (account, amount, before) -> step(before, Long.parseLong(amount)),
            Materialized.as("balances"))
        .toStream()
        .to("balances");
  }

  private static String step(String before, long amount) {
    String[] parts = before.split(":");
    long count = Long.parseLong(parts[0]) + 1;
    long sum = Long.parseLong(parts[1]) + amount;
    long hash = (Long.parseLong(parts[2]) * 31 + amount) % 1_000_003;
    return count + ":" + sum + ":" + hash;
  }
}
