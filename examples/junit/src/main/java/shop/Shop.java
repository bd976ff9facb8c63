package shop;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Orders are placed by a producer, and billed by a consumer; what is no order goes to a topic for the dead. */
public final class Shop {
    private static final ObjectMapper JSON = new ObjectMapper();

    public record Order(String id, double total) {}

    public record Bill(double gross) {}

    private final String bootstrapServers;

    public Shop(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
    }

    /** Returns when the order is written. */
    public void place(Order order) throws Exception {
        try (KafkaProducer<String, String> producer = producer()) {
            producer.send(new ProducerRecord<>("orders", order.id(), JSON.writeValueAsString(order))).get();
        } catch (ExecutionException error) {
            throw (Exception) error.getCause();
        }
    }

    /** Bills the next orders, at least one. */
    public void bill() throws Exception {
        try (KafkaConsumer<String, String> consumer = consumer();
                KafkaProducer<String, String> producer = producer()) {
            consumer.subscribe(List.of("orders"));
            for (int billed = 0; billed == 0; ) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
                    producer.send(outcome(record)).get();
                    billed++;
                }
            }
            consumer.commitSync();
        }
    }

    private static ProducerRecord<String, String> outcome(ConsumerRecord<String, String> record)
            throws JsonProcessingException {
        Order order;
        try {
            order = JSON.readValue(record.value(), Order.class);
        } catch (JsonProcessingException error) {
            return new ProducerRecord<>("orders.dead", record.value());
        }
        Bill bill = new Bill(Math.round(order.total() * 119) / 100.0);
        return new ProducerRecord<>("bills", record.key(), JSON.writeValueAsString(bill));
    }

    private KafkaProducer<String, String> producer() {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrapServers, "client.id", "shop");
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> consumer() {
        Map<String, Object> config = Map.of(
                "bootstrap.servers", bootstrapServers,
                "client.id", "billing",
                "group.id", "billing",
                "group.protocol", "consumer",
                "auto.offset.reset", "earliest",
                "enable.auto.commit", "false");
        return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    }
}
