import java.util.Collections;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * BOOTSTRAP TOPIC GROUP COUNT...: for each count, a member of the group of any version since 0.9 that prints as many
 * records as `OFFSET KEY VALUE`, commits after them, and leaves; the next resumes where it stood.
 */
public class OldConsumer {
    private static final long PATIENCE_MS = 30_000;

    public static void main(String[] args) {
        Properties config = new Properties();
        config.put("bootstrap.servers", args[0]);
        config.put("group.id", args[2]);
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", "false");
        config.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        config.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        for (int i = 3; i < args.length; i++) read(config, args[1], Integer.parseInt(args[i]));
    }

    private static void read(Properties config, String topic, int count) {
        KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config);
        try {
            consumer.subscribe(Collections.singletonList(topic));
            long deadline = System.currentTimeMillis() + PATIENCE_MS;
            int read = 0;
            while (read < count && System.currentTimeMillis() < deadline) {
                for (ConsumerRecord<String, String> record : consumer.poll(100)) {
                    System.out.println(record.offset() + " " + record.key() + " " + record.value());
                    if (++read < count) continue;
                    commit(consumer, record);
                    break;
                }
            }
        } finally {
            consumer.close();
        }
    }

    private static void commit(KafkaConsumer<String, String> consumer, ConsumerRecord<String, String> last) {
        TopicPartition partition = new TopicPartition(last.topic(), last.partition());
        consumer.commitSync(Collections.singletonMap(partition, new OffsetAndMetadata(last.offset() + 1)));
    }
}
