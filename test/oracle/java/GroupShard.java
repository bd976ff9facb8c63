package org.apache.kafka.coordinator.group;

// Kafka's own group coordinator shard without a broker around it: a state machine on a clock that stands still, driven
// by JSON lines on stdin and answering each with one on stdout. See ../group-shard.ts, which starts it.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.*;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.timeline.SnapshotRegistry;

public final class GroupShard {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final GroupCoordinatorRecordSerde SERDE = new GroupCoordinatorRecordSerde();
    private static final InetAddress LOCALHOST = localhost();

    private static InetAddress localhost() {
        try {
            return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        } catch (java.net.UnknownHostException error) {
            throw new IllegalStateException(error);
        }
    }

    /** The ids that Kafka makes up are the same in every run: mulberry32, with what no base64 text begins with '-'. */
    public static final class SeededRandom extends java.security.SecureRandomSpi {
        private static int state = 1;

        static void reset() {
            state = 1;
        }

        private static int next() {
            state += 0x6d2b79f5;
            int mixed = (state ^ (state >>> 15)) * (state | 1);
            mixed ^= mixed + (mixed ^ (mixed >>> 7)) * (mixed | 61);
            return mixed ^ (mixed >>> 14);
        }

        @Override
        protected void engineNextBytes(byte[] bytes) {
            for (int index = 0; index < bytes.length; index++) bytes[index] = (byte) (next() >>> 24);
            bytes[0] &= 0x7f;
        }

        @Override
        protected void engineSetSeed(byte[] seed) {
        }

        @Override
        protected byte[] engineGenerateSeed(int size) {
            return new byte[size];
        }
    }

    /** Time that moves only when it is told to. */
    private static final class StillTime implements Time {
        long now;

        @Override public long milliseconds() { return now; }
        @Override public long nanoseconds() { return now * 1_000_000; }
        @Override public void sleep(long ms) { throw new UnsupportedOperationException(); }
        @Override public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMs) {
            throw new UnsupportedOperationException();
        }
    }

    private record Due(long at, long sequence, String key, Supplier<CoordinatorResult<Void, CoordinatorRecord>> operation) {
    }

    /** Timers, and tasks of the executor as timers that are due at once; in the order in which they were set. */
    private final class Timers implements CoordinatorTimer<CoordinatorRecord>, CoordinatorExecutor<CoordinatorRecord> {
        final Map<String, Due> byKey = new HashMap<>();
        final TreeSet<Due> queue = new TreeSet<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::sequence));
        long sequence = 0;

        void put(String key, long delay, Supplier<CoordinatorResult<Void, CoordinatorRecord>> operation) {
            cancel(key);
            Due due = new Due(time.now + Math.max(delay, 0), sequence++, key, operation);
            byKey.put(key, due);
            queue.add(due);
        }

        @Override
        public void schedule(String key, long delay, TimeUnit unit, boolean retry, TimeoutOperation<CoordinatorRecord> operation) {
            put(key, unit.toMillis(delay), operation::generateRecords);
        }

        @Override
        public void schedule(String key, long delay, TimeUnit unit, boolean retry, long retryBackoff, TimeoutOperation<CoordinatorRecord> operation) {
            schedule(key, delay, unit, retry, operation);
        }

        @Override
        public void scheduleIfAbsent(String key, long delay, TimeUnit unit, boolean retry, TimeoutOperation<CoordinatorRecord> operation) {
            if (!isScheduled(key)) schedule(key, delay, unit, retry, operation);
        }

        @Override
        public <R> boolean schedule(String key, TaskRunnable<R> task, TaskOperation<CoordinatorRecord, R> operation) {
            if (isScheduled(key)) return false;
            put(key, 0, () -> {
                R result;
                try {
                    result = task.run();
                } catch (Throwable error) {
                    return operation.onComplete(null, error);
                }
                return operation.onComplete(result, null);
            });
            return true;
        }

        @Override
        public void cancel(String key) {
            Due due = byKey.remove(key);
            if (due != null) queue.remove(due);
        }

        @Override
        public boolean isScheduled(String key) {
            return byKey.containsKey(key);
        }

        void advance(long ms) {
            long target = time.now + ms;
            while (!queue.isEmpty() && queue.first().at <= target) {
                Due due = queue.pollFirst();
                byKey.remove(due.key);
                time.now = Math.max(time.now, due.at);
                apply(due.operation.get());
            }
            time.now = target;
        }
    }

    private record Topic(String name, Uuid id, int partitionCount, List<String> racks) implements CoordinatorMetadataImage.TopicMetadata {
        @Override public List<String> partitionRacks(int partition) { return new ArrayList<>(racks); }
    }

    private static final class Image implements CoordinatorMetadataImage {
        final Map<String, Topic> byName = new HashMap<>();
        final Map<Uuid, Topic> byId = new HashMap<>();
        long version;

        @Override public Set<Uuid> topicIds() { return byId.keySet(); }
        @Override public Set<String> topicNames() { return byName.keySet(); }
        @Override public Optional<TopicMetadata> topicMetadata(String name) { return Optional.ofNullable(byName.get(name)); }
        @Override public Optional<TopicMetadata> topicMetadata(Uuid id) { return Optional.ofNullable(byId.get(id)); }
        @Override public CoordinatorMetadataDelta emptyDelta() { return new Delta(this, Set.of(), Set.of(), Set.of()); }
        @Override public long version() { return version; }
        @Override public boolean isEmpty() { return byName.isEmpty(); }
    }

    private record Delta(Image before, Set<Uuid> created, Set<Uuid> changed, Set<Uuid> deleted) implements CoordinatorMetadataDelta {
        @Override public Collection<Uuid> createdTopicIds() { return created; }
        @Override public Collection<Uuid> changedTopicIds() { return changed; }
        @Override public Set<Uuid> deletedTopicIds() { return deleted; }
        @Override public CoordinatorMetadataImage image() { return before; }
    }

    private record Context(String clientId, int requestVersion) implements AuthorizableRequestContext {
        @Override public String listenerName() { return "PLAINTEXT"; }
        @Override public SecurityProtocol securityProtocol() { return SecurityProtocol.PLAINTEXT; }
        @Override public KafkaPrincipal principal() { return KafkaPrincipal.ANONYMOUS; }
        @Override public InetAddress clientAddress() { return LOCALHOST; }
        @Override public int requestType() { return 0; }
        @Override public int correlationId() { return 0; }
    }

    /** A request that was not answered at once. */
    private record Pending(int id, int version, CompletableFuture<? extends Message> future) {
    }

    private final StillTime time = new StillTime();
    private Timers timers;
    private final Map<String, String> configs;
    private final Image[] image = {new Image()};
    private GroupCoordinatorShard shard;
    private final List<CoordinatorRecord> log = new ArrayList<>();
    private final List<CoordinatorRecord> written = new ArrayList<>();
    private final List<Pending> pending = new ArrayList<>();
    private final SnapshotRegistry[] registry = new SnapshotRegistry[1];

    private GroupShard(long now, Map<String, String> configs) {
        this.time.now = now;
        this.configs = configs;
    }

    private void load() throws Exception {
        timers = new Timers();
        registry[0] = new SnapshotRegistry(new LogContext());
        GroupCoordinatorConfig config = GroupCoordinatorConfig.fromProps(configs);
        ShareGroupConfig share = ShareGroupConfig.fromProps(configs);
        GroupConfigManager manager = new GroupConfigManager(config.extractGroupConfigMap(share), config, share);
        GroupCoordinatorShard.Builder builder = new GroupCoordinatorShard.Builder(config, manager);
        builder.withLogContext(new LogContext());
        builder.withSnapshotRegistry(registry[0]);
        builder.withTime(time);
        builder.withTimer(timers);
        builder.withExecutor(timers);
        builder.withCoordinatorMetrics(new GroupCoordinatorMetrics(new com.yammer.metrics.core.MetricsRegistry(), new org.apache.kafka.common.metrics.Metrics()));
        builder.withTopicPartition(new TopicPartition("__consumer_offsets", 0));
        builder.withAuthorizerPlugin(Optional.empty());
        shard = builder.build();
        for (int offset = 0; offset < log.size(); offset++) shard.replay(offset, -1L, (short) -1, reread(log.get(offset)));
        shard.onLoaded(image[0]);
    }

    private static CoordinatorRecord reread(CoordinatorRecord record) {
        byte[] value = SERDE.serializeValue(record);
        return SERDE.deserialize(ByteBuffer.wrap(SERDE.serializeKey(record)), value == null ? null : ByteBuffer.wrap(value));
    }

    private void apply(CoordinatorResult<?, CoordinatorRecord> result) {
        for (CoordinatorRecord record : result.records()) {
            if (result.replayRecords()) shard.replay(log.size(), -1L, (short) -1, record);
            log.add(record);
            written.add(record);
        }
        if (result.appendFuture() != null) result.appendFuture().complete(null);
    }

    private void setTopics(JsonNode topics, long version) {
        Image before = image[0];
        Image after = new Image();
        after.version = version;
        Set<Uuid> created = new HashSet<>();
        Set<Uuid> changed = new HashSet<>();
        Set<Uuid> deleted = new HashSet<>(before.byId.keySet());
        topics.fields().forEachRemaining(entry -> {
            List<String> racks = new ArrayList<>();
            entry.getValue().path("racks").forEach(rack -> racks.add(rack.asText()));
            Topic topic = new Topic(entry.getKey(), Uuid.fromString(entry.getValue().get("id").asText()), entry.getValue().get("partitions").asInt(), racks);
            after.byName.put(topic.name, topic);
            after.byId.put(topic.id, topic);
            deleted.remove(topic.id);
            if (!before.byId.containsKey(topic.id)) created.add(topic.id);
            if (!topic.equals(before.byId.get(topic.id))) changed.add(topic.id);
        });
        List<GroupCoordinatorShard.DeletedTopic> gone = new ArrayList<>();
        for (Uuid id : deleted) gone.add(new GroupCoordinatorShard.DeletedTopic(id, before.byId.get(id).name));
        image[0] = after;
        if (shard == null) return;
        shard.onMetadataUpdate(new Delta(before, created, changed, deleted), after);
        if (!gone.isEmpty()) apply(shard.onTopicsDeleted(gone));
    }

    private Message handle(int id, int api, short version, byte[] body, String clientId) throws Exception {
        Context context = new Context(clientId, version);
        ByteBufferAccessor bytes = new ByteBufferAccessor(ByteBuffer.wrap(body));
        switch (api) {
            case 68: {
                var result = shard.consumerGroupHeartbeat(context, new ConsumerGroupHeartbeatRequestData(bytes, version));
                apply(result);
                return result.response();
            }
            case 69: {
                var request = new ConsumerGroupDescribeRequestData(bytes, version);
                return new ConsumerGroupDescribeResponseData().setGroups(shard.consumerGroupDescribe(request.groupIds(), Long.MAX_VALUE));
            }
            case 11: {
                var future = new CompletableFuture<JoinGroupResponseData>();
                pending.add(new Pending(id, version, future));
                var request = new JoinGroupRequestData(bytes, version);
                if (version == 0) request.setRebalanceTimeoutMs(request.sessionTimeoutMs());
                apply(shard.classicGroupJoin(context, request, future));
                return null;
            }
            case 14: {
                var future = new CompletableFuture<SyncGroupResponseData>();
                pending.add(new Pending(id, version, future));
                apply(shard.classicGroupSync(context, new SyncGroupRequestData(bytes, version), future));
                return null;
            }
            case 12: {
                var result = shard.classicGroupHeartbeat(context, new HeartbeatRequestData(bytes, version));
                apply(result);
                return result.response();
            }
            case 13: {
                var result = shard.classicGroupLeave(context, new LeaveGroupRequestData(bytes, version));
                apply(result);
                return result.response();
            }
            case 8: {
                var request = new OffsetCommitRequestData(bytes, version);
                for (var topic : request.topics()) {
                    if (version >= 10) topic.setName(image[0].byId.get(topic.topicId()).name);
                    else topic.setTopicId(image[0].byName.get(topic.name()).id);
                }
                var result = shard.commitOffset(context, request);
                apply(result);
                if (version >= 10) result.response().topics().forEach(topic -> topic.setName(""));
                else result.response().topics().forEach(topic -> topic.setTopicId(Uuid.ZERO_UUID));
                return result.response();
            }
            case 9: {
                var request = new OffsetFetchRequestData(bytes, version);
                var response = new OffsetFetchResponseData();
                for (var group : request.groups()) response.groups().add(shard.fetchOffsets(group, Long.MAX_VALUE));
                return response;
            }
            case 47: {
                var result = shard.deleteOffsets(context, new OffsetDeleteRequestData(bytes, version));
                apply(result);
                return result.response();
            }
            case 42: {
                var result = shard.deleteGroups(context, new DeleteGroupsRequestData(bytes, version).groupsNames());
                apply(result);
                return new DeleteGroupsResponseData().setResults(result.response());
            }
            case 15: {
                var request = new DescribeGroupsRequestData(bytes, version);
                return new DescribeGroupsResponseData().setGroups(shard.describeGroups(context, request.groups(), Long.MAX_VALUE));
            }
            case 16: {
                var request = new ListGroupsRequestData(bytes, version);
                return new ListGroupsResponseData().setGroups(shard.listGroups(request.statesFilter(), request.typesFilter(), Long.MAX_VALUE));
            }
            default:
                throw new IllegalArgumentException("api " + api);
        }
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? null : HexFormat.of().formatHex(bytes);
    }

    private static String encoded(Message message, int version) {
        if (message instanceof JoinGroupResponseData joined && version < 7 && joined.protocolName() == null) joined.setProtocolName("");
        ByteBuffer buffer = MessageUtil.toByteBufferAccessor((ApiMessage) message, (short) version).buffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return hex(bytes);
    }

    private ObjectNode step(JsonNode line) throws Exception {
        ObjectNode answer = JSON.createObjectNode();
        written.clear();
        try {
            switch (line.get("op").asText()) {
                case "advance" -> timers.advance(line.get("ms").asLong());
                case "topics" -> setTopics(line.get("topics"), line.get("version").asLong());
                case "reload" -> {
                    shard.onUnloaded();
                    load();
                }
                case "request" -> {
                    short version = (short) line.get("version").asInt();
                    byte[] body = HexFormat.of().parseHex(line.get("body").asText());
                    Message response = handle(line.get("id").asInt(), line.get("api").asInt(), version, body, line.get("clientId").asText());
                    if (response != null) answer.put("response", encoded(response, version));
                }
                default -> throw new IllegalArgumentException(line.toString());
            }
        } catch (Throwable error) {
            ApiError told = ApiError.fromThrowable(error);
            answer.put("error", told.error().name());
            answer.put("message", told.message());
            if (told.error() == Errors.UNKNOWN_SERVER_ERROR) answer.put("cause", String.valueOf(error));
            pending.removeIf(waiting -> line.has("id") && waiting.id == line.get("id").asInt());
        }
        ArrayNode records = answer.putArray("records");
        for (CoordinatorRecord record : written) {
            ArrayNode pair = records.addArray();
            pair.add(hex(SERDE.serializeKey(record)));
            pair.add(hex(SERDE.serializeValue(record)));
        }
        ObjectNode answers = answer.putObject("answers");
        for (Iterator<Pending> iterator = pending.iterator(); iterator.hasNext(); ) {
            Pending waiting = iterator.next();
            if (!waiting.future.isDone()) continue;
            answers.put(String.valueOf(waiting.id), encoded(waiting.future.get(), waiting.version));
            iterator.remove();
        }
        if (line.get("op").asText().equals("reload")) pending.clear();
        return answer;
    }

    /** The first line has the time and the broker configs of the shard; so has every later line with a `start`. */
    public static void main(String[] args) throws Exception {
        java.security.Provider seeded = new java.security.Provider("Seeded", "1", "") {
        };
        seeded.put("SecureRandom.Seeded", SeededRandom.class.getName());
        java.security.Security.insertProviderAt(seeded, 1);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        GroupShard driven = null;
        for (String text = in.readLine(); text != null; text = in.readLine()) {
            JsonNode line = JSON.readTree(text);
            if (line.get("op").asText().equals("start")) {
                SeededRandom.reset();
                Map<String, String> configs = new HashMap<>();
                line.get("configs").fields().forEachRemaining(entry -> configs.put(entry.getKey(), entry.getValue().asText()));
                driven = new GroupShard(line.get("now").asLong(), configs);
                driven.setTopics(line.get("topics"), line.get("version").asLong());
                driven.load();
                out.println("{}");
            } else {
                out.println(JSON.writeValueAsString(driven.step(line)));
            }
            out.flush();
        }
    }
}
