import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Prints every committed record of some topics, from their beginning, a line each. Goes on until its standard input ends;
 * then up to the last stable offsets, and prints for each partition that offset and the high watermark.
 */
public final class Reader {
  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    List<String> topics = List.of(args).subList(1, args.length);
    AtomicBoolean finishing = new AtomicBoolean();
    Thread input = new Thread(() -> {
      try {
        while (System.in.read() >= 0) { }
      } catch (java.io.IOException e) {
        // The end as well.
      }
      finishing.set(true);
    });
    input.setDaemon(true);
    input.start();
    Map<String, Object> config = Map.of(
        "bootstrap.servers", bootstrap,
        "isolation.level", "read_committed",
        "enable.auto.commit", false,
        "auto.offset.reset", "earliest",
        "reconnect.backoff.max.ms", 500,
        "default.api.timeout.ms", 60_000);
    StringBuilder lines = new StringBuilder();
    try (var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = topics.stream()
          .flatMap(topic -> consumer.partitionsFor(topic).stream())
          .map(info -> new TopicPartition(info.topic(), info.partition()))
          .collect(Collectors.toList());
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = null;
      while (ends == null || !reached(consumer, ends)) {
        for (var record : consumer.poll(Duration.ofMillis(200))) lines.append(line(record));
        System.out.print(lines);
        System.out.flush();
        lines.setLength(0);
        if (ends == null && finishing.get()) ends = consumer.endOffsets(partitions);
      }
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
        var latest = partitions.stream().collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest()));
        var uncommitted = new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED);
        var all = admin.listOffsets(latest, uncommitted).all().get();
        for (TopicPartition partition : partitions) {
          System.out.println("end\t" + partition.topic() + "\t" + partition.partition() + "\t" + ends.get(partition)
              + "\t" + all.get(partition).offset());
        }
      }
    }
    System.out.println("read");
  }

  private static boolean reached(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }

  private static String line(ConsumerRecord<byte[], byte[]> record) {
    return "record\t" + record.topic() + "\t" + record.partition() + "\t" + record.offset() + "\t" + record.timestamp()
        + "\t" + text(record.key()) + "\t" + text(record.value()) + "\n";
  }

  private static String text(byte[] bytes) {
    return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
  }
}
