import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own client, of any version since 1.1: only what all of them have is called here; the rest is in Dialect and
 * Topics, which there are several of.
 */
final class Client {
    private static final int TWENTY_MEGABYTES = 20 << 20;

    private final Driver.Run run;
    private final AtomicInteger readers = new AtomicInteger();
    private AdminClient admin;

    Client(Driver.Run run) {
        this.run = run;
    }

    private Map<String, Object> base() {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", run.bootstrap);
        config.put("client.id", run.name);
        config.put("reconnect.backoff.max.ms", 500);
        return config;
    }

    AdminClient admin() {
        if (admin == null) admin = run.using(AdminClient.create(base()));
        return admin;
    }

    void createTopic(String topic, int partitions, Map<String, String> configs) throws Exception {
        NewTopic created = new NewTopic(topic, partitions, (short) 1).configs(configs);
        admin().createTopics(List.of(created)).all().get();
    }

    Set<String> topicNames() throws Exception {
        return admin().listTopics().names().get();
    }

    int partitionCount(String topic) throws Exception {
        return Topics.describe(admin(), topic).partitions().size();
    }

    void deleteTopic(String topic) throws Exception {
        admin().deleteTopics(List.of(topic)).all().get();
    }

    String topicConfig(String topic, String name) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config config = admin().describeConfigs(List.of(resource)).all().get().get(resource);
        return config.get(name).value();
    }

    void alterTopicConfig(String topic, String name, String value) throws Exception {
        Dialect.alterConfig(admin(), new ConfigResource(ConfigResource.Type.TOPIC, topic), name, value);
    }

    List<String> brokers() throws Exception {
        Collection<Node> nodes = admin().describeCluster().nodes().get();
        return nodes.stream().map(Client::address).collect(Collectors.toList());
    }

    String controller() throws Exception {
        return address(admin().describeCluster().controller().get());
    }

    private static String address(Node node) {
        return node.host() + ":" + node.port();
    }

    /** The committed offset in partition 0, or null. */
    Long committed(String group, String topic) throws Exception {
        return Dialect.committed(this, group, new TopicPartition(topic, 0));
    }

    void alterCommitted(String group, String topic, long offset) throws Exception {
        Dialect.alterCommitted(admin(), group, new TopicPartition(topic, 0), offset);
    }

    /** The offset of the first record that is not before that time in partition 0, or null. */
    Long offsetAt(String topic, long timestamp) {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of())) {
            OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(partition, timestamp)).get(partition);
            return found == null ? null : found.offset();
        }
    }

    Sender producer(Map<String, Object> options) {
        Map<String, Object> config = base();
        config.put("acks", "all");
        config.put("max.request.size", TWENTY_MEGABYTES);
        config.putAll(options);
        ByteArraySerializer bytes = new ByteArraySerializer();
        KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, bytes, bytes);
        Sender sender = run.using(new Sender(producer));
        if (options.containsKey("transactional.id")) producer.initTransactions();
        return sender;
    }

    KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> options) {
        Map<String, Object> config = base();
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", false);
        config.put("fetch.max.wait.ms", 100);
        config.put("max.partition.fetch.bytes", TWENTY_MEGABYTES);
        config.putAll(options);
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        return new KafkaConsumer<>(config, bytes, bytes);
    }

    /** Reads one partition from an offset on. */
    Reading reader(String topic, int partition, long offset, boolean committed) {
        Map<String, Object> options = new HashMap<>();
        options.put("group.id", run.name + "-reader-" + readers.incrementAndGet());
        options.put("isolation.level", committed ? "read_committed" : "read_uncommitted");
        KafkaConsumer<byte[], byte[]> consumer = consumer(options);
        TopicPartition assigned = new TopicPartition(topic, partition);
        consumer.assign(List.of(assigned));
        consumer.seek(assigned, offset);
        return run.using(new Reading(consumer));
    }

    /** A member of a group of that protocol, `classic` or `consumer`. */
    Reading member(String group, String topic, String protocol) {
        Map<String, Object> options = new HashMap<>();
        options.put("group.id", group);
        if (protocol.equals("classic")) {
            options.put("heartbeat.interval.ms", 500);
            options.put("session.timeout.ms", 10_000);
        } else {
            if (!ConsumerConfig.configNames().contains("group.protocol"))
                throw new Driver.Unsupported("it has the classic protocol alone, and no group.protocol");
            options.put("group.protocol", protocol);
        }
        KafkaConsumer<byte[], byte[]> consumer = consumer(options);
        consumer.subscribe(List.of(topic));
        return run.using(new Reading(consumer));
    }

    static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(UTF_8);
    }

    static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, UTF_8);
    }

    static ProducerRecord<byte[], byte[]> record(String topic, Integer partition, String value) {
        return new ProducerRecord<>(topic, partition, null, bytes(value));
    }

    static final class Sender implements AutoCloseable {
        private final KafkaProducer<byte[], byte[]> producer;

        Sender(KafkaProducer<byte[], byte[]> producer) {
            this.producer = producer;
        }

        /** Returns when all are acknowledged. */
        void send(List<ProducerRecord<byte[], byte[]>> records) throws Exception {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (ProducerRecord<byte[], byte[]> record : records) sent.add(producer.send(record));
            for (Future<RecordMetadata> one : sent) one.get();
        }

        void sendTexts(String topic, List<String> values) throws Exception {
            send(values.stream().map(value -> record(topic, null, value)).collect(Collectors.toList()));
        }

        void begin() {
            producer.beginTransaction();
        }

        void commit() {
            producer.commitTransaction();
        }

        void abort() {
            producer.abortTransaction();
        }

        void sendOffset(Reading member, String group, String topic, long offset) throws Exception {
            Map<TopicPartition, OffsetAndMetadata> offsets =
                    Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(offset));
            member.call(consumer -> {
                Dialect.sendOffsets(producer, offsets, consumer, group);
                return null;
            });
        }

        @Override
        public void close() {
            producer.close();
        }
    }

    interface ConsumerCall<T> {
        T on(KafkaConsumer<byte[], byte[]> consumer) throws Exception;
    }

    /** A consumer with a thread of its own, which alone calls it. */
    static final class Reading implements AutoCloseable {
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final List<ConsumerRecord<byte[], byte[]>> records = new CopyOnWriteArrayList<>();
        private final ConcurrentLinkedQueue<Runnable> calls = new ConcurrentLinkedQueue<>();
        private final Thread thread = new Thread(this::poll, "reading");
        private volatile Set<Integer> partitions = Set.of();
        private volatile boolean open = true;
        private volatile Exception failure;

        Reading(KafkaConsumer<byte[], byte[]> consumer) {
            this.consumer = consumer;
            thread.setDaemon(true);
            thread.start();
        }

        private void poll() {
            try {
                while (open) {
                    for (Runnable call = calls.poll(); call != null; call = calls.poll()) call.run();
                    for (ConsumerRecord<byte[], byte[]> record : Dialect.poll(consumer, 50)) records.add(record);
                    Set<Integer> assigned = new TreeSet<>();
                    for (TopicPartition one : consumer.assignment()) assigned.add(one.partition());
                    partitions = assigned;
                }
            } catch (WakeupException closing) {
                // This is how close() ends a poll.
            } catch (Exception error) {
                failure = error;
            } finally {
                partitions = Set.of();
                consumer.close();
            }
        }

        /** Calls the consumer from its thread. */
        <T> T call(ConsumerCall<T> made) throws Exception {
            FutureTask<T> task = new FutureTask<>(() -> made.on(consumer));
            calls.add(task);
            Driver.until("the thread of the consumer", () -> task.isDone() || failure != null);
            if (failure != null) throw failure;
            return task.get();
        }

        List<ConsumerRecord<byte[], byte[]>> records() throws Exception {
            if (failure != null) throw failure;
            return records;
        }

        List<String> texts() throws Exception {
            return records().stream().map(record -> text(record.value())).collect(Collectors.toList());
        }

        Set<Integer> partitions() throws Exception {
            if (failure != null) throw failure;
            return partitions;
        }

        /** Commits behind what was read. */
        void commit() throws Exception {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (ConsumerRecord<byte[], byte[]> record : records()) {
                TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                offsets.put(partition, new OffsetAndMetadata(record.offset() + 1));
            }
            call(consumer -> {
                consumer.commitSync(offsets);
                return null;
            });
        }

        @Override
        public void close() throws Exception {
            open = false;
            consumer.wakeup();
            thread.join();
        }
    }

    /** `name=HEX`, or `name=null`, of each header. */
    static List<String> headersOf(Headers headers) {
        List<String> shown = new ArrayList<>();
        for (Header header : headers) {
            byte[] value = header.value();
            shown.add(header.key() + "=" + (value == null ? "null" : HexFormat.of().formatHex(value)));
        }
        return shown;
    }
}
