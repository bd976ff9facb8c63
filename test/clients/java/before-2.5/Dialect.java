import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** The calls that the client has had in 1.1, and what it had not yet. */
final class Dialect {
    private Dialect() {}

    static ConsumerRecords<byte[], byte[]> poll(KafkaConsumer<byte[], byte[]> consumer, long timeoutMs) {
        return consumer.poll(timeoutMs);
    }

    static void alterConfig(AdminClient admin, ConfigResource resource, String name, String value) throws Exception {
        Config whole = new Config(List.of(new ConfigEntry(name, value)));
        admin.alterConfigs(Map.of(resource, whole)).all().get();
    }

    static Long committed(Client client, String group, TopicPartition partition) {
        try (KafkaConsumer<byte[], byte[]> consumer = client.consumer(Map.of("group.id", group))) {
            OffsetAndMetadata found = consumer.committed(partition);
            return found == null ? null : found.offset();
        }
    }

    static void alterCommitted(AdminClient admin, String group, TopicPartition partition, long offset) {
        throw new Driver.Unsupported("its AdminClient has no calls for groups");
    }

    static void sendOffsets(
            KafkaProducer<byte[], byte[]> producer,
            Map<TopicPartition, OffsetAndMetadata> offsets,
            KafkaConsumer<byte[], byte[]> consumer,
            String group) {
        producer.sendOffsetsToTransaction(offsets, group);
    }
}
