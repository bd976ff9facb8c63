import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * BOOTSTRAP TOPIC COUNT CODEC ACKS: sends records k0=CODEC-0 and so on with a producer of any version since 0.8.2, and
 * prints the offset of the last.
 */
public class OldProducer {
    public static void main(String[] args) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", args[0]);
        config.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        config.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        for (int i = 3; i + 1 < args.length; i += 2) {
            config.put("compression.type", args[i]);
            config.put("acks", args[i + 1]);
            System.out.println(args[i] + " " + args[i + 1] + " " + send(config, args[1], Integer.parseInt(args[2])));
        }
    }

    private static long send(Properties config, String topic, int count) throws Exception {
        KafkaProducer<String, String> producer = new KafkaProducer<>(config);
        try {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, "k" + i, config.get("compression.type") + "-" + i)));
            }
            long last = -1;
            for (Future<RecordMetadata> each : sent) last = each.get().offset();
            return last;
        } finally {
            producer.close();
        }
    }
}
