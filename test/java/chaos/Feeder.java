import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Fills a topic with numbered records through an idempotent producer, until it is told on its standard input to stop;
 * then prints how many there are, every one acknowledged.
 */
public final class Feeder {
  private static final int PAUSE_MS = 50;

  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    String topic = args[1];
    int partitions = Integer.parseInt(args[2]);
    int recordsPerSecond = Integer.parseInt(args[3]);
    Random random = new Random(Long.parseLong(args[4]));
    AtomicBoolean stopping = new AtomicBoolean();
    Thread input = new Thread(() -> {
      try {
        while (System.in.read() >= 0) { }
      } catch (java.io.IOException e) {
        // The end as well.
      }
      stopping.set(true);
    });
    input.setDaemon(true);
    input.start();

    Map<String, Object> config = Map.of(
        "bootstrap.servers", bootstrap,
        "enable.idempotence", true,
        "linger.ms", 5,
        "batch.size", 4096,
        "max.block.ms", 600_000,
        "delivery.timeout.ms", 600_000,
        "request.timeout.ms", 10_000,
        "reconnect.backoff.max.ms", 500);
    AtomicLong acknowledged = new AtomicLong();
    AtomicReference<Exception> failure = new AtomicReference<>();
    long sent = 0;
    try (var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      System.out.println("feeding");
      while (!stopping.get() && failure.get() == null) {
        for (int i = 0; i < recordsPerSecond * PAUSE_MS / 1000; i++) {
          byte[] key = Long.toString(sent).getBytes(StandardCharsets.UTF_8);
          byte[] value = value(sent, random);
          producer.send(new ProducerRecord<>(topic, (int) (sent % partitions), key, value), (metadata, error) -> {
            if (error == null) acknowledged.incrementAndGet();
            else failure.compareAndSet(null, error);
          });
          sent++;
        }
        Thread.sleep(PAUSE_MS);
      }
      producer.flush();
    }
    if (failure.get() != null || acknowledged.get() != sent) {
      System.out.println("failed " + failure.get());
      System.exit(2);
    }
    System.out.println("fed " + sent);
  }

  /** The number, and up to 200 letters that nothing else can make. */
  private static byte[] value(long number, Random random) {
    StringBuilder value = new StringBuilder(number + ":");
    for (int i = random.nextInt(200); i > 0; i--) value.append((char) ('a' + random.nextInt(26)));
    return value.toString().getBytes(StandardCharsets.UTF_8);
  }
}
