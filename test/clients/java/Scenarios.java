import static java.util.stream.Collectors.toList;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** The scenarios, for Java. What each promises is in ../scenarios.ts. */
final class Scenarios {
    private static final int LARGEST_MESSAGE_BYTES = 1_048_588;
    /** What a batch of one record without key and headers has around a value of that size. */
    private static final int BATCH_OVERHEAD_BYTES = 72;

    private Scenarios() {}

    static Map<String, Driver.Scenario> all() {
        Map<String, Driver.Scenario> all = new HashMap<>();
        all.put("topics", Scenarios::topics);
        all.put("topic-configs", Scenarios::topicConfigs);
        all.put("cluster", Scenarios::cluster);
        all.put("group-offsets", Scenarios::groupOffsets);
        all.put("alter-group-offsets", Scenarios::alterGroupOffsets);
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd"))
            all.put("codec-" + codec, (client, run) -> codec(client, run, codec));
        all.put("nulls", Scenarios::nulls);
        all.put("headers", Scenarios::headers);
        all.put("null-header", Scenarios::nullHeader);
        all.put("largest-record", Scenarios::largestRecord);
        all.put("seek-by-time", Scenarios::seekByTime);
        all.put("idempotence", Scenarios::idempotence);
        all.put("transaction-commit", Scenarios::transactionCommit);
        all.put("transaction-abort", Scenarios::transactionAbort);
        all.put("transaction-offsets", Scenarios::transactionOffsets);
        all.put("fencing", Scenarios::fencing);
        all.put("read-committed", Scenarios::readCommitted);
        for (String protocol : List.of("classic", "consumer")) {
            all.put("group-" + protocol, (client, run) -> group(client, run, protocol));
            all.put("rebalance-" + protocol, (client, run) -> rebalance(client, run, protocol));
        }
        all.put("restart", (client, run) -> restart(client, run, false, Scenarios::checkNothingLost));
        all.put("restart-idempotent", (client, run) -> restart(client, run, true, Scenarios::checkOnceInOrder));
        all.put("restart-group", Scenarios::restartGroup);
        return all;
    }

    private static List<String> numbered(int count, int from) {
        return IntStream.range(from, from + count).mapToObj(i -> "value " + i).collect(toList());
    }

    private static String topicOf(Client client, Driver.Run run, int partitions) throws Exception {
        client.createTopic(run.name, partitions, Map.of());
        return run.name;
    }

    private static Client.Sender produce(Client client, String topic, List<String> values) throws Exception {
        Client.Sender producer = client.producer(Map.of());
        producer.sendTexts(topic, values);
        return producer;
    }

    /** Reads partition 0 from its beginning up to the record "end". */
    private static List<String> readToEnd(Client client, String topic, boolean committed) throws Exception {
        try (Client.Reading reader = client.reader(topic, 0, 0, committed)) {
            Driver.until("the record \"end\"", () -> reader.texts().contains("end"));
            List<String> texts = reader.texts();
            return texts.subList(0, texts.indexOf("end"));
        }
    }

    private static List<ProducerRecord<byte[], byte[]>> to(String topic, int partitions, String word) {
        return IntStream.range(0, partitions).mapToObj(i -> Client.record(topic, i, word)).collect(toList());
    }

    private static void topics(Client client, Driver.Run run) throws Exception {
        String topic = topicOf(client, run, 3);
        Driver.until("the topic in the list", () -> client.topicNames().contains(topic));
        Driver.checkEqual(client.partitionCount(topic), 3, "partitions");
        client.deleteTopic(topic);
        Driver.until("the topic gone", () -> !client.topicNames().contains(topic));
    }

    private static void topicConfigs(Client client, Driver.Run run) throws Exception {
        client.createTopic(run.name, 1, Map.of("retention.ms", "3600000"));
        Driver.checkEqual(client.topicConfig(run.name, "retention.ms"), "3600000", "retention.ms as created");
        client.alterTopicConfig(run.name, "retention.ms", "7200000");
        Driver.until("the new retention.ms", () -> client.topicConfig(run.name, "retention.ms").equals("7200000"));
    }

    private static void cluster(Client client, Driver.Run run) throws Exception {
        Driver.checkEqual(client.brokers(), List.of(run.bootstrap), "brokers");
        Driver.checkEqual(client.controller(), run.bootstrap, "the controller");
    }

    private static void groupOffsets(Client client, Driver.Run run) throws Exception {
        String topic = topicOf(client, run, 1);
        produce(client, topic, numbered(5, 0));
        Client.Reading member = client.member(run.name, topic, "classic");
        Driver.until("five records", () -> member.records().size() == 5);
        member.commit();
        member.close();
        Driver.checkEqual(client.committed(run.name, topic), 5L, "the committed offset");
    }

    private static void alterGroupOffsets(Client client, Driver.Run run) throws Exception {
        String topic = topicOf(client, run, 1);
        produce(client, topic, numbered(5, 0));
        client.alterCommitted(run.name, topic, 3);
        Driver.checkEqual(client.committed(run.name, topic), 3L, "the committed offset");
        Client.Reading member = client.member(run.name, topic, "classic");
        Driver.until("two records", () -> member.records().size() >= 2);
        Driver.checkEqual(member.texts(), numbered(2, 3), "what was read from there");
    }

    private static void codec(Client client, Driver.Run run, String codec) throws Exception {
        String topic = topicOf(client, run, 1);
        List<String> sent = IntStream.range(0, 200)
                .mapToObj(i -> i + " " + "all work and no play ".repeat(5))
                .collect(toList());
        producerWith(client, codec).sendTexts(topic, sent);
        produce(client, topic, List.of("end"));
        Driver.checkEqual(readToEnd(client, topic, false), sent, "what was read");
    }

    /** A codec that the client does not know is refused by its constructor. */
    private static Client.Sender producerWith(Client client, String codec) {
        try {
            return client.producer(Map.of("compression.type", codec, "linger.ms", 20));
        } catch (KafkaException | IllegalArgumentException refused) {
            throw new Driver.Unsupported(Driver.reasonOf(refused));
        }
    }

    private static void nulls(Client client, Driver.Run run) throws Exception {
        String topic = topicOf(client, run, 1);
        List<List<String>> sent =
                List.of(Arrays.asList(null, "no key"), Arrays.asList("tombstone", null), Arrays.asList("", ""));
        List<ProducerRecord<byte[], byte[]>> records = sent.stream()
                .map(pair -> new ProducerRecord<>(topic, 0, Client.bytes(pair.get(0)), Client.bytes(pair.get(1))))
                .collect(toList());
        client.producer(Map.of()).send(records);
        Client.Reading reader = client.reader(topic, 0, 0, false);
        Driver.until("three records", () -> reader.records().size() == 3);
        List<List<String>> read = reader.records().stream()
                .map(record -> Arrays.asList(Client.text(record.key()), Client.text(record.value())))
                .collect(toList());
        Driver.checkEqual(read, sent, "keys and values");
    }

    private static void headers(Client client, Driver.Run run) throws Exception {
        byte[] every = new byte[256];
        for (int i = 0; i < every.length; i++) every[i] = (byte) i;
        checkHeaders(
                client,
                run,
                new RecordHeader("binary", every),
                new RecordHeader("repeated", Client.bytes("one")),
                new RecordHeader("repeated", Client.bytes("two")),
                new RecordHeader("empty", new byte[0]),
                new RecordHeader("schl\u00fcssel", Client.bytes("wert")));
    }

    private static void nullHeader(Client client, Driver.Run run) throws Exception {
        checkHeaders(client, run, new RecordHeader("nothing", (byte[]) null));
    }

    private static void checkHeaders(Client client, Driver.Run run, Header... headers) throws Exception {
        String topic = topicOf(client, run, 1);
        ProducerRecord<byte[], byte[]> sent =
                new ProducerRecord<>(topic, 0, null, null, Client.bytes("with headers"), List.of(headers));
        client.producer(Map.of()).send(List.of(sent));
        Client.Reading reader = client.reader(topic, 0, 0, false);
        Driver.until("the record", () -> reader.records().size() == 1);
        List<String> read = Client.headersOf(reader.records().get(0).headers());
        Driver.checkEqual(read, Client.headersOf(sent.headers()), "headers");
    }

    private static void largestRecord(Client client, Driver.Run run) throws Exception {
        String topic = topicOf(client, run, 1);
        Client.Sender producer = client.producer(Map.of());
        int largest = LARGEST_MESSAGE_BYTES - BATCH_OVERHEAD_BYTES;
        producer.sendTexts(topic, List.of("x".repeat(largest)));
        String refusal = refusalOf(() -> producer.sendTexts(topic, List.of("x".repeat(largest + 1))));
        Driver.check(refusal.contains("RecordTooLarge"), "one byte more was answered with " + refusal);
        producer.sendTexts(topic, List.of("end"));
        checkLengths(client, topic, largest);

        String large = topic + ".large";
        client.createTopic(large, 1, Map.of("max.message.bytes", String.valueOf(8 << 20)));
        producer.sendTexts(large, List.of("y".repeat(8_000_000)));
        producer.sendTexts(large, List.of("end"));
        checkLengths(client, large, 8_000_000);
    }

    private static void checkLengths(Client client, String topic, int expected) throws Exception {
        List<Integer> lengths = readToEnd(client, topic, false).stream().map(String::length).collect(toList());
        Driver.checkEqual(lengths, List.of(expected), "sizes");
    }

    private interface Attempt {
        void run() throws Exception;
    }

    /** What it is refused with. */
    private static String refusalOf(Attempt attempt) {
        try {
            attempt.run();
            return "success";
        } catch (Exception refused) {
            return Driver.reasonOf(refused);
        }
    }

    private static void seekByTime(Client client, Driver.Run run) throws Exception {
        String topic = topicOf(client, run, 1);
        long start = System.currentTimeMillis() - 3_600_000;
        List<Long> times = IntStream.range(0, 10).mapToObj(i -> start + 1000L * i).collect(toList());
        List<ProducerRecord<byte[], byte[]>> sent = times.stream()
                .map(time -> new ProducerRecord<byte[], byte[]>(topic, 0, time, null, Client.bytes("at " + time)))
                .collect(toList());
        client.producer(Map.of()).send(sent);
        Driver.checkEqual(client.offsetAt(topic, start + 2500), 3L, "the offset at a time between two records");
        Driver.checkEqual(client.offsetAt(topic, start + 4000), 4L, "the offset at the time of a record");
        Driver.checkEqual(client.offsetAt(topic, start + 60_000), null, "the offset after the last record");
        Client.Reading reader = client.reader(topic, 0, 3, false);
        Driver.until("the records from there", () -> reader.records().size() == 7);
        List<Long> read = reader.records().stream().map(record -> record.timestamp()).collect(toList());
        Driver.checkEqual(read, times.subList(3, 10), "timestamps");
    }

    private static void idempotence(Client client, Driver.Run run) throws Exception {
        String topic = topicOf(client, run, 1);
        Client.Sender producer = client.producer(Map.of("enable.idempotence", true));
        for (int from = 0; from < 300; from += 100) producer.sendTexts(topic, numbered(100, from));
        producer.sendTexts(topic, List.of("end"));
        Driver.checkEqual(readToEnd(client, topic, false), numbered(300, 0), "what was read");
    }

    private static Client.Sender transactional(Client client, Driver.Run run) {
        return client.producer(Map.of("transactional.id", run.name));
    }

    private static void transactionCommit(Client client, Driver.Run run) throws Exception {
        String topic = topicOf(client, run, 2);
        Client.Sender producer = transactional(client, run);
        for (String word : List.of("first", "second")) {
            producer.begin();
            producer.send(to(topic, 2, word));
            producer.commit();
        }
        for (int partition = 0; partition < 2; partition++) {
            Client.Reading reader = client.reader(topic, partition, 0, true);
            Driver.until("two records", () -> reader.records().size() >= 2);
            Driver.checkEqual(reader.texts(), List.of("first", "second"), "partition " + partition);
        }
    }

    private static void transactionAbort(Client client, Driver.Run run) throws Exception {
        String topic = topicOf(client, run, 1);
        Client.Sender producer = transactional(client, run);
        for (String word : List.of("kept", "dropped", "also kept")) {
            producer.begin();
            producer.send(to(topic, 1, word));
            if (word.equals("dropped")) producer.abort();
            else producer.commit();
        }
        produce(client, topic, List.of("end"));
        Driver.checkEqual(readToEnd(client, topic, true), List.of("kept", "also kept"), "read_committed");
        Driver.checkEqual(readToEnd(client, topic, false), List.of("kept", "dropped", "also kept"), "read_uncommitted");
    }

    private static void transactionOffsets(Client client, Driver.Run run) throws Exception {
        String topic = topicOf(client, run, 1);
        produce(client, topic, numbered(5, 0));
        Client.Reading member = client.member(run.name, topic, "classic");
        Driver.until("five records", () -> member.records().size() == 5);
        Client.Sender producer = transactional(client, run);
        String output = topic + ".output";
        client.createTopic(output, 1, Map.of());
        producer.begin();
        producer.send(to(output, 1, "abort"));
        producer.sendOffset(member, run.name, topic, 5);
        producer.abort();
        Driver.checkEqual(client.committed(run.name, topic), null, "the committed offset after an abort");
        producer.begin();
        producer.send(to(output, 1, "commit"));
        producer.sendOffset(member, run.name, topic, 5);
        producer.commit();
        Driver.until("the committed offset", () -> Long.valueOf(5).equals(client.committed(run.name, topic)));
        produce(client, output, List.of("end"));
        Driver.checkEqual(readToEnd(client, output, true), List.of("commit"), "the output");
    }

    private static void fencing(Client client, Driver.Run run) throws Exception {
        String topic = topicOf(client, run, 1);
        Client.Sender zombie = transactional(client, run);
        zombie.begin();
        zombie.send(to(topic, 1, "of the zombie"));
        Client.Sender successor = transactional(client, run);
        String refusal = refusalOf(zombie::commit);
        Driver.check(refusal.contains("Fenced"), "the zombie's commit was answered with " + refusal);
        successor.begin();
        successor.send(to(topic, 1, "of the successor"));
        successor.commit();
        produce(client, topic, List.of("end"));
        Driver.checkEqual(readToEnd(client, topic, true), List.of("of the successor"), "read_committed");
    }

    private static void readCommitted(Client client, Driver.Run run) throws Exception {
        String topic = topicOf(client, run, 1);
        produce(client, topic, List.of("before"));
        Client.Sender producer = transactional(client, run);
        producer.begin();
        producer.send(to(topic, 1, "within"));
        produce(client, topic, List.of("end"));
        Client.Reading committed = client.reader(topic, 0, 0, true);
        Driver.until("what was before the transaction", () -> committed.records().size() > 0);
        Driver.checkEqual(readToEnd(client, topic, false), List.of("before", "within"), "read_uncommitted");
        Driver.checkEqual(committed.texts(), List.of("before"), "read_committed while the transaction is open");
        producer.commit();
        Driver.until("what was held back", () -> committed.records().size() == 3);
        Driver.checkEqual(committed.texts(), List.of("before", "within", "end"), "read_committed");
    }

    private static void group(Client client, Driver.Run run, String protocol) throws Exception {
        String topic = topicOf(client, run, 1);
        produce(client, topic, numbered(10, 0));
        Client.Reading first = client.member(run.name, topic, protocol);
        Driver.until("ten records", () -> first.records().size() == 10);
        Driver.checkEqual(first.texts(), numbered(10, 0), "what the first member read");
        first.commit();
        first.close();
        produce(client, topic, numbered(5, 10));
        Client.Reading second = client.member(run.name, topic, protocol);
        Driver.until("five records", () -> second.records().size() >= 5);
        Driver.checkEqual(second.texts(), numbered(5, 10), "what the second member read");
    }

    private static void rebalance(Client client, Driver.Run run, String protocol) throws Exception {
        String topic = topicOf(client, run, 4);
        Client.Sender producer = client.producer(Map.of());
        Client.Reading first = client.member(run.name, topic, protocol);
        Driver.until("all partitions for the first member", () -> first.partitions().size() == 4);
        Client.Reading second = client.member(run.name, topic, protocol);
        Driver.until("partitions for both members", () -> {
            List<Integer> owned = new ArrayList<>(first.partitions());
            owned.addAll(second.partitions());
            Collections.sort(owned);
            return !first.partitions().isEmpty() && !second.partitions().isEmpty() && owned.equals(List.of(0, 1, 2, 3));
        });
        producer.send(to(topic, 4, "shared"));
        Driver.until("a record of each partition", () -> partitionsWith("shared", first, second).size() == 4);
        first.close();
        Driver.until("all partitions for the second member", () -> second.partitions().size() == 4);
        producer.send(to(topic, 4, "alone"));
        Driver.until("all records at the second member", () -> partitionsWith("alone", second).size() == 4);
    }

    private static Set<Integer> partitionsWith(String word, Client.Reading... members) throws Exception {
        Set<Integer> partitions = new HashSet<>();
        for (Client.Reading member : members) {
            member.records().stream()
                    .filter(record -> word.equals(Client.text(record.value())))
                    .forEach(record -> partitions.add(record.partition()));
        }
        return partitions;
    }

    private static void restart(Client client, Driver.Run run, boolean idempotent, Driver.Check check)
            throws Exception {
        String topic = topicOf(client, run, 1);
        Client.Sender producer = client.producer(Map.of("enable.idempotence", idempotent));
        List<String> acknowledged = Driver.sendThroughRestarts(run, values -> producer.sendTexts(topic, values));
        check.of(acknowledged, readToEnd(client, topic, false));
    }

    private static void restartGroup(Client client, Driver.Run run) throws Exception {
        String topic = topicOf(client, run, 1);
        Client.Reading member = client.member(run.name, topic, "classic");
        Client.Sender producer = client.producer(Map.of());
        List<String> acknowledged = Driver.sendThroughRestarts(run, values -> producer.sendTexts(topic, values));
        Driver.until("the record \"end\" at the member", () -> member.texts().contains("end"));
        checkNothingLost(acknowledged, member.texts());
    }

    private static void checkNothingLost(List<String> acknowledged, List<String> read) {
        Set<String> there = new HashSet<>(read);
        List<String> lost = acknowledged.stream().filter(value -> !there.contains(value)).collect(toList());
        Driver.checkEqual(lost, List.of(), "acknowledged records that are lost");
    }

    private static void checkOnceInOrder(List<String> acknowledged, List<String> read) {
        checkNothingLost(acknowledged, read);
        List<String> wrong = IntStream.range(1, read.size())
                .filter(i -> Integer.parseInt(read.get(i)) <= Integer.parseInt(read.get(i - 1)))
                .mapToObj(read::get)
                .collect(toList());
        Driver.checkEqual(wrong, List.of(), "records twice or not in order");
    }
}
